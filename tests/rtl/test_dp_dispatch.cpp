// verilate: dp_dispatch_p=dp_dispatch -GParallel=1 -GPi=8 -GPo=16 -GWeightRows=40
// verilate: dp_dispatch_p16=dp_dispatch -GParallel=1 -GPi=16 -GPo=16 -GWeightRows=40
// verilate: dp_dispatch_s=dp_dispatch -GParallel=0 -GPi=8 -GPo=16 -GWeightRows=150
// Every array cycle of random convolutions, maps and patches, slices one by one and in pairs, and of chains row by row, against nested loops,
// the counted work, and each thing that a cycle has to wait for, and nothing else.
#include "Vdp_dispatch_p.h"
#include "Vdp_dispatch_p16.h"
#include "Vdp_dispatch_s.h"
#include "port_b.h"
#include "work.h"

// Fields that nobody reads in a token of this kind are made equal.
static Token comparable(Token got, const Token &want, bool patches) {
    if (!want.mac || want.lanes == 0) {
        Token t = want;
        t.mac = got.mac, t.first = want.mac ? got.first : want.first, t.out = got.out, t.slice_end = got.slice_end;
        t.row_end = got.row_end, t.conv = got.conv;
        if (want.mac || !want.row_end)
            t.last_slice = got.last_slice, t.entry = got.entry, t.out_slice = got.out_slice, t.out_lanes = got.out_lanes;
        if (want.mac)
            t.lanes = got.lanes, t.y = got.y, t.x = got.x, t.relu = got.relu, t.residual = got.residual, t.dual = got.dual;
        if (want.mac && want.out) t.dst_addr = got.dst_addr, t.dst_bank = got.dst_bank, t.dst_words = got.dst_words;
        return t;
    }
    if (!want.out) got.dst_addr = got.dst_bank = got.dst_words = 0;
    if (!patches) got.skip = 0;
    return got;
}

// What has come so far, as the dispatcher knows it in a cycle.
struct Known {
    size_t patches;
    unsigned slices;
    unsigned rows[MaxChain]; // of each convolution's source
    bool input(const Need &need) const { return patches >= need.patches && rows[need.conv] >= need.rows; }
    bool weights(const Need &need) const { return slices >= need.slices; }
};

template <class Top> class Bench {
  public:
    Bench(Trial &t) : trial(t), unit(t) {
        unit->halt_i = unit->start_i = unit->pos_valid_i = unit->slice_ready_i = unit->consumer_busy_i = 0;
        unit->chained_i = unit->image_rows_i = unit->rows_done_i = unit->patch_loaded_i = 0;
        set_random(unit->cmds_i, 3 * 512, trial.rng);
        unit.reset();
    }

    void run(const Work &w) {
        work = &w;
        Source<Item> source;
        source.items.assign(w.items.begin(), w.items.end());
        begin();
        unsigned began = unit.cycles;
        while (next < w.tokens.size()) cycle(source);
        for (unsigned k = 0; k < MaxChain; k++)
            CHECK(trial, macs[k] == w.macs[k], "%lu macs of convolution %u, want %lu", (unsigned long)macs[k], k,
                  (unsigned long)w.macs[k]);
        CHECK(trial, unit->done_o, "not done after the last token");
        if (trial.idle == 0 && trial.stall == 0)
            CHECK(trial, unit.cycles - began <= w.tokens.size() + waits + 5, "%u cycles for %zu tokens and %u waits",
                  unit.cycles - began, w.tokens.size(), waits);
        known.slices -= slices; // some of what follows are there already
    }

  private:
    void begin() {
        slices = patches = next = waits = given = 0;
        for (size_t k = 0; k < work->convs.size(); k++) {
            const Command &c = work->convs[k].command;
            set_command(unit->cmds_i, c, static_cast<unsigned>(k * sizeof c));
            slices += c.out_slices;
        }
        for (const Token &t : work->tokens) patches += t.pop;
        known.patches = 0;
        burst = trial.rng.percent(50) ? 1 : 16;
        for (unsigned k = 0; k < MaxChain; k++) macs[k] = left[k] = known.rows[k] = 0;
        unit->chained_i = work->chained;
        unit->pos_valid_i = unit->slice_ready_i = unit->patch_loaded_i = 0;
        unit->start_i = 1;
        unit.edge();
        unit->start_i = 0;
        before = known;
    }

    void cycle(Source<Item> &source) {
        unit->pos_valid_i = source.offer(trial);
        if (unit->pos_valid_i) {
            const Item &p = source.front();
            unit->pos_end_i = p.end;
            unit->pos_final_i = p.final;
            unit->pos_last_i = p.last;
            unit->pos_conv_i = p.conv;
            unit->pos_y_i = p.y;
            unit->pos_x_i = p.x;
            unit->pos_kept_i = p.kept;
            unit->pos_taps_i = p.taps;
        } else {
            unit->pos_end_i = unit->pos_final_i = unit->pos_last_i = trial.rng.percent(50);
            unit->pos_conv_i = trial.rng.below(4);
        }
        unsigned more = static_cast<unsigned>(std::min<size_t>(patches - known.patches, 1 + trial.rng.below(burst)));
        unit->patch_loaded_i = more > 0 && trial.sends();
        unit->patch_count_i = more;
        unit->slice_ready_i = known.slices < slices + 3 && known.slices - given < Entries && trial.sends();
        if (known.rows[0] < work->convs[0].command.src_h && trial.sends()) known.rows[0]++;
        for (unsigned k = 1; k < MaxChain; k++)
            if (known.rows[k] < left[k - 1] && trial.sends()) known.rows[k]++;
        unit->image_rows_i = known.rows[0];
        set_bits(unit->rows_done_i, 0, 18, known.rows[1] | known.rows[2] << 9);
        unit->consumer_busy_i = !work->chained && !trial.takes();
        unit.settle();
        Token token = unpack<Token>(unit->token_o);
        if (token.mac || token.slice_end || token.row_end)
            check(token);
        else
            CHECK(trial, !token.out && !ended, "a result or an end without a cycle");
        check_waits();
        ended = unit->slice_end_o;
        before = known;
        if (unit->patch_loaded_i) known.patches += more;
        known.slices += unit->slice_ready_i;
        source.step(unit->pos_ready_o);
        unit.edge();
    }

    // The token sent a cycle ago.
    void check(const Token &token) {
        const Token &want = work->tokens[next];
        const Need &need = work->needs[next];
        const Command &c = work->convs[need.conv].command;
        const char *field = difference(comparable(token, want, c.has(Patches)), want);
        CHECK(trial, field == nullptr, "token %zu (convolution %u y %u x %u slice %u): %s differs", next, need.conv, want.y,
              want.x, want.slice, field);
        CHECK(trial, before.weights(need), "token %zu went with %u slices, needs %u", next, before.slices, need.slices);
        CHECK(trial, before.input(need), "token %zu went with %zu patches and %u rows, needs %zu, %u", next, before.patches,
              before.rows[need.conv], need.patches, need.rows);
        CHECK(trial, ended == want.slice_end, "token %zu: slice end %d", next, ended);
        left[need.conv] += want.row_end;
        if (want.slice_end) given += work->chained ? c.out_slices : 1;
        next++;
    }

    // What this cycle does or waits for: of the next token.
    void check_waits() {
        macs[unit->conv_o] += unit->macs_o;
        waits += unit->wait_weights_o + unit->wait_input_o + unit->wait_consumer_o;
        CHECK(trial, !unit->slice_end_o || !unit->consumer_busy_i, "a slice ended while it had to wait");
        CHECK(trial, !unit->wait_consumer_o || unit->consumer_busy_i, "waits for a consumer that is free");
        unsigned things = unit->wait_weights_o + unit->wait_input_o + unit->wait_consumer_o + unit->issue_o;
        CHECK(trial, things <= 1 && !(unit->slice_end_o && things > unit->issue_o), "more than one thing in a cycle");
        if (next == work->tokens.size()) {
            CHECK(trial, things == 0, "goes on after the last token");
            return;
        }
        const Token &want = work->tokens[next];
        const Need &need = work->needs[next];
        Result result = {want.residual != 0, want.pair != 0, want.second != 0, want.dst_bank, work->convs[need.conv].words()};
        bool meets = want.mac && want.out && port.meets(unit.cycles, result);
        bool goes_on = want.pop && want.split != Slots && !unit->pos_valid_i; // with a patch that is not known yet
        CHECK(trial, !unit->wait_weights_o || !known.weights(need), "token %zu waits for weights that are there", next);
        CHECK(trial, !unit->wait_input_o || !known.input(need) || meets || goes_on, "token %zu waits for an input that is there",
              next);
        CHECK(trial, !unit->issue_o || !meets, "token %zu meets a write", next);
        CHECK(trial, !unit->issue_o || unit->conv_o == need.conv, "token %zu: convolution %d", next, unit->conv_o);
        if (unit->issue_o && want.out) port.send(unit.cycles, result);
    }

    Trial &trial;
    Unit<Top> unit;
    const Work *work = nullptr;
    PortB port{1};
    Known known = {}, before = {};
    size_t next = 0, patches = 0; // token; patches in all
    unsigned burst = 1; // of them that come at most at a time
    unsigned slices = 0, given = 0; // of the work: in all, given back
    unsigned left[MaxChain] = {}; // rows that have left
    uint64_t macs[MaxChain] = {};
    unsigned waits = 0;
    bool ended = false; // a slice, a cycle ago
};

template <class Top> static void run(Trial &trial, const Shape &shape) {
    Bench<Top> bench(trial);
    Ring ring = {0, 0};
    for (int i = 0; i < 20; i++)
        bench.run(trial.rng.percent(40) ? random_chain_work(trial.rng, shape, ring)
                                        : random_conv_work(trial.rng, shape, i % 5 == 4, ring));
}

Test(dp_dispatch, parallel) {
    for_trials(6, [](Trial &trial) {
        run<Vdp_dispatch_p>(trial, {true, 8, 40});
        run<Vdp_dispatch_p16>(trial, {true, 16, 40});
    });
}

Test(dp_dispatch, serial) {
    for_trials(6, [](Trial &trial) { run<Vdp_dispatch_s>(trial, {false, 8, 150}); });
}

// 7x7 of three channels on words of 16 bytes: 147 bytes are ten words, so nine patches take ten cycles.
Test(dp_dispatch, ten_cycles_for_nine_patches) {
    Trial trial(1, 0, 0);
    Bench<Vdp_dispatch_p16> bench(trial);
    Conv conv = {{true, 16, 40}, {}, {0, 0}, 0, 3, 3};
    Command &c = conv.command;
    c.flags = Kernel7 | Patches | ImageSrc;
    c.src_w = c.src_h = c.dst_w = c.dst_h = 3;
    c.dst_tw = 1;
    c.cin = 3;
    c.cout = 2 * Po;
    add_channels(trial.rng, conv, false);
    std::vector<Item> positions;
    for (unsigned i = 0; i < 9; i++) positions.push_back({false, false, false, 0, i / 3, i % 3, true, 0x1ff});
    Work work = gang(conv, positions);
    CHECK(trial, work.tokens.size() == 22, "%zu tokens", work.tokens.size());
    for (unsigned i = 0; i < 22; i++) {
        const Token &t = work.tokens[i];
        unsigned cycle = i % 11; // of a pass; the last one ends it
        if (cycle == 10) continue;
        CHECK(trial, t.skip == (10 - cycle) % 10 && t.split == (cycle == 0 ? 9 : cycle), "cycle %u: skip %u split %u", cycle,
              t.skip, t.split);
        CHECK(trial, t.first == (cycle == 0) && t.carry == (cycle > 1) && t.out == (cycle > 0), "cycle %u: first %u carry %u",
              cycle, t.first, t.carry);
    }
    CHECK(trial, work.macs[0] == 9 * 147 * 2 * Po, "%lu macs", (unsigned long)work.macs[0]);
    bench.run(work);
}

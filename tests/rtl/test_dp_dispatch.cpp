// verilate: dp_dispatch_p=dp_dispatch -GParallel=1 -GPi=8 -GPo=16 -GWeightRows=24
// verilate: dp_dispatch_s=dp_dispatch -GParallel=0 -GPi=8 -GPo=16 -GWeightRows=64
// Every array cycle of random convolutions against nested loops, the counted work, and each thing that a cycle has to wait for.
#include "Vdp_dispatch_p.h"
#include "Vdp_dispatch_s.h"
#include "pkg.h"

constexpr unsigned Pi = 8, Po = 16, WordsOut = Po / Pi;
constexpr unsigned WriteBehindRead =
    5; // an output is written when the identity of the fifth token after it is read (dp_datapath)

struct Position {
    bool end;
    unsigned y, x;
    bool kept;
    unsigned taps;
};

// What the engine carries from one convolution to the next: the first weight row and the parameter entry of the next slice.
struct Ring {
    unsigned rows, row, entry;
};

struct Work {
    Command command;
    std::vector<Position> positions; // of one output slice
    std::vector<Token> tokens;
    uint64_t macs;
};

static Command random_conv(Rng &rng, bool parallel, bool head) {
    Command c = {};
    c.op = OpConv;
    if (rng.percent(60) && !head) c.flags |= Kernel3;
    if (rng.percent(30) && !head) c.flags |= Stride2;
    if (rng.percent(50) && !head) c.flags |= Residual;
    if (rng.percent(30)) c.flags |= Relu;
    if (rng.percent(30)) c.flags |= ReluPruned;
    if (rng.percent(30)) c.flags |= ImageSrc;
    if (head) c.flags |= Head;
    c.dst_w = static_cast<uint8_t>(1 + rng.below(6));
    c.dst_h = static_cast<uint8_t>(1 + rng.below(5));
    c.dst_tw = static_cast<uint8_t>((c.dst_w + 2) / 3);
    c.src_h = static_cast<uint8_t>(c.has(Stride2) ? 2 * c.dst_h - rng.below(2) : c.dst_h);
    c.cin = static_cast<uint16_t>(1 + rng.below(c.has(Kernel3) ? 20 : parallel ? 170 : 40));
    c.src_w = static_cast<uint8_t>(c.has(Stride2) ? 2 * c.dst_w - rng.below(2) : c.dst_w);
    if (!parallel && c.has(Kernel3) && !c.has(Stride2) && rng.percent(40)) { // three neighbouring pixels in a word
        c.flags |= Columns;
        c.cin = static_cast<uint16_t>(3 * (1 + rng.below(Pi / 3)));
    }
    c.cout = static_cast<uint16_t>(1 + rng.below(40));
    c.src_slices = static_cast<uint16_t>((c.cin + Pi - 1) / Pi);
    c.dst_slices = static_cast<uint16_t>((c.cout + Pi - 1) / Pi);
    c.out_slices = static_cast<uint16_t>((c.cout + Po - 1) / Po);
    c.dst_base = static_cast<uint16_t>(rng.below(500));
    unsigned taps = c.has(Kernel3) && !parallel ? 9 : 1, words = c.has(Kernel3) || !parallel ? 1 : 9;
    c.rows = static_cast<uint16_t>(taps * ((c.src_slices + words - 1) / words));
    return c;
}

// The cycles of one position.
static void add_position(Work &work, const Position &p, const Ring &ring, unsigned out, bool parallel) {
    const Command &c = work.command;
    bool kernel3 = c.has(Kernel3), one_by_one = !kernel3;
    unsigned centre_y = p.y << (c.has(Stride2) ? 1 : 0), centre_x = p.x << (c.has(Stride2) ? 1 : 0);
    unsigned words = parallel && one_by_one ? 9 : 1, lanes = std::min<unsigned>(Po, c.cout - out * Po);
    unsigned taps = c.has(Columns) ? p.taps & 0x092 : p.taps, beyond = 0; // channels that lie beside the map
    if (c.has(Columns)) beyond = c.cin / 3 * ((p.x == 0) + (p.x + 1 == c.dst_w));
    size_t begin = work.tokens.size();
    for (unsigned slice = 0, cycle = 0; slice < c.src_slices; slice += words, cycle++) {
        unsigned n = std::min<unsigned>(words, c.src_slices - slice), channels = std::min(n * Pi, c.cin - slice * Pi);
        for (unsigned tap = 0; tap < (kernel3 && !parallel ? 9 : 1); tap++) {
            if (kernel3 && !parallel && (taps >> tap & 1) == 0) continue;
            Token t;
            t.mac = 1;
            t.window = parallel && kernel3;
            t.lanes = t.window ? taps : (1u << n) - 1;
            unsigned dy = t.window ? 0 : one_by_one ? 1 : tap / 3, dx = t.window ? 0 : one_by_one ? 1 : tap % 3;
            t.src_y = centre_y + 2 + dy;
            t.src_x = centre_x + 2 + dx;
            t.slice = slice;
            t.slice9 = slice % 9;
            t.words = n;
            t.row = (ring.row + (kernel3 && !parallel ? slice * 9 + tap : cycle)) % ring.rows;
            work.tokens.push_back(t);
            work.macs += (channels - beyond) * lanes * (t.window ? 9 : 1);
        }
    }
    if (work.tokens.size() == begin) { // nothing to multiply: the result is made of bias alone
        work.tokens.push_back({});
        work.tokens.back().mac = 1;
    }
    for (size_t i = begin; i < work.tokens.size(); i++) {
        Token &t = work.tokens[i];
        t.y = p.y;
        t.x = p.x;
        t.relu = c.has(Relu) || (c.has(ReluPruned) && !p.kept);
    }
    if (c.has(Head)) return;
    work.tokens[begin].first = 1;
    Token &last = work.tokens.back();
    last.out = 1;
    Place place = place_of(p.y, p.x, out * WordsOut, c.dst_base, c.dst_tw, c.dst_slices);
    last.dst_addr = place.addr;
    last.dst_bank = place.bank;
    last.dst_words = std::min<unsigned>(WordsOut, c.dst_slices - out * WordsOut);
}

static Work random_work(Rng &rng, bool parallel, bool head, Ring &ring) {
    Work work = {random_conv(rng, parallel, head), {}, {}, 0};
    const Command &c = work.command;
    unsigned kept = rng.percent(30) ? 100 : rng.percent(20) ? 0 : 60;
    for (unsigned y = 0; y < c.dst_h; y++)
        for (unsigned x = 0; x < c.dst_w; x++) {
            unsigned taps = rng.percent(20) ? 0 : rng.percent(40) ? 0x1ff : static_cast<unsigned>(rng.bits(9));
            if (head || rng.percent(kept)) work.positions.push_back({false, y, x, rng.percent(50), taps});
        }
    for (unsigned out = 0; out < c.out_slices; out++) {
        size_t begin = work.tokens.size();
        for (const Position &p : work.positions) add_position(work, p, ring, out, parallel);
        if (head) work.tokens[begin].first = 1;
        Token end;
        end.slice_end = 1;
        end.out = head;
        work.tokens.push_back(end);
        for (size_t i = begin; i < work.tokens.size(); i++) {
            Token &t = work.tokens[i];
            t.entry = ring.entry;
            t.out_slice = out;
            t.out_lanes = std::min<unsigned>(Po, c.cout - out * Po);
            t.last_slice = out + 1 == c.out_slices;
        }
        ring.row = (ring.row + c.rows) % ring.rows;
        ring.entry = (ring.entry + 1) % 4;
    }
    return work;
}

// Fields that nobody reads in a token of this kind are made equal.
static Token comparable(Token got, const Token &want) {
    if (want.slice_end || want.lanes == 0) {
        Token t = want;
        t.mac = got.mac, t.first = want.slice_end ? want.first : got.first, t.out = got.out, t.slice_end = got.slice_end;
        t.last_slice = got.last_slice, t.entry = got.entry, t.out_slice = got.out_slice, t.out_lanes = got.out_lanes;
        if (want.mac) t.lanes = got.lanes, t.y = got.y, t.x = got.x, t.relu = got.relu;
        if (want.mac && want.out) t.dst_addr = got.dst_addr, t.dst_bank = got.dst_bank, t.dst_words = got.dst_words;
        return t;
    }
    if (!want.out) got.dst_addr = got.dst_bank = got.dst_words = 0;
    return got;
}

static unsigned banks(const Token &t) {
    unsigned set = 0;
    for (unsigned i = 0; i < WordsOut; i++) set |= 1u << (t.dst_bank + i) % 9;
    return set;
}

template <class Top> class Bench {
  public:
    explicit Bench(Trial &t) : trial(t), unit(t) {
        unit->halt_i = unit->start_i = unit->pos_valid_i = unit->weights_i = unit->consumer_busy_i = 0;
        unit->image_rows_i = 0;
        set_random(unit->cmd_i, 512, trial.rng);
        unit.reset();
    }

    void run(const Work &w) {
        work = &w;
        next = slice = macs = waits = ready = rows = 0;
        outs.clear();
        Source<Position> source;
        for (unsigned out = 0; out < w.command.out_slices; out++) {
            for (const Position &p : w.positions) source.items.push_back(p);
            source.items.push_back({true, 0, 0, false, 0});
        }
        set_command(unit->cmd_i, w.command);
        unit->weights_i = unit->pos_valid_i = 0;
        unit->start_i = 1;
        unit.edge();
        unit->start_i = 0;
        unsigned began = unit.cycles;
        while (next < w.tokens.size()) cycle(source);
        CHECK(trial, macs == w.macs, "%u macs, want %lu", macs, (unsigned long)w.macs);
        CHECK(trial, unit->done_o, "not done after the last token");
        if (trial.idle == 0 && trial.stall == 0 && !w.command.has(ImageSrc))
            CHECK(trial, unit.cycles - began <= w.tokens.size() + waits + 5, "%u cycles for %zu tokens and %u waits",
                  unit.cycles - began, w.tokens.size(), waits);
    }

  private:
    void cycle(Source<Position> &source) {
        unit->pos_valid_i = source.offer(trial);
        if (unit->pos_valid_i) {
            const Position &p = source.front();
            unit->pos_end_i = p.end;
            unit->pos_y_i = p.y;
            unit->pos_x_i = p.x;
            unit->pos_kept_i = p.kept;
            unit->pos_taps_i = p.taps;
        }
        if (slice + ready < work->command.out_slices && ready < 4 && trial.sends()) ready++;
        unsigned rows_before = rows;
        if (rows < work->command.src_h && trial.sends()) rows++;
        unit->weights_i = ready > 0;
        unit->image_rows_i = rows;
        unit->consumer_busy_i = !trial.takes();
        unit.settle();
        Token token = unpack<Token>(unit->token_o);
        if (token.mac || token.slice_end)
            check(token, rows_before);
        else
            CHECK(trial, !token.out, "a result without a cycle");
        CHECK(trial, !unit->weights_take_o || (unit->weights_i && !unit->consumer_busy_i), "a slice ended while it had to wait");
        CHECK(trial, !unit->wait_weights_o || !unit->weights_i, "waits for weights that are there");
        CHECK(trial, !unit->wait_port_o || work->command.has(Residual), "a port conflict without a residual");
        if (unit->weights_take_o) ready--, slice++;
        macs += unit->macs_o;
        waits += unit->wait_port_o;
        source.step(unit->pos_ready_o);
        unit.edge();
    }

    void check(const Token &token, unsigned rows_before) {
        const Token &want = work->tokens[next];
        const char *field = difference(comparable(token, want), want);
        CHECK(trial, field == nullptr, "token %zu (y %u x %u slice %u): %s differs", next, want.y, want.x, want.slice, field);
        const Command &c = work->command;
        unsigned centre = want.y << (c.has(Stride2) ? 1 : 0);
        if (c.has(ImageSrc) && want.mac)
            CHECK(trial, rows_before >= std::min<unsigned>(c.src_h, centre + 2), "row %u with %u image rows", want.y,
                  rows_before);
        unsigned now = unit.cycles;
        while (!outs.empty() && outs.front().cycle + WriteBehindRead < now) outs.pop_front();
        if (want.out && c.has(Residual) && !outs.empty() && outs.front().cycle + WriteBehindRead == now)
            CHECK(trial, (outs.front().banks & banks(want)) == 0, "residual read of token %zu meets a write", next);
        if (want.out) outs.push_back({now, banks(want)});
        next++;
    }

    struct Out {
        unsigned cycle, banks;
    };
    Trial &trial;
    Unit<Top> unit;
    const Work *work = nullptr;
    std::deque<Out> outs;
    size_t next = 0;
    unsigned slice = 0, ready = 0, rows = 0, macs = 0, waits = 0;
};

template <class Top> static void run(Trial &trial, bool parallel, unsigned rows) {
    Bench<Top> bench(trial);
    Ring ring = {rows, 0, 0};
    for (int i = 0; i < 10; i++) {
        Work work = random_work(trial.rng, parallel, i % 5 == 4, ring);
        bench.run(work);
    }
}

Test(dp_dispatch, parallel) {
    for_trials(2, [](Trial &trial) { run<Vdp_dispatch_p>(trial, true, 24); });
}

Test(dp_dispatch, serial) {
    for_trials(2, [](Trial &trial) { run<Vdp_dispatch_s>(trial, false, 64); });
}

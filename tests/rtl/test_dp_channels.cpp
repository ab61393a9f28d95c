// verilate: dp_channels @builds
// From written vectors, of slices of either width, to a channel mask: pooling, scores slice by slice, and selection, as the pipeline's
// tokens arrive.
#include UNIT_HEADER
#include "pkg.h"

constexpr unsigned GEOMETRY;
constexpr unsigned Most = OutLanes;

namespace {

struct Layer {
    unsigned lanes, channels, groups, keep, slices, positions; // the last slice may have fewer channels than lanes
    bool max;
    std::vector<int32_t> bias;
    std::vector<int8_t> weight; // (groups, channels)
    std::vector<int8_t> y; // (slices, positions, lanes)
};

static Layer random_layer(Rng &rng) {
    Layer l = {
        8 + 8 * rng.below(Most / 8), 0, 1 + rng.below(20), 1, 1 + rng.below(4), rng.below(30), rng.percent(50), {}, {}, {}};
    l.channels = l.slices * l.lanes - 8 * rng.below(l.lanes / 8);
    if (rng.percent(20)) l.positions = 0;
    l.keep = 1 + rng.below(l.groups);
    bool wide = rng.percent(30); // scores beyond 32 bits
    for (int g = 0; g < 64; g++) l.bias.push_back(wide ? static_cast<int32_t>(rng.bits(32)) : rng.range(-2000, 2000));
    for (unsigned i = 0; i < l.groups * l.channels; i++) l.weight.push_back(rng.int8());
    for (unsigned i = 0; i < l.slices * l.positions * l.lanes; i++) l.y.push_back(rng.int8());
    return l;
}

static uint64_t selection(const Layer &l) {
    std::vector<int64_t> score;
    for (unsigned g = 0; g < l.groups; g++) {
        int64_t sum = static_cast<int64_t>(l.bias[g]) * (l.max ? 1 : l.positions);
        for (unsigned c = 0; c < l.channels; c++) {
            int64_t pooled = l.max ? -128 : 0;
            for (unsigned p = 0; p < l.positions; p++) {
                int64_t y = l.y[(c / l.lanes * l.positions + p) * l.lanes + c % l.lanes];
                pooled = l.max ? std::max(pooled, y) : pooled + y;
            }
            sum += l.weight[g * l.channels + c] * pooled;
        }
        score.push_back(sum);
    }
    uint64_t mask = 0;
    for (unsigned g = 0; g < l.groups; g++) {
        unsigned better = 0;
        for (unsigned o = 0; o < l.groups; o++) better += score[o] > score[g] || (score[o] == score[g] && o < g);
        if (better < l.keep) mask |= uint64_t{1} << g;
    }
    return mask;
}

class Bench {
  public:
    explicit Bench(Trial &t) : trial(t), unit(t) {
        unit->bias_we_i = unit->groups_we_i = unit->valid_i = 0;
        pack(unit->token_i, Token());
        unit.reset();
    }

    void run(const Layer &layer) {
        l = &layer;
        start();
        for (unsigned slice = 0; slice < l->slices; slice++) {
            for (unsigned p = 0; p < l->positions; p++) {
                while (!trial.sends()) cycle(Token());
                set_random(unit->y_i, Most * 8, trial.rng); // beyond the slice's channels, too
                for (unsigned i = 0; i < lanes(slice); i++)
                    set_bits(unit->y_i, i * 8, 8, static_cast<uint8_t>(l->y[(slice * l->positions + p) * l->lanes + i]));
                cycle(token(slice, true), true);
                if (trial.rng.percent(30)) cycle(token(slice, true)); // a result that max-pool keeps to itself
            }
            while (folded < slice) cycle(Token()); // a slice ends only when the one before it is folded in
            cycle(token(slice, false));
        }
        for (int i = 0; i < 200 && (folded < l->slices || masks == 0); i++) cycle(Token());
        CHECK(trial, folded == l->slices && masks == 1 && dones == 1, "%u slices folded, %u masks, %u dones", folded, masks,
              dones);
        CHECK(trial, unit->keep_o == selection(layer), "groups %u keep %u: %lx, want %lx", layer.groups, layer.keep,
              (unsigned long)unit->keep_o, (unsigned long)selection(layer));
    }

    // What a convolution without scores writes is none of the unit's business.
    void pass_by() {
        set_command(unit->cmd_i, Command());
        Token t;
        t.slice_end = t.out = t.last_slice = 1;
        for (int i = 0; i < 5; i++) cycle(t, true, false);
        cycle(Token(), false, false);
    }

  private:
    void start() {
        Command c = {};
        c.op = OpConv;
        c.flags = Score | (l->max ? PoolMax : 0u);
        c.groups = static_cast<uint8_t>(l->groups);
        c.score_keep = static_cast<uint8_t>(l->keep);
        set_command(unit->cmd_i, c);
        for (unsigned beat = 0; beat < 4; beat++) {
            unit->bias_we_i = 1;
            unit->beat_i = beat;
            for (unsigned i = 0; i < 16; i++) set_bits(unit->data_i, i * 32, 32, static_cast<uint32_t>(l->bias[beat * 16 + i]));
            unit.edge();
        }
        unit->bias_we_i = 0;
        folded = masks = dones = 0;
    }

    unsigned lanes(unsigned slice) const { return std::min(l->lanes, l->channels - slice * l->lanes); }

    Token token(unsigned slice, bool output) {
        Token t;
        t.out = output;
        t.slice_end = !output;
        t.out_slice = slice;
        t.last_slice = slice + 1 == l->slices;
        t.entry = slice * 9 % 32; // saliency weights have eight entries
        t.out_lanes = lanes(slice);
        return t;
    }

    void cycle(const Token &t, bool written = false, bool scored = true) {
        pack(unit->token_i, t);
        unit->valid_i = written;
        unit.settle();
        CHECK(trial, scored || !unit->busy_o, "busy with a convolution without scores");
        bool read = unit->wf_re_o;
        unsigned entry = unit->wf_entry_o, lane = unit->wf_lane_o, beat = unit->wf_beat_o;
        folded += unit->slice_done_o;
        dones += unit->done_o;
        masks += unit->obs_groups_valid_o;
        unit.edge();
        if (!read) return;
        CHECK(trial, entry == folded % 8 && lane < lanes(folded) / 8, "weights of entry %u lane %u, want %u", entry, lane,
              folded % 8);
        for (unsigned i = 0; i < 64; i++) {
            unsigned g = beat * 8 + i / 8;
            set_bits(unit->wf_i, i * 8, 8,
                     g < l->groups ? static_cast<uint8_t>(l->weight[g * l->channels + folded * l->lanes + lane * 8 + i % 8])
                                   : trial.rng.bits(8));
        }
    }

    Trial &trial;
    Unit<TOP> unit;
    const Layer *l = nullptr;
    unsigned folded = 0, masks = 0, dones = 0;
};

} // namespace

Test(SUITE, masks) {
    for_trials(1, [](Trial &trial) {
        Bench bench(trial);
        for (int i = 0; i < 10; i++) {
            bench.run(random_layer(trial.rng));
            bench.pass_by();
        }
    });
}

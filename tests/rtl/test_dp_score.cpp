// verilate: dp_score @builds
// Scores of slices of any width, selection with ties, and given channel masks against sums over whole vectors.
#include UNIT_HEADER
#include "pkg.h"

constexpr unsigned GEOMETRY;

namespace {

struct Problem {
    unsigned groups, keep, slices, count, lanes, channels; // lanes of every slice but the last, which may have fewer
    bool max;
    int spread; // of weights and pools: small ones make ties
    std::vector<int32_t> bias; // (64)
    std::vector<int8_t> weight; // (groups, channels)
    std::vector<int32_t> pooled; // (channels)
};

static Problem random_problem(Trial &trial, unsigned lanes) {
    Rng &rng = trial.rng;
    static const unsigned sizes[] = {1, 2, 7, 8, 9, 16, 63, 64};
    Problem p = {sizes[rng.below(8)], 0, 1 + rng.below(3), rng.below(0x10000), lanes, 0, rng.percent(40), 0, {}, {}, {}};
    p.channels = p.slices * lanes - 8 * rng.below(lanes / 8);
    p.keep = trial.rng.percent(20) ? p.groups : 1 + rng.below(p.groups);
    p.spread = rng.percent(50) ? 1 : 127;
    int32_t wide = p.spread == 1 ? 1 : p.max ? 127 : 0x7fffff;
    for (int g = 0; g < 64; g++) p.bias.push_back(p.spread == 1 ? rng.range(-1, 1) : static_cast<int32_t>(rng.bits(32)));
    for (unsigned i = 0; i < p.groups * p.channels; i++) p.weight.push_back(static_cast<int8_t>(rng.range(-p.spread, p.spread)));
    for (unsigned i = 0; i < p.channels; i++) p.pooled.push_back(rng.range(-wide, wide));
    return p;
}

static std::vector<int64_t> scores(const Problem &p) {
    std::vector<int64_t> list;
    for (unsigned g = 0; g < p.groups; g++) {
        int64_t sum = static_cast<int64_t>(p.bias[g]) * (p.max ? 1 : p.count);
        for (unsigned c = 0; c < p.channels; c++) sum += static_cast<int64_t>(p.weight[g * p.channels + c]) * p.pooled[c];
        list.push_back(static_cast<int64_t>(static_cast<uint64_t>(sum) << 16) >> 16);
    }
    return list;
}

static uint64_t selection(const std::vector<int64_t> &score, unsigned keep) {
    uint64_t mask = 0;
    for (size_t g = 0; g < score.size(); g++) {
        unsigned better = 0;
        for (size_t o = 0; o < score.size(); o++) better += score[o] > score[g] || (score[o] == score[g] && o < g);
        if (better < keep) mask |= uint64_t{1} << g;
    }
    return mask;
}

static void quiet(Unit<TOP> &unit) {
    unit->start_i = 0;
    unit->bias_we_i = 0;
    unit->given_we_i = 0;
}

// The saliency weights that the unit asks for, a cycle later.
static void answer_weights(Trial &trial, Unit<TOP> &unit, const Problem &p, unsigned slice, unsigned entry) {
    if (!unit->wf_re_o) return;
    CHECK(trial, unit->wf_entry_o == entry, "entry %d, want %u", unit->wf_entry_o, entry);
    unsigned lane = unit->wf_lane_o, beat = unit->wf_beat_o;
    CHECK(trial, slice * p.lanes + lane * 8 < p.channels, "weights of octet %u, which slice %u does not have", lane, slice);
    unit.edge(); // the request's own edge; the data follow it
    for (unsigned i = 0; i < 64; i++) {
        unsigned g = beat * 8 + i / 8, c = slice * p.lanes + lane * 8 + i % 8;
        uint8_t value =
            g < p.groups ? static_cast<uint8_t>(p.weight[g * p.channels + c]) : static_cast<uint8_t>(trial.rng.next());
        set_bits(unit->wf_i, i * 8, 8, value);
    }
    unit.settle();
}

static void load_bias(Trial &trial, Unit<TOP> &unit, const Problem &p) {
    for (unsigned beat = 0; beat * 16 < p.groups;) {
        bool send = trial.sends();
        unit->bias_we_i = send;
        unit->bias_beat_i = beat;
        for (unsigned i = 0; i < 16; i++) set_bits(unit->bias_data_i, i * 32, 32, static_cast<uint32_t>(p.bias[beat * 16 + i]));
        unit.edge();
        beat += send;
    }
    unit->bias_we_i = 0;
}

static void solve(Trial &trial, Unit<TOP> &unit, const Problem &p) {
    Command command = {};
    command.op = OpConv;
    command.groups = static_cast<uint8_t>(p.groups);
    command.score_keep = static_cast<uint8_t>(p.keep);
    command.flags = Score | (p.max ? PoolMax : 0);
    set_command(unit->cmd_i, command);
    load_bias(trial, unit, p);
    std::vector<int64_t> want = scores(p);
    unsigned seen = 0, dones = 0, masks = 0;
    auto observe = [&] {
        if (unit->obs_score_valid_o) {
            CHECK(trial, seen < p.groups && unit->obs_score_group_o == seen, "score of group %d", unit->obs_score_group_o);
            int64_t got = get_signed(unit->obs_score_data_o, 0, 48);
            CHECK(trial, got == want[seen], "groups %u score %u: %ld, want %ld", p.groups, seen, (long)got, (long)want[seen]);
            seen++;
        }
        dones += unit->done_o;
        if (unit->obs_groups_valid_o) {
            masks++;
            CHECK(trial, unit->keep_o == selection(want, p.keep), "groups %u keep %u: mask %lx, want %lx", p.groups, p.keep,
                  (unsigned long)unit->keep_o, (unsigned long)selection(want, p.keep));
        }
    };
    for (unsigned slice = 0; slice < p.slices; slice++) {
        while (!trial.sends()) unit.edge();
        unsigned entry = trial.rng.below(8), slice_dones = 0, began = unit.cycles;
        unsigned lanes = std::min(p.lanes, p.channels - slice * p.lanes);
        set_random(unit->pooled_i, 8 * sizeof unit->pooled_i, trial.rng); // beyond the slice's channels, too
        for (unsigned l = 0; l < lanes; l++)
            set_bits(unit->pooled_i, l * 32, 32, static_cast<uint32_t>(p.pooled[slice * p.lanes + l]));
        unit->lanes_i = lanes;
        unit->start_i = 1;
        unit->first_i = slice == 0;
        unit->last_i = slice + 1 == p.slices;
        unit->entry_i = entry;
        unit->count_i = p.count;
        unit.edge();
        quiet(unit);
        unit.settle();
        CHECK(trial, unit->busy_o, "not busy after the start");
        while (unit->busy_o) {
            answer_weights(trial, unit, p, slice, entry);
            slice_dones += unit->slice_done_o;
            observe();
            unit.edge();
            unit.settle();
        }
        observe();
        CHECK(trial, slice_dones == 1, "%u times done with slice %u", slice_dones, slice);
        unsigned most = lanes / 8 * (p.groups + (p.groups + 7) / 8) + 4 + (slice + 1 == p.slices ? p.groups + 1 : 0);
        CHECK(trial, unit.cycles - began <= most, "slice took %u cycles, expected at most %u", unit.cycles - began, most);
    }
    for (int i = 0; i < 3; i++) {
        unit.edge();
        unit.settle();
        observe();
    }
    CHECK(trial, seen == p.groups && dones == 1 && masks == 1, "%u scores, %u dones, %u masks", seen, dones, masks);
}

static void run(Trial &trial, unsigned most_lanes) {
    Unit<TOP> unit(trial);
    quiet(unit);
    unit.reset();
    for (int i = 0; i < 8; i++) solve(trial, unit, random_problem(trial, 8 + 8 * trial.rng.below(most_lanes / 8)));
}

} // namespace

Test(SUITE, scores_and_selection) {
    for_trials(1, [](Trial &trial) { run(trial, OutLanes); });
}

Test(SUITE, given_masks) {
    Trial trial(1, 0, 0);
    Unit<TOP> unit(trial);
    quiet(unit);
    unit.reset();
    for (int i = 0; i < 50; i++) {
        uint64_t mask = trial.rng.next();
        unit->given_we_i = 1;
        unit->given_i = mask;
        unit.settle();
        CHECK(trial, unit->done_o, "no done with a given mask");
        unit.edge();
        quiet(unit);
        unit.settle();
        CHECK(trial, unit->keep_o == mask && !unit->done_o && !unit->busy_o, "given mask %lx became %lx", (unsigned long)mask,
              (unsigned long)unit->keep_o);
        unit.edge();
    }
}

// verilate: dp_positions @builds
// Raster order of the kept positions of small maps, or of some of their rows, pass after pass or row by row with the last position marked,
// against a list made by two loops; started again in the cycle that takes the last one.
#include UNIT_HEADER
#include "unit.h"

constexpr unsigned GEOMETRY;

namespace {

struct Map {
    unsigned w, h, passes;
    bool masked, skip, invert, merge;
    unsigned first, end; // rows first .. end - 1
    std::vector<uint64_t> rows; // (h) bit x: position x
};

struct Position {
    bool end, final;
    unsigned y, x;
    bool kept;
};

static std::vector<Position> expected(const Map &map) {
    std::vector<Position> list;
    for (unsigned p = 0; p < map.passes; p++) {
        size_t begin = list.size();
        for (unsigned y = map.first; y < map.end; y++)
            for (unsigned x = 0; x < map.w; x++) {
                bool kept = !map.masked || ((map.rows[y] >> x & 1) != 0) != map.invert;
                if (kept || !map.skip || !map.masked) list.push_back({false, false, y, x, kept});
            }
        if (map.merge && list.size() > begin)
            list.back().final = true;
        else
            list.push_back({true, false, 0, 0, false});
    }
    return list;
}

static void start(Trial &trial, Unit<TOP> &unit, const Map &map) {
    unit->first_i = map.first;
    unit->end_i = map.end;
    unit->passes_i = map.passes;
    unit->start_i = 1;
    unit.settle();
    CHECK(trial, unit->idle_o, "started while it is at work");
}

// Starts a map, unless the one before has, and returns the cycles from there to the last token. The one `following` starts in the cycle
// that takes it.
static unsigned run(Trial &trial, Unit<TOP> &unit, const Map &map, const Map *following = nullptr) {
    std::vector<Position> want = expected(map);
    if (!unit->start_i) start(trial, unit, map);
    unit.edge();
    unit->start_i = 0;
    unit->w_i = map.w;
    unit->masked_i = map.masked;
    unit->skip_i = map.skip;
    unit->invert_i = map.invert;
    unit->merge_i = map.merge;
    Hold hold;
    unsigned first_cycle = unit.cycles;
    for (size_t next = 0;; unit.edge()) {
        unit->ready_i = trial.takes();
        unit.settle();
        // beyond the map a mask row may hold anything
        uint64_t beyond = map.w < MaskW ? trial.rng.next() << map.w : 0, row = trial.rng.next();
        if (unit->row_y_o < map.h) row = map.rows[unit->row_y_o] | beyond;
        set_bits(unit->row_i, 0, MaskW, row);
        unit.settle();
        CHECK(trial, hold.step(unit->valid_o, unit->ready_i), "a token vanished");
        bool ends = unit->valid_o && unit->ready_i && next + 1 == want.size();
        CHECK(trial, unit->idle_o == ends, "idle %d at token %zu of %zu", unit->idle_o, next, want.size());
        if (!unit->valid_o) continue;
        const Position &token = want[next];
        CHECK(trial, unit->end_o == token.end && unit->final_o == token.final, "w %u h %u token %zu: end %d final %d", map.w,
              map.h, next, unit->end_o, unit->final_o);
        if (!token.end)
            CHECK(trial, unit->y_o == token.y && unit->x_o == token.x && unit->kept_o == token.kept,
                  "w %u h %u token %zu: (%d,%d) kept %d, want (%u,%u) kept %d", map.w, map.h, next, unit->y_o, unit->x_o,
                  unit->kept_o, token.y, token.x, token.kept);
        if (ends) break;
        next += unit->ready_i;
    }
    unsigned taken = unit.cycles + 1 - first_cycle;
    if (following != nullptr) {
        start(trial, unit, *following);
        return taken;
    }
    unit.edge();
    for (int i = 0; i < 3; i++) {
        unit->ready_i = 1;
        unit.settle();
        CHECK(trial, !unit->valid_o && unit->idle_o, "a token after the last pass");
        unit.edge();
    }
    return taken;
}

static Map random_map(Trial &trial, unsigned w, unsigned h) {
    Map map = {w, h, 1 + trial.rng.below(3), trial.rng.percent(75), trial.rng.percent(75), trial.rng.percent(30), false, 0,
               h, {}};
    if (trial.rng.percent(30)) map.first = trial.rng.below(h), map.end = map.first + 1 + trial.rng.below(h - map.first);
    unsigned kind = trial.rng.below(4), single = trial.rng.below(w * h);
    for (unsigned y = 0; y < h; y++) {
        uint64_t random = trial.rng.next() & trial.rng.next(), one = y == single / w ? uint64_t{1} << single % w : 0;
        map.rows.push_back(kind == 0 ? random : kind == 1 ? 0 : kind == 2 ? ~uint64_t{0} : one);
    }
    return map;
}

template <class Run> static void with_unit(Trial &trial, Run body) {
    Unit<TOP> unit(trial);
    unit->start_i = 0;
    unit->ready_i = 0;
    unit.reset();
    body(unit);
}

} // namespace

Test(SUITE, every_small_size) {
    for_trials(1, [](Trial &trial) {
        with_unit(trial, [&](Unit<TOP> &unit) {
            for (unsigned h = 1; h <= 8; h++)
                for (unsigned w = 1; w <= 8; w++) run(trial, unit, random_map(trial, w, h));
        });
    });
}

Test(SUITE, every_width) {
    for_trials(1, [](Trial &trial) {
        with_unit(trial, [&](Unit<TOP> &unit) {
            for (unsigned w = 1; w <= MaskW; w++) run(trial, unit, random_map(trial, w, 1 + trial.rng.below(3)));
            run(trial, unit, random_map(trial, MaskW, trial.stall < 90 ? MaskW : 4));
        });
    });
}

// As a chain has them: row after row, of one map or another, each started with the last position of the one before.
Test(SUITE, rows_in_turn) {
    for_trials(1, [](Trial &trial) {
        with_unit(trial, [&](Unit<TOP> &unit) {
            std::vector<Map> rows;
            for (int i = 0; i < 300; i++) {
                Map map = random_map(trial, 1 + trial.rng.below(MaskW), 1 + trial.rng.below(8));
                map.passes = 1;
                map.merge = true;
                map.first = trial.rng.below(map.h);
                map.end = map.first + 1;
                rows.push_back(map);
            }
            for (size_t i = 0; i < rows.size(); i++) {
                const Map &map = rows[i];
                bool at_once = i + 1 < rows.size() && trial.rng.percent(70);
                unsigned cycles = run(trial, unit, map, at_once ? &rows[i + 1] : nullptr);
                unsigned most = static_cast<unsigned>(expected(map).size()) + 2; // the start, and an empty row
                CHECK(trial, trial.stall > 0 || cycles <= most, "%u cycles for a row, expected at most %u", cycles, most);
            }
        });
    });
}

Test(SUITE, maps_without_a_mask_may_be_wider) {
    for_trials(1, [](Trial &trial) {
        with_unit(trial, [&](Unit<TOP> &unit) {
            for (unsigned w : {9u, 33u, 65u, 255u}) {
                Map map = {w, 3, 2, false, trial.rng.percent(50), false, false, 0, 3, {0, 0, 0}};
                run(trial, unit, map);
            }
        });
    });
}

Test(SUITE, one_position_a_cycle) {
    Trial trial(1, 0, 0);
    with_unit(trial, [&](Unit<TOP> &unit) {
        for (int i = 0; i < 100; i++) {
            Map map = random_map(trial, 1 + trial.rng.below(MaskW), 1 + trial.rng.below(8));
            unsigned most = static_cast<unsigned>(expected(map).size()) + map.passes * (map.end - map.first + 1) + 1;
            if (!map.masked || !map.skip) most -= map.passes * (map.end - map.first); // no row is empty
            unsigned cycles = run(trial, unit, map);
            CHECK(trial, cycles <= most, "w %u h %u: %u cycles, expected at most %u", map.w, map.h, cycles, most);
        }
    });
}

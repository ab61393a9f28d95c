// verilate: dp_positions -GMaskW=8
// Raster order of the kept positions of small maps, or of some of their rows, pass after pass or row by row with the last position marked,
// against a list made by two loops; started again in the cycle that takes the last one.
#include "Vdp_positions.h"
#include "unit.h"

constexpr unsigned MaskW = 8;

struct Map {
    unsigned w, h, passes;
    bool masked, skip, invert, merge;
    unsigned first, end; // rows first .. end - 1
    std::vector<uint8_t> rows; // (h) bit x: position x
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

static void start(Trial &trial, Unit<Vdp_positions> &unit, const Map &map) {
    unit->first_i = map.first;
    unit->end_i = map.end;
    unit->passes_i = map.passes;
    unit->start_i = 1;
    unit.settle();
    CHECK(trial, unit->idle_o, "started while it is at work");
}

// Starts a map, unless the one before has, and returns the cycles from there to the last token. The one `following` starts in the cycle
// that takes it.
static unsigned run(Trial &trial, Unit<Vdp_positions> &unit, const Map &map, const Map *following = nullptr) {
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
        uint8_t beyond = map.w < MaskW ? static_cast<uint8_t>(trial.rng.next() << map.w) : 0;
        unit->row_i = unit->row_y_o < map.h ? map.rows[unit->row_y_o] | beyond : static_cast<uint8_t>(trial.rng.next());
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
        unsigned random = static_cast<unsigned>(trial.rng.next() & trial.rng.next());
        unsigned one = y == single / w ? 1u << single % w : 0;
        map.rows.push_back(static_cast<uint8_t>(kind == 0 ? random : kind == 1 ? 0 : kind == 2 ? 0xff : one));
    }
    return map;
}

template <class Run> static void with_unit(Trial &trial, Run body) {
    Unit<Vdp_positions> unit(trial);
    unit->start_i = 0;
    unit->ready_i = 0;
    unit.reset();
    body(unit);
}

Test(dp_positions, every_small_size) {
    for_trials(1, [](Trial &trial) {
        with_unit(trial, [&](Unit<Vdp_positions> &unit) {
            for (unsigned h = 1; h <= MaskW; h++)
                for (unsigned w = 1; w <= MaskW; w++) run(trial, unit, random_map(trial, w, h));
        });
    });
}

// As a chain has them: row after row, of one map or another, each started with the last position of the one before.
Test(dp_positions, rows_in_turn) {
    for_trials(1, [](Trial &trial) {
        with_unit(trial, [&](Unit<Vdp_positions> &unit) {
            std::vector<Map> rows;
            for (int i = 0; i < 300; i++) {
                Map map = random_map(trial, 1 + trial.rng.below(MaskW), 1 + trial.rng.below(MaskW));
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

Test(dp_positions, maps_without_a_mask_may_be_wider) {
    for_trials(1, [](Trial &trial) {
        with_unit(trial, [&](Unit<Vdp_positions> &unit) {
            for (unsigned w : {9u, 15u, 16u, 33u, 255u}) {
                Map map = {w, 3, 2, false, trial.rng.percent(50), false, false, 0, 3, {0, 0, 0}};
                run(trial, unit, map);
            }
        });
    });
}

Test(dp_positions, one_position_a_cycle) {
    Trial trial(1, 0, 0);
    with_unit(trial, [&](Unit<Vdp_positions> &unit) {
        for (int i = 0; i < 100; i++) {
            Map map = random_map(trial, 1 + trial.rng.below(MaskW), 1 + trial.rng.below(MaskW));
            unsigned most = static_cast<unsigned>(expected(map).size()) + map.passes * (map.end - map.first + 1) + 1;
            if (!map.masked || !map.skip) most -= map.passes * (map.end - map.first); // no row is empty
            unsigned cycles = run(trial, unit, map);
            CHECK(trial, cycles <= most, "w %u h %u: %u cycles, expected at most %u", map.w, map.h, cycles, most);
        }
    });
}

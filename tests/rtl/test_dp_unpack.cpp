// verilate: dp_unpack @builds
// The place of every beat: weights of 3x3 and 1x1 records in one run or many, of both halves of a dual slice, parameters, and the
// streams that may stall.
#include UNIT_HEADER
#include "pkg.h"

constexpr unsigned GEOMETRY;

namespace {

struct Shape {
    bool parallel;
    unsigned pi, po, rows;
    bool upper(const Run &run) const { return run.lane >= po / 8; } // the second half of a dual slice
};

struct Beat {
    Run run;
    unsigned index; // within its run
    bool weight;
    unsigned row, granule; // of a weight
};

// Where weight beat `index` of an octet record belongs (docs/architecture.md, "Memory images").
static void place_weight(Beat &beat, const Shape &shape, unsigned index) {
    unsigned sub = shape.pi / 8, taps = beat.run.kernel3 ? 9 : 1;
    unsigned octet = index / taps, tap = index % taps, row = 0;
    if (shape.parallel && beat.run.kernel3) {
        row = octet / sub;
        beat.granule = tap * sub + octet % sub;
    } else if (shape.parallel) {
        row = octet / (9 * sub);
        beat.granule = octet % (9 * sub) + (shape.upper(beat.run) ? 4 * sub : 0);
    } else {
        row = octet / sub * taps + tap;
        beat.granule = octet % sub;
    }
    beat.weight = true;
    beat.row = (beat.run.row + row) % shape.rows;
}

static void add_run(std::vector<Beat> &beats, const Run &run) {
    for (unsigned i = 0; i < run.beats; i++) beats.push_back({run, i, false, 0, 0});
}

// One octet record: parameters, then `octets` input octets, as one run or, grouped, one run for the head and one a group.
static void add_record(std::vector<Beat> &beats, Trial &trial, const Shape &shape) {
    Run run;
    run.kind = RunRecord;
    run.first = 1;
    run.kernel3 = trial.rng.percent(50);
    run.lane = trial.rng.below(run.kernel3 || !shape.parallel ? shape.po / 8 : shape.po / 4);
    run.entry = trial.rng.below(32);
    run.aux = 2 + trial.rng.below(4);
    run.row = trial.rng.below(shape.rows);
    bool grouped = trial.rng.percent(50);
    unsigned group = 1 + trial.rng.below(2), groups = 1 + trial.rng.below(run.kernel3 ? 2 : 9);
    if (shape.upper(run)) groups = 1 + trial.rng.below(4 * shape.pi / 8 / group); // four words
    unsigned per_run = group * (run.kernel3 ? 9 : 1), weights = per_run * groups, placed = 0;
    size_t first = beats.size();
    run.beats = run.aux + (grouped ? 0 : weights);
    run.slice_last = !grouped && trial.rng.percent(50);
    add_run(beats, run);
    if (grouped) {
        run.first = 0;
        run.aux = 0;
        run.beats = per_run;
        bool last = trial.rng.percent(50);
        for (unsigned g = 0; g < groups; g++) {
            run.slice_last = last && g + 1 == groups;
            add_run(beats, run);
        }
    }
    for (size_t i = first; i < beats.size(); i++)
        if (!beats[i].run.first || beats[i].index >= beats[i].run.aux) place_weight(beats[i], shape, placed++);
}

static void add_other(std::vector<Beat> &beats, Trial &trial) {
    Run run;
    run.kind = static_cast<uint32_t>(trial.rng.range(RunBias, RunImage));
    run.beats = 1 + trial.rng.below(5);
    add_run(beats, run);
}

template <class Top> static void check_strobes(Trial &trial, Top &top, const Shape &shape, const Beat &beat, bool valid) {
    bool record = valid && beat.run.kind == RunRecord, quant = record && !beat.weight && beat.index < 2;
    CHECK(trial, top.weight_we_o == (record && beat.weight), "weight %d at beat %u", top.weight_we_o, beat.index);
    CHECK(trial, top.quant_we_o == quant, "quant %d at beat %u", top.quant_we_o, beat.index);
    CHECK(trial, top.wf_we_o == (record && !beat.weight && !quant), "wf %d at beat %u", top.wf_we_o, beat.index);
    CHECK(trial, top.bias_we_o == (valid && beat.run.kind == RunBias), "bias");
    CHECK(trial, top.groups_we_o == (valid && beat.run.kind == RunGroups), "groups");
    CHECK(trial, top.maskw_we_o == (valid && beat.run.kind == RunMaskW), "mask weights");
    CHECK(trial, top.maskrow_valid_o == (valid && beat.run.kind == RunMaskRows), "mask rows");
    CHECK(trial, top.image_valid_o == (valid && beat.run.kind == RunImage), "image");
    if (!valid) return;
    CHECK(trial, top.beat_o == beat.index, "beat %d, want %u", top.beat_o, beat.index);
    CHECK(trial, top.last_o == (beat.index + 1 == beat.run.beats), "last %d at beat %u", top.last_o, beat.index);
    unsigned lane = beat.run.lane, ring_lane = shape.upper(beat.run) ? lane - shape.po / 8 : lane;
    if (record)
        CHECK(trial, top.weight_lane_o == ring_lane && top.param_lane_o == lane, "lane %u: %d in the ring, %d in the parameters",
              lane, top.weight_lane_o, top.param_lane_o);
    if (record && beat.weight)
        CHECK(trial, top.weight_row_o == beat.row && top.weight_granule_o == beat.granule,
              "kernel3 %u lane %u beat %u from row %u: row %d granule %d, want %u %u", beat.run.kernel3, lane, beat.index,
              beat.run.row, top.weight_row_o, top.weight_granule_o, beat.row, beat.granule);
    if (record && !beat.weight)
        CHECK(trial, top.param_entry_o == beat.run.entry && top.param_beat_o == (quant ? beat.index : beat.index - 2),
              "parameter beat %u: entry %d beat %d", beat.index, top.param_entry_o, top.param_beat_o);
}

template <class Top> static void run(Trial &trial, const Shape &shape) {
    Unit<Top> unit(trial);
    unit->run_valid_i = 0;
    unit->rvalid_i = 0;
    pack(unit->run_data_i, Run{});
    unit->maskrow_ready_i = 0;
    unit->image_ready_i = 0;
    unit.reset();
    std::vector<Beat> beats;
    for (int i = 0; i < 60; i++) {
        if (trial.rng.percent(60))
            add_record(beats, trial, shape);
        else
            add_other(beats, trial);
    }
    bool offered = false;
    for (size_t next = 0; next < beats.size(); unit.edge()) {
        const Beat &beat = beats[next];
        unit->run_valid_i = 1; // a run is queued before its beats are asked for
        pack(unit->run_data_i, beat.run);
        unit->rvalid_i = offered = offered || trial.sends();
        unit->maskrow_ready_i = trial.takes();
        unit->image_ready_i = trial.takes();
        unit.settle();
        bool ready = beat.run.kind == RunMaskRows ? unit->maskrow_ready_i : beat.run.kind == RunImage ? unit->image_ready_i : 1;
        bool last = offered && ready && beat.index + 1 == beat.run.beats;
        CHECK(trial, unit->rready_o == ready, "ready %d for kind %u", unit->rready_o, beat.run.kind);
        CHECK(trial, unit->run_ready_o == last, "run ready %d at beat %u", unit->run_ready_o, beat.index);
        CHECK(trial, unit->slice_ready_o == (last && beat.run.slice_last), "slice ready %d", unit->slice_ready_o);
        check_strobes(trial, *unit, shape, beat, offered);
        if (offered && ready) {
            next++;
            offered = false;
        }
    }
    unit->run_valid_i = 0;
    unit->rvalid_i = 1;
    unit.settle();
    CHECK(trial, !unit->rready_o && !unit->weight_we_o && !unit->bias_we_o, "a beat without a run was taken");
}

} // namespace

Test(SUITE, runs) {
    for_trials(2, [](Trial &trial) { run<TOP>(trial, {Parallel != 0, Pi, Po, WeightRows}); });
}

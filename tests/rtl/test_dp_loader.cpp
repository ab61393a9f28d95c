// verilate: dp_loader -GPo=16 -GPi=8 -GWeightRows=48
// The requests for random command lists, in order, against a list made by loops; and no request before its resources are free.
#include "Vdp_loader.h"
#include "pkg.h"

constexpr unsigned Po = 16, Pi = 8, WeightRows = 48, Entries = 32, ScoreEntries = 8, MaskPairs = 3;
constexpr uint64_t ImageAddr = 0x5600123440, LogitsAddr = 0x7800abcd00;
constexpr uint32_t Grouped = InGrouped | OutGrouped;

struct Request {
    uint64_t addr;
    Run run;
    size_t command;
};

struct Job {
    std::vector<Command> commands;
    std::vector<uint64_t> keeps; // channel masks in the order in which they are made
};

static uint64_t random_keep(Rng &rng, unsigned groups, unsigned keep) {
    uint64_t mask = 0;
    while (__builtin_popcountll(mask) < static_cast<int>(keep)) mask |= uint64_t{1} << rng.below(groups);
    return mask;
}

// Channels of an output slice.
static unsigned lanes_of(const Command &c) { return c.has(Dual) ? 2 * Po : Po; }

static Command random_conv(Rng &rng, uint64_t keep, unsigned group8) {
    Command c = {};
    c.op = OpConv;
    c.stage = static_cast<uint8_t>(rng.below(5));
    c.flags = rng.percent(50) ? Kernel3 : 0;
    unsigned kept = static_cast<unsigned>(__builtin_popcountll(keep)) * group8;
    if (keep != 0 && rng.percent(60)) c.flags |= InGrouped;
    if (keep != 0 && rng.percent(60)) c.flags |= OutGrouped;
    c.group8 = static_cast<uint8_t>(group8);
    c.cout = static_cast<uint16_t>(c.has(OutGrouped) ? kept * 8 : 1 + rng.below(rng.percent(40) ? 600 : 80));
    if (!c.has(Kernel3) && rng.percent(50)) c.flags |= Dual;
    c.out_slices = static_cast<uint16_t>((c.cout + lanes_of(c) - 1) / lanes_of(c));
    c.rows = static_cast<uint16_t>(c.out_slices > 8 ? 1 : 1 + rng.below(rng.percent(20) ? WeightRows : 12));
    c.aux_beats = static_cast<uint8_t>(2 + rng.below(3));
    c.rec_beats = static_cast<uint16_t>(c.aux_beats + (c.has(InGrouped) ? 64 * 9 * group8 : 1 + rng.below(30)));
    c.weight_addr = static_cast<uint32_t>(rng.bits(24)) << 6;
    c.weight_high = static_cast<uint8_t>(c.weight_addr >> 12 & 0x7f);
    return c;
}

static Job random_job(Rng &rng) {
    Job job;
    uint64_t keep = 0;
    unsigned group8 = 1, masks = 0;
    bool image_due = false; // an image is loaded behind the weights of the convolution after it
    for (int i = 0; i < 16; i++) {
        Command c = {};
        switch (i == 15 || (image_due && rng.percent(50)) ? 5 : rng.below(6)) {
        case 0:
            if (image_due) continue;
            image_due = true;
            c.op = OpImage;
            c.dst_w = static_cast<uint8_t>(1 + rng.below(20));
            c.dst_h = static_cast<uint8_t>(1 + rng.below(20));
            c.cin = static_cast<uint16_t>(1 + rng.below(rng.percent(20) ? 100 : 8));
            break;
        case 1:
            c.op = OpMask;
            c.flags = rng.percent(50) ? OwnFetch : 0;
            c.in_buf = static_cast<uint8_t>(2 * (masks++ % MaskPairs));
            c.src_h = static_cast<uint8_t>(1 + rng.below(40));
            c.rows = static_cast<uint16_t>(1 + rng.below(3));
            break;
        case 2: c.op = OpGroups; break;
        default:
            image_due = false;
            c = random_conv(rng, keep, group8);
            if (rng.percent(30)) c.flags |= Score;
        }
        c.layer = static_cast<uint8_t>(i);
        c.aux_addr = static_cast<uint32_t>(rng.bits(24)) << 6;
        c.aux_high = static_cast<uint8_t>(c.aux_addr >> 11);
        c.groups = static_cast<uint8_t>(1 + rng.below(64));
        if (c.op == OpGroups || c.has(Score)) {
            keep = random_keep(rng, c.groups, 1 + rng.below(std::min<unsigned>(c.groups, 6)));
            group8 = 1 + rng.below(2);
            job.keeps.push_back(keep);
        }
        job.commands.push_back(c);
    }
    Command end = {};
    job.commands.push_back(end);
    return job;
}

static std::vector<unsigned> kept_list(uint64_t keep) {
    std::vector<unsigned> list;
    for (unsigned g = 0; g < 64; g++)
        if (keep >> g & 1) list.push_back(g);
    return list;
}

// What the loader should ask for; `image` is the job's image address.
class Model {
  public:
    std::vector<Request> requests;

    Model(const Job &job, uint64_t image) {
        size_t made = 0;
        for (const Command &c : job.commands) {
            unsigned taps = c.has(Kernel3) ? 9 : 1;
            layer = c.layer;
            if (c.op == OpImage) image_beats = (c.dst_w * c.dst_h * c.cin + 63u) / 64;
            if (c.op == OpGroups) plain(RunGroups, c.aux(), 1);
            if (c.op == OpMask && c.has(OwnFetch)) plain(RunMaskRows, c.aux(), (c.src_h + 7u) / 8);
            if (c.op == OpMask && !c.has(OwnFetch)) plain(RunMaskW, c.aux(), c.rows * ((9 * Pi + 63) / 64));
            if (c.op == OpConv && c.has(Score)) plain(RunBias, c.aux(), (c.groups + 15u) / 16);
            if (c.op == OpConv) conv(c, taps, made == 0 ? std::vector<unsigned>() : kept_list(job.keeps[made - 1]), image);
            if (c.op == OpGroups || c.has(Score)) made++;
            command++;
        }
    }

  private:
    void ask(uint64_t addr, Run run) {
        run.layer = layer;
        requests.push_back({addr, run, command});
    }

    void plain(RunKind kind, uint64_t addr, unsigned beats) {
        Run run;
        run.kind = kind;
        run.beats = beats;
        ask(addr, run);
    }

    void conv(const Command &c, unsigned taps, const std::vector<unsigned> &kept, uint64_t image) {
        std::vector<unsigned> octets; // of output channels, in memory
        for (unsigned i = 0; i < (c.cout + 7u) / 8; i++)
            octets.push_back(c.has(OutGrouped) ? kept[i / c.group8] * c.group8 + i % c.group8 : i);
        for (size_t first = 0; first < octets.size(); first += lanes_of(c) / 8) {
            size_t lanes = std::min<size_t>(lanes_of(c) / 8, octets.size() - first);
            for (size_t lane = 0; lane < lanes; lane++) {
                Run run;
                run.first = 1;
                run.kernel3 = c.has(Kernel3);
                run.lane = static_cast<uint32_t>(lane);
                run.entry = entry;
                run.row = row;
                run.aux = c.aux_beats;
                uint64_t record = c.weight() + uint64_t{64} * octets[first + lane] * c.rec_beats;
                bool last = lane + 1 == lanes;
                run.beats = c.has(InGrouped) ? c.aux_beats : c.rec_beats;
                run.slice_last = !c.has(InGrouped) && last;
                ask(record, run);
                run.first = run.aux = 0;
                run.beats = c.group8 * taps;
                for (size_t g = 0; c.has(InGrouped) && g < kept.size(); g++) {
                    run.slice_last = last && g + 1 == kept.size();
                    ask(record + 64 * (c.aux_beats + kept[g] * run.beats), run);
                }
            }
            row = (row + c.rows) % WeightRows;
            entry = (entry + 1) % Entries;
            if (image_beats != 0) plain(RunImage, image, image_beats);
            image_beats = 0;
        }
    }

    uint32_t layer = 0;
    size_t command = 0;
    unsigned row = 0, entry = 0, image_beats = 0;
};

// The rest of the accelerator: gives resources back at random times, and knows which are in use.
struct Environment {
    std::deque<unsigned> slices; // rows of the slices asked for and not given back
    std::deque<unsigned> complete; // those of them that are wholly asked for
    unsigned rows = 0;
    unsigned pairs = 0; // bit p: mask pair p is in use
    bool image = false, image_here = false; // in use; asked for
    std::deque<size_t> making; // commands that make a channel mask, asked for
    size_t made = 0;
};

class Bench {
  public:
    Bench(Trial &t, const Job &j) : trial(t), job(j), unit(t), model(j, ImageAddr), slow(t.rng.percent(50)) {
        for (const Command &c : job.commands) source.items.push_back(c);
        unit->halt_i = unit->cmd_valid_i = unit->exec_ready_i = unit->req_ready_i = unit->run_ready_i = 0;
        unit->slice_release_i = unit->mask_release_i = unit->image_release_i = unit->group_done_i = 0;
        unit->slice_rows_i = unit->slice_count_i = 0;
        unit->mask_pair_i = 0;
        unit->group_keep_i = trial.rng.next();
        unit.reset();
    }

    bool finished() const { return source.items.empty() && env.slices.empty(); }

    size_t most[2] = {}; // slices in use at a time, when one is asked for: any, with scores

    void cycle(bool halt = false) {
        unit->halt_i = halt;
        unit->cmd_valid_i = source.offer(trial);
        if (unit->cmd_valid_i) {
            set_command(unit->cmd_data_i, source.front());
            set_bits(unit->cmd_data_i, 512, 40, ImageAddr);
            set_bits(unit->cmd_data_i, 552, 40, LogitsAddr);
        }
        unit->exec_ready_i = trial.takes();
        unit->req_ready_i = trial.takes();
        unit->run_ready_i = trial.takes();
        give_back();
        unit.settle();
        bool fire = unit->req_valid_o && unit->req_ready_i;
        CHECK(trial, fire == (unit->run_valid_o && unit->run_ready_i), "a request without its run, or the other way round");
        CHECK(trial, !halt || (!fire && !unit->exec_valid_o), "the loader goes on after halt");
        if (unit->wait_groups_o) {
            const Command &c = job.commands[command];
            CHECK(trial, c.op == OpGroups || (c.op == OpConv && c.has(Grouped | Score)), "command %zu needs no channel mask",
                  command);
            CHECK(trial, !env.making.empty() || unit->group_done_i, "waits for a channel mask that is there");
        }
        forward();
        start();
        unsigned weights = 0, other = 0;
        if (fire) request(weights, other);
        CHECK(trial, unit->beats_weights_o == weights && unit->beats_other_o == other, "counted %d weights, %d others",
              unit->beats_weights_o, unit->beats_other_o);
        if (unit->obs_fetch_valid_o) report();
        bool retired = unit->cmd_ready_o && unit->cmd_valid_i;
        if (retired) CHECK(trial, forwarded == command + 1, "command %zu retired before it was forwarded", command);
        if (source.step(unit->cmd_ready_o)) retire();
        bool new_mask = unit->group_done_i;
        unit.edge();
        if (new_mask) unit->group_keep_i = job.keeps[env.made++];
    }

  private:
    void give_back() {
        unit->slice_release_i = !env.complete.empty() && trial.rng.percent(slow ? 3 : 100 - trial.stall);
        unsigned rows = 0, count = 0;
        do { // one slice, or those of a chain's convolution
            if (env.complete.empty() || !unit->slice_release_i) break;
            rows += env.complete.front();
            count++;
            env.complete.pop_front();
            env.slices.pop_front();
        } while (trial.rng.percent(30));
        env.rows -= rows;
        unit->slice_rows_i = static_cast<SData>(count > 0 ? rows : trial.rng.below(64));
        unit->slice_count_i = static_cast<CData>(count > 0 ? count : trial.rng.below(33));
        unit->mask_pair_i = trial.rng.below(MaskPairs);
        unit->mask_release_i = (env.pairs >> unit->mask_pair_i & 1) != 0 && trial.takes();
        unit->image_release_i = env.image_here && trial.takes();
        unit->group_done_i = !env.making.empty() && env.slices.empty() && env.making.front() < command && trial.takes();
        if (unit->group_done_i) env.making.pop_front();
    }

    void forward() {
        if (!unit->exec_valid_o || !unit->exec_ready_i) return;
        CHECK(trial, forwarded == command && get_command(unit->exec_data_o) == job.commands[command], "forwarded out of order");
        CHECK(trial, get_bits(unit->exec_data_o, 512, 40) == LogitsAddr, "forwarded with other logits");
        forwarded++;
    }

    void start() {
        const Command &c = job.commands[std::min(command, job.commands.size() - 1)];
        if (unit->image_start_o) CHECK(trial, c.op == OpImage && !env.image, "image started, command %zu", command);
        if (unit->mask_start_o)
            CHECK(trial, c.op == OpMask && (env.pairs >> (c.in_buf / 2) & 1) == 0, "mask started in pair %d, in use: %x",
                  c.in_buf / 2, env.pairs);
        if (unit->image_start_o || unit->mask_start_o) {
            CHECK(trial, get_command(unit->cmd_o) == c, "started another command");
            started = command + 1;
        }
        env.image = (env.image && !unit->image_release_i) || unit->image_start_o;
        env.image_here = env.image_here && !unit->image_release_i;
        if (unit->mask_release_i) env.pairs &= ~(1u << unit->mask_pair_i);
        if (unit->mask_start_o) env.pairs |= 1u << c.in_buf / 2;
    }

    void request(unsigned &weights, unsigned &other) {
        CHECK(trial, next < model.requests.size(), "a request too many");
        const Request &want = model.requests[next];
        const Command &c = job.commands[want.command];
        Run got = unpack<Run>(unit->run_data_o);
        CHECK(trial, command == want.command && forwarded > command, "request %zu of command %zu, in command %zu", next,
              want.command, command);
        CHECK(trial, unit->req_addr_o == want.addr && unit->req_beats_o == want.run.beats,
              "request %zu: %010lx %d beats, want %010lx %u (layer %u)", next, (unsigned long)unit->req_addr_o, unit->req_beats_o,
              (unsigned long)want.addr, want.run.beats, c.layer);
        CHECK(trial, got.kind == want.run.kind && got.beats == want.run.beats, "run %zu: kind %u", next, got.kind);
        if (got.kind == RunRecord) {
            const char *field = difference(got, want.run);
            CHECK(trial, field == nullptr, "run %zu: %s differs (layer %u)", next, field, c.layer);
            record(got, c);
        }
        if (c.op == OpGroups || c.has(Grouped | Score))
            CHECK(trial, masks_known(), "layer %u went before its channel mask", c.layer);
        if (got.kind == RunImage) env.image_here = true;
        if (c.op == OpMask) CHECK(trial, started == command + 1, "layer %u was not started", c.layer);
        weights = got.kind == RunRecord ? got.beats - got.aux : 0;
        other = got.beats - weights;
        sum_weights += weights;
        sum_other += other;
        if (got.kind == RunGroups || got.kind == RunBias) env.making.push_back(command);
        next++;
    }

    // Every channel mask of an earlier command has been made.
    bool masks_known() const { return env.making.empty() || env.making.front() == command; }

    void record(const Run &run, const Command &c) {
        if (run.first && run.lane == 0) {
            env.slices.push_back(c.rows);
            env.rows += c.rows;
            most[c.has(Score)] = std::max(most[c.has(Score)], env.slices.size());
            CHECK(trial, env.rows <= WeightRows && env.slices.size() <= (c.has(Score) ? ScoreEntries : Entries),
                  "layer %u: %u rows and %zu slices in use", c.layer, env.rows, env.slices.size());
        }
        if (run.slice_last) env.complete.push_back(c.rows);
    }

    void report() {
        const Command &c = job.commands[command];
        CHECK(trial, c.op == OpConv && unit->obs_fetch_layer_o == c.layer && unit->obs_fetch_stage_o == c.stage,
              "reported layer %d", unit->obs_fetch_layer_o);
        CHECK(trial, unit->obs_fetch_weights_o == sum_weights && unit->obs_fetch_other_o == sum_other, "reported %u and %u beats",
              unit->obs_fetch_weights_o, unit->obs_fetch_other_o);
        reported = command + 1;
    }

    void retire() {
        CHECK(trial, job.commands[command].op != OpConv || reported == command + 1, "command %zu was not reported", command);
        CHECK(trial, next == model.requests.size() || model.requests[next].command > command, "command %zu retired early",
              command);
        sum_weights = sum_other = 0;
        command++;
    }

    Trial &trial;
    const Job &job;
    Unit<Vdp_loader> unit;
    Model model;
    bool slow; // slices come back so late that the ring fills
    Source<Command> source;
    Environment env;
    size_t command = 0, forwarded = 0, started = 0, reported = 0, next = 0;
    unsigned sum_weights = 0, sum_other = 0;
};

Test(dp_loader, random_lists) {
    size_t most[2] = {};
    for_trials(6, [&](Trial &trial) {
        Job job = random_job(trial.rng);
        Bench bench(trial, job);
        while (!bench.finished()) bench.cycle();
        for (int i = 0; i < 2; i++) most[i] = std::max(most[i], bench.most[i]);
    });
    cr_assert(most[0] == Entries && most[1] == ScoreEntries, "%zu and %zu slices at a time were used", most[0], most[1]);
}

// As many channels as a command can say: their octets do not fit 16 bits with seven more.
Test(dp_loader, most_channels) {
    Trial trial(1, 0, 0);
    for (unsigned cout : {65528u, 65529u, 65535u}) {
        Job job;
        Command c = {}, end = {};
        c.op = OpConv;
        c.cout = static_cast<uint16_t>(cout);
        c.out_slices = static_cast<uint16_t>((cout + Po - 1) / Po);
        c.rows = 1;
        c.aux_beats = 2;
        c.rec_beats = 3;
        job.commands = {c, end};
        Bench bench(trial, job);
        while (!bench.finished()) bench.cycle();
    }
}

Test(dp_loader, halt) {
    Trial trial(1, 0, 20);
    for (int cycles = 1; cycles < 100; cycles += 7) {
        Job job = random_job(trial.rng);
        Bench bench(trial, job);
        for (int i = 0; i < cycles && !bench.finished(); i++) bench.cycle();
        for (int i = 0; i < 20; i++) bench.cycle(true);
    }
}

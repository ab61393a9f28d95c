// verilate: dp_sequencer
// Random command lists with chains among units that answer at random: order, what each command waits for, and what a retired one gives back.
#include "Vdp_sequencer.h"
#include "pkg.h"

constexpr unsigned NoBuffer = 0xff;

static std::vector<Command> random_list(Rng &rng) {
    std::vector<Command> list;
    unsigned masks = 0, chained = 0; // convolutions that belong to the chain begun
    for (int i = 0; i < 40; i++) {
        Command c = {};
        set_random(c, 512, rng);
        bool more = chained > 0;
        if (!more && i < 38 && rng.percent(25)) chained = 2 + rng.below(2);
        c.op = static_cast<uint8_t>(chained > 0 || rng.percent(60) ? OpConv : rng.range(OpEnd, OpGroups));
        c.out_slices = static_cast<uint16_t>(1 + rng.below(4));
        c.flags &= ~(OwnFetch | PrevMasked | Chain);
        if (chained > 0) c.flags &= ~ImageSrc;
        if (chained > 0 && --chained > 0) c.flags |= Chain;
        if (masks == 0) c.flags &= ~MaskWait;
        c.out_buf = static_cast<uint8_t>(masks == 0 ? NoBuffer : 2 * ((masks - 1) % 3));
        if (more) c.out_buf = static_cast<uint8_t>(rng.below(6)); // only the first of a chain waits for its mask
        if (c.op == OpMask) {
            c.in_buf = static_cast<uint8_t>(2 * (masks % 3));
            if (rng.percent(40)) c.flags |= OwnFetch;
            if (rng.percent(50)) c.flags |= PrevMasked;
            c.prev_buf = static_cast<uint8_t>(masks == 0 || rng.percent(30) ? NoBuffer : 2 * ((masks - 1) % 3) + rng.below(2));
            masks++;
        }
        list.push_back(c);
    }
    return list;
}

// The units around the sequencer. Times are drawn with the trial's stall rate.
class Bench {
  public:
    explicit Bench(Trial &t) : trial(t), list(random_list(t.rng)), unit(t) {
        for (const Command &c : list) source.items.push_back(c);
        quiet();
        unit->halt_i = unit->exec_valid_i = 0;
        unit.reset();
    }

    void run() {
        while (retired < list.size() || ending) cycle(false);
        CHECK(trial, source.items.empty(), "commands left over");
    }

    void run_until_halt(unsigned cycles) {
        for (unsigned i = 0; i < cycles && retired < list.size(); i++) cycle(false);
        unsigned before = started;
        for (int i = 0; i < 20; i++) cycle(true);
        CHECK(trial, started == before, "a command started after halt");
    }

    void fail_last_answer() {
        Command end = {};
        set_command(unit->exec_data_i, end);
        unit->exec_valid_i = unit->write_open_i = 1;
        unit.edge();
        unit->exec_valid_i = 0;
        for (int i = 0; i < 5; i++) unit.edge();
        unit->write_open_i = 0; // the answer, and a cycle later halt for its error
        unit->halt_i = 1;
        for (int i = 0; i < 5; i++) {
            unit.settle();
            CHECK(trial, !unit->job_done_o, "a job is done after a bus error");
            unit.edge();
        }
    }

  private:
    void quiet() {
        unit->mask_idle_i = unit->dispatch_done_i = 1;
        unit->slice_release_i = unit->score_busy_i = unit->write_open_i = unit->image_busy_i = 0;
        unit->pair_clear_i = unit->unit_done_i = unit->rows_done_i = 0;
    }

    void cycle(bool halt) {
        quiet();
        unit->halt_i = halt;
        unit->exec_valid_i = !clearing() && source.offer(trial);
        if (unit->exec_valid_i) {
            set_command(unit->exec_data_i, source.front());
            set_bits(unit->exec_data_i, 512, 40, taken * uint64_t{0x112345000});
        }
        drive_units();
        unit.settle();
        bool starts = check();
        if (unit->slice_release_i) released++;
        if (unit->conv_start_o) {
            running = true;
            released = done = 0;
            first = retired;
        }
        if (unit->mask_start_o) sweeping = true, sweep_pair = list[retired].in_buf / 2;
        if (unit->unit_done_i) sweeping = false, valid |= 1u << unit->unit_pair_i;
        if (unit->rows_done_i) rows_pending.pop_front(), valid |= 1u << unit->rows_pair_i;
        if (unit->job_done_o) ending = false;
        if (starts && list[retired].op == OpEnd) ending = true;
        if (unit->conv_done_o || (starts && !unit->conv_start_o)) {
            done++;
            retired++;
            running = running && done < length();
            held = running;
        }
        if (source.step(unit->exec_ready_o)) {
            CHECK(trial, !held || chain_takes(), "command %zu was taken before the last one retired", taken);
            held = true;
            taken++;
        }
        unit.edge();
    }

    // The loader marks a mask's pair as unknown before it forwards the command.
    bool clearing() {
        if (source.items.empty() || source.front().op != OpMask || cleared > taken) return false;
        unsigned pair = source.front().in_buf / 2;
        if (sweeping || held || !rows_pending.empty()) return true;
        unit->pair_clear_i = 1;
        unit->pair_clear_idx_i = pair;
        valid &= ~(1u << pair);
        cleared = taken + 1;
        if (source.front().has(OwnFetch)) rows_pending.push_back(pair);
        return true;
    }

    void drive_units() {
        unit->mask_idle_i = !sweeping;
        bool all_there = running && taken - first >= length();
        unit->dispatch_done_i = !running || (all_there && trial.takes());
        unit->score_busy_i = !trial.takes();
        unit->write_open_i = !trial.takes();
        unit->image_busy_i = !trial.takes();
        if (running && released < releases() && (all_there || released + 1 < taken - first))
            unit->slice_release_i = trial.takes();
        unit->unit_pair_i = sweep_pair;
        unit->unit_done_i = sweeping && trial.takes();
        unit->rows_done_i = !rows_pending.empty() && !unit->pair_clear_i && trial.takes();
        if (unit->rows_done_i) unit->rows_pair_i = rows_pending.front();
    }

    bool known(unsigned buffer) const { return (valid >> (buffer / 2 % 4) & 1) != 0; }

    // Of the chain, or the convolution, at work: commands, those that may still be taken, and what must leave before it retires: output
    // slices, in a chain all of a convolution at a time.
    unsigned length() const {
        unsigned count = 1;
        while (list[first + count - 1].has(Chain)) count++;
        return count;
    }
    bool chain_takes() const { return running && taken - first < length(); }
    unsigned releases() const { return list[first].has(Chain) ? length() : list[first].out_slices; }

    // May the command that is held start now?
    bool may_start() const {
        const Command &c = list[retired];
        if (unit->halt_i) return false;
        if (c.op == OpConv) return !c.has(MaskWait) || known(c.out_buf);
        if (c.op == OpEnd) return !ending;
        if (c.op != OpMask || c.has(OwnFetch)) return true;
        if (!unit->mask_idle_i) return false;
        if (!c.has(PrevMasked)) return true;
        if (c.prev_buf == NoBuffer) return !unit->image_busy_i;
        return known(c.prev_buf) && !(c.has(ImageSrc) && unit->image_busy_i);
    }

    // Returns whether the command that is held starts now.
    bool check() {
        bool waits = held && !running;
        const Command c = waits || running ? list[retired] : Command();
        bool start = waits && may_start();
        bool conv = c.op == OpConv, mask = c.op == OpMask && !c.has(OwnFetch);
        CHECK(trial, unit->conv_start_o == (start && conv), "conv start %d, command %zu", unit->conv_start_o, retired);
        CHECK(trial, unit->mask_start_o == (start && mask), "mask start %d, command %zu", unit->mask_start_o, retired);
        bool ended = ending && !unit->write_open_i && !unit->halt_i;
        CHECK(trial, unit->job_done_o == ended, "job done %d, command %zu", unit->job_done_o, retired);
        CHECK(trial, unit->wait_mask_o == (waits && !start && (conv || mask)), "wait %d, command %zu", unit->wait_mask_o,
              retired);
        if (waits || running) {
            size_t begin = running ? first : retired;
            CHECK(trial, unit->count_o == taken - begin, "%d commands, want %zu", unit->count_o, taken - begin);
            CHECK(trial, unit->chained_o == list[begin].has(Chain), "chained %d", unit->chained_o);
            for (size_t k = 0; k < unit->count_o; k++)
                CHECK(trial, get_command(unit->cmds_o, static_cast<unsigned>(k * sizeof c)) == list[begin + k],
                      "command %zu differs", begin + k);
            CHECK(trial, unit->logits_addr_o == (begin * uint64_t{0x112345000} & 0xffffffffff), "logits of command %zu at %lx",
                  begin, (unsigned long)unit->logits_addr_o);
        }
        CHECK(trial, !chain_takes() || unit->exec_ready_o == unit->exec_valid_i, "command %zu of a chain is not taken", taken);
        bool retires = running && unit->dispatch_done_i && released == releases() && !unit->score_busy_i &&
                       !(c.has(ImageSrc) && unit->image_busy_i);
        CHECK(trial, unit->conv_done_o == retires, "conv done %d, command %zu, %u slices", unit->conv_done_o, retired, released);
        CHECK(trial, !retires || (unit->done_o == retired - first && unit->done_stage_o == c.stage),
              "convolution %d, stage %d is done", unit->done_o, unit->done_stage_o);
        CHECK(trial, unit->mask_release_o == (retires && c.has(MaskRelease)), "mask release %d", unit->mask_release_o);
        CHECK(trial, !unit->mask_release_o || unit->mask_pair_o == (c.out_buf / 2 & 3), "pair %d is given back",
              unit->mask_pair_o);
        CHECK(trial, unit->image_release_o == (retires && c.has(ImageSrc)), "image release %d", unit->image_release_o);
        started += start;
        return start;
    }

    Trial &trial;
    std::vector<Command> list;
    Unit<Vdp_sequencer> unit;
    Source<Command> source;
    size_t taken = 0, retired = 0, cleared = 0;
    size_t first = 0, done = 0; // of the chain or convolution at work: its first command, those of it that have retired
    bool held = false, running = false, sweeping = false;
    bool ending = false; // a job has ended but for the answers to its logits
    unsigned released = 0, sweep_pair = 0, valid = 0, started = 0;
    std::deque<unsigned> rows_pending; // pairs of given masks on their way
};

Test(dp_sequencer, random_lists) {
    for_trials(4, [](Trial &trial) { Bench(trial).run(); });
}

Test(dp_sequencer, halt_starts_nothing) {
    for (unsigned cycles = 1; cycles < 60; cycles += 5) {
        Trial trial(cycles, 0, 20);
        Bench(trial).run_until_halt(cycles);
    }
}

// A bus error on the last answer: nothing is finished any more.
Test(dp_sequencer, a_failed_job_is_not_done) {
    Trial trial(1, 0, 0);
    Bench(trial).fail_last_answer();
}

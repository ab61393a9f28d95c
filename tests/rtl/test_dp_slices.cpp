// verilate: dp_slices_p=dp_slices -GParallel=1 -GPi=8 -GPo=16 -GWeightRows=40
// verilate: dp_slices_s=dp_slices -GParallel=0 -GPi=8 -GPo=16 -GWeightRows=150
// The slice at work and all that is said of it, through random convolutions slice by slice or in pairs, and chains with all slices at every
// position, while weights arrive.
#include "Vdp_slices_p.h"
#include "Vdp_slices_s.h"
#include "convs.h"

// What a step ends.
struct Ends {
    bool position, slice, row, all;
};

template <class Top> class Bench {
  public:
    Bench(Trial &t, const Shape &s) : trial(t), shape(s), unit(t) {
        set_random(unit->cmds_i, 3 * 512, trial.rng);
        unit->start_i = unit->ready_i = unit->result_i = unit->end_i = 0;
        unit->chained_i = unit->conv_i = unit->is_end_i = unit->final_i = unit->last_i = 0;
        unit.reset();
    }

    // Passes over some positions, one for each slice or pair.
    void gang() {
        Conv conv = random_convs(trial.rng, shape, 1, ring)[0];
        if (trial.rng.percent(20)) conv.command.flags |= Score;
        start({conv}, false);
        for (unsigned out = 0; out < conv.command.out_slices;) {
            unsigned turns = slice_of(conv, out).pair ? 2 : 1;
            for (unsigned p = trial.rng.below(4); p > 0; p--)
                for (unsigned t = 0; t < turns; t++) step(conv, out + t, false, {t + 1 == turns, false, false, false});
            for (unsigned t = 0; t < turns; t++) {
                bool last = t + 1 == turns;
                step(conv, out + t, true, {last, true, false, last && out + turns == conv.command.out_slices});
                given++;
            }
            out += turns;
        }
        finish(conv);
    }

    // Rows of some positions in turn: those of an earlier convolution end first.
    void chain() {
        std::vector<Conv> convs = random_convs(trial.rng, shape, 2 + trial.rng.below(2), ring);
        unsigned rows[MaxChain] = {}, left = 0;
        for (size_t k = 0; k < convs.size(); k++) left += rows[k] = 1 + trial.rng.below(3);
        start(convs, true);
        for (unsigned k = 0; left > 0; k = trial.rng.below(static_cast<unsigned>(convs.size()))) {
            if (rows[k] == 0 || (k > 0 && rows[k] == 1 && rows[k - 1] > 0)) continue;
            left--;
            row(convs[k], k, --rows[k] == 0);
        }
        finish(convs.back());
    }

  private:
    void row(const Conv &conv, unsigned k, bool last_row) {
        unit->conv_i = k;
        unit->last_i = last_row;
        unsigned positions = trial.rng.below(4), slices = conv.command.out_slices;
        bool all = last_row && !conv.command.has(Chain);
        for (unsigned p = 0; p < positions; p++) {
            unit->final_i = p + 1 == positions;
            for (unsigned out = 0; out < slices; out++) {
                bool last = out + 1 == slices, row_end = last && unit->final_i;
                step(conv, out, false, {last, row_end && last_row, row_end, row_end && all});
            }
        }
        unit->final_i = 0;
        if (positions == 0) step(conv, slices, true, {true, last_row, true, all});
        if (last_row) given += slices;
    }

    void start(const std::vector<Conv> &convs, bool chained) {
        for (size_t k = 0; k < convs.size(); k++)
            set_command(unit->cmds_i, convs[k].command, static_cast<unsigned>(k * sizeof(Command)));
        total = convs.back().before + convs.back().command.out_slices;
        unit->chained_i = chained;
        unit->conv_i = 0;
        unit->start_i = 1;
        cycle();
        unit->start_i = 0;
    }

    // Some weights of what follows are there already.
    void finish(const Conv &last) {
        ring = behind(last);
        arrived -= total;
        given = 0;
    }

    // A result of a slice, or an end token: as soon as its weights are there, and its reader takes it.
    void step(const Conv &conv, unsigned out, bool end, const Ends &ends) {
        bool chained = unit->chained_i, whole = chained && end; // a row without positions: whatever slice
        Slice s = slice_of(conv, whole ? conv.command.out_slices - 1 : out);
        unsigned needs = chained && end ? conv.before + conv.command.out_slices : s.needs;
        for (bool done = false; !done;) {
            unit->is_end_i = end;
            unit.settle();
            bool have = arrived >= needs;
            CHECK(trial, unit->have_o == have, "have %d with %u slices, needs %u", unit->have_o, arrived, needs);
            if (!whole) check(conv, s);
            done = have && trial.takes();
            unit->result_i = done && !end;
            unit->end_i = done && end;
            unit.settle();
            bool said = done && unit->position_done_o == ends.position && unit->slice_end_o == ends.slice &&
                        unit->row_end_o == ends.row && unit->done_o == ends.all;
            bool silent = !done && !unit->position_done_o && !unit->slice_end_o && !unit->row_end_o && !unit->done_o;
            CHECK(trial, said || silent, "slice %u: position %d slice %d row %d all %d", out, unit->position_done_o,
                  unit->slice_end_o, unit->row_end_o, unit->done_o);
            cycle();
            unit->result_i = unit->end_i = 0;
        }
    }

    void check(const Conv &conv, const Slice &s) {
        unsigned first_row = (s.row + shape.rows - (s.second ? conv.command.rows : 0)) % shape.rows;
        CHECK(trial,
              unit->pair_o == s.pair && unit->second_o == s.second && unit->slice_o == s.out && unit->last_slice_o == s.last,
              "slice %d pair %d second %d last %d, want %u %d %d %d", unit->slice_o, unit->pair_o, unit->second_o,
              unit->last_slice_o, s.out, s.pair, s.second, s.last);
        CHECK(trial, unit->lanes_o == s.lanes, "slice %u: %d lanes, want %u", s.out, unit->lanes_o, s.lanes);
        CHECK(trial, unit->row_o == first_row && unit->entry_o == s.entry, "slice %u: row %d entry %d, want %u %u", s.out,
              unit->row_o, unit->entry_o, first_row, s.entry);
        CHECK(trial,
              unit->word_o == s.word && unit->word9_o == s.word % 9 && unit->slice_words_o == conv.words() &&
                  unit->words_o == s.words,
              "slice %u: word %d (%d), %d of %d words, want %u, %u", s.out, unit->word_o, unit->word9_o, unit->words_o,
              unit->slice_words_o, s.word, s.words);
    }

    void cycle() {
        unit->ready_i = arrived < total + 3 && arrived - given < Entries && trial.sends();
        bool more = unit->ready_i;
        unit.edge();
        arrived += more;
    }

    Trial &trial;
    Shape shape;
    Unit<Top> unit;
    Ring ring = {0, 0};
    unsigned arrived = 0, given = 0,
             total = 0; // slices: their weights are there, not needed any more, of this chain or convolution
};

template <class Top> static void run(Trial &trial, const Shape &shape) {
    Bench<Top> bench(trial, shape);
    for (int i = 0; i < 30; i++) trial.rng.percent(50) ? bench.gang() : bench.chain();
}

Test(dp_slices, parallel) {
    for_trials(2, [](Trial &trial) { run<Vdp_slices_p>(trial, {true, 8, 40}); });
}

Test(dp_slices, serial) {
    for_trials(2, [](Trial &trial) { run<Vdp_slices_s>(trial, {false, 8, 150}); });
}

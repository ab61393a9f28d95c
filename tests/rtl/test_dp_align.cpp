// verilate: dp_align_p=dp_align -GParallel=1 -GPi=8
// verilate: dp_align_p16=dp_align -GParallel=1 -GPi=16 -GPatchBytes=160
// verilate: dp_align_s=dp_align -GParallel=0 -GPi=8
// All residues, banks, lengths and dead taps, runs and patches twice (dual), and patches one behind the other: lane group by lane
// group, where its word must come from.
#include "Vdp_align_p.h"
#include "Vdp_align_p16.h"
#include "Vdp_align_s.h"
#include "unit.h"

struct Shape {
    unsigned pi, groups, patch_words;
};

template <class Top> class Bench {
  public:
    Bench(Trial &t, const Shape &s) : trial(t), rng(t.rng), unit(t), shape(s) { unit->dual_i = unit->is_patch_i = 0; }

    // A window, or a run, with its residues, banks and slices.
    void map(bool window, bool dual, unsigned index) {
        unsigned ry = index % 3, rx = index / 3 % 3, nine = index / 9 % 9, slice9 = window ? nine : rng.below(9);
        unsigned bank = window ? rng.below(9) : nine, words = 1 + rng.below(dual ? 4 : 9);
        drive(window, dual, window ? static_cast<unsigned>(rng.bits(9)) : lanes_of(words, dual));
        unit->ry_i = ry;
        unit->rx_i = rx;
        unit->slice9_i = slice9;
        unit->bank_i = bank;
        unit->is_patch_i = 0;
        expect([&](unsigned group, uint64_t *word) {
            unsigned i = dual && group >= 4 ? group - 4 : group;
            unsigned from = window ? ((rx + group % 3) % 3 + 3 * ((ry + group / 3) % 3) + slice9) % 9 : (bank + i) % 9;
            get_word(unit->data_i, from, word);
        });
    }

    // Word `skip` on of a patch of `words` words, and of the next one behind it.
    void patch(unsigned words, unsigned skip, bool dual) {
        bool packed = words > 9;
        drive(false, dual, shape.groups == 1 ? 1 : packed ? 0x1ff : lanes_of(words, dual));
        unit->is_patch_i = 1;
        unit->words_i = words;
        unit->skip_i = skip;
        expect([&](unsigned group, uint64_t *word) {
            unsigned at = skip + (dual && group >= 4 ? group - 4 : group);
            if (at < words)
                get_word(unit->patch_i, at, word);
            else
                get_word(unit->next_i, at - words, word);
        });
    }

  private:
    static unsigned lanes_of(unsigned words, bool dual) {
        unsigned run = (1u << words) - 1;
        return dual ? run | run << 4 : run;
    }

    void drive(bool window, bool dual, unsigned live) {
        set_random(unit->data_i, 9 * shape.pi * 8, rng);
        set_random(unit->patch_i, shape.patch_words * shape.pi * 8, rng);
        set_random(unit->next_i, shape.patch_words * shape.pi * 8, rng);
        unit->en_i = 1;
        unit->window_i = window;
        unit->dual_i = dual;
        unit->lanes_i = lanes = live;
    }

    template <class Port> void get_word(const Port &port, unsigned index, uint64_t *word) {
        for (unsigned h = 0; h < shape.pi / 8; h++) word[h] = get_bits(port, (index * shape.pi + 8 * h) * 8, 64);
    }

    template <class Word> void expect(Word word_of) {
        std::vector<uint64_t> want(shape.groups * 2);
        for (unsigned g = 0; g < shape.groups; g++)
            if (lanes >> g & 1) word_of(g, &want[2 * g]);
        for (int cycle = 0; cycle < 2; cycle++) { // and kept while disabled
            unit.edge();
            for (unsigned g = 0; g < shape.groups; g++)
                for (unsigned h = 0; h < shape.pi / 8; h++)
                    CHECK(trial, get_bits(unit->act_o, (g * shape.pi + 8 * h) * 8, 64) == want[2 * g + h],
                          "window %d ry %u rx %u slice9 %u bank %u dual %d patch %d of %u from %u lanes %03x group %u",
                          unit->window_i, unit->ry_i, unit->rx_i, unit->slice9_i, unit->bank_i, unit->dual_i, unit->is_patch_i,
                          unit->words_i, unit->skip_i, lanes, g);
            set_random(unit->data_i, 9 * shape.pi * 8, rng);
            set_random(unit->patch_i, shape.patch_words * shape.pi * 8, rng);
            unit->en_i = 0;
        }
    }

    Trial &trial;
    Rng &rng;
    Unit<Top> unit;
    Shape shape;
    unsigned lanes = 0;
};

template <class Top> static void windows_and_runs(Trial &trial, const Shape &shape) {
    Bench<Top> bench(trial, shape);
    for (unsigned i = 0; i < 81; i++) {
        bench.map(true, false, i);
        bench.map(false, false, i);
        bench.map(false, true, i);
    }
}

Test(dp_align, windows_and_runs) {
    for (unsigned seed = 1; seed <= 5; seed++) {
        Trial trial(seed, 0, 0);
        windows_and_runs<Vdp_align_p>(trial, {8, 9, 4});
        windows_and_runs<Vdp_align_p16>(trial, {16, 9, 10});
    }
}

Test(dp_align, patches) {
    for (unsigned seed = 1; seed <= 20; seed++) {
        Trial trial(seed, 0, 0);
        Bench<Vdp_align_p> small(trial, {8, 9, 4});
        Bench<Vdp_align_p16> large(trial, {16, 9, 10});
        for (unsigned words = 1; words <= 4; words++) {
            small.patch(words, 0, false);
            small.patch(words, 0, true);
            large.patch(words, 0, true);
        }
        for (unsigned words = 1; words <= 9; words++) large.patch(words, 0, false);
        for (unsigned skip = 0; skip < 10; skip++) large.patch(10, skip, false);
    }
}

Test(dp_align, one_word) {
    Trial trial(1, 0, 0);
    Bench<Vdp_align_s> bench(trial, {8, 1, 4});
    for (unsigned i = 0; i < 810; i++) bench.map(false, false, i);
    for (unsigned i = 0; i < 100; i++)
        for (unsigned words = 1; words <= 4; words++)
            for (unsigned skip = 0; skip < words; skip++) bench.patch(words, skip, false);
}

// verilate: dp_align @builds
// All residues, banks, lengths and dead taps, runs and patches twice (dual), and patches one behind the other: lane group by lane
// group, where its word must come from.
#include UNIT_HEADER
#include "unit.h"

constexpr unsigned GEOMETRY;

namespace {

struct Shape {
    unsigned pi, groups, patch_words;
};
constexpr Shape shape = {Pi, Parallel ? 9 : 1, PatchBytes / Pi};

class Bench {
  public:
    explicit Bench(Trial &t) : trial(t), rng(t.rng), unit(t) { unit->dual_i = unit->is_patch_i = 0; }

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
        std::vector<uint64_t> want(shape.groups * (Pi / 8));
        for (unsigned g = 0; g < shape.groups; g++)
            if (lanes >> g & 1) word_of(g, &want[Pi / 8 * g]);
        for (int cycle = 0; cycle < 2; cycle++) { // and kept while disabled
            unit.edge();
            for (unsigned g = 0; g < shape.groups; g++)
                for (unsigned h = 0; h < shape.pi / 8; h++)
                    CHECK(trial, get_bits(unit->act_o, (g * shape.pi + 8 * h) * 8, 64) == want[Pi / 8 * g + h],
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
    Unit<TOP> unit;
    unsigned lanes = 0;
};

} // namespace

Test(SUITE, windows_and_runs) {
    for (unsigned seed = 1; seed <= 5; seed++) {
        Trial trial(seed, 0, 0);
        Bench bench(trial);
        for (unsigned i = 0; i < 810; i++) {
            if (Parallel == 0) bench.map(false, false, i); // one word
            if (Parallel == 0 || i >= 81) continue;
            bench.map(true, false, i);
            bench.map(false, false, i);
            bench.map(false, true, i);
        }
    }
}

Test(SUITE, patches) {
    for (unsigned seed = 1; seed <= 20; seed++) {
        Trial trial(seed, 0, 0);
        Bench bench(trial);
        for (unsigned words = 1; words <= shape.patch_words; words++)
            for (unsigned skip = 0; skip < words; skip++) {
                if (Parallel != 0 && skip > 0 && words <= 9) break;
                bench.patch(words, skip, false);
                if (Parallel != 0 && words <= 4) bench.patch(words, 0, true);
            }
    }
}

// verilate: dp_align_p=dp_align -GParallel=1 -GPi=8
// verilate: dp_align_s=dp_align -GParallel=0 -GPi=8
// All residues, banks, lengths and dead taps: lane group by lane group, where its word must come from.
#include "Vdp_align_p.h"
#include "Vdp_align_s.h"
#include "unit.h"

constexpr unsigned Pi = 8;

// The bank of lane group `group`: a tap of the window whose corner has these residues, or a word of a run.
static unsigned source(bool window, unsigned ry, unsigned rx, unsigned slice9, unsigned bank, unsigned group) {
    if (!window) return (bank + group) % 9;
    return ((rx + group % 3) % 3 + 3 * ((ry + group / 3) % 3) + slice9) % 9;
}

template <class Top> static void check(Trial &trial, Unit<Top> &unit, unsigned groups, bool window, unsigned index) {
    unsigned ry = index % 3, rx = index / 3 % 3, nine = index / 9 % 9;
    set_random(unit->data_i, 9 * Pi * 8, trial.rng);
    unsigned lanes = window ? static_cast<unsigned>(trial.rng.bits(9)) : (1u << trial.rng.below(10)) - 1;
    unit->en_i = 1;
    unit->window_i = window;
    unit->ry_i = ry;
    unit->rx_i = rx;
    unit->slice9_i = window ? nine : trial.rng.below(9);
    unit->bank_i = window ? trial.rng.below(9) : nine;
    unit->lanes_i = lanes;
    unsigned slice9 = unit->slice9_i, bank = unit->bank_i;
    std::vector<uint64_t> want;
    for (unsigned g = 0; g < groups; g++) {
        unsigned from = source(window, ry, rx, slice9, bank, g);
        want.push_back(lanes >> g & 1 ? get_bits(unit->data_i, from * Pi * 8, 64) : 0);
    }
    for (int cycle = 0; cycle < 2; cycle++) { // and kept while disabled
        unit.edge();
        for (unsigned g = 0; g < groups; g++)
            CHECK(trial, get_bits(unit->act_o, g * Pi * 8, 64) == want[g],
                  "window %d ry %u rx %u slice9 %u bank %u lanes %03x group %u", window, ry, rx, slice9, bank, lanes, g);
        set_random(unit->data_i, 9 * Pi * 8, trial.rng);
        unit->en_i = 0;
    }
}

Test(dp_align, windows_and_runs) {
    for (unsigned seed = 1; seed <= 5; seed++) {
        Trial trial(seed, 0, 0);
        Unit<Vdp_align_p> unit(trial);
        for (unsigned i = 0; i < 81; i++) {
            check(trial, unit, 9, true, i);
            check(trial, unit, 9, false, i);
        }
    }
}

Test(dp_align, one_word) {
    Trial trial(1, 0, 0);
    Unit<Vdp_align_s> unit(trial);
    for (unsigned i = 0; i < 810; i++) check(trial, unit, 1, false, i);
}

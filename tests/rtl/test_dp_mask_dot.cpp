// verilate: dp_mask_dot @builds
// Dot products of up to nine words that start in any bank.
#include UNIT_HEADER
#include "unit.h"

constexpr unsigned GEOMETRY;

Test(SUITE, every_bank_and_length) {
    Trial trial(1, 0, 0);
    TOP top;
    for (int round = 0; round < 20; round++)
        for (unsigned bank = 0; bank < 9; bank++)
            for (unsigned words = 1; words <= 9; words++) {
                set_random(top.data_i, 9 * Pi * 8, trial.rng);
                set_random(top.weight_i, 9 * Pi * 8, trial.rng);
                for (unsigned i = 0; round == 0 && i < 9 * Pi; i++) // the extreme
                    set_bits(top.data_i, i * 8, 8, 0x80), set_bits(top.weight_i, i * 8, 8, 0x80);
                top.bank_i = bank;
                top.words_i = words;
                top.eval();
                int64_t want = 0;
                for (unsigned i = 0; i < words * Pi; i++)
                    want +=
                        get_signed(top.data_i, ((bank + i / Pi) % 9 * Pi + i % Pi) * 8, 8) * get_signed(top.weight_i, i * 8, 8);
                CHECK(trial, static_cast<int32_t>(top.sum_o) == want, "bank %u words %u: %d, want %ld", bank, words,
                      static_cast<int32_t>(top.sum_o), (long)want);
            }
}

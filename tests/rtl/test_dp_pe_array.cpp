// verilate: dp_pe_array -GPo=4 -GRowBytes=72
// verilate: dp_pe_array_16=dp_pe_array -GPo=3 -GRowBytes=16
// Accumulated dot products with gaps, restarts and the extremes of int8.
#include "Vdp_pe_array.h"
#include "Vdp_pe_array_16.h"
#include "unit.h"

template <class Top> static void run(Trial &trial, unsigned po, unsigned bytes) {
    Unit<Top> array(trial);
    std::vector<int32_t> acc(po);
    for (int i = 0; i < 500; i++) {
        set_random(array->act_i, bytes * 8, trial.rng);
        set_random(array->weight_i, po * bytes * 8, trial.rng);
        for (unsigned b = 0; trial.rng.percent(10) && b < bytes; b++) {
            set_bits(array->act_i, b * 8, 8, 0x80);
            for (unsigned o = 0; o < po; o++)
                set_bits(array->weight_i, (o * bytes + b) * 8, 8, trial.rng.percent(50) ? 0x80 : 0x7f);
        }
        array->en_i = i == 0 || trial.sends();
        array->first_i = i == 0 || trial.rng.percent(20);
        for (unsigned o = 0; array->en_i && o < po; o++) {
            if (array->first_i) acc[o] = 0;
            for (unsigned b = 0; b < bytes; b++)
                acc[o] += static_cast<int32_t>(get_signed(array->act_i, b * 8, 8) *
                                               get_signed(array->weight_i, (o * bytes + b) * 8, 8));
        }
        array.edge();
        for (unsigned o = 0; o < po; o++)
            CHECK(trial, get_signed(array->acc_o, o * 32, 32) == acc[o], "lane %u cycle %d: %ld, want %d", o, i,
                  (long)get_signed(array->acc_o, o * 32, 32), acc[o]);
    }
}

Test(dp_pe_array, windows) {
    for_trials(1, [](Trial &trial) { run<Vdp_pe_array>(trial, 4, 72); });
}

Test(dp_pe_array, slices) {
    for_trials(1, [](Trial &trial) { run<Vdp_pe_array_16>(trial, 3, 16); });
}

// verilate: dp_delay -GWidth=100 -GCycles=1
// verilate: dp_delay_5=dp_delay -GWidth=100 -GCycles=5
// What comes with an enable is there so many cycles later, whatever comes between; after reset, zeros.
#include "Vdp_delay.h"
#include "Vdp_delay_5.h"
#include "unit.h"

template <class Top> static void run(Trial &trial, unsigned cycles) {
    Unit<Top> delay(trial);
    delay->en_i = 0;
    delay.reset();
    CHECK(trial, get_bits(delay->data_o, 0, 64) == 0 && get_bits(delay->data_o, 64, 36) == 0, "not zero after reset");
    std::deque<std::pair<bool, uint64_t>> held(cycles);
    for (int i = 0; i < 300; i++) {
        uint64_t value = trial.rng.next();
        delay->en_i = trial.sends();
        set_bits(delay->data_i, 0, 64, value);
        set_bits(delay->data_i, 64, 36, value >> 28);
        held.emplace_back(delay->en_i, value);
        delay.settle();
        auto [kept, want] = held.front();
        held.pop_front();
        CHECK(trial, !kept || (get_bits(delay->data_o, 0, 64) == want && get_bits(delay->data_o, 64, 36) == want >> 28),
              "cycle %d differs", i);
        delay.edge();
    }
}

Test(dp_delay, one_cycle) {
    for_trials(1, [](Trial &trial) { run<Vdp_delay>(trial, 1); });
}

Test(dp_delay, five_cycles) {
    for_trials(1, [](Trial &trial) { run<Vdp_delay_5>(trial, 5); });
}

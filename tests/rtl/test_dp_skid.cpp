// verilate: dp_skid -GWidth=16
// Words arrive in order, at once where nobody stalls, one a cycle; ready does not depend on what comes in the same cycle.
#include "Vdp_skid.h"
#include "unit.h"

Test(dp_skid, order_and_latency) {
    for_trials(3, [](Trial &trial) {
        Unit<Vdp_skid> unit(trial);
        unit->in_valid_i = unit->out_ready_i = 0;
        unit.reset();
        unit.edge();
        Source<uint16_t> in;
        std::deque<uint16_t> held;
        Hold hold;
        for (int i = 0; i < 500; i++) in.items.push_back(static_cast<uint16_t>(trial.rng.next()));
        unsigned begin = unit.cycles;
        while (!in.items.empty() || !held.empty()) {
            unit->in_valid_i = in.offer(trial);
            unit->in_data_i = unit->in_valid_i ? in.front() : static_cast<uint16_t>(trial.rng.next());
            unit->out_ready_i = trial.takes();
            unit.settle();
            CHECK(trial, unit->in_ready_o == held.empty(), "ready %d with %zu words kept", unit->in_ready_o, held.size());
            for (int valid = 0; valid < 2; valid++)
                for (int ready = 0; ready < 2; ready++) {
                    bool was = unit->in_ready_o, in_was = unit->in_valid_i, out_was = unit->out_ready_i;
                    unit->in_valid_i = valid, unit->out_ready_i = ready;
                    unit.settle();
                    CHECK(trial, unit->in_ready_o == was, "ready follows its inputs");
                    unit->in_valid_i = in_was, unit->out_ready_i = out_was;
                }
            unit.settle();
            if (unit->in_valid_i && unit->in_ready_o) held.push_back(in.front());
            in.step(unit->in_ready_o);
            CHECK(trial, hold.step(unit->out_valid_o, unit->out_ready_i), "a word vanished");
            CHECK(trial, unit->out_valid_o == !held.empty(), "valid %d with %zu words", unit->out_valid_o, held.size());
            if (!held.empty()) CHECK(trial, unit->out_data_o == held.front(), "another word");
            if (unit->out_valid_o && unit->out_ready_i) held.pop_front();
            unit.edge();
        }
        if (trial.idle == 0 && trial.stall == 0) CHECK(trial, unit.cycles - begin == 500, "%u cycles", unit.cycles - begin);
    });
}

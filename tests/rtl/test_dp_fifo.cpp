// verilate: dp_fifo -GWidth=8 -GDepth=4
// verilate: dp_fifo_deep=dp_fifo -GWidth=100 -GDepth=16
// Order, fullness and emptiness against a queue.
#include "Vdp_fifo.h"
#include "Vdp_fifo_deep.h"
#include "unit.h"

template <class Top> static void run(Trial &trial, unsigned width, unsigned depth) {
    Unit<Top> fifo(trial);
    fifo->in_valid_i = 0;
    fifo->out_ready_i = 0;
    fifo.reset();
    std::deque<uint64_t> held;
    Source<uint64_t> source;
    for (int i = 0; i < 300; i++) source.items.push_back(trial.rng.bits(std::min(width, 64u)));
    while (!source.items.empty() || !held.empty()) {
        fifo->in_valid_i = source.offer(trial);
        if (fifo->in_valid_i) {
            set_bits(fifo->in_data_i, 0, std::min(width, 64u), source.front());
            if (width > 64) set_bits(fifo->in_data_i, 64, width - 64, ~source.front() >> (128 - width));
        }
        fifo->out_ready_i = trial.takes();
        fifo.settle();
        CHECK(trial, fifo->in_ready_o == (held.size() < depth), "ready %d with %zu held", fifo->in_ready_o, held.size());
        CHECK(trial, fifo->out_valid_o == !held.empty(), "valid %d with %zu held", fifo->out_valid_o, held.size());
        if (fifo->out_valid_o) {
            CHECK(trial, get_bits(fifo->out_data_o, 0, std::min(width, 64u)) == held.front(), "low bits differ");
            if (width > 64)
                CHECK(trial, get_bits(fifo->out_data_o, 64, width - 64) == ~held.front() >> (128 - width), "high bits differ");
            if (fifo->out_ready_i) held.pop_front();
        }
        if (fifo->in_valid_i && fifo->in_ready_o) held.push_back(source.front());
        source.step(fifo->in_ready_o);
        fifo.edge();
    }
}

Test(dp_fifo, four_bytes) {
    for_trials(2, [](Trial &trial) { run<Vdp_fifo>(trial, 8, 4); });
}

Test(dp_fifo, sixteen_wide_words) {
    for_trials(2, [](Trial &trial) { run<Vdp_fifo_deep>(trial, 100, 16); });
}

// verilate: dp_ram -GWidth=32 -GDepth=16
// Random reads and writes on both ports against an array: a read sees the word before the edge (unless the other port writes it),
// and keeps it.
#include "Vdp_ram.h"
#include "unit.h"

constexpr unsigned Depth = 16;

Test(dp_ram, both_ports) {
    for_trials(1, [](Trial &trial) {
        Unit<Vdp_ram> ram(trial);
        std::vector<uint32_t> memory(Depth);
        for (unsigned i = 0; i < Depth; i++) {
            ram->a_en_i = 0;
            ram->b_en_i = ram->b_we_i = 1;
            ram->b_addr_i = i;
            ram->b_wdata_i = memory[i] = static_cast<uint32_t>(trial.rng.next());
            ram.edge();
        }
        bool a_read = false, b_read = false;
        uint32_t a_want = 0, b_want = 0;
        for (int i = 0; i < 2000; i++) {
            ram->a_en_i = trial.sends();
            ram->b_en_i = trial.takes();
            ram->b_we_i = trial.rng.below(2);
            ram->a_addr_i = trial.rng.below(Depth);
            ram->b_addr_i = trial.rng.percent(30) ? ram->a_addr_i : trial.rng.below(Depth);
            ram->b_wdata_i = static_cast<uint32_t>(trial.rng.next());
            bool both = ram->b_en_i && ram->b_we_i && ram->a_addr_i == ram->b_addr_i; // promises nothing
            if (ram->a_en_i) a_want = memory[ram->a_addr_i], a_read = !both;
            if (ram->b_en_i && !ram->b_we_i) b_want = memory[ram->b_addr_i], b_read = true;
            if (ram->b_en_i && ram->b_we_i) memory[ram->b_addr_i] = ram->b_wdata_i;
            ram.edge();
            CHECK(trial, !a_read || ram->a_rdata_o == a_want, "port A: %08x, want %08x", ram->a_rdata_o, a_want);
            CHECK(trial, !b_read || ram->b_rdata_o == b_want, "port B: %08x, want %08x", ram->b_rdata_o, b_want);
        }
    });
}

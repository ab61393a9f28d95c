// verilate: dp_board -GParallel=0 -GPorts=3 -GMapWords=64 -GWeightRows=32
// What a board's ports never change: beats of 16 bytes, incrementing, normal memory that is not cached, data, non-secure, no lock, no quality of
// service (docs/bus.md). All else is wiring of tested units; tests/whole/test_board.c runs networks on it.
#include "Vdp_board.h"
#include "unit.h"

enum { Ports = 3, Cycles = 50 };

TestSuite(dp_board);

Test(dp_board, what_never_changes) {
    Trial trial(1, 0, 0);
    Unit<Vdp_board> unit(trial);
    unit.reset();
    for (int i = 0; i < Cycles; i++) {
        unit.settle();
        for (unsigned p = 0; p < Ports; p++) {
            CHECK(trial, get_bits(unit->m_axi_arsize_o, 3 * p, 3) == 4 && get_bits(unit->m_axi_awsize_o, 3 * p, 3) == 4,
                  "size of port %u", p);
            CHECK(trial, get_bits(unit->m_axi_arburst_o, 2 * p, 2) == 1 && get_bits(unit->m_axi_awburst_o, 2 * p, 2) == 1,
                  "burst of port %u", p);
            CHECK(trial, get_bits(unit->m_axi_arlock_o, p, 1) == 0 && get_bits(unit->m_axi_awlock_o, p, 1) == 0,
                  "lock of port %u", p);
            CHECK(trial, get_bits(unit->m_axi_arcache_o, 4 * p, 4) == 3 && get_bits(unit->m_axi_awcache_o, 4 * p, 4) == 3,
                  "cache of port %u", p);
            CHECK(trial, get_bits(unit->m_axi_arprot_o, 3 * p, 3) == 2 && get_bits(unit->m_axi_awprot_o, 3 * p, 3) == 2,
                  "prot of port %u", p);
            CHECK(trial, get_bits(unit->m_axi_arqos_o, 4 * p, 4) == 0 && get_bits(unit->m_axi_awqos_o, 4 * p, 4) == 0,
                  "qos of port %u", p);
        }
        unit.edge();
    }
}

// verilate: dp_axi_write -GPo=8
// verilate: dp_axi_write_32=dp_axi_write -GPo=32
// Slices of logits into a memory of bytes: half a beat at an offset, two beats, all lane counts, and error responses.
#include "Vdp_axi_write.h"
#include "Vdp_axi_write_32.h"
#include "unit.h"

// The slave: takes address and data in any order, writes bytes by strobe, answers after the last beat.
template <class Top> class Bench {
  public:
    Bench(Trial &t, unsigned lanes) : trial(t), unit(t), po(lanes), beats((lanes * 4 + 63) / 64) {
        for (unsigned i = 0; i < sizeof memory; i++) memory[i] = want[i] = static_cast<uint8_t>(trial.rng.next());
        unit->valid_i = unit->m_axi_awready_i = unit->m_axi_wready_i = unit->m_axi_bvalid_i = unit->m_axi_bresp_i = 0;
        unit.reset();
    }

    void slice() {
        unsigned lanes = 1 + trial.rng.below(po), addr = trial.rng.below(sizeof memory / (po * 4)) * po * 4;
        while (!trial.sends()) idle();
        unit->valid_i = 1;
        unit->addr_i = addr;
        unit->lanes_i = lanes;
        set_random(unit->data_i, po * 32, trial.rng);
        for (unsigned i = 0; i < lanes * 4; i++) want[addr + i] = static_cast<uint8_t>(get_bits(unit->data_i, i * 8, 8));
        unit.settle();
        CHECK(trial, !unit->busy_o, "busy before a slice");
        unit.edge();
        unit->valid_i = 0;
        set_random(unit->data_i, po * 32, trial.rng);
        unsigned response = trial.rng.percent(20) ? 2 : 0, next = 0;
        bool addressed = false, answered = false;
        Hold aw, w;
        while (!answered) {
            unit->m_axi_awready_i = trial.takes();
            unit->m_axi_wready_i = trial.takes();
            unit->m_axi_bvalid_i = unit->m_axi_bvalid_i || (addressed && next == beats && trial.takes());
            unit->m_axi_bresp_i = unit->m_axi_bvalid_i ? response : trial.rng.below(4);
            unit.settle();
            CHECK(trial, unit->busy_o, "idle before the response");
            CHECK(trial, aw.step(unit->m_axi_awvalid_o, unit->m_axi_awready_i), "AWVALID fell");
            CHECK(trial, w.step(unit->m_axi_wvalid_o, unit->m_axi_wready_i), "WVALID fell");
            if (unit->m_axi_awvalid_o) {
                CHECK(trial, !addressed && unit->m_axi_awaddr_o == (addr & ~63u) && unit->m_axi_awlen_o == beats - 1,
                      "address %08x len %d for a slice at %08x", unit->m_axi_awaddr_o, unit->m_axi_awlen_o, addr);
                addressed = unit->m_axi_awready_i;
            }
            if (unit->m_axi_wvalid_o) {
                CHECK(trial, next < beats && unit->m_axi_wlast_o == (next + 1 == beats), "beat %u last %d", next,
                      unit->m_axi_wlast_o);
                if (unit->m_axi_wready_i) beat((addr & ~63u) + 64 * next++);
            }
            answered = unit->m_axi_bvalid_i && unit->m_axi_bready_o;
            CHECK(trial, unit->done_o == answered && unit->error_o == (answered && response != 0), "done %d error %d",
                  unit->done_o, unit->error_o);
            if (answered) CHECK(trial, unit->error_resp_o == response, "response %d", unit->error_resp_o);
            unit.edge();
        }
        unit->m_axi_bvalid_i = 0;
        CHECK(trial, memcmp(memory, want, sizeof memory) == 0, "memory differs after %u lanes at %08x", lanes, addr);
    }

  private:
    void idle() {
        unit.settle();
        CHECK(trial, !unit->busy_o && !unit->m_axi_awvalid_o && !unit->m_axi_wvalid_o, "active without a slice");
        unit.edge();
    }

    void beat(unsigned addr) {
        for (unsigned i = 0; i < 64; i++)
            if (unit->m_axi_wstrb_o >> i & 1) memory[addr + i] = static_cast<uint8_t>(get_bits(unit->m_axi_wdata_o, i * 8, 8));
    }

    Trial &trial;
    Unit<Top> unit;
    unsigned po, beats;
    uint8_t memory[1024], want[1024];
};

Test(dp_axi_write, half_a_beat) {
    for_trials(1, [](Trial &trial) {
        Bench<Vdp_axi_write> bench(trial, 8);
        for (int i = 0; i < 100; i++) bench.slice();
    });
}

Test(dp_axi_write, two_beats) {
    for_trials(1, [](Trial &trial) {
        Bench<Vdp_axi_write_32> bench(trial, 32);
        for (int i = 0; i < 100; i++) bench.slice();
    });
}

// verilate: dp_axi_read
// Runs of beats become bursts: 4 KiB boundaries, 64 beats, order, the command client first, routing of data, errors, halt.
#include "Vdp_axi_read.h"
#include "unit.h"

struct Burst {
    uint32_t addr;
    unsigned beats, id;
};

struct Request {
    uint32_t addr;
    unsigned beats;
};

static Request random_request(Rng &rng) {
    static const unsigned sizes[] = {1, 2, 4, 63, 64, 65, 128, 200};
    uint32_t addr = static_cast<uint32_t>(rng.bits(31)) & ~63u;
    if (rng.percent(30)) addr = (addr & ~4095u) - 64 * rng.below(3); // at and just before a boundary
    return {addr, rng.percent(50) ? sizes[rng.below(8)] : 1 + rng.below(300)};
}

// Every run beat by beat: a new burst where a beat starts a 4 KiB page or the burst has 64 beats.
static void split(std::deque<Burst> &bursts, const Request &run, unsigned id) {
    for (unsigned i = 0; i < run.beats; i++) {
        uint32_t addr = run.addr + 64 * i;
        if (i == 0 || addr % 4096 == 0 || bursts.back().beats == 64) bursts.push_back({addr, 0, id});
        bursts.back().beats++;
    }
}

static void idle_inputs(Vdp_axi_read &top) {
    top.halt_i = top.cmd_valid_i = top.ld_valid_i = top.ld_rready_i = top.m_axi_arready_i = top.m_axi_rvalid_i = 0;
    top.m_axi_rresp_i = top.m_axi_rid_i = 0;
}

static void drive(Trial &trial, Vdp_axi_read &top, Source<Request> &cmd, Source<Request> &ld) {
    top.cmd_valid_i = cmd.offer(trial);
    top.ld_valid_i = ld.offer(trial);
    if (top.cmd_valid_i) top.cmd_addr_i = cmd.front().addr, top.cmd_beats_i = cmd.front().beats;
    if (top.ld_valid_i) top.ld_addr_i = ld.front().addr, top.ld_beats_i = ld.front().beats;
    top.m_axi_arready_i = trial.takes();
}

Test(dp_axi_read, bursts) {
    for_trials(3, [](Trial &trial) {
        Unit<Vdp_axi_read> unit(trial);
        idle_inputs(*unit);
        unit.reset();
        Source<Request> cmd, ld;
        for (int i = 0; i < 60; i++) (trial.rng.percent(30) ? cmd : ld).items.push_back(random_request(trial.rng));
        std::deque<Burst> want;
        Hold hold;
        unsigned bursts = 0;
        while (!cmd.items.empty() || !ld.items.empty() || !want.empty()) {
            drive(trial, *unit, cmd, ld);
            unit.settle();
            CHECK(trial, hold.step(unit->m_axi_arvalid_o, unit->m_axi_arready_i), "ARVALID fell");
            CHECK(trial, unit->m_axi_arvalid_o == !want.empty(), "ARVALID %d with %zu bursts due", unit->m_axi_arvalid_o,
                  want.size());
            if (unit->m_axi_arvalid_o) {
                const Burst &b = want.front();
                CHECK(trial, unit->m_axi_araddr_o == b.addr && unit->m_axi_arlen_o == b.beats - 1 && unit->m_axi_arid_o == b.id,
                      "burst %08x len %d id %d, want %08x %u %u", unit->m_axi_araddr_o, unit->m_axi_arlen_o, unit->m_axi_arid_o,
                      b.addr, b.beats - 1, b.id);
                if (unit->m_axi_arready_i) want.pop_front(), bursts++;
            }
            CHECK(trial, !(unit->cmd_valid_i && unit->ld_ready_o), "the loader went first");
            if (unit->cmd_valid_i && unit->cmd_ready_o) split(want, cmd.front(), 0);
            if (unit->ld_valid_i && unit->ld_ready_o) split(want, ld.front(), 1);
            cmd.step(unit->cmd_ready_o);
            ld.step(unit->ld_ready_o);
            unit.edge();
        }
        if (trial.idle == 0 && trial.stall == 0)
            CHECK(trial, unit.cycles <= bursts + 5, "%u bursts took %u cycles", bursts, unit.cycles);
    });
}

Test(dp_axi_read, data_and_errors) {
    for_trials(1, [](Trial &trial) {
        Unit<Vdp_axi_read> unit(trial);
        idle_inputs(*unit);
        unit.reset();
        for (int i = 0; i < 500; i++) {
            unit->m_axi_rvalid_i = trial.sends();
            unit->m_axi_rid_i = trial.rng.below(2);
            unit->m_axi_rresp_i = trial.rng.percent(20) ? 2 + trial.rng.below(2) : 0;
            unit->ld_rready_i = trial.takes();
            unit.settle();
            bool valid = unit->m_axi_rvalid_i, loader = unit->m_axi_rid_i, ready = !loader || unit->ld_rready_i;
            CHECK(trial, unit->cmd_rvalid_o == (valid && !loader) && unit->ld_rvalid_o == (valid && loader),
                  "a beat went astray");
            CHECK(trial, !valid || unit->m_axi_rready_o == ready, "RREADY %d", unit->m_axi_rready_o);
            bool error = valid && ready && unit->m_axi_rresp_i != 0;
            CHECK(trial, unit->error_o == error, "error %d with RRESP %d", unit->error_o, unit->m_axi_rresp_i);
            if (error) CHECK(trial, unit->error_resp_o == unit->m_axi_rresp_i, "response %d", unit->error_resp_o);
            unit.edge();
        }
    });
}

Test(dp_axi_read, halt_accepts_nothing_new) {
    Trial trial(1, 0, 0);
    Unit<Vdp_axi_read> unit(trial);
    idle_inputs(*unit);
    unit.reset();
    Source<Request> cmd, ld;
    for (int i = 0; i < 100; i++) cmd.items.push_back({0, 1}), ld.items.push_back({0, 1});
    for (int i = 0; i < 60; i++) {
        drive(trial, *unit, cmd, ld);
        unit->halt_i = i >= 20;
        unit.settle();
        if (i >= 20) CHECK(trial, !unit->cmd_ready_o && !unit->ld_ready_o, "a request was accepted after halt");
        if (i >= 22) CHECK(trial, !unit->m_axi_arvalid_o, "a burst after halt");
        cmd.step(unit->cmd_ready_o);
        ld.step(unit->ld_ready_o);
        unit.edge();
    }
}

// verilate: dp_regs -GParallel=1 -GPrune=1 -GPi=16 -GPo=32 -GMapWords=1024 -GWeightRows=64 -GMaskW=48
// Random accesses to every register against a model of the register table (docs/architecture.md).
#include "Vdp_regs.h"
#include "unit.h"

enum Address : uint8_t {
    Id = 0x00,
    Geometry = 0x04,
    Capacity = 0x08,
    Status = 0x0c,
    JobsDone = 0x10,
    IrqEnable = 0x14,
    IrqStatus = 0x18,
    Error = 0x1c,
    CmdAddr = 0x20,
    ImageAddr = 0x24,
    LogitsAddr = 0x28,
    Start = 0x2c,
    Counters = 0x40
};

struct Job {
    uint32_t cmd, image, logits;
};

// The registers as software sees them; step() is a clock edge.
class Model {
  public:
    std::deque<Job> queue;
    uint32_t done = 0, irq_enable = 0, irq = 0, error = 0, open = 0;
    bool failed = false;
    Job next = {};
    uint64_t counter[8] = {};

    uint32_t read(uint8_t address) const {
        switch (address) {
        case Id: return 0x44504143;
        case Geometry: return 48u << 24 | 1u << 17 | 1u << 16 | 32u << 8 | 16u;
        case Capacity: return 64u << 16 | 1024u;
        case Status:
            return static_cast<uint32_t>(queue.size()) << 8 | (failed ? 4u : 0u) | (queue.size() == 4 ? 2u : 0u) |
                   (open != 0 ? 1u : 0u);
        case JobsDone: return done;
        case IrqEnable: return irq_enable;
        case IrqStatus: return irq;
        case Error: return error;
        case CmdAddr: return next.cmd;
        case ImageAddr: return next.image;
        case LogitsAddr: return next.logits;
        default: break;
        }
        if (address < Counters || address >= Counters + 64) return 0;
        uint64_t value = counter[(address - Counters) / 8];
        return static_cast<uint32_t>(address % 8 == 4 ? value >> 32 : value);
    }

    void step(bool write, uint8_t address, uint32_t data, bool job_taken, bool job_done, bool new_error, uint32_t error_bits) {
        if (write && address == Start && queue.size() < 4) queue.push_back(next), open++;
        if (job_taken) queue.pop_front();
        if (write && address == CmdAddr) next.cmd = data;
        if (write && address == ImageAddr) next.image = data;
        if (write && address == LogitsAddr) next.logits = data;
        if (write && address == IrqEnable) irq_enable = data & 3;
        if (write && address == IrqStatus) irq &= ~data;
        irq |= (job_done ? 1u : 0u) | (new_error ? 2u : 0u);
        done += job_done;
        open -= job_done;
        if (new_error && !failed) failed = true, error = error_bits;
    }
};

struct Access {
    uint8_t address;
    uint32_t data;
};

static uint8_t random_address(Rng &rng) {
    static const uint8_t busy[] = {Status, IrqEnable, IrqStatus, Start, CmdAddr, ImageAddr, LogitsAddr};
    return rng.percent(60) ? busy[rng.below(7)] : static_cast<uint8_t>(4 * rng.below(64));
}

class Bench {
  public:
    Bench(Trial &t, unsigned error_percent) : trial(t), rng(t.rng), unit(t), errors(error_percent) {
        unit->s_axil_awvalid_i = unit->s_axil_wvalid_i = unit->s_axil_arvalid_i = 0;
        unit->s_axil_bready_i = unit->s_axil_rready_i = 0;
        unit->job_ready_i = unit->job_done_i = unit->error_i = 0;
        set_bits(unit->add_i, 0, 64, 0), set_bits(unit->add_i, 64, 64, 0);
        unit.reset();
        for (int i = 0; i < 400; i++) {
            Access access = {random_address(rng), rng.percent(50) ? rng.below(4) : static_cast<uint32_t>(rng.next())};
            addresses.items.push_back(access);
            data.items.push_back(access);
            reads.items.push_back({random_address(rng), 0});
        }
    }

    void run() {
        while (!addresses.items.empty() || !reads.items.empty() || response_due || read_due) cycle();
        for (unsigned a = 0; a < 0x100; a += 4) reads.items.push_back({static_cast<uint8_t>(a), 0});
        while (!reads.items.empty() || read_due) cycle();
    }

  private:
    void cycle() {
        drive();
        unit.settle();
        check();
        bool write = unit->s_axil_awvalid_i && unit->s_axil_awready_o, read = unit->s_axil_arvalid_i && unit->s_axil_arready_o;
        if (read) read_want = model.read(reads.front().address), read_due = true;
        if (write) response_due = true;
        uint32_t bits = (unit->error_layer_i & 0x7fu) << 8 | (unit->error_write_i ? 4u : 0u) | unit->error_resp_i;
        model.step(write, write ? addresses.front().address : 0, write ? data.front().data : 0,
                   unit->job_valid_o && unit->job_ready_i, unit->job_done_i, unit->error_i, bits);
        running += unit->job_valid_o && unit->job_ready_i;
        running -= unit->job_done_i;
        for (unsigned c = 0; c < 8; c++) model.counter[c] += get_bits(unit->add_i, c * 16, 16);
        CHECK(trial, (unit->s_axil_wvalid_i && unit->s_axil_wready_o) == write, "address and data were not taken together");
        addresses.step(unit->s_axil_awready_o);
        data.step(unit->s_axil_wready_o);
        reads.step(unit->s_axil_arready_o);
        unit.edge();
    }

    void drive() {
        unit->s_axil_awvalid_i = addresses.offer(trial);
        unit->s_axil_wvalid_i = data.offer(trial);
        unit->s_axil_arvalid_i = reads.offer(trial);
        if (unit->s_axil_awvalid_i) unit->s_axil_awaddr_i = addresses.front().address;
        if (unit->s_axil_wvalid_i) unit->s_axil_wdata_i = data.front().data;
        if (unit->s_axil_arvalid_i) unit->s_axil_araddr_i = reads.front().address;
        unit->s_axil_bready_i = trial.takes();
        unit->s_axil_rready_i = trial.takes();
        unit->job_ready_i = rng.percent(5);
        unit->job_done_i = running > 0 && rng.percent(10);
        unit->error_i = rng.percent(errors);
        unit->error_write_i = rng.below(2);
        unit->error_resp_i = 2 + rng.below(2);
        unit->error_layer_i = rng.below(256);
        for (unsigned c = 0; c < 8; c++) set_bits(unit->add_i, c * 16, 16, rng.percent(50) ? 0xffff : rng.bits(4));
    }

    void check() {
        CHECK(trial, unit->irq_o == ((model.irq & model.irq_enable) != 0), "irq %d status %x enable %x", unit->irq_o, model.irq,
              model.irq_enable);
        CHECK(trial, unit->halt_o == model.failed && unit->busy_o == (model.open != 0), "halt %d busy %d", unit->halt_o,
              unit->busy_o);
        CHECK(trial, unit->job_valid_o == !model.queue.empty(), "job valid %d", unit->job_valid_o);
        if (unit->job_valid_o) {
            const Job &job = model.queue.front();
            CHECK(trial,
                  get_bits(unit->job_data_o, 64, 32) == job.cmd && get_bits(unit->job_data_o, 32, 32) == job.image &&
                      get_bits(unit->job_data_o, 0, 32) == job.logits,
                  "another job");
        }
        CHECK(trial, unit->s_axil_bvalid_o == response_due && unit->s_axil_rvalid_o == read_due, "responses: B %d R %d",
              unit->s_axil_bvalid_o, unit->s_axil_rvalid_o);
        if (unit->s_axil_bvalid_o && unit->s_axil_bready_i) {
            CHECK(trial, unit->s_axil_bresp_o == 0, "BRESP %d", unit->s_axil_bresp_o);
            response_due = false;
        }
        if (unit->s_axil_rvalid_o) {
            CHECK(trial, unit->s_axil_rresp_o == 0 && unit->s_axil_rdata_o == read_want, "read %08x, want %08x",
                  unit->s_axil_rdata_o, read_want);
            if (unit->s_axil_rready_i) read_due = false;
        }
    }

    Trial &trial;
    Rng &rng;
    Unit<Vdp_regs> unit;
    unsigned errors;
    Model model;
    Source<Access> addresses, data, reads;
    bool response_due = false, read_due = false;
    uint32_t read_want = 0;
    unsigned running = 0;
};

Test(dp_regs, random_accesses) {
    for_trials(2, [](Trial &trial) { Bench(trial, 0).run(); });
}

Test(dp_regs, the_first_error_stays) {
    for_trials(2, [](Trial &trial) { Bench(trial, 1).run(); });
}

Test(dp_regs, counters_have_64_bits) {
    Trial trial(1, 0, 0);
    Unit<Vdp_regs> unit(trial);
    unit->s_axil_awvalid_i = unit->s_axil_wvalid_i = unit->s_axil_arvalid_i = 0;
    unit->s_axil_bready_i = unit->s_axil_rready_i = 1;
    unit->job_ready_i = unit->job_done_i = unit->error_i = 0;
    for (unsigned c = 0; c < 8; c++) set_bits(unit->add_i, c * 16, 16, 0);
    unit.reset();
    constexpr unsigned Cycles = 66000;
    for (unsigned c = 0; c < 8; c++) set_bits(unit->add_i, c * 16, 16, 0xffff - c);
    for (unsigned i = 0; i < Cycles; i++) unit.edge();
    for (unsigned c = 0; c < 8; c++) set_bits(unit->add_i, c * 16, 16, 0);
    for (unsigned c = 0; c < 8; c++) {
        uint64_t want = uint64_t{Cycles} * (0xffff - c), got = 0;
        for (unsigned half = 0; half < 2; half++) {
            unit->s_axil_arvalid_i = 1;
            unit->s_axil_araddr_i = Counters + 8 * c + 4 * half;
            unit.edge();
            unit->s_axil_arvalid_i = 0;
            got |= uint64_t{unit->s_axil_rdata_o} << 32 * half;
            unit.edge();
        }
        CHECK(trial, got == want, "counter %u: %lx, want %lx", c, (unsigned long)got, (unsigned long)want);
    }
}

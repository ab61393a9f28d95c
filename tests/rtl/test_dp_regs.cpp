// verilate: dp_regs -GParallel=1 -GPrune=1 -GPi=16 -GPo=32 -GMapWords=1024 -GWeightRows=64 -GMaskW=48 -GPatchBytes=160
// Random accesses to every register, with jobs at work, errors and aborts, against a model of the register table (docs/registers.md). A million in all.
#include "Vdp_regs.h"
#include "register_map.h"
#include "registers.h"
#include "unit.h"

struct Job {
    uint64_t cmd, image, logits;
};

// The registers as software sees them; step() is a clock edge.
class Model {
  public:
    std::deque<Job> queue;
    uint32_t done = 0, irq_enable = 0, irq = 0, open = 0, refused = 0, timeout = 1u << 20, high = 0;
    uint32_t address[3] = {}, address_high[3] = {}; // CMD, IMAGE, LOGITS
    uint64_t counter[8] = {};

    // What the other units say in this cycle.
    struct Around {
        bool job_taken, job_done, error, failed, aborting, aborted, bus_idle, more;
        uint64_t record;
    };

    uint32_t read(uint8_t at, const Around &a) {
        switch (at & ~3u) {
        case REG_ID: return 0x44504143;
        case REG_VERSION: return 0x00020001;
        case REG_GEOMETRY: return 48u << 24 | 20u << 18 | 1u << 17 | 1u << 16 | 32u << 8 | 16u;
        case REG_CAPACITY: return 64u << 16 | 1024u;
        case REG_STATUS:
            return open << 16 | static_cast<uint32_t>(queue.size()) << 8 | (a.aborting ? 16u : 0u) | (a.bus_idle ? 8u : 0u) |
                   (a.failed ? 4u : 0u) | (queue.size() == 4 ? 2u : 0u) | (open != 0 ? 1u : 0u);
        case REG_JOBS_DONE: return done;
        case REG_IRQ_ENABLE: return irq_enable;
        case REG_IRQ_STATUS: return irq;
        case REG_ERROR: {
            auto bits = [&](unsigned low, unsigned width) {
                return static_cast<uint32_t>(a.record >> low & ((1u << width) - 1));
            };
            return bits(51, 1) << 16 | bits(40, 8) << 8 | bits(52, 4) << 4 | (a.more ? 8u : 0u) | bits(50, 1) << 2 | bits(48, 2);
        }
        case REG_ERROR_ADDR: return static_cast<uint32_t>(a.record);
        case REG_ERROR_ADDR_HIGH: return static_cast<uint32_t>(a.record >> 32 & 0xff);
        case REG_CMD_ADDR: return address[0];
        case REG_IMAGE_ADDR: return address[1];
        case REG_LOGITS_ADDR: return address[2];
        case REG_CMD_ADDR_HIGH: return address_high[0];
        case REG_IMAGE_ADDR_HIGH: return address_high[1];
        case REG_LOGITS_ADDR_HIGH: return address_high[2];
        case REG_TIMEOUT: return timeout;
        case REG_REFUSED: return refused;
        default: break;
        }
        if (at < REG_COUNTERS || at >= REG_COUNTERS + 64) return 0;
        if (at & 4) return high;
        high = static_cast<uint32_t>(counter[(at - REG_COUNTERS) / 8] >> 32);
        return static_cast<uint32_t>(counter[(at - REG_COUNTERS) / 8]);
    }

    // True: an abort begins.
    bool step(bool write, uint8_t at, uint32_t data, uint8_t strobe, const Around &a) {
        auto merge = [&](uint32_t &reg) {
            for (unsigned b = 0; b < 4; b++)
                if (strobe >> b & 1) reg = (reg & ~(0xffu << 8 * b)) | (data & (0xffu << 8 * b));
        };
        bool low = strobe & 1, aborts = false;
        uint32_t clear = 0;
        Job next = {};
        uint64_t *parts[] = {&next.cmd, &next.image, &next.logits};
        for (unsigned i = 0; i < 3; i++) *parts[i] = uint64_t{address_high[i]} << 32 | address[i];
        size_t queued = queue.size();
        if (a.job_taken) queue.pop_front();
        at &= static_cast<uint8_t>(~3u);
        bool refuses = false;
        if (write && at == REG_START && low) {
            refused = queued == 4 ? REFUSED_FULL : 0;
            for (unsigned i = 0; i < 3; i++) refused |= address[i] % 64 != 0 ? REFUSED_CMD_ADDR << i : 0;
            if (a.failed || a.aborting) refused |= REFUSED_STOPPED;
            refuses = refused != 0;
            if (!refuses) queue.push_back(next), open++;
        }
        for (unsigned i = 0; i < 3 && write; i++) {
            if (at == REG_CMD_ADDR + 4 * i) merge(address[i]);
            if (at == REG_CMD_ADDR_HIGH + 4 * i && low) address_high[i] = data & 0xff;
        }
        if (write && at == REG_TIMEOUT) merge(timeout);
        if (write && at == REG_IRQ_ENABLE && low) irq_enable = data & 15;
        if (write && at == REG_IRQ_STATUS && low) clear = data;
        if (write && at == REG_ABORT && low) aborts = true;
        irq = (irq & ~clear) | (a.job_done ? IRQ_DONE : 0u) | (a.error ? IRQ_ERROR : 0u) | (refuses ? IRQ_REFUSED : 0u) |
              (a.aborted ? IRQ_ABORTED : 0u);
        done += a.job_done;
        open -= a.job_done;
        if (a.aborted) queue.clear(), open = 0;
        return aborts;
    }
};

struct Access {
    uint8_t address, strobe;
    uint32_t data;
};

static uint8_t random_address(Rng &rng) {
    static const uint8_t busy[] = {REG_STATUS,   REG_IRQ_ENABLE, REG_IRQ_STATUS,  REG_START,
                                   REG_CMD_ADDR, REG_IMAGE_ADDR, REG_LOGITS_ADDR, REG_START};
    return rng.percent(60) ? busy[rng.below(8)] : static_cast<uint8_t>(rng.next());
}

static Access random_write(Rng &rng, unsigned aborts) {
    Access a = {random_address(rng), 15, static_cast<uint32_t>(rng.next())};
    if (rng.percent(50)) a.data = rng.below(16);
    if (a.address >= REG_CMD_ADDR && a.address <= REG_LOGITS_ADDR + 3 && rng.percent(90)) a.data &= ~63u;
    if (rng.percent(20)) a.strobe = static_cast<uint8_t>(rng.below(16));
    if (a.address >= REG_ABORT && a.address < REG_ABORT + 4 && !rng.percent(aborts)) a.address = REG_START;
    return a;
}

class Bench {
  public:
    Bench(Trial &t, unsigned accesses, unsigned error_percent)
        : trial(t), rng(t.rng), unit(t, 400 * accesses + 100000), errors(error_percent), left(accesses) {
        unit->s_axil_awvalid_i = unit->s_axil_wvalid_i = unit->s_axil_arvalid_i = 0;
        unit->s_axil_bready_i = unit->s_axil_rready_i = 0;
        unit->job_ready_i = unit->job_done_i = unit->error_i = unit->aborting_i = unit->aborted_i = unit->failed_i = 0;
        set_bits(unit->add_i, 0, 64, 0), set_bits(unit->add_i, 64, 64, 0);
        unit->core_rst_ni = 0;
        unit.reset();
        unit->core_rst_ni = 1;
        unit.edge();
    }

    void run() {
        while (left > 0 || !addresses.items.empty() || !data.items.empty() || !reads.items.empty() || response_due || read_due)
            cycle();
        for (unsigned a = 0; a < 0x100; a += 4) reads.items.push_back({static_cast<uint8_t>(a), 0, 0});
        while (!reads.items.empty() || read_due) cycle();
    }

  private:
    void refill() {
        for (; left > 0 && addresses.items.size() < 8; left--) {
            Access access = random_write(rng, errors);
            addresses.items.push_back(access);
            data.items.push_back(access);
            if (reads.items.size() < 8) reads.items.push_back({random_address(rng), 0, 0}), left -= left > 1;
        }
    }

    // A model of skid buffers: what the unit has taken and not executed.
    void cycle() {
        refill();
        drive();
        unit.settle();
        Model::Around around = {
            unit->job_valid_o && unit->job_ready_i, static_cast<bool>(unit->job_done_i),    static_cast<bool>(unit->error_i),
            static_cast<bool>(unit->failed_i),      static_cast<bool>(unit->aborting_i),    static_cast<bool>(unit->aborted_i),
            static_cast<bool>(unit->bus_idle_i),    static_cast<bool>(unit->record_more_i), unit->record_i};
        check();
        if (unit->s_axil_awvalid_i && unit->s_axil_awready_o) aw_in.push_back(addresses.front().address);
        if (unit->s_axil_wvalid_i && unit->s_axil_wready_o) w_in.push_back(data.front());
        if (unit->s_axil_arvalid_i && unit->s_axil_arready_o) ar_in.push_back(reads.front().address);
        bool write = !aw_in.empty() && !w_in.empty() && !unit->s_axil_bvalid_o, read = !ar_in.empty() && !unit->s_axil_rvalid_o;
        if (read) read_want = model.read(ar_in.front(), around), read_due = true, ar_in.pop_front();
        uint8_t at = write ? aw_in.front() : 0, strobe = write ? w_in.front().strobe : 0;
        uint32_t value = write ? w_in.front().data : 0;
        if (write) response_due = true, aw_in.pop_front(), w_in.pop_front();
        bool aborts = model.step(write, at, value, strobe, around);
        CHECK(trial, unit->abort_o == aborts, "abort %d", unit->abort_o);
        running += around.job_taken;
        running -= around.job_done;
        for (unsigned c = 0; c < 8; c++) model.counter[c] += get_bits(unit->add_i, c * 16, 16);
        addresses.step(unit->s_axil_awready_o);
        data.step(unit->s_axil_wready_o);
        reads.step(unit->s_axil_arready_o);
        unit.edge();
        follow(aborts);
    }

    // dp_stop and dp_errors, roughly: an error stands, an abort takes a while and resets the jobs in its last cycle.
    void follow(bool aborts) {
        bool was_aborted = unit->aborted_i;
        if (was_aborted) unit->failed_i = unit->aborting_i = 0, running = 0;
        if (unit->error_i && !was_aborted) unit->failed_i = 1;
        if (aborts) unit->aborting_i = 1;
        unit->aborted_i = unit->aborting_i && !aborts && rng.percent(20);
        unit->core_rst_ni = !unit->aborted_i;
    }

    void drive() {
        unit->s_axil_awvalid_i = addresses.offer(trial);
        unit->s_axil_wvalid_i = data.offer(trial);
        unit->s_axil_arvalid_i = reads.offer(trial);
        if (unit->s_axil_awvalid_i) unit->s_axil_awaddr_i = addresses.front().address;
        if (unit->s_axil_wvalid_i) unit->s_axil_wdata_i = data.front().data, unit->s_axil_wstrb_i = data.front().strobe;
        if (unit->s_axil_arvalid_i) unit->s_axil_araddr_i = reads.front().address;
        unit->s_axil_bready_i = trial.takes();
        unit->s_axil_rready_i = trial.takes();
        bool reset = !unit->core_rst_ni;
        unit->job_ready_i = !reset && rng.percent(5);
        unit->job_done_i = !reset && running > 0 && rng.percent(10);
        unit->error_i = !reset && rng.percent(errors) && rng.percent(10);
        unit->bus_idle_i = rng.below(2);
        unit->record_more_i = rng.below(2);
        unit->record_i = rng.bits(56);
        for (unsigned c = 0; c < 8; c++) set_bits(unit->add_i, c * 16, 16, rng.percent(50) ? 0xffff : rng.bits(4));
    }

    void check() {
        CHECK(trial, unit->irq_o == ((model.irq & model.irq_enable) != 0), "irq %d status %x enable %x", unit->irq_o, model.irq,
              model.irq_enable);
        bool reset = !unit->core_rst_ni;
        CHECK(trial, unit->timeout_o == model.timeout && (unit->busy_o == (model.open != 0) || reset), "timeout %x busy %d",
              unit->timeout_o, unit->busy_o);
        CHECK(trial, unit->job_valid_o == !model.queue.empty() || reset, "job valid %d", unit->job_valid_o);
        CHECK(trial,
              unit->s_axil_awready_o == aw_in.empty() && unit->s_axil_wready_o == w_in.empty() &&
                  unit->s_axil_arready_o == ar_in.empty(),
              "ready: AW %d W %d AR %d", unit->s_axil_awready_o, unit->s_axil_wready_o, unit->s_axil_arready_o);
        if (unit->job_valid_o) {
            const Job &job = model.queue.front();
            CHECK(trial,
                  get_bits(unit->job_data_o, 80, 40) == job.cmd && get_bits(unit->job_data_o, 40, 40) == job.image &&
                      get_bits(unit->job_data_o, 0, 40) == job.logits,
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
    unsigned errors, left;
    Model model;
    Source<Access> addresses, data, reads;
    std::deque<uint8_t> aw_in, ar_in;
    std::deque<Access> w_in;
    bool response_due = false, read_due = false;
    uint32_t read_want = 0;
    unsigned running = 0;
};

Test(dp_regs, random_accesses) {
    for_trials(2, [](Trial &trial) { Bench(trial, 28000, 0).run(); });
}

Test(dp_regs, random_accesses_with_errors_and_aborts) {
    for_trials(2, [](Trial &trial) { Bench(trial, 28000, 20).run(); });
}

// Accesses one after another, nothing else going on.
class Quiet {
  public:
    explicit Quiet(Trial &trial) : unit(trial) {
        unit->s_axil_awvalid_i = unit->s_axil_wvalid_i = unit->s_axil_arvalid_i = 0;
        unit->s_axil_bready_i = unit->s_axil_rready_i = 1;
        unit->job_ready_i = unit->job_done_i = unit->error_i = unit->failed_i = unit->aborting_i = unit->aborted_i = 0;
        unit->bus_idle_i = unit->record_i = unit->record_more_i = 0;
        for (unsigned c = 0; c < 8; c++) set_bits(unit->add_i, c * 16, 16, 0);
        unit->core_rst_ni = 0;
        unit.reset();
        unit->core_rst_ni = 1;
        unit.edge();
    }
    uint32_t read(uint8_t at) {
        unit->s_axil_arvalid_i = 1;
        unit->s_axil_araddr_i = at;
        unit.edge();
        unit->s_axil_arvalid_i = 0;
        uint32_t value = unit->s_axil_rdata_o;
        unit.edge();
        return value;
    }
    void write(uint8_t at, uint32_t value) {
        unit->s_axil_awvalid_i = unit->s_axil_wvalid_i = 1;
        unit->s_axil_awaddr_i = at;
        unit->s_axil_wdata_i = value;
        unit->s_axil_wstrb_i = 15;
        unit.edge();
        unit->s_axil_awvalid_i = unit->s_axil_wvalid_i = 0;
        unit.edge();
    }
    Unit<Vdp_regs> unit;
};

// The map that header and documentation are made from: reset values, what can be written, what cannot, and nothing beside it.
Test(dp_regs, is_what_its_map_says) {
    Trial trial(1, 0, 0);
    uint32_t readable[64] = {};
    for (const RegisterBits &r : register_map) {
        Quiet regs(trial);
        uint32_t reset = regs.read(r.offset);
        readable[r.offset / 4] = r.readable;
        CHECK(trial, (reset & r.known) == r.reset && (reset & ~r.readable) == 0, "%s is %08x after reset, want %08x", r.name,
              reset, r.reset);
        for (int i = 0; i < 20; i++) {
            uint32_t before = regs.read(r.offset), value = static_cast<uint32_t>(trial.rng.next());
            regs.write(r.offset, value);
            uint32_t want = (before & ~r.written) | (value & r.written);
            CHECK(trial, regs.read(r.offset) == want, "%s is %08x after %08x was written, want %08x", r.name, regs.read(r.offset),
                  value, want);
        }
        if (r.cleared == 0) continue;
        regs.write(REG_START, 1);
        regs.unit->job_ready_i = 1;
        regs.unit.edge();
        regs.unit->job_ready_i = 0;
        regs.unit->job_done_i = regs.unit->error_i = regs.unit->aborted_i = 1;
        regs.unit.edge();
        regs.unit->job_done_i = regs.unit->error_i = regs.unit->aborted_i = 0;
        regs.write(REG_CMD_ADDR, 1);
        regs.write(REG_START, 1); // refused
        for (uint32_t bit = 1; bit <= r.cleared; bit <<= 1) {
            CHECK(trial, (regs.read(r.offset) & bit) != 0, "bit %x of %s is not set", bit, r.name);
            regs.write(r.offset, bit);
            CHECK(trial, (regs.read(r.offset) & (2 * bit - 1)) == 0, "bit %x of %s was not cleared", bit, r.name);
        }
    }
    Quiet regs(trial);
    for (unsigned at = 0; at < 256; at += 4)
        if (readable[at / 4] == 0) {
            regs.write(static_cast<uint8_t>(at), ~0u);
            CHECK(trial, at == REG_START || regs.read(static_cast<uint8_t>(at)) == 0, "there is something at %02x", at);
        }
}

Test(dp_regs, counters_have_64_bits_and_do_not_tear) {
    Trial trial(1, 0, 0);
    Unit<Vdp_regs> unit(trial);
    unit->s_axil_awvalid_i = unit->s_axil_wvalid_i = unit->s_axil_arvalid_i = 0;
    unit->s_axil_bready_i = unit->s_axil_rready_i = 1;
    unit->job_ready_i = unit->job_done_i = unit->error_i = 0;
    for (unsigned c = 0; c < 8; c++) set_bits(unit->add_i, c * 16, 16, 0);
    unit->core_rst_ni = 0;
    unit.reset();
    unit->core_rst_ni = 1;
    unit.edge();
    uint64_t total[8] = {}, torn = 0;
    for (unsigned c = 0; c < 8; c++) set_bits(unit->add_i, c * 16, 16, 0xffff - c);
    // around the first carry into the high word, every cycle another phase of the two reads
    for (unsigned i = 0; i < 66000; i++) {
        bool reads = i > 65000 && i % 7 == 0;
        unsigned c = i % 8;
        uint64_t want = total[c], got = 0;
        for (unsigned half = 0; half < 2 && reads; half++) {
            unit->s_axil_arvalid_i = 1;
            unit->s_axil_araddr_i = REG_COUNTERS + 8 * c + 4 * half;
            unit.edge();
            for (unsigned k = 0; k < 8; k++) total[k] += 0xffff - k;
            unit->s_axil_arvalid_i = 0;
            got |= uint64_t{unit->s_axil_rdata_o} << 32 * half;
            for (unsigned wait = 0; wait <= (i / 7) % 3; wait++) {
                unit.edge();
                for (unsigned k = 0; k < 8; k++) total[k] += 0xffff - k;
            }
        }
        if (!reads) {
            unit.edge();
            for (unsigned k = 0; k < 8; k++) total[k] += 0xffff - k;
            continue;
        }
        torn += (want >> 32) != (total[c] >> 32);
        CHECK(trial, got == want, "counter %u: %lx, want %lx", c, (unsigned long)got, (unsigned long)want);
    }
    CHECK(trial, torn > 0, "no carry fell between two reads");
}

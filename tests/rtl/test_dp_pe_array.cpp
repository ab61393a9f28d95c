// verilate: dp_pe_array -GPo=16 -GRowBytes=72 -GRows=20
// verilate: dp_pe_array_cells=dp_pe_array -GPo=16 -GRowBytes=72 -GRows=20 -GCells=1'b1
// verilate: dp_pe_array_late=dp_pe_array -GPo=8 -GRowBytes=144 -GRows=16 -GLatency=4
// verilate: dp_pe_array_late_cells=dp_pe_array -GPo=8 -GRowBytes=144 -GRows=16 -GLatency=4 -GCells=1'b1
// verilate: dp_pe_array_slices=dp_pe_array -GPo=8 -GRowBytes=16 -GSlots=1 -GRows=24
// verilate: dp_pe_array_slices_cells=dp_pe_array -GPo=8 -GRowBytes=16 -GSlots=1 -GRows=24 -GLatency=2 -GCells=1'b1
// Both bodies: weights that come while others are used, rows in any order, gaps, restarts, two sums in a cycle; and what the unit is
// promised, broken on purpose.
#include "Vdp_pe_array.h"
#include "Vdp_pe_array_cells.h"
#include "Vdp_pe_array_late.h"
#include "Vdp_pe_array_late_cells.h"
#include "Vdp_pe_array_slices.h"
#include "Vdp_pe_array_slices_cells.h"
#include "unit.h"

struct Size {
    unsigned po, bytes, slots, rows, latency;
};
constexpr Size Windows = {16, 72, 9, 20, 1}, Late = {8, 144, 9, 16, 4}, Slices = {8, 16, 1, 24, 1},
               LateSlices = {8, 16, 1, 24, 2};

template <class Top> class Bench {
  public:
    Bench(Trial &t, const Size &of) : trial(t), rng(t.rng), array(t), size(of), memory(of.rows * of.po * of.bytes) {
        idle();
        array.reset();
        for (unsigned row = 0; row < size.rows; row++)
            for (unsigned octet = 0; octet < size.po / 8; octet++)
                for (unsigned granule = 0; granule < size.bytes / 8; granule++) {
                    write(row, octet, granule);
                    cycle();
                }
        acc.resize(size.po);
        second.resize(size.po);
    }

    void run(unsigned cycles) {
        for (unsigned i = 0; i < cycles; i++) {
            idle();
            if (trial.sends()) ask(rng.below(size.rows));
            unsigned row = rng.below(size.rows);
            if (trial.takes() && !reads(row)) write(row, rng.below(size.po / 8), rng.below(size.bytes / 8));
            operands();
            cycle();
        }
    }

    // A row is written in the cycle in which it is asked for (0), or later.
    void write_what_is_read(unsigned later) {
        array.expect_stop();
        idle();
        ask(1);
        for (unsigned i = 0; i < later; i++) {
            operands();
            cycle();
            idle();
        }
        operands();
        write(1, 0, 0);
        cycle();
    }

    void operands_without_a_row() {
        array.expect_stop();
        idle();
        cycle();
        array->en_i = 1;
        cycle();
    }

    bool stopped() { return array.stopped(); }

  private:
    struct Sums {
        unsigned cycle; // in which they are on the ports
        std::vector<int32_t> acc, second;
    };

    void idle() {
        array->we_i = array->re_i = array->en_i = 0;
        array->raddr_i = rng.below(size.rows);
        array->row_i = rng.below(size.rows);
        set_random(array->data_i, 512, rng);
        set_random(array->act_i, size.bytes * 8, rng);
    }

    bool reads(unsigned row) const {
        for (const auto &[cycle, asked] : reading)
            if (asked == row) return true;
        return false;
    }

    void write(unsigned row, unsigned octet, unsigned granule) {
        array->we_i = 1;
        array->row_i = row;
        array->lane_i = octet;
        array->granule_i = granule;
        set_random(array->data_i, 512, rng);
        if (rng.percent(20)) set_bits(array->data_i, 8 * rng.below(64), 8, 0x80);
        for (unsigned i = 0; i < 64; i++)
            memory[(row * size.po + octet * 8 + i / 8) * size.bytes + granule * 8 + i % 8] =
                static_cast<int8_t>(get_bits(array->data_i, i * 8, 8));
    }

    void ask(unsigned row) {
        array->re_i = 1;
        array->raddr_i = row;
        reading.emplace_back(array.cycles, row);
    }

    // Of the row that was asked for a cycle ago.
    void operands() {
        array->first_i = array->carry_i = 0;
        array->split_i = size.slots > 1 && rng.percent(50) ? rng.below(size.slots + 1) : 9;
        const auto asked = std::find_if(reading.begin(), reading.end(), [&](auto &r) { return r.first + 1 == array.cycles; });
        if (asked == reading.end()) return;
        array->en_i = 1;
        array->first_i = !started || rng.percent(20);
        array->carry_i = size.slots > 1 && rng.percent(30);
        started = true;
        if (rng.percent(20)) set_bits(array->act_i, 8 * rng.below(size.bytes), 8, 0x80);
        unsigned below = std::min<unsigned>(array->split_i, size.slots) * size.bytes / size.slots;
        for (unsigned o = 0; o < size.po; o++) {
            const int8_t *weights = &memory[(asked->second * size.po + o) * size.bytes];
            int32_t start = array->first_i ? 0 : array->carry_i ? second[o] : acc[o], sum[2] = {};
            for (unsigned b = 0; b < size.bytes; b++)
                sum[b >= below] += static_cast<int32_t>(get_signed(array->act_i, b * 8, 8)) * weights[b];
            acc[o] = start + sum[0];
            second[o] = sum[1];
        }
        want.push_back({array.cycles + size.latency, acc, second});
    }

    void cycle() {
        array.settle();
        while (!want.empty() && want.front().cycle <= array.cycles) {
            shown = want.front();
            want.pop_front();
        }
        for (unsigned o = 0; o < shown.acc.size(); o++) { // until the next ones come
            CHECK(trial, get_signed(array->acc_o, o * 32, 32) == shown.acc[o], "lane %u cycle %u: %ld, want %d", o, array.cycles,
                  (long)get_signed(array->acc_o, o * 32, 32), shown.acc[o]);
            CHECK(trial, size.slots == 1 || get_signed(array->second_o, o * 32, 32) == shown.second[o],
                  "lane %u cycle %u: second %ld, want %d", o, array.cycles, (long)get_signed(array->second_o, o * 32, 32),
                  shown.second[o]);
        }
        while (!reading.empty() && reading.front().first + size.latency < array.cycles + 1) reading.pop_front();
        array.edge();
    }

    Trial &trial;
    Rng &rng;
    Unit<Top> array;
    Size size;
    std::vector<int8_t> memory; // (rows, po, bytes)
    std::deque<std::pair<unsigned, unsigned>> reading; // cycle and row
    std::vector<int32_t> acc, second;
    std::deque<Sums> want;
    Sums shown = {};
    bool started = false;
};

template <class Top> static void run(const Size &size) {
    for_trials(1, [&](Trial &trial) { Bench<Top>(trial, size).run(400); });
}

Test(dp_pe_array, windows) {
    run<Vdp_pe_array>(Windows);
    run<Vdp_pe_array_cells>(Windows);
}

Test(dp_pe_array, windows_later) {
    run<Vdp_pe_array_late>(Late);
    run<Vdp_pe_array_late_cells>(Late);
}

Test(dp_pe_array, slices) {
    run<Vdp_pe_array_slices>(Slices);
    run<Vdp_pe_array_slices_cells>(LateSlices);
}

template <class Top> static bool stops(const Size &size, unsigned later) {
    Trial trial(1, 0, 0);
    Bench<Top> bench(trial, size);
    bench.write_what_is_read(later);
    return bench.stopped();
}

Test(dp_pe_array, no_write_to_a_row_that_is_read) {
    for (unsigned later = 0; later <= 1; later++) cr_assert(stops<Vdp_pe_array>(Windows, later), "%u cycles later", later);
    for (unsigned later = 0; later <= 4; later++) cr_assert(stops<Vdp_pe_array_late>(Late, later), "%u cycles later", later);
    cr_assert_not(stops<Vdp_pe_array>(Windows, 2));
    cr_assert_not(stops<Vdp_pe_array_late>(Late, 5));
}

Test(dp_pe_array, no_operands_without_a_row) {
    Trial trial(1, 0, 0);
    Bench<Vdp_pe_array> bench(trial, Windows);
    bench.operands_without_a_row();
    cr_assert(bench.stopped());
}

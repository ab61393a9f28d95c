// verilate: dp_mask_mem @builds
// Clears, positions and rows into three pairs of masks, with the 2x2 max-pool alongside, and all five read ports.
#include UNIT_HEADER
#include "unit.h"

constexpr unsigned GEOMETRY;
constexpr unsigned Rows = 64, Buffers = 6;

namespace {

class Bench {
  public:
    explicit Bench(Trial &t) : trial(t), rng(t.rng), mem(t) {
        mem->set_i = mem->row_we_i = 0;
        for (unsigned pair = 0; pair < Buffers / 2; pair++)
            for (unsigned y = 0; y < Rows; y++) clear(pair, y, true);
    }

    void cycle() {
        unsigned pair = rng.below(3), y = rng.below(Rows), x = rng.below(w);
        if (!trial.sends())
            write(0, pair, y, x, rng.below(2));
        else if (rng.percent(10))
            clear(pair, y, rng.below(2));
        else if (rng.percent(70)) {
            bool pooled = rng.below(2);
            write(2, pair, y, x, pooled);
            model[2 * pair][y] |= uint64_t{1} << x;
            if (pooled) model[2 * pair + 1][y / 2] |= uint64_t{1} << x / 2;
        } else
            rows(pair);
        read();
    }

  private:
    void write(unsigned strobes, unsigned pair, unsigned y, unsigned x, bool pooled) {
        mem->clear_i = strobes & 1;
        mem->set_i = strobes >> 1 & 1;
        mem->row_we_i = strobes >> 2 & 1;
        mem->pair_i = pair;
        mem->y_i = y;
        mem->x_i = x;
        mem->pooled_i = pooled;
        mem.edge();
        mem->clear_i = mem->set_i = mem->row_we_i = 0;
    }

    void clear(unsigned pair, unsigned y, bool pooled) {
        write(1, pair, y, 0, pooled);
        model[2 * pair][y] = 0;
        if (pooled) model[2 * pair + 1][y / 2] = 0;
    }

    // A whole mask, in order.
    void rows(unsigned pair) {
        bool pooled = rng.below(2);
        unsigned h = 1 + rng.below(12);
        for (unsigned y = 0; y < h; y++) {
            uint64_t row = rng.bits(w), half = 0;
            for (unsigned x = 0; x < w; x++)
                if (row >> x & 1) half |= uint64_t{1} << x / 2;
            set_bits(mem->row_i, 0, w, row);
            write(4, pair, y, 0, pooled);
            model[2 * pair][y] = row;
            if (pooled) model[2 * pair + 1][y / 2] = half | (y % 2 ? model[2 * pair + 1][y / 2] : 0);
        }
    }

    void read() {
        unsigned buffer[3], y[3]; // pooled masks have half as many rows
        for (unsigned i = 0; i < 3; i++) {
            buffer[i] = rng.below(Buffers);
            y[i] = rng.below(buffer[i] % 2 ? Rows / 2 : Rows);
        }
        mem->it_buf_i = buffer[0], mem->it_y_i = y[0];
        mem->win_buf_i = buffer[1], mem->win_y_i = y[1];
        mem->unit_buf_i = buffer[2], mem->unit_y_i = y[2];
        mem.settle();
        CHECK(trial, mem->it_row_o == model[buffer[0]][y[0]], "iterator: buffer %u row %u", buffer[0], y[0]);
        CHECK(trial, mem->win_row_o == model[buffer[1]][y[1]], "window: buffer %u row %u", buffer[1], y[1]);
        if (y[1] > 0) CHECK(trial, mem->win_above_o == model[buffer[1]][y[1] - 1], "above buffer %u row %u", buffer[1], y[1]);
        if (y[1] + 1 < (buffer[1] % 2 ? Rows / 2 : Rows))
            CHECK(trial, mem->win_below_o == model[buffer[1]][y[1] + 1], "below buffer %u row %u", buffer[1], y[1]);
        CHECK(trial, mem->unit_row_o == model[buffer[2]][y[2]], "mask unit: buffer %u row %u", buffer[2], y[2]);
    }

    Trial &trial;
    Rng &rng;
    Unit<TOP> mem;
    const unsigned w = MaskW;
    uint64_t model[Buffers][Rows] = {};
};

} // namespace

Test(SUITE, random_writes) {
    for_trials(1, [](Trial &trial) {
        Bench bench(trial);
        for (int i = 0; i < 1000; i++) bench.cycle();
    });
}

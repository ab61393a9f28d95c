// verilate: dp_max_pool @builds
// Slices of maps of every size: each window once, in raster order, in the cycle of its last vector, against a naive maximum.
#include UNIT_HEADER
#include "unit.h"

constexpr unsigned GEOMETRY;

namespace {

class Bench {
  public:
    explicit Bench(Trial &t) : trial(t), rng(t.rng), unit(t, 1000000) {
        unit->start_i = unit->valid_i = unit->enable_i = 0;
        unit.reset();
    }

    void run(unsigned map_h, unsigned map_w, unsigned slices, bool enable) {
        h = map_h, w = map_w;
        unit->h_i = h;
        unit->w_i = w;
        unit->enable_i = enable;
        unit->start_i = 1;
        unit.edge();
        unit->start_i = 0;
        for (unsigned s = 0; s < slices; s++) {
            int low = rng.percent(50) ? -128 : rng.range(-128, 127); // also maps without a positive value
            for (size_t i = 0; i < h * w * Lanes; i++) map[i] = static_cast<int8_t>(rng.range(low, rng.range(low, 127)));
            unsigned pooled = 0;
            for (unsigned position = 0; position < h * w; unit.edge()) {
                drive(position);
                if (!unit->valid_i) continue;
                pooled += enable ? check_pooled(position, pooled) : check_passed(position);
                position++;
            }
            if (enable) CHECK(trial, pooled == (h + 1) / 2 * ((w + 1) / 2), "%ux%u slice %u: %u windows", h, w, s, pooled);
        }
        unit->valid_i = 0;
    }

  private:
    int8_t at(unsigned position, unsigned lane) const { return map[position * Lanes + lane]; }

    void drive(unsigned position) {
        unit->valid_i = trial.sends();
        unit->y_i = position / w;
        unit->x_i = position % w;
        for (unsigned l = 0; l < Lanes; l++) set_bits(unit->data_i, l * 8, 8, static_cast<uint8_t>(at(position, l)));
        if (!unit->valid_i) {
            unit->y_i = rng.bits(8);
            unit->x_i = rng.bits(8);
            set_random(unit->data_i, Lanes * 8, rng);
        }
        unit.settle();
        CHECK(trial, unit->valid_i || !unit->valid_o, "a window out of nowhere");
    }

    int naive(unsigned py, unsigned px, unsigned lane) const {
        int most = -128;
        for (int y = 2 * static_cast<int>(py) - 1; y <= 2 * static_cast<int>(py) + 1; y++)
            for (int x = 2 * static_cast<int>(px) - 1; x <= 2 * static_cast<int>(px) + 1; x++)
                if (y >= 0 && x >= 0 && y < static_cast<int>(h) && x < static_cast<int>(w))
                    most = std::max<int>(most, at(static_cast<unsigned>(y) * w + static_cast<unsigned>(x), lane));
        return most;
    }

    // Returns whether a window left.
    bool check_pooled(unsigned position, unsigned pooled) {
        unsigned width = (w + 1) / 2, py = pooled / width, px = pooled % width;
        unsigned last = std::min(2 * py + 1, h - 1) * w + std::min(2 * px + 1, w - 1);
        CHECK(trial, unit->valid_o == (position == last), "%ux%u (%u,%u): valid %d, window (%u,%u) is next", h, w, position / w,
              position % w, unit->valid_o, py, px);
        if (!unit->valid_o) return false;
        CHECK(trial, unit->y_o == py && unit->x_o == px, "%ux%u: (%d,%d), want (%u,%u)", h, w, unit->y_o, unit->x_o, py, px);
        for (unsigned l = 0; l < Lanes; l++) {
            int got = static_cast<int>(get_signed(unit->data_o, l * 8, 8)), want = naive(py, px, l);
            CHECK(trial, got == want, "%ux%u (%u,%u) lane %u: got %d, want %d", h, w, py, px, l, got, want);
        }
        return true;
    }

    bool check_passed(unsigned position) {
        CHECK(trial, unit->valid_o && unit->y_o == position / w && unit->x_o == position % w, "disabled: (%d,%d) valid %d",
              unit->y_o, unit->x_o, unit->valid_o);
        for (unsigned l = 0; l < Lanes; l++)
            CHECK(trial, get_signed(unit->data_o, l * 8, 8) == at(position, l), "disabled: lane %u differs", l);
        return true;
    }

    Trial &trial;
    Rng &rng;
    Unit<TOP> unit;
    unsigned h = 1, w = 1;
    std::vector<int8_t> map = std::vector<int8_t>(112 * 112 * Lanes); // (h, w, Lanes)
};

} // namespace

Test(SUITE, every_small_size) {
    for (unsigned idle : {0u, 50u, 90u}) {
        Trial trial(1 + idle, idle, 0);
        Bench bench(trial);
        for (unsigned h = 1; h <= 7; h++)
            for (unsigned w = 1; w <= 7; w++) bench.run(h, w, 2, trial.rng.percent(90));
    }
}

Test(SUITE, random_sizes) {
    for (unsigned seed = 1; seed <= 20; seed++) {
        Trial trial(seed, seed % 3 * 30, 0);
        Bench bench(trial);
        for (int i = 0; i < 5; i++) bench.run(1 + trial.rng.below(32), 1 + trial.rng.below(32), 1 + trial.rng.below(3), true);
        bench.run(1, 1 + trial.rng.below(32), 2, true);
        bench.run(1 + trial.rng.below(32), 1, 2, true);
        bench.run(5, 1 + trial.rng.below(32), 2, false);
    }
}

Test(SUITE, wide_maps) {
    Trial trial(1, 10, 0);
    Bench bench(trial);
    if (Lanes <= 16) bench.run(112, 112, 1, true);
    bench.run(9, 255, 2, true);
    bench.run(255, 9, 2, true);
}

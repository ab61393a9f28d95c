// verilate: dp_pool @builds
// Sums and maxima of slices of any length, the empty one too, and the vector that stays until the next slice's end.
#include UNIT_HEADER
#include "unit.h"

constexpr unsigned GEOMETRY;

static void slice(Trial &trial, Unit<TOP> &pool, unsigned positions, bool max) {
    int32_t want[Po];
    for (int32_t &w : want) w = max ? -128 : 0;
    pool->max_i = max;
    for (unsigned seen = 0; seen < positions;) {
        pool->valid_i = trial.sends();
        for (unsigned l = 0; l < Po; l++) {
            int y = trial.rng.percent(20) ? -128 : trial.rng.int8();
            set_bits(pool->y_i, l * 8, 8, static_cast<uint8_t>(y));
            if (pool->valid_i) want[l] = max ? std::max(want[l], y) : want[l] + y;
        }
        seen += pool->valid_i;
        pool.edge();
    }
    pool->valid_i = 0;
    while (!trial.takes()) pool.edge();
    pool->slice_end_i = 1;
    pool.edge();
    pool->slice_end_i = 0;
    for (unsigned l = 0; l < Po; l++)
        CHECK(trial, get_signed(pool->pooled_o, l * 32, 32) == want[l], "max %d of %u positions, lane %u: %ld, want %d", max,
              positions, l, (long)get_signed(pool->pooled_o, l * 32, 32), want[l]);
    CHECK(trial, pool->count_o == positions, "counted %d of %u positions", pool->count_o, positions);
}

Test(SUITE, slices) {
    for_trials(2, [](Trial &trial) {
        Unit<TOP> pool(trial);
        pool->valid_i = pool->slice_end_i = pool->max_i = 0;
        pool.reset();
        for (int i = 0; i < 40; i++) slice(trial, pool, trial.rng.percent(20) ? 0 : trial.rng.below(60), trial.rng.percent(50));
    });
}

Test(SUITE, the_last_vector_stays) {
    Trial trial(1, 0, 0);
    Unit<TOP> pool(trial);
    pool->valid_i = pool->slice_end_i = pool->max_i = 0;
    pool.reset();
    slice(trial, pool, 10, false);
    int64_t held = get_signed(pool->pooled_o, 0, 32);
    pool->valid_i = 1;
    for (int i = 0; i < 5; i++) {
        set_random(pool->y_i, Po * 8, trial.rng);
        pool.edge();
        CHECK(trial, get_signed(pool->pooled_o, 0, 32) == held && pool->count_o == 10, "changed while the next slice is pooled");
    }
}

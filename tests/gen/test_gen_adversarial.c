/* Generated networks that are made to hurt: alternating masks, extreme weights, saturating scales. */
#include <criterion/criterion.h>
#include <math.h>

#include "gen.h"
#include "golden.h"
#include "rng.h"

static dp_model generate(const gen_options *options) {
    dp_model model;
    dp_error err = {""};
    cr_assert_eq(gen_network(options, &model, &err), DP_OK, "%s", err.text);
    return model;
}

/* Of one colour first: at half of the positions a chessboard, at fewer a part of it. */
Test(gen_adversarial, alternating_masks_have_no_neighbours) {
    int first[2] = {0, 0};
    for (uint64_t seed = 0; seed < 16; seed++) {
        double keep = seed % 2 == 0 ? 0.5 : 0.25;
        gen_options o = {.net = "block:7x6x8", .keep_spatial = keep, .keep_channel = 1, .mask = GEN_ALTERNATING, .seed = seed};
        dp_model model = generate(&o);
        const uint8_t *m = model.layers[0].spatial_given;
        int kept = 0;
        for (int p = 0; p < 7 * 6; p++) kept += m[p];
        cr_expect_eq(kept, lround(keep * 7 * 6));
        for (int p = 0; p < 7 * 6; p++)
            cr_expect(!m[p] || ((p % 6 == 5 || !m[p + 1]) && (p / 6 == 6 || !m[p + 6])), "seed %d, position %d", (int)seed, p);
        first[m[0]]++;
        dp_model_free(&model);
    }
    cr_expect(first[0] > 0 && first[1] > 0);
}

Test(gen_adversarial, extreme_weights_are_the_ends_of_int8) {
    dp_model model =
        generate(&(gen_options){.net = "block:5x5x32", .keep_spatial = 0.5, .keep_channel = 1, .values = GEN_EXTREME});
    for (int i = 0; i < model.layers[0].convs; i++) {
        const dp_conv *c = &model.layers[0].conv[i];
        int low = 0, high = 0, count = c->cout * c->cin * c->kernel * c->kernel;
        for (int w = 0; w < count; w++) low += c->weight[w] == INT8_MIN, high += c->weight[w] == INT8_MAX;
        cr_expect(low + high == count && low > count / 3 && high > count / 3, "%s: %d and %d of %d", c->name, low, high, count);
    }
    dp_model_free(&model);
}

/* Share of the outputs of the first convolution, where kept, that are 0 or 127: what a clamp with ReLU leaves. */
static double clamped_share(gen_values values) {
    dp_model model = generate(&(gen_options){.net = "block:14x14x32", .keep_spatial = 0.5, .keep_channel = 1, .values = values});
    golden_run run;
    dp_error err = {""};
    cr_assert_eq(golden_create(&run, &model, (golden_options){.dense = false}, &err), DP_OK, "%s", err.text);
    int8_t image[14 * 14 * 32];
    rng random;
    rng_seed(&random, 77);
    for (size_t i = 0; i < sizeof image; i++) image[i] = (int8_t)rng_below(&random, 128);
    golden_compute(&run, image);
    const golden_conv *c = &run.layers[0].conv[0];
    int counted = 0, clamped = 0;
    for (int i = 0; i < 14 * 14 * 32; i++) {
        if (!c->out_keep[i / 32]) continue;
        counted++;
        clamped += c->y[i] == 0 || c->y[i] == INT8_MAX;
    }
    golden_free(&run);
    dp_model_free(&model);
    return (double)clamped / counted;
}

Test(gen_adversarial, saturating_scales_saturate) {
    cr_expect_lt(clamped_share(GEN_USUAL), 0.7);
    cr_expect_gt(clamped_share(GEN_SATURATING), 0.8);
}

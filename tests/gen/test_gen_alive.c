/* Generated networks: activations that live. Outputs neither die nor saturate, whatever the masks keep. */
#define _POSIX_C_SOURCE 200809L
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdlib.h>

#include "gen.h"
#include "golden.h"
#include "rng.h"

/* Random bytes, or a smooth picture with some texture. */
static int8_t *make_image(const dp_model *model, bool noise) {
    size_t count = (size_t)(model->in_h * model->in_w * model->in_c);
    int8_t *image = malloc(count);
    cr_assert_not_null(image);
    rng random;
    rng_seed(&random, 77);
    for (size_t i = 0; i < count; i++) {
        int y = (int)i / model->in_c / model->in_w, x = (int)i / model->in_c % model->in_w;
        double wave = sin(9.0 * y / model->in_h) + cos(7.0 * x / model->in_w + (double)(i % (size_t)model->in_c));
        image[i] = (int8_t)(noise ? rng_int(&random, 0, 127) : (int)(40 + 15 * wave) + rng_int(&random, -10, 40));
    }
    return image;
}

/* Bounds on what a convolution shows at kept positions and channels, in percent. */
enum { MOST_ZEROS = 80, MOST_SATURATED = 2, MOST_CONSTANT = 10 };

static void expect_alive(const dp_model *model, const golden_layer *layer, const golden_conv *c) {
    const dp_conv *conv = c->conv;
    int counted = 0, zeros = 0, saturated = 0, channels = 0, constant = 0;
    for (int oc = 0; oc < conv->cout; oc++) {
        int low = INT8_MAX, high = INT8_MIN;
        if (c->out_grouped && !layer->group_keep[oc / layer->layer->group]) continue;
        for (int p = 0; p < conv->out_h * conv->out_w; p++) {
            if (c->out_keep != NULL && !c->out_keep[p]) continue;
            int y = c->y[p * conv->cout + oc];
            low = y < low ? y : low;
            high = y > high ? y : high;
            counted++;
            zeros += y == 0;
            saturated += y == INT8_MAX || y == INT8_MIN;
        }
        channels++;
        constant += low == high;
    }
    const char *net = model->name, *name = conv->name;
    cr_expect_lt(100L * zeros, (long)MOST_ZEROS * counted, "%s %s: %d of %d are zero", net, name, zeros, counted);
    cr_expect_lt(100L * saturated, (long)MOST_SATURATED * counted, "%s %s: %d of %d are saturated", net, name, saturated,
                 counted);
    cr_expect_lt(100 * constant, MOST_CONSTANT * channels, "%s %s: %d of %d channels are constant", net, name, constant,
                 channels);
}

static void expect_network_alive(const gen_options *options) {
    dp_model model;
    golden_run run;
    dp_error err = {""};
    cr_assert_eq(gen_network(options, &model, &err), DP_OK, "%s", err.text);
    cr_assert_eq(golden_create(&run, &model, (golden_options){.dense = false}, &err), DP_OK, "%s", err.text);
    for (int noise = 0; noise < 2; noise++) {
        int8_t *image = make_image(&model, noise != 0);
        golden_compute(&run, image);
        for (int l = 0; l < model.layer_count; l++)
            for (int i = 0; i < model.layers[l].convs; i++) expect_alive(&model, &run.layers[l], &run.layers[l].conv[i]);
        free(image);
    }
    golden_free(&run);
    dp_model_free(&model);
}

typedef struct {
    char net[32];
    bool sampled; /* a large network: some of the keep ratios */
} alive_case;

static alive_case alive_cases[] = {
    {"fmnist14", false},      {"resnet20", false},          {"resnet32", false}, {"resnet56", false},
    {"resnet32b", false},     {"resnet18", true},           {"resnet101", true}, {"block:14x14x256:bottleneck", true},
    {"block:56x56x64", true}, {"block:14x14x128:s2", true},
};

ParameterizedTestParameters(gen_alive, networks) {
    return cr_make_param_array(alive_case, alive_cases, sizeof alive_cases / sizeof alive_cases[0]);
}

/* Every keep ratio of positions and channels with every kind of mask; for large networks the ends and the middle. */
ParameterizedTest(alive_case *it, gen_alive, networks) {
    for (int kind = 0; kind < 3; kind++)
        for (int s = 1; s <= 4; s++)
            for (int c = 1; c <= 4; c++) {
                bool asked = s == c && (s == 1 ? kind == 0 : s == 2 ? kind == 2 : s == 4 && kind == 1);
                if (it->sampled && !asked) continue;
                expect_network_alive(&(gen_options){.net = it->net,
                                                    .keep_spatial = 0.25 * s,
                                                    .keep_channel = 0.25 * c,
                                                    .mask = kind == 0 ? GEN_RANDOM : GEN_CLUSTERED,
                                                    .resolution_mask = kind == 2,
                                                    .seed = 1});
            }
}

/* Work and bytes: one case by hand, then random networks counted one multiplication at a time. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "naive.h"
#include "random_network.h"
#include "workload.h"

static void create(golden_run *run, const dp_model *m, golden_options options) {
    dp_error err = {""};
    cr_assert_eq(golden_create(run, m, options, &err), DP_OK, "%s: %s", m->name, err.text);
}

/* Whether position (y, x) of the map that a convolution reads (or writes) stays, from the naive masks. */
static bool reads(const dp_layer *layer, const naive_layer *n, dp_role role, int y, int x) {
    if (layer->kind == DP_STEM || role == DP_SHORTCUT) return true;
    if (role == DP_CONV1 || (role == DP_CONV2 && layer->kind == DP_BOTTLENECK)) return n->min[y * layer->in_w + x] != 0;
    return n->mout[y * layer->out_w + x] != 0;
}

static bool writes(const dp_layer *layer, const naive_layer *n, dp_role role, int y, int x) {
    if (layer->kind == DP_STEM || role == DP_SHORTCUT) return true;
    if (role == DP_CONV1 && layer->kind == DP_BOTTLENECK) return n->min[y * layer->in_w + x] != 0;
    return n->mout[y * layer->out_w + x] != 0;
}

static int kept_channels(const dp_layer *layer, const naive_layer *n, int channels, bool intermediate) {
    int kept = 0;
    for (int c = 0; c < channels; c++) kept += !intermediate || n->group_keep[c / layer->group] != 0;
    return kept;
}

typedef struct {
    uint64_t parallel, serial, weights, others;
} counts;

static counts count_conv(const dp_layer *layer, const naive_layer *n, const dp_conv *conv) {
    bool block = layer->kind != DP_STEM, bottleneck = layer->kind == DP_BOTTLENECK;
    bool from_mid = block && (conv->role == DP_CONV2 || conv->role == DP_CONV3);
    bool to_mid = block && (conv->role == DP_CONV1 || (conv->role == DP_CONV2 && bottleneck));
    uint64_t cin = (uint64_t)kept_channels(layer, n, conv->cin, from_mid);
    uint64_t cout = (uint64_t)kept_channels(layer, n, conv->cout, to_mid);
    counts r = {.weights = cin * cout * (uint64_t)(conv->kernel * conv->kernel), .others = 16 * cout};
    for (int y = 0; y < conv->out_h; y++)
        for (int x = 0; x < conv->out_w; x++) {
            if (!writes(layer, n, conv->role, y, x)) continue;
            for (int dy = 0; dy < conv->kernel; dy++)
                for (int dx = 0; dx < conv->kernel; dx++) {
                    int iy = y * conv->stride + conv->late_y + dy - conv->kernel / 2;
                    int ix = x * conv->stride + conv->late_x + dx - conv->kernel / 2;
                    bool inside = iy >= 0 && iy < conv->in_h && ix >= 0 && ix < conv->in_w;
                    r.parallel += cin * cout;
                    if (inside && (!block || reads(layer, n, conv->role, iy, ix))) r.serial += cin * cout;
                }
        }
    return r;
}

static void expect_conv(const golden_run *run, const naive_layer *n, int layer, int k, bool parallel) {
    const workload_machine on = {parallel, 100, 24};
    const dp_conv *conv = run->layers[layer].conv[k].conv;
    const dp_layer *l = run->layers[layer].layer;
    counts want = count_conv(l, n, conv);
    if (layer == 0 && k == 0) want.others += (uint64_t)(l->in_h * l->in_w * l->in);
    workload w;
    workload_conv(run, layer, k, &on, &w);
    cr_assert_eq(w.macs, parallel ? want.parallel : want.serial, "%s %s", run->model->name, conv->name);
    cr_assert_eq(w.bytes_weights, want.weights, "%s %s", run->model->name, conv->name);
    cr_assert_eq(w.bytes_other, want.others, "%s %s", run->model->name, conv->name);
    double compute = (double)w.macs / on.macs, memory = (double)(want.weights + want.others) / on.bytes;
    cr_assert_float_eq(w.limit_cycles, compute > memory ? compute : memory, 1e-9);
}

Test(workload, counts_what_the_masks_leave) {
    for (uint64_t seed = 1; seed <= 200; seed++) {
        dp_model m;
        golden_run run;
        naive_result naive;
        golden_options options = {.dense = seed % 5 == 0};
        random_model(&m, &(gen_random_options){.max_blocks = 2, .max_size = 7}, seed);
        int8_t *image = random_image(&m, seed);
        create(&run, &m, options);
        golden_compute(&run, image);
        naive_compute(&m, image, options, &naive);
        for (int i = 0; i < m.layer_count; i++)
            for (int k = 0; k < m.layers[i].convs; k++)
                for (int parallel = 0; parallel <= 1; parallel++) expect_conv(&run, &naive.layers[i], i, k, parallel != 0);
        free(image);
        naive_free(&naive);
        golden_free(&run);
        dp_model_free(&m);
    }
}

/* A basic block of 8 channels, 16 in the middle, on a 3x3 map, and a head of 3 classes. Kept are the upper left corner, its right
   neighbour and one group of two. */
static const int8_t zeros[16 * 16 * 9];
static const int16_t mult[16];
static const uint8_t shift[16], corner[9] = {1, 1, 0, 0, 0, 0, 0, 0, 0}, second_group[2] = {0, 1};
static const int64_t bias[16];
static const int32_t words[16];

static dp_conv conv3x3(dp_role role, int cin, int cout) {
    return (dp_conv){.role = role,
                     .cin = cin,
                     .cout = cout,
                     .kernel = 3,
                     .stride = 1,
                     .in_h = 3,
                     .in_w = 3,
                     .out_h = 3,
                     .out_w = 3,
                     .weight = zeros,
                     .mult = mult,
                     .shift = shift,
                     .bias = bias,
                     .res_mult = role == DP_CONV2 ? words : NULL};
}

static void expect_work(const workload *w, uint64_t macs, uint64_t dense, uint64_t weights, uint64_t other, double limit) {
    cr_expect_eq(w->macs, macs);
    cr_expect_eq(w->macs_dense, dense);
    cr_expect_eq(w->bytes_weights, weights);
    cr_expect_eq(w->bytes_other, other);
    cr_expect_float_eq(w->limit_cycles, limit, 1e-9);
}

Test(workload, a_network_by_hand) {
    dp_layer layers[2] = {
        {.kind = DP_BASIC,
         .in = 8,
         .mid = 16,
         .out = 8,
         .stride = 1,
         .in_h = 3,
         .in_w = 3,
         .out_h = 3,
         .out_w = 3,
         .convs = 2,
         .conv = {conv3x3(DP_CONV1, 8, 16), conv3x3(DP_CONV2, 16, 8)},
         .spatial = DP_MASK_GIVEN,
         .spatial_given = corner,
         .channel = DP_MASK_GIVEN,
         .channel_given = second_group,
         .groups = 2,
         .group = 8,
         .keep = 1},
        {.kind = DP_HEAD,
         .in = 8,
         .out = 3,
         .stride = 1,
         .in_h = 3,
         .in_w = 3,
         .out_h = 1,
         .out_w = 1,
         .head_weight = zeros,
         .head_bias = words},
    };
    dp_model m = {.name = "by hand", .classes = 3, .in_h = 3, .in_w = 3, .in_c = 8, .layer_count = 2, .layers = layers};
    golden_run run;
    workload w;
    const workload_machine parallel = {true, 10, 48}, fast = {true, 1000, 48}, faster = {true, 1000, 64},
                           serial = {false, 10, 48};
    create(&run, &m, (golden_options){0});
    golden_compute(&run, zeros);
    /* parallel: 2 positions x 9 taps x 8 x 8; weights 9 x 8 x 8 */
    workload_conv(&run, 0, 0, &parallel, &w);
    expect_work(&w, 1152, 10368, 576, 128 + 72, 115.2); /* and the image */
    workload_conv(&run, 0, 1, &fast, &w);
    expect_work(&w, 1152, 10368, 576, 128, 704 / 48.0);
    workload_conv(&run, 0, 1, &faster, &w);
    expect_work(&w, 1152, 10368, 576, 128, 704 / 64.0);
    /* serial: each of the two sees itself and the other */
    workload_conv(&run, 0, 0, &serial, &w);
    expect_work(&w, 256, 10368, 576, 128 + 72, 25.6);
    workload_layer(&run, 0, &serial, &w);
    expect_work(&w, 512, 20736, 1152, 256 + 72, 51.2);
    workload_layer(&run, 1, &fast, &w);
    expect_work(&w, 24, 24, 24, 24, 1.0);
    workload_head(&run, 1, &parallel, &w);
    expect_work(&w, 24, 24, 24, 24, 2.4);
    golden_free(&run);
}

/* The golden reference against the naive second implementation, over random networks, and properties of whole runs. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "naive.h"
#include "random_network.h"

static void create(golden_run *run, const dp_model *m, golden_options options) {
    dp_error err = {""};
    cr_assert_eq(golden_create(run, m, options, &err), DP_OK, "%s: %s", m->name, err.text);
}

static void expect_equal(const dp_model *m, const char *what, const char *name, const void *got, const void *want, size_t bytes) {
    const unsigned char *a = got, *b = want;
    for (size_t i = 0; i < bytes; i++)
        cr_assert_eq(a[i], b[i], "%s %s %s: byte %zu is %d, want %d", m->name, name, what, i, a[i], b[i]);
}

/* A mask of golden is NULL where nothing is masked. */
static void expect_mask(const dp_model *m, const char *what, const char *name, const uint8_t *got, const uint8_t *want,
                        int positions) {
    for (int p = 0; p < positions; p++)
        cr_assert_eq(got == NULL ? 1 : got[p], want[p], "%s %s %s: position %d", m->name, name, what, p);
}

/* What golden says about accumulators: they requantize to y where kept, and are 0 where nothing was computed. */
static void expect_accumulators(const dp_model *m, const golden_layer *g, const golden_conv *c) {
    const dp_conv *conv = c->conv;
    if (conv->res_mult != NULL || conv->role == DP_SHORTCUT) return;
    for (int i = 0; i < conv->out_h * conv->out_w * conv->cout; i++) {
        int p = i / conv->cout, oc = i % conv->cout;
        bool kept = c->out_keep == NULL || c->out_keep[p] != 0;
        if (c->out_grouped) kept = kept && g->group_keep[oc / g->layer->group] != 0;
        int64_t y = ((int64_t)c->acc[i] * conv->mult[oc] + conv->bias[oc]) >> conv->shift[oc];
        int want = kept ? (int)(y < 0 ? 0 : y > 127 ? 127 : y) : 0;
        cr_assert_eq(c->y[i], want, "%s %s: element %d", m->name, conv->name, i);
        if (!kept) cr_assert_eq(c->acc[i], 0, "%s %s: accumulator %d", m->name, conv->name, i);
    }
}

static void expect_layer(const dp_model *m, const golden_layer *g, const naive_layer *n) {
    const dp_layer *layer = g->layer;
    for (int k = 0; k < layer->convs; k++) {
        const dp_conv *conv = g->conv[k].conv;
        expect_equal(m, "y", conv->name, g->conv[k].y, n->y[k], (size_t)(conv->out_h * conv->out_w * conv->cout));
        expect_accumulators(m, g, &g->conv[k]);
    }
    expect_equal(m, "out", layer->name, g->out, n->out, (size_t)(layer->out_h * layer->out_w * layer->out));
    if (layer->kind == DP_STEM) return;
    expect_mask(m, "min", layer->name, g->min, n->min, layer->in_h * layer->in_w);
    expect_mask(m, "mout", layer->name, g->mout, n->mout, layer->out_h * layer->out_w);
    expect_equal(m, "groups", layer->name, g->group_keep, n->group_keep, (size_t)layer->groups);
    expect_equal(m, "scores", layer->name, g->score, n->score, (size_t)layer->groups * sizeof *g->score);
}

static void compare(const dp_model *m, golden_options options, const int8_t *image, golden_run *run) {
    naive_result naive;
    naive_compute(m, image, options, &naive);
    golden_compute(run, image);
    for (int i = 0; i < m->layer_count; i++)
        if (m->layers[i].kind != DP_HEAD) expect_layer(m, &run->layers[i], &naive.layers[i]);
    cr_assert_eq(run->top1, naive.top1, "%s: top1", m->name);
    if (m->classes > 0) expect_equal(m, "logits", "head", run->logits, naive.logits, (size_t)m->classes * sizeof *naive.logits);
    naive_free(&naive);
}

/* Two images through one run, then both dense. */
static void compare_seeds(const gen_random_options *o, uint64_t first, uint64_t count) {
    for (uint64_t seed = first; seed < first + count; seed++) {
        dp_model m;
        dp_error err = {""};
        random_model(&m, o, seed);
        cr_assert_eq(dp_model_check(&m, m.name, &err), DP_OK, "%s", err.text);
        for (int dense = 0; dense <= 1; dense++) {
            golden_options options = {.dense = dense != 0};
            golden_run run;
            create(&run, &m, options);
            for (uint64_t i = 0; i < 2; i++) {
                int8_t *image = random_image(&m, 2 * seed + i);
                compare(&m, options, image, &run);
                free(image);
            }
            golden_free(&run);
        }
        dp_model_free(&m);
    }
}

Test(golden, equals_naive_on_small_networks) { compare_seeds(&(gen_random_options){0}, 1, 150); }

Test(golden, equals_naive_on_bare_basic_blocks) {
    gen_random_options o = {.max_blocks = 2, .stem = RANDOM_NEVER, .head = RANDOM_NEVER, .bottleneck = RANDOM_NEVER};
    compare_seeds(&o, 1000, 150);
}

Test(golden, equals_naive_on_bare_bottlenecks) {
    gen_random_options o = {.max_blocks = 2, .stem = RANDOM_NEVER, .head = RANDOM_NEVER, .bottleneck = RANDOM_ALWAYS};
    compare_seeds(&o, 2000, 150);
}

Test(golden, equals_naive_on_tiny_maps) { compare_seeds(&(gen_random_options){.max_size = 2, .max_blocks = 4}, 3000, 150); }

Test(golden, equals_naive_on_many_channels) {
    compare_seeds(&(gen_random_options){.max_size = 5, .max_channels = 160, .group = 16, .max_blocks = 2}, 4000, 15);
}

Test(golden, equals_naive_on_whole_networks) {
    gen_random_options o = {.max_size = 17, .max_channels = 24, .group = 8, .max_blocks = 6};
    o.stem = o.head = RANDOM_ALWAYS;
    compare_seeds(&o, 5000, 20);
}

Test(golden, equals_naive_on_shared_masks) {
    gen_random_options o = {.max_size = 14, .max_channels = 16, .max_blocks = 6, .reuse = RANDOM_ALWAYS};
    compare_seeds(&o, 6000, 60);
}

/* The comparison proves nothing about cases that never come up. */
Test(golden, random_networks_reach_every_case) {
    enum {
        KEPT_NONE,
        KEPT_ONE,
        KEPT_ALL,
        ONE_GROUP,
        ALL_GROUPS,
        TIE,
        REUSE,
        REUSE_AT_STRIDE_2,
        REUSE_BEHIND_STRIDE_2,
        POOL_MAX,
        POOL_AVG,
        POOL_OF_NONE,
        MAX_POOL,
        ODD_HALF,
        CASES
    };
    int seen[CASES] = {0};
    for (uint64_t seed = 1; seed < 301; seed++) {
        dp_model m;
        golden_run run;
        random_model(&m, &(gen_random_options){0}, seed);
        create(&run, &m, (golden_options){0});
        int8_t *image = random_image(&m, seed);
        golden_compute(&run, image);
        for (int i = 0; i < m.layer_count; i++) {
            const golden_layer *g = &run.layers[i];
            const dp_layer *layer = g->layer;
            seen[MAX_POOL] += layer->max_pool;
            if (layer->kind != DP_BASIC && layer->kind != DP_BOTTLENECK) continue;
            int kept = g->conv[layer->convs - 1].positions_kept, positions = layer->out_h * layer->out_w;
            bool unit = layer->channel == DP_MASK_UNIT;
            seen[KEPT_NONE] += kept == 0;
            seen[KEPT_ONE] += kept == 1 && positions > 1;
            seen[KEPT_ALL] += kept == positions && layer->spatial != DP_MASK_NONE;
            seen[ONE_GROUP] += g->groups_kept == 1 && layer->groups > 1;
            seen[ALL_GROUPS] += g->groups_kept == layer->groups && layer->channel != DP_MASK_NONE;
            bool reuse = layer->spatial == DP_MASK_REUSE;
            seen[REUSE] += reuse;
            seen[REUSE_AT_STRIDE_2] += reuse && layer->stride == 2 && kept > 0 && kept < positions;
            seen[REUSE_BEHIND_STRIDE_2] += reuse && layer[-1].stride == 2 && kept > 0 && kept < positions;
            seen[POOL_MAX] += unit && layer->pool == DP_POOL_MAX;
            seen[POOL_AVG] += unit && layer->pool == DP_POOL_AVG;
            seen[POOL_OF_NONE] += unit && layer->pool == DP_POOL_AVG && g[-1].pooled_positions == 0;
            seen[ODD_HALF] += g->mout != NULL && layer->stride == 2 && layer->in_h % 2 == 1;
            for (int k = 1; k < layer->groups; k++)
                seen[TIE] += unit && g->score[k] == g->score[k - 1] && g->group_keep[k] != g->group_keep[k - 1];
        }
        free(image);
        golden_free(&run);
        dp_model_free(&m);
    }
    for (int i = 0; i < CASES; i++) cr_expect_gt(seen[i], 0, "case %d never came up", i);
}

static const uint8_t all_ones[256 * 256] = {[0 ... 256 * 256 - 1] = 1};

/* Given masks that keep everything are the dense network, to the last count. */
Test(golden, full_masks_equal_dense) {
    for (uint64_t seed = 1; seed <= 60; seed++) {
        dp_model m;
        golden_run masked, dense;
        random_model(&m, &(gen_random_options){0}, seed);
        create(&dense, &m, (golden_options){.dense = true});
        for (int i = 0; i < m.layer_count; i++) {
            dp_layer *layer = &m.layers[i];
            if (layer->kind != DP_BASIC && layer->kind != DP_BOTTLENECK) continue;
            layer->spatial = layer->channel = DP_MASK_GIVEN;
            layer->spatial_given = layer->channel_given = all_ones;
            layer->keep = layer->groups;
        }
        create(&masked, &m, (golden_options){0});
        int8_t *image = random_image(&m, seed);
        golden_compute(&dense, image);
        golden_compute(&masked, image);
        for (int i = 0; i < m.layer_count; i++) {
            const golden_layer *a = &masked.layers[i], *b = &dense.layers[i];
            for (int k = 0; k < a->layer->convs; k++) {
                size_t outputs = (size_t)(a->conv[k].positions * a->conv[k].conv->cout);
                expect_equal(&m, "y", a->layer->name, a->conv[k].y, b->conv[k].y, outputs);
                expect_equal(&m, "acc", a->layer->name, a->conv[k].acc, b->conv[k].acc, outputs * sizeof *a->conv[k].acc);
                cr_assert_eq(a->conv[k].macs_parallel, b->conv[k].macs_dense);
                cr_assert_eq(a->conv[k].macs_serial, b->conv[k].macs_serial);
            }
        }
        cr_assert_eq(masked.top1, dense.top1);
        free(image);
        golden_free(&masked);
        golden_free(&dense);
        dp_model_free(&m);
    }
}

/* An image leaves nothing behind in the buffers. */
Test(golden, a_run_forgets_the_previous_image) {
    dp_model m;
    golden_run used, fresh;
    random_model(&m, &(gen_random_options){.max_blocks = 5, .stem = RANDOM_ALWAYS, .head = RANDOM_ALWAYS}, 77);
    create(&used, &m, (golden_options){0});
    create(&fresh, &m, (golden_options){0});
    int8_t *first = random_image(&m, 1), *second = random_image(&m, 2);
    golden_compute(&used, first);
    golden_compute(&used, second);
    golden_compute(&fresh, second);
    expect_equal(&m, "logits", "head", used.logits, fresh.logits, (size_t)m.classes * sizeof *used.logits);
    const golden_layer *a = &used.layers[m.layer_count - 2], *b = &fresh.layers[m.layer_count - 2];
    expect_equal(&m, "out", a->layer->name, a->out, b->out, (size_t)(a->layer->out_h * a->layer->out_w * a->layer->out));
    free(first);
    free(second);
    golden_free(&used);
    golden_free(&fresh);
    dp_model_free(&m);
}

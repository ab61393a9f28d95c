/* Which features of a build a network uses: counted again from the network itself, on random ones, in both schedules. */
#include <criterion/criterion.h>
#include <string.h>

#include "plan_features.h"
#include "plan_support.h"
#include "random_network.h"

enum { NETWORKS = 400, WIDE = 32, GEOMETRIES = 4, WORDS = 9 };

static const gen_random_options kinds[] = {
    {.max_blocks = 4, .max_size = 48, .max_channels = 72, .group = 8, .runs = true},
    {.max_blocks = 3, .max_size = 9, .max_channels = 160, .bottleneck = RANDOM_ALWAYS, .runs = true},
    {.max_blocks = 3, .max_size = 40, .stem = RANDOM_ALWAYS, .head = RANDOM_ALWAYS, .runs = true},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static void set(bool *want, plan_feature feature, bool there) { want[feature] = want[feature] || there; }

static bool in_chain(const plan *p, int layer) {
    for (int k = 0; k < p->convs; k++)
        if (p->conv[k].layer == layer && p->conv[k].chained) return true;
    return false;
}

/* The mask that a stride-2 block takes from this one is pooled for it. */
static bool is_pooled(const dp_model *m, int layer) {
    for (int i = layer; i < m->layer_count && dp_is_block(&m->layers[i]); i++) {
        if (i > layer && m->layers[i].spatial != DP_MASK_REUSE) return false;
        if (m->layers[i].stride == 2) return true;
    }
    return false;
}

static void of_block(const plan *p, int i, bool *want) {
    const dp_layer *l = &p->model->layers[i];
    bool given = l->spatial == DP_MASK_GIVEN, computed = l->spatial == DP_MASK_UNIT;
    set(want, PLAN_FEATURE_GIVEN, given);
    set(want, PLAN_FEATURE_COMPUTED, computed);
    set(want, PLAN_FEATURE_GIVEN_WIDE, given && l->in_w > WIDE);
    set(want, PLAN_FEATURE_COMPUTED_WIDE, computed && l->in_w > WIDE);
    set(want, PLAN_FEATURE_POOLED, (given || computed) && is_pooled(p->model, i));
    set(want, PLAN_FEATURE_GROUPS, l->channel == DP_MASK_GIVEN);
    set(want, PLAN_FEATURE_SCORES, l->channel == DP_MASK_UNIT && l->pool == DP_POOL_AVG);
    set(want, PLAN_FEATURE_SCORES_MAX, l->channel == DP_MASK_UNIT && l->pool == DP_POOL_MAX);
    for (int k = 0; k < l->convs && in_chain(p, i); k++) {
        /* What is read in the chain: not the first convolution's input, nor a shortcut's. */
        const dp_conv *c = &l->conv[k];
        int tiles = (c->in_h + 2) / 3, kept = c->kernel == 3 ? 2 : 1;
        bool ring = c->role != DP_CONV1 && c->role != DP_SHORTCUT && tiles > kept;
        set(want, PLAN_FEATURE_RING_GIVEN, ring && given);
        set(want, PLAN_FEATURE_RING_COMPUTED, ring && computed);
        set(want, PLAN_FEATURE_RING_TWO, ring && kept == 2);
    }
}

static void of_conv(const plan *p, const plan_conv *c, bool *want) {
    int words = (c->cin + p->geometry.pi - 1) / p->geometry.pi;
    const dp_layer *next = c->layer + 1 < p->model->layer_count ? &p->model->layers[c->layer + 1] : NULL;
    /* Of the block's last convolution on the main path the next block's groups are chosen. */
    bool last = c->conv != NULL && c->conv->res_mult != NULL;
    bool scored = (last || p->model->layers[c->layer].kind == DP_STEM) && next != NULL && dp_is_block(next) &&
                  next->channel == DP_MASK_UNIT;
    set(want, PLAN_FEATURE_DUAL, c->lanes == 2 * p->geometry.po);
    set(want, PLAN_FEATURE_SCORES_LANES, scored && c->cout >= c->lanes);
    set(want, PLAN_FEATURE_PAIRS,
        p->geometry.parallel && last && !scored && c->conv->kernel == 1 && words <= WORDS && c->slices > 1);
}

static void count_again(const plan *p, bool *want) {
    const dp_model *m = p->model;
    for (int i = 0; i < m->layer_count; i++) {
        const dp_layer *l = &m->layers[i];
        if (dp_is_block(l)) of_block(p, i, want);
        set(want, PLAN_FEATURE_HEAD, l->kind == DP_HEAD);
        set(want, PLAN_FEATURE_MAX_POOL, l->kind == DP_STEM && l->max_pool);
        set(want, PLAN_FEATURE_PATCHES3, l->kind == DP_STEM && l->conv[0].kernel == 3 && l->in < 8);
        set(want, PLAN_FEATURE_PATCHES7, l->kind == DP_STEM && l->conv[0].kernel == 7);
    }
    for (int k = 0; k < p->convs; k++) of_conv(p, &p->conv[k], want);
}

Test(plan_features, are_those_of_the_network) {
    int met[PLAN_FEATURES] = {0}, ran = 0;
    for (uint64_t seed = 0; seed < NETWORKS; seed++) {
        plan_geometry g = plan_support_geometry((unsigned)seed % GEOMETRIES);
        plan_options options = {.schedule = seed / GEOMETRIES % 2 != 0 ? PLAN_CHAINS : PLAN_GANG};
        dp_model m;
        dp_error err;
        plan p;
        random_model(&m, &kinds[seed % KINDS], 900 + seed);
        if (plan_support_runs(&m, &g, false) && plan_create(&p, &m, &g, options, &err) == DP_OK) {
            bool want[PLAN_FEATURES] = {false};
            count_again(&p, want);
            uint32_t found = plan_features(&p);
            for (plan_feature f = 0; f < PLAN_FEATURES; f++) {
                cr_assert_eq(found >> f & 1, want[f], "%s, build %d, schedule %d: %s", m.name, (int)seed % GEOMETRIES,
                             (int)options.schedule, plan_feature_name(f));
                cr_assert(!want[f] || plan_feature_possible(f, &g), "%s: %s", m.name, plan_feature_name(f));
                met[f] += want[f];
            }
            cr_assert_eq(found >> PLAN_FEATURES, 0);
            plan_free(&p);
            ran++;
        }
        dp_model_free(&m);
    }
    cr_assert_gt(ran, NETWORKS / 4);
    for (plan_feature f = 0; f < PLAN_FEATURES; f++) cr_expect_gt(met[f], 0, "no network has %s", plan_feature_name(f));
}

/* A build that lacks a feature says so. */
Test(plan_features, are_possible_where_the_build_has_them) {
    plan_geometry small = {.parallel = false, .mask_w = 32, .patch_bytes = 48},
                  large = {.parallel = true, .mask_w = 64, .patch_bytes = 49};
    for (plan_feature f = 0; f < PLAN_FEATURES; f++) {
        bool wide = f == PLAN_FEATURE_GIVEN_WIDE || f == PLAN_FEATURE_COMPUTED_WIDE;
        bool only_large = wide || f == PLAN_FEATURE_DUAL || f == PLAN_FEATURE_PAIRS || f == PLAN_FEATURE_PATCHES7;
        cr_expect_eq(plan_feature_possible(f, &small), !only_large, "%s", plan_feature_name(f));
        cr_expect(plan_feature_possible(f, &large), "%s", plan_feature_name(f));
        for (plan_feature other = 0; other < f; other++) cr_expect_str_neq(plan_feature_name(f), plan_feature_name(other));
    }
}

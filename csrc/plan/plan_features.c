#include "plan_features.h"

#include "plan_layout.h"

enum { NARROW = 32, KERNEL7_BYTES = 49, WORDS_A_CYCLE = 9 };

const char *plan_feature_name(plan_feature feature) {
    static const char *const names[PLAN_FEATURES] = {
        "given masks",
        "computed masks",
        "given masks beyond column 32",
        "computed masks beyond column 32",
        "pooled masks",
        "given groups",
        "scores of sums",
        "scores of maxima",
        "scores of all lanes",
        "dual slices",
        "pairs of slices",
        "ring rows, given masks",
        "ring rows, computed masks",
        "two ring rows",
        "patches of 3x3",
        "patches of 7x7",
        "max-pool",
        "head",
    };
    return names[feature];
}

bool plan_feature_possible(plan_feature feature, const plan_geometry *g) {
    switch (feature) {
    case PLAN_FEATURE_DUAL:
    case PLAN_FEATURE_PAIRS: return g->parallel;
    case PLAN_FEATURE_GIVEN_WIDE:
    case PLAN_FEATURE_COMPUTED_WIDE: return g->mask_w > NARROW;
    case PLAN_FEATURE_PATCHES7: return g->patch_bytes >= KERNEL7_BYTES;
    default: return true;
    }
}

static uint32_t bit(plan_feature feature, bool there) { return there ? 1u << feature : 0; }

static uint32_t of_mask(const plan_command *c) {
    bool given = (c->flags & PLAN_OWN_FETCH) != 0, wide = c->src.w > NARROW;
    return bit(given ? PLAN_FEATURE_GIVEN : PLAN_FEATURE_COMPUTED, true) |
           bit(given ? PLAN_FEATURE_GIVEN_WIDE : PLAN_FEATURE_COMPUTED_WIDE, wide) |
           bit(PLAN_FEATURE_POOLED, (c->flags & PLAN_POOLED) != 0);
}

/* rtl/dp_pkg.sv, paired() */
static bool is_paired(const plan_command *c) {
    return (c->flags & PLAN_RESIDUAL) != 0 && (c->flags & (PLAN_KERNEL3 | PLAN_SCORE)) == 0 && c->src.slices <= WORDS_A_CYCLE &&
           c->out_slices > 1;
}

static uint32_t of_conv(const plan *p, const plan_command *c) {
    uint32_t flags = c->flags;
    bool patches = (flags & PLAN_PATCHES) != 0, score = (flags & PLAN_SCORE) != 0, ring = c->src.ring > 0;
    bool dual = (flags & PLAN_DUAL) != 0;
    dp_mask_mode mask = p->model->layers[c->layer].spatial;
    return bit(PLAN_FEATURE_SCORES, score && (flags & PLAN_POOL_MAX) == 0) |
           bit(PLAN_FEATURE_SCORES_MAX, score && (flags & PLAN_POOL_MAX) != 0) |
           bit(PLAN_FEATURE_SCORES_LANES, score && c->cout >= p->geometry.po * (dual ? 2 : 1)) | bit(PLAN_FEATURE_DUAL, dual) |
           bit(PLAN_FEATURE_PAIRS, p->geometry.parallel && is_paired(c)) |
           bit(PLAN_FEATURE_RING_GIVEN, ring && mask == DP_MASK_GIVEN) |
           bit(PLAN_FEATURE_RING_COMPUTED, ring && mask == DP_MASK_UNIT) | bit(PLAN_FEATURE_RING_TWO, c->src.ring > 1) |
           bit(PLAN_FEATURE_PATCHES3, patches && (flags & PLAN_KERNEL7) == 0) |
           bit(PLAN_FEATURE_PATCHES7, patches && (flags & PLAN_KERNEL7) != 0) |
           bit(PLAN_FEATURE_MAX_POOL, (flags & PLAN_MAX_POOL) != 0) | bit(PLAN_FEATURE_HEAD, (flags & PLAN_HEAD) != 0);
}

uint32_t plan_features(const plan *p) {
    uint32_t all = 0;
    for (int i = 0; i < p->commands; i++) {
        const plan_command *c = &p->command[i];
        if (c->op == PLAN_OP_MASK) all |= of_mask(c);
        if (c->op == PLAN_OP_GROUPS) all |= bit(PLAN_FEATURE_GROUPS, true);
        if (c->op == PLAN_OP_CONV) all |= of_conv(p, c);
    }
    return all;
}

#include "functional_space.h"

#include <stddef.h>

static const cross_axis array = {"array", {"parallel", "serial"}};
static const cross_axis stalls = {"stalls", {"none", "some"}};
static const cross_axis stride = {"stride", {"1", "2"}};
static const cross_axis keep = {"keep", {"none", "one", "few", "half", "most", "all"}};
static const cross_axis groups = {"groups", {"one", "several", "all"}};
static const cross_axis mask = {"mask", {"no", "computed", "given", "shared"}};
static const cross_axis schedule = {"schedule", {"gang", "chain"}};
static const cross_axis by = {"by", {"nothing", "given", "average", "maximum"}};
static const cross_axis over = {"over", {"none", "one", "some", "all"}};
static const cross_axis tie = {"tie", {"no", "yes"}};
static const cross_axis rows = {"rows", {"1", "2", "3", "more"}};
static const cross_axis columns = {"columns", {"1", "2", "3", "more"}};
static const cross_axis block = {"block", {"basic", "bottleneck"}};
static const cross_axis rows_mod_3 = {"rows mod 3", {"0", "1", "2"}};
static const cross_axis columns_mod_3 = {"columns mod 3", {"0", "1", "2"}};
static const cross_axis kernel = {"kernel", {"1x1", "3x3"}};
static const cross_axis convolution = {"convolution", {"3x3", "1x1", "shortcut"}};
static const cross_axis words_in = {"words in", {"1", "2 to 4", "5 to 9", "more"}};
static const cross_axis slices_out = {"slices out", {"1", "2", "more"}};
static const cross_axis residual = {"residual", {"no", "yes"}};
static const cross_axis stem_kernel = {"kernel", {"3x3", "7x7"}};
static const cross_axis channels = {"channels", {"1", "3", "other"}};
static const cross_axis max_pool = {"max-pool", {"no", "yes"}};
static const cross_axis stall_share = {"stalls", {"none", "to 20 %", "more"}};
static const cross_axis latency = {"latency", {"to 20", "to 160", "more"}};
static const cross_axis bandwidth = {"bytes a cycle", {"to 8", "more"}};

/* Without a mask all positions stay. */
static bool masks_possible(const int *value) {
    int kept = value[0], of_mask = value[1];
    return of_mask != MASK_NONE || kept == KEEP_ALL;
}

/* Pooled positions and ties are of scores; no tie decides where all groups stay; averages over nothing are all 0, so they tie. */
static bool channels_possible(const int *value) {
    int chosen_by = value[0], kept = value[1], pooled = value[2], tied = value[3];
    if (chosen_by == BY_NOTHING && kept != GROUPS_ALL) return false;
    if (chosen_by == BY_NOTHING || chosen_by == BY_GIVEN) return pooled == OVER_ALL && tied == 0;
    if (kept == GROUPS_ALL) return tied == 0;
    return chosen_by != BY_AVERAGE || pooled != OVER_NONE || tied == 1;
}

/* A 1x1 convolution of stride 2 is a shortcut, which is dense. */
static bool edges_possible(const int *value) {
    bool strided = value[2] == 1, is_3x3 = value[3] == 1;
    return !strided || is_3x3 || value[5] == KEEP_ALL;
}

/* Shortcuts are what a residual is added from. */
static bool slices_possible(const int *value) { return value[0] != SLICES_SHORTCUT || value[3] == 0; }

/* 7x7 stems are taken by patches, of one or three channels. */
static bool stems_possible(const int *value) { return value[0] != STEM_7X7 || value[1] != CHANNELS_OTHER; }

const cross crosses[CROSSES] = {
    [CROSS_MASKS] = {"masks", {&keep, &mask, &groups, &stride, &array, &schedule, &stalls}, masks_possible},
    [CROSS_CHANNELS] = {"channels", {&by, &groups, &over, &tie, &array, &stalls}, channels_possible},
    [CROSS_SHAPES] = {"shapes", {&rows, &columns, &stride, &block, &array}, NULL},
    [CROSS_EDGES] = {"edges", {&rows_mod_3, &columns_mod_3, &stride, &kernel, &array, &keep}, edges_possible},
    [CROSS_SLICES] = {"slices", {&convolution, &words_in, &slices_out, &residual, &array}, slices_possible},
    [CROSS_STEMS] = {"stems", {&stem_kernel, &channels, &stride, &max_pool, &array}, stems_possible},
    [CROSS_MEMORY] = {"memory", {&stall_share, &latency, &bandwidth, &array}, NULL},
};

static int value_count(const cross_axis *a) {
    int count = 0;
    while (a->value[count] != NULL) count++;
    return count;
}

int cross_bins(const cross *c) {
    int bins = 1;
    for (int a = 0; c->axis[a] != NULL; a++) bins *= value_count(c->axis[a]);
    return bins;
}

/* The last axis varies fastest. */
int cross_bin(const cross *c, const int *value) {
    int bin = 0;
    for (int a = 0; c->axis[a] != NULL; a++) bin = bin * value_count(c->axis[a]) + value[a];
    return bin;
}

bool cross_values(const cross *c, int bin, int value[CROSS_AXES]) {
    int axes = 0;
    while (c->axis[axes] != NULL) axes++;
    for (int a = axes - 1; a >= 0; a--) {
        int count = value_count(c->axis[a]);
        value[a] = bin % count;
        bin /= count;
    }
    return c->possible == NULL || c->possible(value);
}

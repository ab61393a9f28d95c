/* See functional.h. A cross is a list of axes; a bin is a value of each. */
#include "functional.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_AXES = 7, MAX_VALUES = 6 };

typedef struct {
    const char *name;
    const char *value[MAX_VALUES + 1]; /* NULL ends them */
} axis;

typedef struct {
    const char *name;
    axis axes[MAX_AXES + 1]; /* an empty one ends them */
    bool (*possible)(const int *value); /* of each axis; NULL: all combinations are */
} cross;

#define ARRAY                                                                                                                    \
    {                                                                                                                            \
        "array", { "parallel", "serial" }                                                                                        \
    }
#define STALLS                                                                                                                   \
    {                                                                                                                            \
        "stalls", { "none", "some" }                                                                                             \
    }
#define STRIDE                                                                                                                   \
    {                                                                                                                            \
        "stride", { "1", "2" }                                                                                                   \
    }
#define KEEP                                                                                                                     \
    {                                                                                                                            \
        "keep", { "none", "one", "few", "half", "most", "all" }                                                                  \
    }
#define GROUPS                                                                                                                   \
    {                                                                                                                            \
        "groups", { "one", "several", "all" }                                                                                    \
    }

enum { PARALLEL, SERIAL };
enum { KEEP_NONE, KEEP_ONE, KEEP_FEW, KEEP_HALF, KEEP_MOST, KEEP_ALL };
enum { GROUPS_ONE, GROUPS_SEVERAL, GROUPS_ALL };
enum { MASK_NONE, MASK_COMPUTED, MASK_GIVEN, MASK_SHARED };
enum { BY_NOTHING, BY_GIVEN, BY_AVERAGE, BY_MAXIMUM };
enum { OVER_NONE, OVER_ONE, OVER_SOME, OVER_ALL };

/* Without a mask all positions stay. */
static bool masks_possible(const int *v) { return v[1] != MASK_NONE || v[0] == KEEP_ALL; }

/* Pooled positions and ties are of scores; no tie decides where all groups stay; averages over nothing are all 0, so they tie. */
static bool channels_possible(const int *v) {
    int by = v[0], groups = v[1], over = v[2], tie = v[3];
    if (by == BY_NOTHING && groups != GROUPS_ALL) return false;
    if (by == BY_NOTHING || by == BY_GIVEN) return over == OVER_ALL && tie == 0;
    if (groups == GROUPS_ALL) return tie == 0;
    return by != BY_AVERAGE || over != OVER_NONE || tie == 1;
}

/* Shortcuts are what a residual is added from. */
static bool slices_possible(const int *v) { return v[0] != 2 || v[3] == 0; }

/* 7x7 stems are taken by patches, of one or three channels. */
static bool stems_possible(const int *v) { return v[0] != 1 || v[1] != 2; }

/* A 1x1 convolution of stride 2 is a shortcut, which is dense. */
static bool edges_possible(const int *v) { return v[2] == 0 || v[3] != 0 || v[5] == KEEP_ALL; }

enum { MASKS, CHANNELS, SHAPES, EDGES, SLICES, STEMS, MEMORY, CROSSES };

static const cross crosses[CROSSES] = {
    [MASKS] =
        {"masks",
         {KEEP, {"mask", {"no", "computed", "given", "shared"}}, GROUPS, STRIDE, ARRAY, {"schedule", {"gang", "chain"}}, STALLS},
         masks_possible},
    [CHANNELS] = {"channels",
                  {{"by", {"nothing", "given", "average", "maximum"}},
                   GROUPS,
                   {"over", {"none", "one", "some", "all"}},
                   {"tie", {"no", "yes"}},
                   ARRAY,
                   STALLS},
                  channels_possible},
    [SHAPES] = {"shapes",
                {{"rows", {"1", "2", "3", "more"}},
                 {"columns", {"1", "2", "3", "more"}},
                 STRIDE,
                 {"block", {"basic", "bottleneck"}},
                 ARRAY},
                NULL},
    [EDGES] =
        {"edges",
         {{"rows mod 3", {"0", "1", "2"}}, {"columns mod 3", {"0", "1", "2"}}, STRIDE, {"kernel", {"1x1", "3x3"}}, ARRAY, KEEP},
         edges_possible},
    [SLICES] = {"slices",
                {{"convolution", {"3x3", "1x1", "shortcut"}},
                 {"words in", {"1", "2 to 4", "5 to 9", "more"}},
                 {"slices out", {"1", "2", "more"}},
                 {"residual", {"no", "yes"}},
                 ARRAY},
                slices_possible},
    [STEMS] = {"stems",
               {{"kernel", {"3x3", "7x7"}}, {"channels", {"1", "3", "other"}}, STRIDE, {"max-pool", {"no", "yes"}}, ARRAY},
               stems_possible},
    [MEMORY] = {"memory",
                {{"stalls", {"none", "to 20 %", "more"}},
                 {"latency", {"to 20", "to 160", "more"}},
                 {"bytes a cycle", {"to 8", "more"}},
                 ARRAY},
                NULL},
};

struct functional {
    const plan *p;
    int array, stalls; /* values of their axes */
    axi_mem_options memory;
    uint32_t *count[CROSSES]; /* (bins) */
};

static int axis_count(const cross *c) {
    int count = 0;
    while (c->axes[count].name != NULL) count++;
    return count;
}

static int value_count(const axis *a) {
    int count = 0;
    while (a->value[count] != NULL) count++;
    return count;
}

static int bin_count(const cross *c) {
    int bins = 1;
    for (int a = 0; c->axes[a].name != NULL; a++) bins *= value_count(&c->axes[a]);
    return bins;
}

/* The last axis varies fastest. */
static void values_of(const cross *c, int bin, int *value) {
    for (int a = axis_count(c) - 1; a >= 0; a--) {
        int count = value_count(&c->axes[a]);
        value[a] = bin % count;
        bin /= count;
    }
}

static void hit(functional *f, int which, const int *value) {
    const cross *c = &crosses[which];
    int bin = 0;
    for (int a = 0; c->axes[a].name != NULL; a++) bin = bin * value_count(&c->axes[a]) + value[a];
    f->count[which][bin]++;
}

dp_status functional_create(functional **out, const plan *p, const axi_mem_options *memory, dp_error *err) {
    functional *f = calloc(1, sizeof *f);
    *out = f;
    bool enough = f != NULL;
    for (int i = 0; i < CROSSES && enough; i++) {
        f->count[i] = calloc((size_t)bin_count(&crosses[i]), sizeof *f->count[i]);
        enough = f->count[i] != NULL;
    }
    if (!enough) return dp_fail(err, DP_NO_MEMORY, "out of memory for functional coverage");
    f->p = p;
    f->memory = *memory;
    f->array = p->geometry.parallel ? PARALLEL : SERIAL;
    f->stalls = memory->stall > 0;
    return DP_OK;
}

void functional_free(functional *f) {
    for (int i = 0; f != NULL && i < CROSSES; i++) free(f->count[i]);
    free(f);
}

static int keep_value(int kept, int of) {
    if (kept == 0) return KEEP_NONE;
    if (kept == of) return KEEP_ALL;
    if (kept == 1) return KEEP_ONE;
    return 3 * kept <= of ? KEEP_FEW : 3 * kept <= 2 * of ? KEEP_HALF : KEEP_MOST;
}

static int groups_value(const golden_layer *g) {
    if (g->groups_kept == g->layer->groups) return GROUPS_ALL;
    return g->groups_kept == 1 ? GROUPS_ONE : GROUPS_SEVERAL;
}

/* 1, 2, 3, more; at most `most`. */
static int count_value(int count, int most) { return count < most ? count - 1 : most - 1; }

static bool is_chain(const plan *p, int layer) {
    for (int k = 0; k < p->convs; k++)
        if (p->conv[k].layer == layer && p->conv[k].chained) return true;
    return false;
}

static void add_masks(functional *f, const golden_layer *g, int layer) {
    static const int mask_of[] = {
        [DP_MASK_NONE] = MASK_NONE, [DP_MASK_UNIT] = MASK_COMPUTED, [DP_MASK_GIVEN] = MASK_GIVEN, [DP_MASK_REUSE] = MASK_SHARED};
    int positions = g->layer->in_h * g->layer->in_w, kept = positions;
    if (g->min != NULL) {
        kept = 0;
        for (int i = 0; i < positions; i++) kept += g->min[i];
    }
    int value[] = {keep_value(kept, positions),
                   mask_of[g->layer->spatial],
                   groups_value(g),
                   g->layer->stride - 1,
                   f->array,
                   is_chain(f->p, layer),
                   f->stalls};
    hit(f, MASKS, value);
}

/* The last group that stays and the first that does not have one score. */
static bool ties(const golden_layer *g) {
    int64_t least = INT64_MAX, most = INT64_MIN;
    for (int i = 0; i < g->layer->groups; i++) {
        if (g->group_keep[i] != 0 && g->score[i] < least) least = g->score[i];
        if (g->group_keep[i] == 0 && g->score[i] > most) most = g->score[i];
    }
    return least == most;
}

/* Positions that the layer before has pooled over. */
static int over_value(const golden_layer *before) {
    int positions = before->layer->out_h * before->layer->out_w, kept = positions;
    if (before->mout != NULL) {
        kept = 0;
        for (int i = 0; i < positions; i++) kept += before->mout[i];
    }
    return kept == 0 ? OVER_NONE : kept == positions ? OVER_ALL : kept == 1 ? OVER_ONE : OVER_SOME;
}

static void add_channels(functional *f, const golden_layer *g) {
    int value[] = {BY_NOTHING, groups_value(g), OVER_ALL, 0, f->array, f->stalls};
    if (g->layer->channel == DP_MASK_GIVEN) value[0] = BY_GIVEN;
    if (g->layer->channel == DP_MASK_UNIT) {
        value[0] = g->layer->pool == DP_POOL_MAX ? BY_MAXIMUM : BY_AVERAGE;
        value[2] = over_value(g - 1);
        value[3] = value[1] != GROUPS_ALL && ties(g);
    }
    hit(f, CHANNELS, value);
}

static void add_shapes(functional *f, const golden_layer *g) {
    const dp_layer *l = g->layer;
    int value[] = {count_value(l->in_h, 4), count_value(l->in_w, 4), l->stride - 1, l->kind == DP_BOTTLENECK, f->array};
    hit(f, SHAPES, value);
}

static void add_conv(functional *f, const plan_conv *pc, const golden_conv *c) {
    const dp_conv *conv = pc->conv;
    int words = (pc->cin + f->p->geometry.pi - 1) / f->p->geometry.pi;
    int edges[] = {conv->in_h % 3,    conv->in_w % 3, conv->stride - 1,
                   conv->kernel == 3, f->array,       keep_value(c->positions_kept, c->positions)};
    int slices[] = {conv->role == DP_SHORTCUT ? 2 : conv->kernel != 3,
                    words == 1   ? 0
                    : words <= 4 ? 1
                    : words <= 9 ? 2
                                 : 3,
                    count_value(pc->slices, 3), conv->res_mult != NULL, f->array};
    hit(f, EDGES, edges);
    hit(f, SLICES, slices);
}

static void add_stem(functional *f, const dp_layer *l) {
    int channels = l->in == 1 ? 0 : l->in == 3 ? 1 : 2;
    int value[] = {l->conv[0].kernel == 7, channels, l->stride - 1, l->max_pool, f->array};
    hit(f, STEMS, value);
}

static void add_memory(functional *f) {
    const axi_mem_options *m = &f->memory;
    int value[] = {m->stall == 0    ? 0
                   : m->stall <= 20 ? 1
                                    : 2,
                   m->latency <= 20    ? 0
                   : m->latency <= 160 ? 1
                                       : 2,
                   m->bandwidth > 8, f->array};
    hit(f, MEMORY, value);
}

void functional_image(functional *f, const golden_run *run) {
    const plan *p = f->p;
    if (p->dense) return; /* nothing is pruned there */
    add_memory(f);
    for (int l = 0; l < p->model->layer_count; l++) {
        const golden_layer *g = &run->layers[l];
        if (g->layer->kind == DP_STEM) add_stem(f, g->layer);
        if (g->layer->kind != DP_BASIC && g->layer->kind != DP_BOTTLENECK) continue;
        add_masks(f, g, l);
        add_channels(f, g);
        add_shapes(f, g);
    }
    for (int k = 0; k < p->convs; k++) {
        const plan_conv *pc = &p->conv[k];
        const golden_layer *g = &run->layers[pc->layer];
        if (pc->conv != NULL && g->layer->kind != DP_STEM) add_conv(f, pc, &g->conv[pc->conv - g->layer->conv]);
    }
}

void functional_write(const functional *f, FILE *out) {
    for (int i = 0; i < CROSSES; i++) {
        const cross *c = &crosses[i];
        int bins = bin_count(c), value[MAX_AXES];
        for (int bin = 0; bin < bins; bin++) {
            values_of(c, bin, value);
            if (c->possible != NULL && !c->possible(value)) continue;
            (void)fprintf(out, "C '\001page\002v_functional/%s\001o\002", c->name);
            for (int a = 0; c->axes[a].name != NULL; a++)
                (void)fprintf(out, "%s%s=%s", a > 0 ? ", " : "", c->axes[a].name, c->axes[a].value[value[a]]);
            (void)fprintf(out, "' %u\n", f->count[i][bin]);
        }
    }
}

/* See functional.h. */
#include "functional.h"

#include <stdlib.h>
#include <string.h>

#include "functional_space.h"

struct functional {
    const plan *p;
    int array, stalls; /* values of their axes */
    axi_mem_options memory;
    uint32_t *count[CROSSES]; /* (bins) */
};

/* `value`: one of each axis of the cross. */
static void hit(functional *f, cross_name which, const int *value) { f->count[which][cross_bin(&crosses[which], value)]++; }

dp_status functional_create(functional **out, const plan *p, const axi_mem_options *memory, dp_error *err) {
    functional *f = calloc(1, sizeof *f);
    *out = f;
    bool enough = f != NULL;
    for (int i = 0; i < CROSSES && enough; i++) {
        f->count[i] = calloc((size_t)cross_bins(&crosses[i]), sizeof *f->count[i]);
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

/* Positions that a mask keeps; without one all of them. */
static int count_kept(const uint8_t *mask, int positions) {
    int kept = 0;
    for (int i = 0; i < positions; i++) kept += mask == NULL || mask[i] != 0;
    return kept;
}

static bool is_chain(const plan *p, int layer) {
    for (int k = 0; k < p->convs; k++)
        if (p->conv[k].layer == layer && p->conv[k].chained) return true;
    return false;
}

static void add_masks(functional *f, const golden_layer *g, int layer) {
    static const int mask_of[] = {
        [DP_MASK_NONE] = MASK_NONE, [DP_MASK_UNIT] = MASK_COMPUTED, [DP_MASK_GIVEN] = MASK_GIVEN, [DP_MASK_REUSE] = MASK_SHARED};
    int positions = g->layer->in_h * g->layer->in_w, kept = count_kept(g->min, positions);
    int value[] = {keep_value(kept, positions),
                   mask_of[g->layer->spatial],
                   groups_value(g),
                   g->layer->stride - 1,
                   f->array,
                   is_chain(f->p, layer),
                   f->stalls};
    hit(f, CROSS_MASKS, value);
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
    int positions = before->layer->out_h * before->layer->out_w, kept = count_kept(before->mout, positions);
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
    hit(f, CROSS_CHANNELS, value);
}

static void add_shapes(functional *f, const golden_layer *g) {
    const dp_layer *l = g->layer;
    int value[] = {count_value(l->in_h, 4), count_value(l->in_w, 4), l->stride - 1, l->kind == DP_BOTTLENECK, f->array};
    hit(f, CROSS_SHAPES, value);
}

/* 1, 2 to 4, 5 to 9, more. */
static int words_value(int words) { return words == 1 ? 0 : words <= 4 ? 1 : words <= 9 ? 2 : 3; }

static int convolution_value(const dp_conv *conv) {
    if (conv->role == DP_SHORTCUT) return SLICES_SHORTCUT;
    return conv->kernel == 3 ? SLICES_3X3 : SLICES_1X1;
}

static void add_conv(functional *f, const plan_conv *pc, const golden_conv *c) {
    const dp_conv *conv = pc->conv;
    int words = (pc->cin + f->p->geometry.pi - 1) / f->p->geometry.pi, kept = keep_value(c->positions_kept, c->positions);
    int edges[] = {conv->in_h % 3, conv->in_w % 3, conv->stride - 1, conv->kernel == 3, f->array, kept};
    int slices[] = {convolution_value(conv), words_value(words), count_value(pc->slices, 3), conv->res_mult != NULL, f->array};
    hit(f, CROSS_EDGES, edges);
    hit(f, CROSS_SLICES, slices);
}

static void add_stem(functional *f, const dp_layer *l) {
    int channels = l->in == 1 ? CHANNELS_1 : l->in == 3 ? CHANNELS_3 : CHANNELS_OTHER;
    int value[] = {l->conv[0].kernel == 7 ? STEM_7X7 : STEM_3X3, channels, l->stride - 1, l->max_pool, f->array};
    hit(f, CROSS_STEMS, value);
}

/* None, up to 20 %, more; up to 20 cycles, up to 160, more; up to 8 bytes, more. */
static void add_memory(functional *f) {
    const axi_mem_options *m = &f->memory;
    int value[] = {(m->stall > 0) + (m->stall > 20), (m->latency > 20) + (m->latency > 160), m->bandwidth > 8, f->array};
    hit(f, CROSS_MEMORY, value);
}

void functional_image(functional *f, const golden_run *run) {
    const plan *p = f->p;
    if (p->dense) return; /* nothing is pruned there */
    add_memory(f);
    for (int l = 0; l < p->model->layer_count; l++) {
        const golden_layer *g = &run->layers[l];
        if (g->layer->kind == DP_STEM) add_stem(f, g->layer);
        if (!dp_is_block(g->layer)) continue;
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
        int bins = cross_bins(c), value[CROSS_AXES];
        for (int bin = 0; bin < bins; bin++) {
            if (!cross_values(c, bin, value)) continue;
            (void)fprintf(out, "C '\001page\002v_functional/%s\001o\002", c->name);
            for (int a = 0; c->axis[a] != NULL; a++)
                (void)fprintf(out, "%s%s=%s", a > 0 ? ", " : "", c->axis[a]->name, c->axis[a]->value[value[a]]);
            (void)fprintf(out, "' %u\n", f->count[i][bin]);
        }
    }
}

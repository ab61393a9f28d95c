/* Walks the layers: wires the buffers once, then per image masks, convolutions, pooling, head. */
#include "golden.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "golden_conv.h"
#include "golden_mask.h"
#include "golden_requant.h"

typedef struct {
    arena memory;
    golden_scratch scratch;
    int32_t *head_sums; /* (in of the head) */
} golden_arena;

/* Which positions and groups each convolution of a block sees (docs/numerics.md, "Spatial
   mask"). */
static void wire_block_conv(const golden_layer *g, golden_conv *c, bool grouped) {
    bool bottleneck = g->layer->kind == DP_BOTTLENECK;
    switch (c->conv->role) {
    case DP_CONV1:
        c->in_keep = g->min;
        c->out_keep = bottleneck ? g->min : g->mout;
        c->out_grouped = grouped;
        break;
    case DP_CONV2:
        c->in_keep = bottleneck ? g->min : g->mout;
        c->out_keep = g->mout;
        c->in_grouped = grouped;
        c->out_grouped = grouped && bottleneck;
        break;
    case DP_CONV3:
        c->in_keep = c->out_keep = g->mout;
        c->in_grouped = grouped;
        break;
    case DP_SHORTCUT: break;
    }
}

static void wire_convs(golden_layer *g, bool dense, arena *memory) {
    const dp_layer *layer = g->layer;
    for (int k = 0; k < layer->convs; k++) {
        golden_conv *c = &g->conv[k];
        c->conv = &layer->conv[k];
        size_t outputs = (size_t)(c->conv->out_h * c->conv->out_w) * (size_t)c->conv->cout;
        c->y = arena_alloc(memory, outputs, sizeof *c->y);
        c->acc = arena_alloc(memory, outputs, sizeof *c->acc);
        if (dp_is_block(layer)) wire_block_conv(g, c, !dense && layer->channel != DP_MASK_NONE);
    }
}

/* A reused mask is the previous block's own buffer; at stride 1 the output mask is the input
   mask. */
static void wire_masks(golden_layer *g, const golden_layer *previous, arena *memory) {
    const dp_layer *layer = g->layer;
    if (layer->spatial == DP_MASK_REUSE) {
        g->min = previous != NULL ? previous->mout : NULL;
    } else if (layer->spatial != DP_MASK_NONE) {
        g->min = arena_alloc(memory, (size_t)(layer->in_h * layer->in_w), 1);
    }
    g->mout = g->min;
    if (g->min != NULL && layer->stride != 1) g->mout = arena_alloc(memory, (size_t)(layer->out_h * layer->out_w), 1);
}

static void wire_layer(golden_run *run, int i, arena *memory) {
    const dp_model *model = run->model;
    const dp_layer *layer = &model->layers[i], *next = i + 1 < model->layer_count ? layer + 1 : NULL;
    golden_layer *g = &run->layers[i];
    const golden_layer *previous = i > 0 ? g - 1 : NULL;
    bool dense = run->options.dense;
    g->layer = layer;
    if (previous != NULL) {
        g->x = previous->out;
    } else if (layer->kind != DP_STEM) {
        g->x = arena_alloc(memory, (size_t)(layer->in_h * layer->in_w) * (size_t)layer->in, 1);
    }
    if (dp_is_block(layer) && !dense) wire_masks(g, previous, memory);
    wire_convs(g, dense, memory);
    if (layer->max_pool) {
        g->out = arena_alloc(memory, (size_t)(layer->out_h * layer->out_w) * (size_t)layer->out, 1);
    } else if (layer->convs > 0) {
        g->out = g->conv[layer->convs - 1].y;
    }
    if (next != NULL && dp_is_block(next) && next->channel == DP_MASK_UNIT && !dense)
        g->pooled = arena_alloc(memory, (size_t)layer->out, sizeof *g->pooled);
    if (layer->kind == DP_HEAD) run->logits = arena_alloc(memory, (size_t)layer->out, sizeof *run->logits);
}

dp_status golden_create(golden_run *run, const dp_model *model, golden_options options, dp_error *err) {
    *run = (golden_run){.model = model, .options = options, .top1 = -1};
    golden_arena *own = calloc(1, sizeof *own);
    if (own == NULL) return dp_fail(err, DP_NO_MEMORY, "%s: no memory for the golden reference", model->name);
    run->arena = own;
    run->layers = arena_alloc(&own->memory, (size_t)model->layer_count, sizeof *run->layers);
    for (int i = 0; i < model->layer_count && run->layers != NULL; i++) wire_layer(run, i, &own->memory);
    golden_scratch_alloc(&own->scratch, model, &own->memory);
    int last_channels = model->layer_count > 0 ? model->layers[model->layer_count - 1].in : 0;
    own->head_sums = arena_alloc(&own->memory, (size_t)last_channels, sizeof *own->head_sums);
    if (!own->memory.failed) return DP_OK;
    golden_free(run);
    return dp_fail(err, DP_NO_MEMORY, "%s: no memory for the golden reference", model->name);
}

void golden_free(golden_run *run) {
    golden_arena *own = run->arena;
    if (own != NULL) arena_free(&own->memory);
    free(own);
    *run = (golden_run){.top1 = -1};
}

static void compute_spatial_mask(golden_layer *g) {
    const dp_layer *layer = g->layer;
    int positions = layer->in_h * layer->in_w;
    if (g->min == NULL) return;
    if (layer->spatial == DP_MASK_UNIT)
        golden_mask_positions(g->x, positions, layer->in, layer->spatial_weight, layer->spatial_bias, g->min);
    if (layer->spatial == DP_MASK_GIVEN) memcpy(g->min, layer->spatial_given, (size_t)positions);
    if (g->mout != g->min) golden_mask_halve(g->min, layer->in_h, layer->in_w, g->mout);
}

static void compute_channel_mask(golden_layer *g, const golden_layer *previous, bool dense) {
    const dp_layer *layer = g->layer;
    if (dense || layer->channel == DP_MASK_NONE) {
        memset(g->group_keep, 1, (size_t)layer->groups);
    } else if (layer->channel == DP_MASK_GIVEN) {
        memcpy(g->group_keep, layer->channel_given, (size_t)layer->groups);
    } else {
        golden_mask_scores(layer, previous->pooled, previous->pooled_positions, g->score);
        golden_mask_groups(g->score, layer->groups, layer->keep, g->group_keep);
    }
    g->groups_kept = 0;
    for (int i = 0; i < layer->groups; i++) g->groups_kept += g->group_keep[i];
}

static golden_channels channels_of(const golden_layer *g, int channels, bool grouped) {
    golden_channels all = {.runs = 1, .width = channels};
    golden_channels kept = {.runs = 0, .width = g->layer->group};
    if (!grouped) return all;
    for (int i = 0; i < g->layer->groups; i++)
        if (g->group_keep[i] != 0) kept.first[kept.runs++] = i * g->layer->group;
    return kept;
}

/* x (in_h, in_w, cin) -> c->acc, and the work it took; the observer sees both. */
static void accumulate(const golden_run *run, const golden_layer *g, golden_conv *c, const int8_t *x) {
    const golden_arena *own = run->arena;
    golden_channels in = channels_of(g, c->conv->cin, c->in_grouped), out = channels_of(g, c->conv->cout, c->out_grouped);
    golden_conv_accumulate(c, x, &in, &out, &own->scratch);
    c->cin_kept = in.runs * in.width;
    c->cout_kept = out.runs * out.width;
    golden_conv_count(c);
    if (run->options.accumulated != NULL) run->options.accumulated(run->options.context, g, c);
}

static void compute_block(golden_run *run, golden_layer *g, const golden_layer *previous) {
    const dp_layer *layer = g->layer;
    compute_spatial_mask(g);
    compute_channel_mask(g, previous, run->options.dense);
    /* x: what the next convolution on the main path reads */
    const int8_t *x = g->x, *identity = g->x;
    for (int k = 0; k < layer->convs; k++) {
        golden_conv *c = &g->conv[k];
        if (c->conv->role == DP_SHORTCUT) {
            accumulate(run, g, c, g->x);
            golden_finish_shortcut(c, g->mout);
            identity = c->y;
            continue;
        }
        accumulate(run, g, c, x);
        if (k == layer->convs - 1) {
            golden_finish_residual(c, identity);
        } else {
            golden_finish_inner(c, c->out_grouped ? g->group_keep : NULL, layer->group);
        }
        x = c->y;
    }
}

static void compute_stem(golden_run *run, golden_layer *g, const int8_t *image) {
    const dp_layer *layer = g->layer;
    golden_conv *c = &g->conv[0];
    accumulate(run, g, c, image);
    golden_finish_inner(c, NULL, 1);
    if (layer->max_pool) golden_max_pool(c->y, c->conv->out_h, c->conv->out_w, layer->out, g->out, layer->out_h, layer->out_w);
}

/* x (in_h*in_w, in) int8 -> sums (in) int32; head_weight (out, in) int8 . sums + head_bias (out)
   int32 -> logits (out) int32 */
static void compute_head(golden_run *run, const golden_layer *g) {
    const dp_layer *layer = g->layer;
    int32_t *sums = ((golden_arena *)run->arena)->head_sums;
    (void)golden_pool(g->x, layer->in_h * layer->in_w, layer->in, NULL, DP_POOL_AVG, sums);
    run->top1 = 0;
    for (int o = 0; o < layer->out; o++) {
        const int8_t *weight = layer->head_weight + (size_t)o * (size_t)layer->in;
        run->logits[o] = layer->head_bias[o];
        for (int c = 0; c < layer->in; c++) run->logits[o] += weight[c] * sums[c];
        if (run->logits[o] > run->logits[run->top1]) run->top1 = o;
    }
}

/* The pooling that the next block's channel mask needs. */
static void compute_pool(golden_layer *g, const dp_layer *next) {
    const dp_layer *layer = g->layer;
    g->pooled_positions = golden_pool(g->out, layer->out_h * layer->out_w, layer->out, g->mout, next->pool, g->pooled);
}

void golden_compute(golden_run *run, const int8_t *image) {
    for (int i = 0; i < run->model->layer_count; i++) {
        golden_layer *g = &run->layers[i];
        const dp_layer *layer = g->layer;
        if (i == 0 && g->x != NULL) memcpy(g->x, image, (size_t)(layer->in_h * layer->in_w) * (size_t)layer->in);
        if (layer->kind == DP_STEM) {
            compute_stem(run, g, image);
        } else if (layer->kind == DP_HEAD) {
            compute_head(run, g);
        } else {
            compute_block(run, g, i > 0 ? g - 1 : NULL);
        }
        if (g->pooled != NULL) compute_pool(g, layer + 1);
    }
}

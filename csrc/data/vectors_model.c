/* The network of one pass: the block, and after it, where scores are published, a block that
   computes them. */
#include <stdio.h>
#include <stdlib.h>

#include "model_shape.h"
#include "vectors_parts.h"

enum { MAX_LAYERS = 2 };

static void storage_free(void *storage) {
    arena_free(storage);
    free(storage);
}

/* clamp8((acc*1 + id*res_mult) >> shift) for every channel. */
static void plain_quant(arena *memory, dp_conv *conv, int shift, bool residual, int32_t res_mult) {
    size_t n = (size_t)conv->cout;
    int16_t *mult = arena_alloc(memory, n, sizeof *mult);
    uint8_t *shifts = arena_alloc(memory, n, sizeof *shifts);
    int32_t *res = residual ? arena_alloc(memory, n, sizeof *res) : NULL;
    conv->bias = arena_alloc(memory, n, sizeof *conv->bias);
    conv->mult = mult;
    conv->shift = shifts;
    conv->res_mult = res;
    for (size_t i = 0; !memory->failed && i < n; i++) {
        mult[i] = 1;
        shifts[i] = (uint8_t)shift;
        if (res != NULL) res[i] = res_mult;
    }
}

static void zero_weights(arena *memory, dp_conv *conv) {
    conv->weight = arena_alloc(memory, (size_t)(conv->cout * conv->cin) * (size_t)(conv->kernel * conv->kernel), 1);
}

static void zero_block(arena *memory, dp_layer *layer) {
    for (int k = 0; k < layer->convs; k++) {
        zero_weights(memory, &layer->conv[k]);
        plain_quant(memory, &layer->conv[k], 0, k == layer->convs - 1, 0);
    }
}

/* The next layer, after the one before or with the image as its input. */
static dp_layer *start_block(dp_model *m, const char *name, dp_kind kind, int out, int stride) {
    dp_layer *layer = &m->layers[m->layer_count];
    *layer = (dp_layer){.kind = kind, .in = m->in_c, .in_h = m->in_h, .in_w = m->in_w, .out = out, .stride = stride};
    (void)snprintf(layer->name, sizeof layer->name, "%s", name);
    if (m->layer_count > 0) {
        const dp_layer *previous = layer - 1;
        layer->in = previous->out;
        layer->in_h = previous->out_h;
        layer->in_w = previous->out_w;
    }
    m->layer_count++;
    return layer;
}

/* Zero weights: its output does not matter, only the scores that choose its groups. */
static void add_scoring(arena *memory, dp_model *m, const vectors_file *fc, int group) {
    dp_layer *layer = start_block(m, "scoring", DP_BASIC, m->layers[m->layer_count - 1].out, 1);
    layer->group = group;
    layer->groups = fc->shape[0];
    layer->mid = layer->groups * group;
    layer->keep = (layer->groups + 1) / 2;
    layer->channel = DP_MASK_UNIT;
    layer->pool = DP_POOL_MAX;
    layer->channel_weight = fc->data;
    layer->channel_bias = arena_alloc(memory, (size_t)layer->groups, sizeof *layer->channel_bias);
    layer_derive(layer);
    zero_block(memory, layer);
}

typedef struct {
    const vectors_file *input, *w[3]; /* in order of execution; the bottleneck has three */
    const vectors_file *spatial, *channel, *unit, *fc; /* NULL: not used by this pass */
} block_files;

static dp_status take_files(vectors_set *set, vectors_kind kind, block_files *f, dp_error *err) {
    /* DPACS numbers the convolutions so */
    static const char *const weights[] = {"w0.bin", "w3.bin", "w1.bin"};
    *f = (block_files){.input = NULL};
    dp_status status = vectors_take(set, set->identity[kind], 3, 1, &f->input, err);
    for (int i = 0; status == DP_OK && i < (set->bottleneck ? 3 : 2); i++)
        status = vectors_take(set, weights[i], 4, 1, &f->w[i], err);
    if (kind == VECTORS_DENSE) return status;
    if (status == DP_OK && vectors_find(set, "channel_mask.bin") != NULL)
        status = vectors_take(set, "channel_mask.bin", 1, 1, &f->channel, err);
    if (status == DP_OK && vectors_find(set, "fc.bin") != NULL) status = vectors_take(set, "fc.bin", 2, 1, &f->fc, err);
    if (status == DP_OK && kind == VECTORS_GIVEN) status = vectors_take(set, "spatial_mask.bin", 2, 1, &f->spatial, err);
    if (status == DP_OK && kind == VECTORS_UNIT) status = vectors_take(set, "w_mask.bin", 1, 1, &f->unit, err);
    return status;
}

static dp_status check_shape(const vectors_set *set, const vectors_file *f, const int *want, dp_error *err) {
    for (int i = 0; f != NULL && i < f->rank; i++)
        if (f->shape[i] != want[i])
            return dp_fail(err, DP_BAD_INPUT, "%s/%s: dimension %d is %d, expected %d", set->folder, f->name, i, f->shape[i],
                           want[i]);
    return DP_OK;
}

static dp_status check_shapes(const vectors_set *set, const dp_layer *l, const block_files *f, dp_error *err) {
    dp_status status = DP_OK;
    for (int k = 0, n = 0; k < l->convs && status == DP_OK; k++) {
        const dp_conv *c = &l->conv[k];
        if (c->role == DP_SHORTCUT) continue;
        status = check_shape(set, f->w[n++], (const int[]){c->cout, c->cin, c->kernel, c->kernel}, err);
    }
    if (status == DP_OK) status = check_shape(set, f->spatial, (const int[]){l->in_h, l->in_w}, err);
    if (status == DP_OK) status = check_shape(set, f->channel, (const int[]){l->groups}, err);
    if (status == DP_OK) status = check_shape(set, f->unit, (const int[]){l->in}, err);
    if (status == DP_OK && f->fc != NULL) status = check_shape(set, f->fc, (const int[]){f->fc->shape[0], l->out}, err);
    return status;
}

static dp_status add_block(vectors_set *set, arena *memory, dp_model *m, const block_files *f, int group, dp_error *err) {
    int last = set->bottleneck ? 2 : 1;
    dp_layer *layer = start_block(m, "block", set->bottleneck ? DP_BOTTLENECK : DP_BASIC, f->w[last]->shape[0], set->stride);
    layer->has_shortcut = !set->residual; /* of zeros: the output has no identity then */
    layer->mid = f->w[0]->shape[0];
    layer->group = group;
    layer->groups = layer->keep = layer->mid / group;
    layer_derive(layer);
    dp_status status = check_shapes(set, layer, f, err);
    if (status != DP_OK) return status;
    for (int k = 0, n = 0; k < layer->convs; k++) {
        dp_conv *conv = &layer->conv[k];
        bool shortcut = conv->role == DP_SHORTCUT;
        plain_quant(memory, conv, set->shift, k == layer->convs - 1, set->residual ? 1 << set->shift : 0);
        if (shortcut) zero_weights(memory, conv);
        if (!shortcut) conv->weight = f->w[n++]->data;
    }
    if (f->spatial != NULL) {
        layer->spatial = DP_MASK_GIVEN;
        layer->spatial_given = f->spatial->data;
    }
    if (f->unit != NULL) {
        layer->spatial = DP_MASK_UNIT;
        layer->spatial_weight = f->unit->data;
    }
    if (f->channel != NULL) {
        layer->channel = DP_MASK_GIVEN;
        layer->channel_given = f->channel->data;
        layer->keep = 0;
        for (int g = 0; g < layer->groups; g++) layer->keep += layer->channel_given[g];
    }
    return DP_OK;
}

static dp_status build(vectors_set *set, vectors_kind kind, vectors_pass *pass, arena *memory, dp_error *err) {
    block_files f;
    dp_model *m = &pass->model;
    dp_status status = take_files(set, kind, &f, err);
    if (status != DP_OK) return status;
    int group = set->group > 0 ? set->group : f.w[0]->shape[0];
    m->layers = calloc(MAX_LAYERS, sizeof *m->layers);
    if (m->layers == NULL) return dp_fail(err, DP_NO_MEMORY, "%s: no memory for its network", set->folder);
    m->in_h = f.input->shape[0];
    m->in_w = f.input->shape[1];
    m->in_c = f.input->shape[2];
    pass->image = f.input->data;
    pass->block = 0;
    status = add_block(set, memory, m, &f, group, err);
    if (status != DP_OK) return status;
    if (f.fc != NULL) add_scoring(memory, m, f.fc, group);
    if (memory->failed) return dp_fail(err, DP_NO_MEMORY, "%s: no memory for its network", set->folder);
    return dp_model_check(m, set->folder, err);
}

dp_status vectors_build(vectors_set *set, vectors_kind kind, vectors_pass *pass, dp_error *err) {
    arena *memory = calloc(1, sizeof *memory);
    if (memory == NULL) return dp_fail(err, DP_NO_MEMORY, "%s: no memory for its network", set->folder);
    pass->model = (dp_model){.name = "vectors", .storage = memory, .storage_free = storage_free};
    return build(set, kind, pass, memory, err);
}

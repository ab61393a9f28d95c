/* The network of one pass: layers that bring the block's input in, the block itself, and a block that scores its output. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_shape.h"
#include "vectors_parts.h"

enum {
    IMAGE_CHANNELS = 8, /* that the hardware loads */
    LEVELS = 8,
    MAX_LAYERS = LEVELS + 3
};

static void storage_free(void *storage) {
    arena_free(storage);
    free(storage);
}

static int round_up(int n, int unit) {
    return (n + unit - 1) / unit * unit;
}

/* Channels of the block's input folded `level` times: each fold turns a quarter of them into 2x2 positions. */
static int folded(int channels, int level) {
    for (; level > 0; level--) channels = round_up((channels + 3) / 4, IMAGE_CHANNELS);
    return channels;
}

static int levels_of(int channels) {
    int level = 0;
    while (folded(channels, level) > IMAGE_CHANNELS) level++;
    return level;
}

/* map (h, w, channels) -> (2h, 2w, folded): channel sub*quarter + c goes to position (2y + sub/2, 2x + sub%2). */
static int8_t *fold(arena *memory, const int8_t *map, int h, int w, int channels) {
    int quarter = folded(channels, 1);
    int8_t *out = arena_alloc(memory, (size_t)(4 * h * w) * (size_t)quarter, 1);
    for (int i = 0; out != NULL && i < h * w * channels; i++) {
        int c = i % channels, x = i / channels % w, y = i / channels / w, sub = c / quarter;
        out[(size_t)((2 * y + sub / 2) * 2 * w + 2 * x + sub % 2) * (size_t)quarter + (size_t)(c % quarter)] = map[i];
    }
    return out;
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

static int8_t *zero_weights(arena *memory, dp_conv *conv) {
    int8_t *w = arena_alloc(memory, (size_t)(conv->cout * conv->cin) * (size_t)(conv->kernel * conv->kernel), 1);
    conv->weight = w;
    return w;
}

/* 3x3 weights that copy input channel `from` at tap (1+dy, 1+dx) to output channel `to`. */
static void copy_channel(int8_t *weight, const dp_conv *conv, int to, int from, int dy, int dx) {
    weight[(size_t)(to * conv->cin + from) * 9 + (size_t)(3 * (1 + dy) + 1 + dx)] = 1;
}

/* Unfolds once (stride 2), or copies (stride 1). */
static void unfold_weights(arena *memory, dp_conv *conv, int channels) {
    int8_t *w = zero_weights(memory, conv);
    int quarter = conv->stride == 2 ? folded(channels, 1) : channels;
    for (int c = 0; w != NULL && c < channels; c++) copy_channel(w, conv, c, c % quarter, c / quarter / 2, c / quarter % 2);
}

static void zero_block(arena *memory, dp_layer *layer) {
    for (int k = 0; k < layer->convs; k++) {
        (void)zero_weights(memory, &layer->conv[k]);
        plain_quant(memory, &layer->conv[k], 0, k == layer->convs - 1, 0);
    }
}

static void start_layer(dp_model *m, const char *name, dp_kind kind, int out, int stride) {
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
}

static void add_stem(arena *memory, dp_model *m, int out, int stride) {
    start_layer(m, "unfold0", DP_STEM, out, stride);
    dp_layer *layer = &m->layers[0];
    layer->conv[0].kernel = 3;
    layer_derive(layer);
    unfold_weights(memory, &layer->conv[0], out);
    plain_quant(memory, &layer->conv[0], 0, false, 0);
}

/* conv1 unfolds, conv2 copies, the shortcut adds nothing. */
static void add_unfold(arena *memory, dp_model *m, int out, int group) {
    char name[DP_NAME];
    (void)snprintf(name, sizeof name, "unfold%d", m->layer_count);
    start_layer(m, name, DP_BASIC, out, 2);
    dp_layer *layer = &m->layers[m->layer_count - 1];
    layer->has_shortcut = true;
    layer->group = group;
    layer->mid = round_up(out, group);
    layer->groups = layer->keep = layer->mid / group;
    layer_derive(layer);
    zero_block(memory, layer);
    unfold_weights(memory, &layer->conv[0], out);
    dp_conv *last = &layer->conv[layer->convs - 1];
    int8_t *w = zero_weights(memory, last);
    for (int c = 0; w != NULL && c < out; c++) copy_channel(w, last, c, c, 0, 0);
}

/* Zero weights: its output does not matter, only the scores that choose its groups. */
static void add_scoring(arena *memory, dp_model *m, const vectors_file *fc, int group) {
    start_layer(m, "scoring", DP_BASIC, m->layers[m->layer_count - 1].out, 1);
    dp_layer *layer = &m->layers[m->layer_count - 1];
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
    static const char *const weights[] = {"w0.bin", "w3.bin", "w1.bin"}; /* DPACS numbers the convolutions so */
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
            return dp_fail(err, DP_BAD_INPUT, "%s/%s: dimension %d is %d, expected %d", set->folder, f->name, i,
                           f->shape[i], want[i]);
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
    start_layer(m, "block", set->bottleneck ? DP_BOTTLENECK : DP_BASIC, f->w[last]->shape[0], set->stride);
    dp_layer *layer = &m->layers[m->layer_count - 1];
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
        if (shortcut) (void)zero_weights(memory, conv);
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

/* The block's input folded into an image of eight channels, and the layers that unfold it. */
static dp_status add_input(const vectors_set *set, arena *memory, vectors_pass *pass, const vectors_file *input, int group,
                           dp_error *err) {
    dp_model *m = &pass->model;
    int h = input->shape[0], w = input->shape[1], channels = input->shape[2], levels = levels_of(channels);
    const int8_t *x = input->data;
    for (size_t i = 0; i < input->count; i++)
        if (x[i] < 0)
            return dp_fail(err, DP_BAD_INPUT, "%s/%s: element %zu is %d; a block's input follows a ReLU", set->folder, input->name, i,
                           x[i]);
    if (levels > LEVELS || (h << levels) > DP_MAX_SIZE || (w << levels) > DP_MAX_SIZE)
        return dp_fail(err, DP_BAD_INPUT, "%s/%s: %dx%dx%d does not fit an image of %d channels", set->folder, input->name, h, w,
                       channels, IMAGE_CHANNELS);
    int8_t *image = arena_alloc(memory, input->count, 1);
    if (image != NULL) memcpy(image, x, input->count);
    for (int l = 0; l < levels && image != NULL; l++) image = fold(memory, image, h << l, w << l, folded(channels, l));
    pass->image = image;
    m->in_h = h << levels;
    m->in_w = w << levels;
    m->in_c = folded(channels, levels);
    add_stem(memory, m, folded(channels, levels > 0 ? levels - 1 : 0), levels > 0 ? 2 : 1);
    for (int l = levels - 2; l >= 0; l--) add_unfold(memory, m, folded(channels, l), group);
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
    status = add_input(set, memory, pass, f.input, group, err);
    if (status == DP_OK) status = add_block(set, memory, m, &f, group, err);
    if (status != DP_OK) return status;
    pass->block = m->layer_count - 1;
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

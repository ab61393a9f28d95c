/* See gen_random.h. Whatever the memory says, the layers are walked to their end: what failed is
   asked once, there. */
#include "gen_random.h"

#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "model_shape.h"
#include "rng.h"

typedef struct {
    rng *r;
    arena *memory;
    gen_random_options o;
    int group;
} maker;

static void storage_free(void *storage) {
    arena_free(storage);
    free(storage);
}

static bool one_in(const maker *k, uint32_t n) { return rng_below(k->r, n) == 0; }

static bool choose(const maker *k, random_choice choice) {
    return choice == RANDOM_ALWAYS || (choice == RANDOM_ANY && one_in(k, 2));
}

static const int8_t *random_bytes(const maker *k, size_t count, int magnitude) {
    int8_t *data = arena_alloc(k->memory, count, 1);
    for (size_t i = 0; data != NULL && i < count; i++)
        data[i] = (int8_t)rng_int(k->r, -magnitude, magnitude < 127 ? magnitude : 127);
    return data;
}

static const int32_t *random_words(const maker *k, size_t count, int magnitude) {
    int32_t *data = arena_alloc(k->memory, count, sizeof *data);
    for (size_t i = 0; data != NULL && i < count; i++) data[i] = rng_int(k->r, -magnitude, magnitude);
    return data;
}

/* 0/1: empty, full, a single one, or some density. */
static const uint8_t *random_bitmap(const maker *k, int count) {
    static const double densities[] = {0.0, 1.0, 0.1, 0.25, 0.5, 0.75};
    uint8_t *bits = arena_alloc(k->memory, (size_t)count, 1);
    if (bits == NULL) return NULL;
    double density = densities[rng_below(k->r, 6)];
    for (int i = 0; i < count; i++) bits[i] = rng_unit(k->r) < density;
    if (density == 0.0 && one_in(k, 2)) bits[rng_below(k->r, (uint32_t)count)] = 1;
    return bits;
}

/* Exactly `ones` ones. */
static const uint8_t *random_selection(const maker *k, int count, int ones) {
    uint8_t *bits = arena_alloc(k->memory, (size_t)count, 1);
    for (int left = ones; bits != NULL && left > 0;) {
        uint32_t i = rng_below(k->r, (uint32_t)count);
        left -= bits[i] == 0;
        bits[i] = 1;
    }
    return bits;
}

/* None, one, up to a third, up to two thirds, more, all: alike often. */
static int random_amount(const maker *k, int count) {
    const int third = count / 3,
              ends[][2] = {{0, 0}, {1, 1}, {2, third}, {third + 1, 2 * third}, {2 * third + 1, count - 1}, {count, count}};
    const int *end = ends[rng_below(k->r, 6)];
    return end[0] < end[1] ? rng_int(k->r, end[0], end[1]) : end[0] < count ? end[0] : count;
}

static const int64_t bias_max = ((int64_t)1 << 47) - 1;

typedef struct {
    int mult, shift;
    int64_t bias;
    int32_t res_mult;
} requant;

/* Mostly a scale that spreads the outputs over int8; sometimes the published arithmetic, sometimes
   the ends of the ranges. */
static requant random_requant(const maker *k, int window) {
    requant q = {.mult = 1, .shift = 10, .bias = 0, .res_mult = 1 << 10};
    if (one_in(k, 6)) return q;
    if (one_in(k, 12)) {
        q.mult = one_in(k, 2) ? 0 : INT16_MAX;
        q.shift = one_in(k, 2) ? 0 : 31;
        q.bias = one_in(k, 3) ? 0 : one_in(k, 2) ? bias_max : -bias_max;
        q.res_mult = one_in(k, 2) ? 0 : INT32_MAX;
        return q;
    }
    int spread = 1; /* about log2 of the accumulator's magnitude over that of the output */
    while (1 << (2 * spread) < window * 1024) spread++;
    int bits = rng_int(k->r, 0, 14);
    q.mult = rng_int(k->r, 1 << bits, (2 << bits) - 1);
    q.shift = bits + spread > 31 ? 31 : bits + spread;
    int64_t unit = (int64_t)1 << q.shift;
    q.bias = (int64_t)((rng_unit(k->r) * 60.0 - 20.0) * (double)unit);
    q.res_mult = (int32_t)((0.2 + 0.75 * rng_unit(k->r)) * (double)unit);
    return q;
}

static void fill_conv(const maker *k, dp_conv *conv, bool residual) {
    size_t cout = (size_t)conv->cout;
    int window = conv->cin * conv->kernel * conv->kernel;
    int16_t *mult = arena_alloc(k->memory, cout, sizeof *mult);
    uint8_t *shift = arena_alloc(k->memory, cout, sizeof *shift);
    int64_t *bias = arena_alloc(k->memory, cout, sizeof *bias);
    int32_t *res_mult = arena_alloc(k->memory, cout, sizeof *res_mult);
    if (k->memory->failed) return;
    for (size_t oc = 0; oc < cout; oc++) {
        requant q = random_requant(k, window);
        mult[oc] = (int16_t)q.mult;
        shift[oc] = (uint8_t)q.shift;
        bias[oc] = q.bias;
        res_mult[oc] = q.res_mult;
    }
    conv->weight = random_bytes(k, cout * (size_t)window, one_in(k, 4) ? 8 : 128);
    conv->mult = mult;
    conv->shift = shift;
    conv->bias = bias;
    conv->res_mult = residual ? res_mult : NULL;
}

/* A stride-2 block between the one that decides the mask and `layer` has pooled it. */
static bool mask_is_pooled(const dp_layer *layer) {
    do layer--;
    while (layer->spatial == DP_MASK_REUSE && layer->stride == 1);
    return layer->stride != 1;
}

static void fill_spatial(const maker *k, dp_layer *layer, const dp_layer *previous) {
    bool can_reuse = previous != NULL && previous->spatial != DP_MASK_NONE;
    if (k->o.runs && can_reuse && layer->stride != 1) can_reuse = !mask_is_pooled(layer);
    if (k->o.computed) {
        layer->spatial = DP_MASK_UNIT;
    } else if (k->o.spread) {
        layer->spatial = can_reuse && one_in(k, 2) ? DP_MASK_REUSE : one_in(k, 2) ? DP_MASK_UNIT : DP_MASK_GIVEN;
        if (one_in(k, 8)) layer->spatial = DP_MASK_NONE;
    } else if (k->o.reuse == RANDOM_ALWAYS) {
        layer->spatial = can_reuse && !one_in(k, 4) ? DP_MASK_REUSE : one_in(k, 2) ? DP_MASK_UNIT : DP_MASK_GIVEN;
    } else {
        bool may_reuse = can_reuse && k->o.reuse != RANDOM_NEVER;
        layer->spatial = (dp_mask_mode)rng_int(k->r, DP_MASK_NONE, may_reuse ? DP_MASK_REUSE : DP_MASK_GIVEN);
    }
    if (layer->spatial == DP_MASK_UNIT) {
        bool small = one_in(k, 4); /* many sums are then exactly 0 */
        layer->spatial_weight = random_bytes(k, (size_t)layer->in, small ? 1 : 128);
        layer->spatial_bias = small ? 0 : rng_int(k->r, -20000, 20000);
        if (one_in(k, 6)) layer->spatial_bias = one_in(k, 2) ? 1 << 30 : -(1 << 30);
    }
    int positions = layer->in_h * layer->in_w;
    if (layer->spatial == DP_MASK_GIVEN)
        layer->spatial_given =
            k->o.spread ? random_selection(k, positions, random_amount(k, positions)) : random_bitmap(k, positions);
}

/* Some groups share their row, so that their scores tie. */
static void fill_channel_unit(const maker *k, dp_layer *layer) {
    size_t in = (size_t)layer->in, groups = (size_t)layer->groups;
    int8_t *weight = arena_alloc(k->memory, groups * in, 1);
    layer->channel_weight = weight;
    int32_t *bias = arena_alloc(k->memory, groups, sizeof *bias);
    if (k->memory->failed) return;
    for (size_t g = 0; g < groups; g++) {
        bool repeat = g > 0 && one_in(k, 3);
        bias[g] = repeat ? bias[g - 1] : rng_int(k->r, -3000, 3000);
        for (size_t c = 0; c < in; c++, weight++) *weight = repeat ? weight[-(ptrdiff_t)in] : (int8_t)rng_int(k->r, -128, 127);
    }
    layer->channel_bias = bias;
    layer->pool = one_in(k, 2) ? DP_POOL_AVG : DP_POOL_MAX;
}

static void fill_channel(const maker *k, dp_layer *layer, const dp_layer *previous) {
    layer->channel = k->o.computed ? DP_MASK_UNIT : (dp_mask_mode)rng_int(k->r, DP_MASK_NONE, DP_MASK_GIVEN);
    if (layer->channel == DP_MASK_UNIT && previous == NULL) layer->channel = DP_MASK_GIVEN;
    if (layer->channel == DP_MASK_NONE) return;
    layer->keep = rng_int(k->r, 1, layer->groups);
    if (k->o.spread) layer->keep = one_in(k, 3) ? 1 : one_in(k, 2) ? layer->groups : rng_int(k->r, 2, layer->groups - 1);
    if (layer->channel == DP_MASK_UNIT) fill_channel_unit(k, layer);
    if (layer->channel == DP_MASK_GIVEN) layer->channel_given = random_selection(k, layer->groups, layer->keep);
}

static int random_channels(const maker *k, int unit) {
    int most = k->o.max_channels / unit;
    return unit * rng_int(k->r, 1, most > 1 ? most : 1);
}

static void make_stem(const maker *k, dp_layer *layer) {
    layer->kind = DP_STEM;
    layer->out = random_channels(k, 8);
    layer->conv[0].kernel = choose(k, k->o.kernel7) ? 7 : 3;
    layer->stride = one_in(k, 2) ? 2 : 1;
    layer->max_pool = choose(k, k->o.max_pool);
    layer_derive(layer);
    fill_conv(k, &layer->conv[0], false);
}

static void make_block(const maker *k, dp_layer *layer, const dp_layer *previous) {
    layer->kind = choose(k, k->o.bottleneck) ? DP_BOTTLENECK : DP_BASIC;
    layer->group = k->group;
    layer->mid = k->o.spread ? k->group * rng_int(k->r, 3, k->o.max_channels / k->group) : random_channels(k, k->group);
    layer->groups = layer->keep = layer->mid / k->group;
    layer->stride = one_in(k, k->o.spread ? 2 : 3) ? 2 : 1;
    layer->out = one_in(k, 2) ? layer->in : random_channels(k, 8);
    layer->has_shortcut = layer->stride != 1 || layer->in != layer->out || one_in(k, 4);
    /* by what is drawn anyway, so that seeds go on meaning what they did in all else */
    layer->pad_same = layer->stride == 2 && (layer->mid + layer->out) / 8 % 2 == 0;
    layer_derive(layer);
    for (int i = 0; i < layer->convs; i++) fill_conv(k, &layer->conv[i], i == layer->convs - 1);
    if (k->o.masks == RANDOM_NEVER) return;
    fill_spatial(k, layer, previous);
    fill_channel(k, layer, previous);
}

static void make_head(const maker *k, dp_layer *layer) {
    layer->kind = DP_HEAD;
    layer->stride = 1;
    layer->out = rng_int(k->r, 1, k->o.spread ? 40 : 12);
    layer_derive(layer);
    bool ties = one_in(k, 4);
    layer->head_weight = random_bytes(k, (size_t)(layer->out * layer->in), ties ? 0 : 128);
    layer->head_bias = random_words(k, (size_t)layer->out, ties ? 1 : 100000);
}

static gen_random_options with_defaults(gen_random_options o) {
    if (o.max_blocks == 0) o.max_blocks = 3;
    if (o.max_size == 0) o.max_size = 10;
    if (o.max_channels == 0) o.max_channels = 32;
    return o;
}

/* The layer's place: its name and what it reads. */
static dp_layer next_layer(const dp_model *m, int i, const char *name) {
    dp_layer layer = {.in = m->in_c, .in_h = m->in_h, .in_w = m->in_w};
    if (i > 0) {
        const dp_layer *previous = &m->layers[i - 1];
        layer.in = previous->out;
        layer.in_h = previous->out_h;
        layer.in_w = previous->out_w;
    }
    (void)snprintf(layer.name, sizeof layer.name, "%s", name);
    return layer;
}

static int image_channels(const maker *k) {
    static const int any[] = {1, 1, 2, 3, 3, 8};
    int channels = any[rng_below(k->r, 6)];
    bool patches = k->o.runs && k->o.kernel7 != RANDOM_NEVER;
    return patches && channels != 1 ? 3 : channels;
}

/* Layers and tensors of a model whose layer_count is set. */
static void make_layers(const maker *k, dp_model *m, bool stem, bool head) {
    int blocks = m->layer_count - stem - head, i = 0;
    if (stem) {
        m->layers[i] = next_layer(m, i, "stem");
        make_stem(k, &m->layers[i++]);
    }
    for (int b = 1; b <= blocks; b++, i++) {
        char name[DP_NAME];
        (void)snprintf(name, sizeof name, "b%d", b);
        m->layers[i] = next_layer(m, i, name);
        make_block(k, &m->layers[i], i > 0 ? &m->layers[i - 1] : NULL);
    }
    if (head) {
        m->layers[i] = next_layer(m, i, "head");
        make_head(k, &m->layers[i]);
        m->classes = m->layers[i].out;
    }
}

dp_status gen_random_network(const gen_random_options *options, uint64_t seed, dp_model *out, dp_error *err) {
    rng r;
    rng_seed(&r, seed);
    maker k = {.r = &r, .memory = calloc(1, sizeof(arena)), .o = with_defaults(*options)};
    *out = (dp_model){.storage = k.memory, .storage_free = k.memory != NULL ? storage_free : NULL};
    (void)snprintf(out->name, sizeof out->name, "random-%llu", (unsigned long long)seed);
    if (k.memory == NULL) return dp_fail(err, DP_NO_MEMORY, "%s: out of memory", out->name);
    k.group = k.o.group != 0 ? k.o.group : k.o.max_channels < 16 || one_in(&k, 2) ? 8 : 16;
    bool stem = choose(&k, k.o.stem), head = choose(&k, k.o.head);
    out->layer_count = stem + rng_int(&r, 1, k.o.max_blocks) + head;
    int least = k.o.spread ? k.o.max_size / 2 : 1;
    out->in_h = rng_int(&r, least, k.o.max_size);
    out->in_w = rng_int(&r, least, k.o.max_size);
    out->in_c = stem ? image_channels(&k) : random_channels(&k, 8);
    out->layers = calloc((size_t)out->layer_count, sizeof *out->layers);
    if (out->layers != NULL) make_layers(&k, out, stem, head);
    dp_status status = out->layers != NULL && !k.memory->failed ? dp_model_check(out, out->name, err)
                                                                : dp_fail(err, DP_NO_MEMORY, "%s: out of memory", out->name);
    if (status != DP_OK) dp_model_free(out);
    return status;
}

void gen_random_image(const dp_model *m, uint64_t seed, int8_t *image) {
    rng r;
    rng_seed(&r, seed);
    bool sparse = rng_below(&r, 4) == 0;
    for (int i = 0; i < m->in_h * m->in_w * m->in_c; i++)
        image[i] = !sparse || rng_below(&r, 4) == 0 ? (int8_t)rng_int(&r, -128, 127) : 0;
}

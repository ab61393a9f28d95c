/* Cuts a part out of a network: tensors are copied, only the channels, groups and positions that stay. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_shape.h"
#include "shrink.h"

enum { OCTET = 8 };

typedef struct {
    const shrink_source *source;
    const shrink_part *part;
    arena *memory;
} cutter;

typedef struct {
    int count, channel[DP_MAX_CHANNELS];
} selection;

static void storage_free(void *storage) {
    arena_free(storage);
    free(storage);
}

void shrink_whole(const shrink_source *source, int first, int last, shrink_part *part) {
    const dp_layer *l = &source->model->layers[first];
    *part = (shrink_part){.first = first, .last = last, .images = source->images, .h = l->in_h, .w = l->in_w};
    memset(part->octet, 1, sizeof part->octet);
    memset(part->group, 1, sizeof part->group);
    memset(part->position, 1, sizeof part->position);
}

void shrink_join(const shrink_source *source, shrink_part *part) {
    for (int i = 0; i <= part->last - part->first; i++) {
        const dp_layer *l = &source->model->layers[part->first + i];
        if (dp_is_block(l) && !l->has_shortcut) memcpy(part->octet[i + 1], part->octet[i], SHRINK_OCTETS);
    }
}

/* Channels of an interface that stay; those of an image all do. */
static void select_octets(const uint8_t *octet, int channels, selection *s) {
    s->count = 0;
    for (int k = 0; k < channels; k++)
        if (channels % OCTET != 0 || octet[k / OCTET] != 0) s->channel[s->count++] = k;
}

static void select_groups(const cutter *c, int i, selection *s) {
    const dp_layer *l = &c->source->model->layers[c->part->first + i];
    s->count = 0;
    for (int k = 0; k < l->mid; k++)
        if (c->part->group[i][k / l->group] != 0) s->channel[s->count++] = k;
}

static void select_all(int channels, selection *s) {
    s->count = channels;
    for (int k = 0; k < channels; k++) s->channel[k] = k;
}

#define COPY_CHANNELS(type, to, from)                                                                                            \
    do {                                                                                                                         \
        type *copy = arena_alloc(c->memory, (size_t)out->count, sizeof *copy);                                                   \
        for (int k = 0; copy != NULL && k < out->count; k++) copy[k] = (from)[out->channel[k]];                                  \
        (to) = copy;                                                                                                             \
    } while (0)

static void cut_conv(const cutter *c, const dp_conv *from, dp_conv *to, const selection *in, const selection *out) {
    size_t taps = (size_t)(from->kernel * from->kernel);
    int8_t *weight = arena_alloc(c->memory, (size_t)out->count * (size_t)in->count * taps, 1);
    for (int o = 0; weight != NULL && o < out->count; o++)
        for (int i = 0; i < in->count; i++)
            memcpy(weight + ((size_t)o * (size_t)in->count + (size_t)i) * taps,
                   from->weight + ((size_t)out->channel[o] * (size_t)from->cin + (size_t)in->channel[i]) * taps, taps);
    to->weight = weight;
    COPY_CHANNELS(int16_t, to->mult, from->mult);
    COPY_CHANNELS(uint8_t, to->shift, from->shift);
    COPY_CHANNELS(int64_t, to->bias, from->bias);
    if (from->res_mult != NULL) COPY_CHANNELS(int32_t, to->res_mult, from->res_mult);
}

/* The mask as golden has it, less what the part prunes. The part's window is that of the first layer; later layers keep their upper left corner. */
static void give_positions(const cutter *c, int i, const golden_layer *g, dp_layer *to) {
    const shrink_part *p = c->part;
    int y0 = i == 0 ? p->y : 0, x0 = i == 0 ? p->x : 0;
    uint8_t *given = arena_alloc(c->memory, (size_t)(to->in_h * to->in_w), 1);
    for (int y = 0; given != NULL && y < to->in_h; y++) {
        for (int x = 0; x < to->in_w; x++) {
            int at = (y0 + y) * g->layer->in_w + x0 + x;
            given[y * to->in_w + x] = g->min[at] != 0 && (i > 0 || p->position[at] != 0);
        }
    }
    to->spatial = DP_MASK_GIVEN;
    to->spatial_given = given;
}

static void cut_spatial(const cutter *c, int i, const golden_layer *g, dp_layer *to, const selection *out) {
    const dp_layer *from = g->layer;
    to->spatial = DP_MASK_NONE;
    if (from->spatial == DP_MASK_NONE || g->min == NULL || c->part->spatial == SHRINK_MASKS_NONE) return;
    if (c->part->spatial == SHRINK_MASKS_GIVEN || from->spatial == DP_MASK_GIVEN || (i == 0 && from->spatial == DP_MASK_REUSE)) {
        give_positions(c, i, g, to);
        return;
    }
    to->spatial = from->spatial;
    to->spatial_bias = from->spatial_bias;
    if (from->spatial == DP_MASK_UNIT) COPY_CHANNELS(int8_t, to->spatial_weight, from->spatial_weight);
}

static void cut_channel(const cutter *c, int i, const golden_layer *g, dp_layer *to, const selection *in) {
    const dp_layer *from = g->layer;
    int groups = 0, kept = 0, of[DP_MAX_GROUPS];
    for (int k = 0; k < from->groups; k++)
        if (c->part->group[i][k] != 0) of[groups++] = k;
    to->channel = DP_MASK_NONE;
    to->keep = groups;
    if (from->channel == DP_MASK_NONE || c->part->channel == SHRINK_MASKS_NONE) return;
    if (c->part->channel == SHRINK_MASKS_GIVEN || from->channel == DP_MASK_GIVEN || i == 0) {
        uint8_t *given = arena_alloc(c->memory, (size_t)groups, 1);
        for (int k = 0; given != NULL && k < groups; k++) kept += given[k] = g->group_keep[of[k]];
        to->channel = DP_MASK_GIVEN;
        to->channel_given = given;
        to->keep = kept;
        return;
    }
    int8_t *weight = arena_alloc(c->memory, (size_t)groups * (size_t)in->count, 1);
    int32_t *bias = arena_alloc(c->memory, (size_t)groups, sizeof *bias);
    if (weight == NULL || bias == NULL) return;
    for (int k = 0; k < groups; k++) {
        bias[k] = from->channel_bias[of[k]];
        for (int n = 0; n < in->count; n++)
            weight[k * in->count + n] = from->channel_weight[(size_t)of[k] * (size_t)from->in + (size_t)in->channel[n]];
    }
    to->channel = DP_MASK_UNIT;
    to->pool = from->pool;
    to->keep = from->keep < groups ? from->keep : groups;
    to->channel_weight = weight;
    to->channel_bias = bias;
}

static void cut_block(const cutter *c, int i, const golden_layer *g, dp_layer *to, const selection *in, const selection *mid,
                      const selection *out) {
    const dp_layer *from = g->layer;
    for (int k = 0; k < from->convs; k++) {
        const dp_conv *v = &from->conv[k];
        bool first = v->role == DP_CONV1 || v->role == DP_SHORTCUT, last = v->role == DP_SHORTCUT || k == from->convs - 1;
        cut_conv(c, v, &to->conv[k], first ? in : mid, last ? out : mid);
    }
    cut_spatial(c, i, g, to, in);
    cut_channel(c, i, g, to, in);
}

static void cut_head(const cutter *c, const dp_layer *from, dp_layer *to, const selection *in, const selection *out) {
    int8_t *weight = arena_alloc(c->memory, (size_t)out->count * (size_t)in->count, 1);
    for (int o = 0; weight != NULL && o < out->count; o++)
        for (int k = 0; k < in->count; k++)
            weight[o * in->count + k] = from->head_weight[(size_t)o * (size_t)from->in + (size_t)in->channel[k]];
    to->head_weight = weight;
    COPY_CHANNELS(int32_t, to->head_bias, from->head_bias);
}

/* One layer: shapes first, then what fills them. */
static void cut_layer(const cutter *c, dp_model *m, int i, selection *in, selection *mid, selection *out) {
    const golden_layer *g = &c->source->golden[0]->layers[c->part->first + i];
    const dp_layer *from = g->layer, *before = i > 0 ? &m->layers[i - 1] : NULL;
    dp_layer *to = &m->layers[i];
    bool block = dp_is_block(from);
    select_octets(c->part->octet[i], from->in, in);
    select_octets(c->part->octet[i + 1], from->out, out);
    if (from->kind == DP_HEAD) select_all(from->out, out);
    select_groups(c, i, mid);
    *to = (dp_layer){.kind = from->kind,
                     .in = in->count,
                     .out = out->count,
                     .stride = from->stride,
                     .max_pool = from->max_pool,
                     .pad_same = from->pad_same};
    memcpy(to->name, from->name, sizeof to->name);
    to->in_h = before != NULL ? before->out_h : c->part->h;
    to->in_w = before != NULL ? before->out_w : c->part->w;
    to->has_shortcut = from->has_shortcut;
    to->conv[0].kernel = from->conv[0].kernel;
    to->group = from->group;
    to->mid = block ? mid->count : 0;
    to->groups = block ? mid->count / from->group : 0;
    layer_derive(to);
    if (block) cut_block(c, i, g, to, in, mid, out);
    if (from->kind == DP_STEM) cut_conv(c, &from->conv[0], &to->conv[0], in, out);
    if (from->kind == DP_HEAD) cut_head(c, from, to, in, out);
}

static dp_status cut_images(const cutter *c, const dp_model *m, const selection *in, image_set *images, dp_error *err) {
    const shrink_part *p = c->part;
    int from = c->source->images - p->images;
    size_t bytes = (size_t)(m->in_h * m->in_w) * (size_t)m->in_c;
    *images = (image_set){.count = p->images, .image_bytes = bytes, .pixels = malloc(bytes * (size_t)p->images + 1)};
    if (images->pixels == NULL) return dp_fail(err, DP_NO_MEMORY, "out of memory for images");
    for (int n = 0; n < p->images; n++) {
        const golden_layer *g = &c->source->golden[from + n]->layers[p->first];
        const int8_t *x = p->first > 0 ? g->x : c->source->pixels[from + n];
        int8_t *to = images->pixels + (size_t)n * bytes;
        for (int at = 0; at < m->in_h * m->in_w; at++) {
            size_t position = (size_t)((p->y + at / m->in_w) * g->layer->in_w + p->x + at % m->in_w);
            for (int k = 0; k < m->in_c; k++) *to++ = x[position * (size_t)g->layer->in + (size_t)in->channel[k]];
        }
    }
    return DP_OK;
}

dp_status shrink_cut(const shrink_source *source, const shrink_part *part, dp_model *model, image_set *images, dp_error *err) {
    cutter c = {.source = source, .part = part, .memory = calloc(1, sizeof(arena))};
    selection *s = calloc(4, sizeof *s);
    int layers = part->last - part->first + 1;
    *model =
        (dp_model){.layer_count = layers, .in_h = part->h, .in_w = part->w, .storage = c.memory, .storage_free = storage_free};
    *images = (image_set){.count = 0};
    model->layers = calloc((size_t)layers, sizeof *model->layers);
    dp_status status =
        c.memory != NULL && s != NULL && model->layers != NULL ? DP_OK : dp_fail(err, DP_NO_MEMORY, "out of memory");
    if (c.memory == NULL) model->storage_free = NULL;
    if (status == DP_OK) {
        (void)snprintf(model->name, sizeof model->name, "%.40s-cut", source->model->name);
        select_octets(part->octet[0], source->model->layers[part->first].in, &s[3]);
        model->in_c = s[3].count;
        for (int i = 0; i < layers; i++) cut_layer(&c, model, i, &s[0], &s[1], &s[2]);
        if (model->layers[layers - 1].kind == DP_HEAD) model->classes = model->layers[layers - 1].out;
        status = c.memory->failed ? dp_fail(err, DP_NO_MEMORY, "out of memory") : dp_model_check(model, "part", err);
    }
    if (status == DP_OK) status = cut_images(&c, model, &s[3], images, err);
    free(s);
    if (status != DP_OK) {
        dp_model_free(model);
        free(images->pixels);
        *images = (image_set){.count = 0};
    }
    return status;
}

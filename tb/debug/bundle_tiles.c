/* The tiles of a bundle, golden's and the hardware's, side by side in the network's own channels. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build_choice.h"
#include "bundle.h"
#include "golden.h"
#include "npy.h"

typedef struct {
    const char *directory;
    const bundle_input *in;
    plan plan;
    golden_run golden;
    int8_t *image;
    dp_error *err;
} writer;

static dp_status write_array(const writer *w, const char *name, npy_type type, int rank, const size_t *shape, const void *data) {
    char path[PATH_MAX];
    npy_array a = {.type = type, .rank = rank, .count = 1, .data = NULL};
    for (int i = 0; i < rank; i++) {
        a.shape[i] = shape[i];
        a.count *= shape[i];
    }
    if (snprintf(path, sizeof path, "%s/%s.npy", w->directory, name) >= (int)sizeof path)
        return dp_fail(w->err, DP_BAD_INPUT, "%s: too long a name", w->directory);
    memcpy(&a.data, &data, sizeof data); /* npy_write only reads */
    return npy_write(&a, path, w->err);
}

/* (slices, h, w, lanes) of packed channels -> (h, w, channels); what did not come is 0. */
static void unpack(const capture_map *m, const int *packed_of, int channels, int8_t *data, int32_t *acc, uint8_t *seen) {
    for (int at = 0; at < m->h * m->w; at++) {
        for (int k = 0; k < channels; k++) {
            size_t to = (size_t)at * (size_t)channels + (size_t)k;
            int packed = packed_of[k];
            if (packed < 0) continue;
            size_t tile = (size_t)(packed / m->lanes) * (size_t)(m->h * m->w) + (size_t)at;
            size_t from = tile * (size_t)m->lanes + (size_t)(packed % m->lanes);
            seen[to] = m->seen[tile];
            if (m->seen[tile] == 0) continue;
            data[to] = m->data[from];
            if (acc != NULL) acc[to] = m->acc[from];
        }
    }
}

/* packed_of[channel]: its place among the kept ones, -1 where it was dropped. */
static void pack_order(const golden_layer *g, const golden_conv *c, int channels, int *packed_of) {
    for (int k = 0, n = 0; k < channels; k++) {
        bool kept = c == NULL || !c->out_grouped || g->group_keep[k / g->layer->group] != 0;
        packed_of[k] = kept ? n++ : -1;
    }
}

static dp_status write_map(writer *w, const capture_map *m, const golden_layer *g, const golden_conv *c, int channels,
                           const int8_t *golden) {
    size_t shape[3] = {(size_t)m->h, (size_t)m->w, (size_t)channels}, count = shape[0] * shape[1] * shape[2];
    int *packed_of = calloc((size_t)channels + 1, sizeof *packed_of);
    int8_t *data = calloc(count + 1, 1);
    uint8_t *seen = calloc(count + 1, 1);
    int32_t *acc = calloc(count + 1, sizeof *acc);
    dp_status status = DP_OK;
    if (packed_of == NULL || data == NULL || seen == NULL || acc == NULL) {
        status = dp_fail(w->err, DP_NO_MEMORY, "out of memory for the tiles");
    } else {
        pack_order(g, c, channels, packed_of);
        unpack(m, packed_of, channels, data, m->acc != NULL ? acc : NULL, seen);
        status = write_array(w, "golden", NPY_INT8, 3, shape, golden);
        if (status == DP_OK) status = write_array(w, "rtl", NPY_INT8, 3, shape, data);
        if (status == DP_OK) status = write_array(w, "seen", NPY_UINT8, 3, shape, seen);
        if (status == DP_OK && c != NULL) status = write_array(w, "golden-acc", NPY_INT32, 3, shape, c->acc);
        if (status == DP_OK && c != NULL) status = write_array(w, "rtl-acc", NPY_INT32, 3, shape, acc);
    }
    free(packed_of);
    free(data);
    free(seen);
    free(acc);
    return status;
}

static dp_status write_mask(writer *w, const capture *c, const golden_layer *g) {
    size_t shape[2] = {(size_t)c->mask.h, (size_t)c->mask.w};
    dp_status status = write_array(w, "golden", NPY_UINT8, 2, shape, g->min);
    if (status == DP_OK) status = write_array(w, "rtl", NPY_UINT8, 2, shape, c->mask.data);
    return status == DP_OK ? write_array(w, "seen", NPY_UINT8, 2, shape, c->mask.seen) : status;
}

/* Scores and choice of the block after `layer`. */
static dp_status write_groups(writer *w, const capture *c, const golden_layer *g) {
    size_t shape[1] = {(size_t)g->layer->groups};
    uint8_t keep[DP_MAX_GROUPS], seen[DP_MAX_GROUPS];
    for (int i = 0; i < DP_MAX_GROUPS; i++) {
        keep[i] = (uint64_t)c->groups >> i & 1;
        seen[i] = c->scores >> i & 1;
    }
    dp_status status = write_array(w, "golden", NPY_INT64, 1, shape, g->score);
    if (status == DP_OK) status = write_array(w, "rtl", NPY_INT64, 1, shape, c->score);
    if (status == DP_OK) status = write_array(w, "seen", NPY_UINT8, 1, shape, seen);
    if (status == DP_OK) status = write_array(w, "golden-groups", NPY_UINT8, 1, shape, g->group_keep);
    return status == DP_OK ? write_array(w, "rtl-groups", NPY_UINT8, 1, shape, keep) : status;
}

static dp_status write_logits(writer *w, const capture *c) {
    size_t shape[1] = {(size_t)w->in->model->classes};
    dp_status status = write_array(w, "golden", NPY_INT32, 1, shape, w->golden.logits);
    return status == DP_OK ? write_array(w, "rtl", NPY_INT32, 1, shape, c->logits) : status;
}

static bool is(const bundle_input *in, const char *record) {
    return in->failure->reported && strcmp(in->failure->report.record, record) == 0;
}

static dp_status write_record(writer *w) {
    const bundle_input *in = w->in;
    const capture *c = in->capture;
    int layer = in->failure->reported ? in->failure->report.layer : -1, layers = in->model->layer_count;
    if (is(in, "mask") && c->mask.layer >= 0 && c->mask.layer < layers && w->golden.layers[c->mask.layer].min != NULL)
        return write_mask(w, c, &w->golden.layers[c->mask.layer]);
    if ((is(in, "score") || is(in, "groups")) && layer >= 0 && layer + 1 < layers)
        return write_groups(w, c, &w->golden.layers[layer + 1]);
    if ((is(in, "logits") || is(in, "memory")) && w->golden.logits != NULL) return write_logits(w, c);
    if (is(in, "pool") && c->pool.layer >= 0) {
        const golden_layer *g = &w->golden.layers[c->pool.layer];
        return write_map(w, &c->pool, g, NULL, g->layer->out, g->out);
    }
    const plan_conv *pc = plan_find(&w->plan, c->conv.layer, c->conv.stage);
    if (pc == NULL || pc->conv == NULL) return DP_OK; /* no tile came */
    golden_layer *g = &w->golden.layers[pc->layer];
    const golden_conv *conv = &g->conv[pc->conv - g->layer->conv];
    return write_map(w, &c->conv, g, conv, pc->conv->cout, conv->y);
}

dp_status bundle_write_tiles(const char *directory, const bundle_input *in, dp_error *err) {
    writer w = {.directory = directory, .in = in, .err = err};
    const dp_model *m = in->model;
    plan_geometry geometry = build_geometry(in->geometry);
    size_t shape[3] = {(size_t)m->in_h, (size_t)m->in_w, (size_t)m->in_c};
    if (in->failure->image < 0) return DP_OK;
    dp_status status = plan_create(&w.plan, m, &geometry, in->run->plan, err);
    if (status != DP_OK) return status;
    status = golden_create(&w.golden, m, (golden_options){.dense = in->run->plan.dense}, err);
    if (status == DP_OK) {
        w.image = malloc(shape[0] * shape[1] * shape[2] + 1);
        if (w.image == NULL) status = dp_fail(err, DP_NO_MEMORY, "out of memory for an image");
    }
    if (status == DP_OK) {
        image_get(in->images, in->failure->image, w.image);
        golden_compute(&w.golden, w.image);
        status = write_array(&w, "image", NPY_INT8, 3, shape, w.image);
    }
    if (status == DP_OK) status = write_record(&w);
    free(w.image);
    golden_free(&w.golden);
    plan_free(&w.plan);
    return status;
}

/* See vectors.h. Which passes a folder has, and what each must reproduce. */
#include "vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vectors_parts.h"

static const char *const pass_names[] = {"dense", "given mask", "mask unit"}; /* by vectors_kind */

/* The convolution of the block in whose map this role ends up. */
static int conv_of_role(const dp_layer *layer, dp_role role) {
    for (int k = 0; k < layer->convs; k++)
        if (layer->conv[k].role == role) return k;
    return -1;
}

static dp_status check_map(const vectors_set *set, const vectors_file *f, const dp_conv *conv, dp_error *err) {
    const int want[] = {conv->out_h, conv->out_w, conv->cout};
    for (int i = 0; i < 3; i++)
        if (f->shape[i] != want[i])
            return dp_fail(err, DP_BAD_INPUT, "%s/%s: dimension %d is %d, expected %d", set->folder, f->name, i, f->shape[i],
                           want[i]);
    return DP_OK;
}

/* Adds PREFIX_out_N[SUFFIX].bin if it is there. */
static dp_status expect_map(vectors_set *set, vectors_pass *pass, const char *prefix, dp_role role, int number,
                            const char *suffix, dp_error *err) {
    char name[VECTORS_NAME];
    const vectors_file *f;
    const dp_layer *layer = &pass->model.layers[pass->block];
    int conv = conv_of_role(layer, role);
    (void)snprintf(name, sizeof name, "%s_out_%d%s.bin", prefix, number, suffix);
    if (conv < 0 || vectors_find(set, name) == NULL) return DP_OK;
    dp_status status = vectors_take(set, name, 3, 1, &f, err);
    if (status == DP_OK) status = check_map(set, f, &layer->conv[conv], err);
    if (status != DP_OK) return status;
    pass->expected[pass->expected_count++] =
        (vectors_expected){.file = f->name, .conv = conv, .count = f->count, .data = f->data};
    return DP_OK;
}

static dp_status expect_scores(vectors_set *set, vectors_pass *pass, dp_error *err) {
    static const char *const name = "cmask_score_csim.bin";
    const vectors_file *f;
    bool scored = pass->block + 1 < pass->model.layer_count;
    if (!scored || vectors_find(set, name) == NULL) return DP_OK;
    dp_status status = vectors_take(set, name, 1, 4, &f, err);
    if (status != DP_OK) return status;
    if (f->shape[0] != pass->model.layers[pass->block + 1].groups)
        return dp_fail(err, DP_BAD_INPUT, "%s/%s: %d scores, but fc.bin has %d groups", set->folder, name, f->shape[0],
                       pass->model.layers[pass->block + 1].groups);
    pass->expected[pass->expected_count++] = (vectors_expected){.file = f->name, .conv = -1, .count = f->count, .data = f->data};
    return DP_OK;
}

/* Numbers of the published convolutions: 0 the first, 3 the 3x3 after it, 1 the bottleneck's
   last. */
static dp_status expect(vectors_set *set, vectors_kind kind, vectors_pass *pass, dp_error *err) {
    static const struct {
        dp_role role;
        int number;
    } maps[] = {{DP_CONV1, 0}, {DP_CONV2, 3}, {DP_CONV3, 1}};
    const char *prefix = kind == VECTORS_DENSE ? "dense" : "sparse", *suffix = kind == VECTORS_UNIT ? "_sparse" : "";
    dp_status status = DP_OK;
    for (int i = 0; i < 3 && status == DP_OK; i++)
        status = expect_map(set, pass, prefix, maps[i].role, maps[i].number, suffix, err);
    if (status == DP_OK && kind != VECTORS_DENSE) status = expect_scores(set, pass, err);
    return status;
}

/* A pass is there if its input and what makes it special are. */
static bool has_pass(vectors_set *set, vectors_kind kind) {
    if (vectors_find(set, set->identity[kind]) == NULL) return false;
    switch (kind) {
    case VECTORS_DENSE: return vectors_find(set, "dense_out_0.bin") != NULL;
    case VECTORS_GIVEN: return vectors_find(set, "spatial_mask.bin") != NULL;
    case VECTORS_UNIT: return vectors_find(set, "w_mask.bin") != NULL;
    }
    return false;
}

static dp_status open_passes(vectors *v, vectors_set *set, dp_error *err) {
    for (int kind = 0; kind < VECTORS_PASSES; kind++) {
        if (!has_pass(set, (vectors_kind)kind)) continue;
        vectors_pass *pass = &v->pass[v->passes++];
        (void)snprintf(pass->name, sizeof pass->name, "%s", pass_names[kind]);
        dp_status status = vectors_build(set, (vectors_kind)kind, pass, err);
        if (status == DP_OK) status = expect(set, (vectors_kind)kind, pass, err);
        if (status != DP_OK) return status;
        char name[sizeof pass->model.name];
        (void)snprintf(name, sizeof name, "%.40s, %.20s", v->name, pass_names[kind]);
        memcpy(pass->model.name, name, sizeof name);
    }
    if (v->passes == 0) return dp_fail(err, DP_BAD_INPUT, "%s: no file to replay", set->folder);
    return DP_OK;
}

static void name_folder(vectors *v, const char *folder) {
    size_t end = strlen(folder);
    while (end > 1 && folder[end - 1] == '/') end--;
    size_t start = end;
    while (start > 0 && folder[start - 1] != '/') start--;
    (void)snprintf(v->name, sizeof v->name, "%.*s", (int)(end - start), folder + start);
}

dp_status vectors_open(vectors *v, const char *folder, dp_error *err) {
    *v = (vectors){.passes = 0};
    vectors_set *set = calloc(1, sizeof *set);
    if (set == NULL) return dp_fail(err, DP_NO_MEMORY, "%s: no memory", folder);
    v->files = set;
    name_folder(v, folder);
    dp_status status = vectors_read_set(set, folder, err);
    v->parallel = set->parallel;
    if (status == DP_OK) status = open_passes(v, set, err);
    if (status != DP_OK) {
        vectors_close(v);
        return status;
    }
    for (int i = 0; i < set->file_count; i++)
        if (!set->file[i].used) v->unused[v->unused_count++] = set->file[i].name;
    return DP_OK;
}

void vectors_close(vectors *v) {
    vectors_set *set = v->files;
    for (int i = 0; i < v->passes; i++) dp_model_free(&v->pass[i].model);
    if (set != NULL) arena_free(&set->memory);
    free(set);
    *v = (vectors){.passes = 0};
}

vectors_result vectors_of_golden(const vectors_pass *pass, const golden_run *run) {
    vectors_result result = {.score = NULL};
    const golden_layer *g = &run->layers[pass->block];
    for (int k = 0; k < g->layer->convs; k++) result.map[k] = g->conv[k].y;
    if (pass->block + 1 < run->model->layer_count) result.score = g[1].score;
    return result;
}

size_t vectors_compare(const vectors_pass *pass, int index, const vectors_result *result) {
    const vectors_expected *e = &pass->expected[index];
    size_t different = 0;
    for (size_t i = 0; i < e->count; i++) {
        if (e->conv < 0) {
            int32_t want;
            memcpy(&want, (const char *)e->data + i * sizeof want, sizeof want);
            different += result->score[i] != want;
        } else {
            different += result->map[e->conv][i] != ((const int8_t *)e->data)[i];
        }
    }
    return different;
}

/* See failure_case.h. */
#include "failure_case.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scoreboard_report.h"

#include "bundle.h"

static int integer(const json_t *object, const char *key) {
    const json_t *v = json_object_get(object, key);
    json_int_t value = json_is_integer(v) ? json_integer_value(v) : -1;
    return value < -1 || value > INT_MAX ? -1 : (int)value;
}

static const char *text(const json_t *object, const char *key) {
    const char *t = json_string_value(json_object_get(object, key));
    return t != NULL ? t : "";
}

static int stage_number(const char *name) {
    for (int i = 0; i <= PLAN_STAGE_HEAD; i++)
        if (strcmp(name, scoreboard_stage_name(i)) == 0) return i;
    return -1;
}

static void read_report(failure_case *c) {
    const json_t *o = c->json, *window = json_object_get(o, "window");
    c->fault = text(o, "fault");
    c->message = text(o, "message");
    c->end = text(o, "end");
    c->record = text(o, "record");
    c->image = integer(o, "image");
    c->layer = integer(o, "layer");
    c->stage = stage_number(text(o, "stage"));
    c->y = integer(o, "y");
    c->x = integer(o, "x");
    c->channel = integer(o, "channel");
    c->slice = integer(o, "slice");
    c->has_values = json_is_integer(json_object_get(o, "got"));
    c->got = json_integer_value(json_object_get(o, "got"));
    c->want = json_integer_value(json_object_get(o, "want"));
    c->has_acc = json_is_integer(json_object_get(o, "acc_got"));
    c->acc_got = (int32_t)json_integer_value(json_object_get(o, "acc_got"));
    c->acc_want = (int32_t)json_integer_value(json_object_get(o, "acc_want"));
    c->cycle = (uint64_t)json_integer_value(json_object_get(o, "cycle"));
    c->from = (uint64_t)json_integer_value(json_array_get(window, 0));
    c->to = (uint64_t)json_integer_value(json_array_get(window, 1));
    c->has_wave = json_is_string(json_object_get(o, "wave"));
}

static bool read_geometry(failure_case *c) {
    const json_t *g = json_object_get(c->json, "geometry");
    c->geometry = (plan_geometry){.pi = integer(g, "pi"),
                                  .po = integer(g, "po"),
                                  .parallel = json_is_true(json_object_get(g, "parallel")),
                                  .prune = json_is_true(json_object_get(g, "prune")),
                                  .map_words = integer(g, "map_words"),
                                  .weight_rows = integer(g, "weight_rows"),
                                  .mask_w = integer(g, "mask_w"),
                                  .patch_bytes = integer(g, "patch_bytes")};
    bool lanes = c->geometry.pi > 0 && c->geometry.po > 0 && c->geometry.pi <= PLAN_MAX_PO && c->geometry.po <= PLAN_MAX_PO;
    return lanes && c->geometry.pi % PLAN_OCTET == 0 && c->geometry.po % PLAN_OCTET == 0 && c->geometry.map_words > 0;
}

/* Limits of a record's place; -1: it has no such coordinate. */
typedef struct {
    int h, w, channels, slices;
} place;

static bool is(const failure_case *c, const char *record) { return strcmp(c->record, record) == 0; }

/* What a mismatch of that record must name; lanes beyond a convolution's channels are among them. False: it cannot be. */
static bool place_of_mismatch(const failure_case *c, const dp_layer *l, const plan_conv *pc, place *p) {
    *p = (place){.h = -1, .w = -1, .channels = -1, .slices = -1};
    if (is(c, "conv")) {
        if (pc == NULL || pc->conv == NULL) return false;
        *p = (place){.h = pc->conv->out_h, .w = pc->conv->out_w, .slices = pc->slices};
        p->channels = pc->slices * pc->lanes > pc->conv->cout ? pc->slices * pc->lanes : pc->conv->cout;
    } else if (is(c, "logits")) {
        const plan_conv *head = c->layer >= 0 ? plan_find(&c->plan, c->layer, PLAN_STAGE_HEAD) : NULL;
        if (head == NULL) return false;
        p->channels = head->cout;
        p->slices = head->slices;
    } else if (is(c, "mask")) {
        if (l == NULL) return false;
        p->h = l->in_h;
        p->w = l->in_w;
    } else if (is(c, "pool")) {
        if (l == NULL || l->kind != DP_STEM) return false;
        *p = (place){.h = l->out_h, .w = l->out_w, .channels = l->out, .slices = -1};
    }
    return true;
}

static bool within(int value, int limit) { return limit < 0 || (value >= 0 && value < limit); }

/* Indices that the rest relies on. A tile that should not be, or is not there, may claim to be anywhere. */
static bool is_sound(const failure_case *c) {
    enum { FARTHEST = 1 << 16 };
    const dp_model *m = &c->model;
    if (c->layer >= m->layer_count) return false;
    const plan_conv *pc = failure_case_conv(c);
    if (c->stage >= 0 && pc == NULL) return false;
    if (strcmp(c->fault, "MISMATCH") != 0) return (c->y < 0) == (c->x < 0) && c->y < FARTHEST && c->x < FARTHEST;
    place p;
    return place_of_mismatch(c, c->layer >= 0 ? &m->layers[c->layer] : NULL, pc, &p) && within(c->y, p.h) && within(c->x, p.w) &&
           within(c->channel, p.channels) && within(c->slice, p.slices);
}

static dp_status compute(failure_case *c, dp_error *err) {
    size_t bytes = (size_t)c->model.in_h * (size_t)c->model.in_w * (size_t)c->model.in_c;
    dp_status status = golden_create(&c->golden, &c->model, (golden_options){.dense = c->options.dense}, err);
    if (status != DP_OK || c->image < 0) return status;
    status = failure_case_array(c, "image", NPY_INT8, &c->pixels, err);
    if (status != DP_OK) return status;
    if (c->pixels.count != bytes) {
        char held[256];
        npy_describe(&c->pixels, held, sizeof held);
        return dp_fail(err, DP_BAD_INPUT, "%s/image.npy: expected an image of %s, %dx%dx%d; the file holds %s", c->directory,
                       c->model.name, c->model.in_h, c->model.in_w, c->model.in_c, held);
    }
    golden_compute(&c->golden, c->pixels.data);
    return DP_OK;
}

/* The network may have been changed since: then golden says something else. */
static dp_status check_same(const failure_case *c, dp_error *err) {
    const golden_conv *g = failure_case_golden(c);
    bool tile = strcmp(c->fault, "MISMATCH") == 0 && is(c, "conv") && c->has_acc;
    if (g == NULL || !tile || c->image < 0 || c->channel >= g->conv->cout) return DP_OK;
    size_t at = (size_t)(c->y * g->conv->out_w + c->x) * (size_t)g->conv->cout + (size_t)c->channel;
    if (g->y[at] == c->want && g->acc[at] == c->acc_want) return DP_OK;
    return dp_fail(err, DP_BAD_INPUT, "%s: %s is not the network that failed", c->directory, c->model_path);
}

dp_status failure_case_open(failure_case *c, const char *directory, failure_case_model *open_model, dp_error *err) {
    char path[PATH_MAX];
    json_error_t why;
    *c = (failure_case){.directory = directory};
    if (snprintf(path, sizeof path, "%s/failure.json", directory) >= (int)sizeof path ||
        snprintf(c->wave, sizeof c->wave, "%s/wave.fst", directory) >= (int)sizeof c->wave)
        return dp_fail(err, DP_BAD_INPUT, "%s: too long a name", directory);
    if (access(path, F_OK) != 0)
        return dp_fail(
            err, DP_BAD_INPUT,
            "%s: there is no failure (no failure.json): a run that fails leaves one, in build/failures unless --bundle "
            "says where; build/failures/last is the last one",
            directory);
    c->json = json_load_file(path, 0, &why);
    if (c->json == NULL) return dp_fail(err, DP_BAD_INPUT, "%s: %s", path, why.text);
    if (integer(c->json, "version") != 1 || !read_geometry(c)) {
        failure_case_close(c);
        return dp_fail(err, DP_BAD_INPUT, "%s: not a failure of this program", path);
    }
    read_report(c);
    const json_t *run = json_object_get(c->json, "run");
    c->options.dense = json_is_true(json_object_get(run, "dense"));
    for (int i = 0; i < PLAN_SCHEDULES; i++)
        if (strcmp(text(run, "schedule"), plan_schedule_name((plan_schedule)i)) == 0) c->options.schedule = (plan_schedule)i;
    c->model_path = text(run, "model");
    dp_status status =
        bundle_same_network(directory, c->model_path, json_string_value(json_object_get(run, "model_sha256")), err);
    if (status == DP_OK) status = open_model(&c->model, c->model_path, err);
    if (status == DP_OK) status = plan_create(&c->plan, &c->model, &c->geometry, c->options, err);
    if (status == DP_OK && !is_sound(c)) status = dp_fail(err, DP_BAD_INPUT, "%s: does not fit %s", path, c->model_path);
    if (status == DP_OK) status = compute(c, err);
    if (status == DP_OK) status = check_same(c, err);
    if (status != DP_OK) failure_case_close(c);
    return status;
}

void failure_case_close(failure_case *c) {
    npy_free(&c->pixels);
    if (c->golden.arena != NULL) golden_free(&c->golden);
    if (c->plan.conv != NULL) plan_free(&c->plan);
    dp_model_free(&c->model);
    json_decref(c->json);
    *c = (failure_case){.directory = NULL};
}

dp_status failure_case_array(const failure_case *c, const char *name, npy_type type, npy_array *array, dp_error *err) {
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s.npy", c->directory, name) >= (int)sizeof path)
        return dp_fail(err, DP_BAD_INPUT, "%s: too long a name", c->directory);
    return npy_read(array, npy_only(type), path, err);
}

const plan_conv *failure_case_conv(const failure_case *c) {
    return c->layer >= 0 && c->stage >= 0 ? plan_find(&c->plan, c->layer, c->stage) : NULL;
}

const golden_conv *failure_case_golden(const failure_case *c) {
    const plan_conv *pc = failure_case_conv(c);
    if (pc == NULL || pc->conv == NULL || c->golden.layers == NULL) return NULL;
    const golden_layer *g = &c->golden.layers[pc->layer];
    return &g->conv[pc->conv - g->layer->conv];
}

const int8_t *failure_case_layer_input(const failure_case *c, int layer) {
    const golden_layer *g = &c->golden.layers[layer];
    return g->x != NULL ? g->x : c->pixels.data;
}

const int8_t *failure_case_input(const failure_case *c, const plan_conv *pc) {
    const golden_layer *g = &c->golden.layers[pc->layer];
    bool inner = pc->conv != NULL && (pc->conv->role == DP_CONV2 || pc->conv->role == DP_CONV3);
    if (!inner) return failure_case_layer_input(c, pc->layer);
    int before = (int)(pc->conv - g->layer->conv) - 1;
    while (before > 0 && g->conv[before].conv->role == DP_SHORTCUT) before--;
    return g->conv[before].y;
}

int failure_case_channel(const failure_case *c, const plan_conv *pc, bool input, int packed) {
    const golden_layer *g = &c->golden.layers[pc->layer];
    int channels = pc->conv != NULL ? (input ? pc->conv->cin : pc->conv->cout) : (input ? g->layer->in : g->layer->out);
    const golden_conv *conv = pc->conv != NULL ? &g->conv[pc->conv - g->layer->conv] : NULL;
    bool grouped = conv != NULL && (input ? conv->in_grouped : conv->out_grouped);
    if (!grouped) return packed < channels ? packed : -1;
    int nth = packed / g->layer->group;
    for (int i = 0; i < g->layer->groups; i++)
        if (g->group_keep[i] != 0 && nth-- == 0) return i * g->layer->group + packed % g->layer->group;
    return -1;
}

/* `dpacs ref`: the golden reference alone. What it keeps says what a network may gain before any hardware is simulated. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "atomic_file.h"
#include "cli.h"
#include "cli_common.h"
#include "golden.h"
#include "input.h"
#include "interrupt.h"
#include "npy.h"
#include "progress.h"
#include "ref_masks.h"

enum { OPT_DENSE = 256, OPT_LOGITS, OPT_MASKS };

static const struct argp_option options[] = {
    {"dense", OPT_DENSE, NULL, 0, "Ignore all masks", 0},
    {"logits", OPT_LOGITS, "FILE", 0, "Write the logits as .npy, int32 (N, classes)", 0},
    {"masks", OPT_MASKS, "FILE", 0, "Write what every image keeps as JSON, one line for each image", 0},
    {0},
};

typedef struct {
    cli_images images;
    cli_json json;
    const char *logits, *masks;
    bool dense;
} arguments;

/* Share of a block's outputs that stay: sums over the images. */
typedef struct {
    double sum, squares, low, high;
    uint64_t groups, groups_kept;
} share;

typedef struct {
    arguments args;
    dp_model model;
    image_set images;
    golden_run run;
    share *blocks; /* (layers) */
    int32_t *logits; /* (count, classes) */
    int8_t *pixels;
    atomic_file masks; /* stream NULL: nobody asked for them */
    int done, labelled, correct;
    bool masks_ignored;
    dp_error err;
} session;

static error_t parse(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->images;
        state->child_inputs[1] = &a->json;
        return 0;
    case OPT_DENSE: a->dense = true; return 0;
    case OPT_LOGITS: a->logits = text; return 0;
    case OPT_MASKS: a->masks = text; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void add_image(session *s, int label) {
    for (int i = 0; i < s->model.layer_count; i++) {
        const golden_layer *g = &s->run.layers[i];
        if (!dp_is_block(g->layer)) continue;
        const golden_conv *last = &g->conv[g->layer->convs - 1];
        double kept = (double)last->positions_kept / last->positions;
        share *b = &s->blocks[i];
        b->low = s->done == 0 || kept < b->low ? kept : b->low;
        b->high = s->done == 0 || kept > b->high ? kept : b->high;
        b->sum += kept;
        b->squares += kept * kept;
        b->groups += (uint64_t)g->layer->groups;
        b->groups_kept += (uint64_t)g->groups_kept;
    }
    if (s->logits != NULL)
        memcpy(s->logits + (size_t)s->done * (size_t)s->model.classes, s->run.logits,
               (size_t)s->model.classes * sizeof *s->logits);
    s->done++;
    if (label < 0 || s->run.logits == NULL || s->masks_ignored) return;
    s->labelled++;
    s->correct += s->run.top1 == label;
}

static double mean(const session *s, const share *b) { return b->sum / s->done; }

static double spread(const session *s, const share *b) {
    double variance = b->squares / s->done - mean(s, b) * mean(s, b);
    return variance > 0 ? sqrt(variance) : 0;
}

static void print(const session *s) {
    (void)printf("%-10s %28s  %s\n", "block", "positions kept", "groups kept");
    (void)printf("%-10s %8s %8s %11s\n", "", "mean", "spread", "range");
    for (int i = 0; i < s->model.layer_count; i++) {
        const share *b = &s->blocks[i];
        if (!dp_is_block(&s->model.layers[i])) continue;
        (void)printf("%-10s %7.1f%% %7.1f%% %5.0f..%3.0f%% %7.1f%%\n", s->model.layers[i].name, 100 * mean(s, b),
                     100 * spread(s, b), 100 * b->low, 100 * b->high, 100 * (double)b->groups_kept / (double)b->groups);
    }
    (void)printf("\nimages     %d", s->done);
    if (s->labelled > 0)
        (void)printf(", %d of %d classified correctly (%.2f%%)", s->correct, s->labelled, 100.0 * s->correct / s->labelled);
    if (s->masks_ignored) (void)printf("; not classified: the network's masks are ignored");
    if (s->images.foreign_classes > 0)
        (void)printf("; no accuracy: the labels are of %d classes, the network has %d", s->images.foreign_classes,
                     s->model.classes);
    (void)printf("\n");
}

static json_t *blocks_json(const session *s) {
    json_t *blocks = json_array();
    for (int i = 0; blocks != NULL && i < s->model.layer_count; i++) {
        const share *b = &s->blocks[i];
        if (!dp_is_block(&s->model.layers[i])) continue;
        (void)json_array_append_new(blocks, json_pack("{s:s, s:f, s:f, s:f, s:f, s:f}", "name", s->model.layers[i].name,
                                                      "positions_kept_mean", mean(s, b), "positions_kept_spread", spread(s, b),
                                                      "positions_kept_low", b->low, "positions_kept_high", b->high, "groups_kept",
                                                      (double)b->groups_kept / (double)b->groups));
    }
    return blocks;
}

static dp_status write_json(session *s, FILE *out) {
    json_t *root = json_pack("{s:s, s:i, s:i, s:i, s:o}", "model", s->model.name, "images", s->done, "labelled", s->labelled,
                             "correct", s->correct, "blocks", blocks_json(s));
    if (root == NULL) return dp_fail(&s->err, DP_NO_MEMORY, "out of memory for the JSON results");
    int failed = json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
    json_decref(root);
    if (failed != 0 || fputc('\n', out) == EOF || fflush(out) != 0)
        return dp_fail(&s->err, DP_BAD_INPUT, "%s: cannot be written: %s", s->args.json.path, strerror(errno));
    return DP_OK;
}

static dp_status write_logits(session *s) {
    npy_array array = {.type = NPY_INT32, .rank = 2, .shape = {(size_t)s->done, (size_t)s->model.classes}, .data = s->logits};
    array.count = array.shape[0] * array.shape[1];
    return npy_write(&array, s->args.logits, &s->err);
}

/* Finds out now, not after minutes, that a file cannot be written. */
static dp_status probe(const char *path, dp_error *err) {
    atomic_file file;
    dp_status status = atomic_open(&file, path, err);
    if (status == DP_OK) atomic_abandon(&file);
    return status;
}

static dp_status prepare(session *s) {
    arguments *a = &s->args;
    dp_status status = cli_images_open(&a->images, true, &s->model, &s->images, &s->err);
    if (status != DP_OK) return status;
    if (a->logits != NULL && s->model.classes == 0)
        return dp_fail(&s->err, DP_BAD_INPUT, "--logits %s: %s has no head", a->logits, s->model.name);
    if (a->logits != NULL) status = probe(a->logits, &s->err);
    if (status == DP_OK && a->masks != NULL) {
        status = atomic_open(&s->masks, a->masks, &s->err);
        if (status != DP_OK) s->masks.stream = NULL;
    }
    if (status == DP_OK) status = cli_json_open(&a->json, &s->err);
    if (status != DP_OK) return status;
    s->masks_ignored = a->dense && input_has_masks(&s->model);
    s->blocks = calloc((size_t)s->model.layer_count, sizeof *s->blocks);
    s->pixels = malloc(s->images.image_bytes);
    if (a->logits != NULL) s->logits = calloc((size_t)a->images.count * (size_t)s->model.classes, sizeof *s->logits);
    if (s->blocks == NULL || s->pixels == NULL || (a->logits != NULL && s->logits == NULL))
        return dp_fail(&s->err, DP_NO_MEMORY, "out of memory for %d images", a->images.count);
    return golden_create(&s->run, &s->model, (golden_options){.dense = a->dense}, &s->err);
}

static dp_status run(session *s) {
    const cli_images *images = &s->args.images;
    cli_json *json = &s->args.json;
    progress bar;
    progress_start(&bar, isatty(STDERR_FILENO) != 0);
    dp_status status = DP_OK;
    for (int i = images->first; i < images->first + images->count && !interrupt_seen() && status == DP_OK; i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "image %d of %d", s->done + 1, images->count);
        progress_show(&bar, (double)s->done / images->count, 0, text);
        image_get(&s->images, i, s->pixels);
        golden_compute(&s->run, s->pixels);
        int label = image_label(&s->images, i);
        add_image(s, label);
        if (s->masks.stream == NULL) continue;
        status = ref_masks_write(s->masks.stream, &s->run, s->pixels, i, s->masks_ignored ? -1 : label, &s->err);
    }
    progress_clear(&bar);
    if (status != DP_OK) return status;
    if (s->done > 0 && json->stream != stdout) print(s);
    if (s->done > 0 && json->stream != NULL) status = cli_json_close(json, write_json(s, json->stream), &s->err);
    if (status == DP_OK && s->logits != NULL && s->done > 0) status = write_logits(s);
    if (status == DP_OK && s->masks.stream != NULL && s->done > 0) {
        status = atomic_commit(&s->masks, &s->err);
        s->masks.stream = NULL;
    }
    if (status == DP_OK && interrupt_seen()) status = dp_fail(&s->err, DP_INTERRUPTED, "interrupted after %d images", s->done);
    return status;
}

int cli_ref(int argc, char **argv) {
    static const struct argp_child shared[] = {{&cli_images_parser, 0, NULL, 0}, {&cli_json_parser, 0, NULL, 0}, {0}};
    static const struct argp parser = {
        options, parse, "[MODEL]", "Runs images through the golden reference only: accuracy, and what each block keeps.",
        shared,  NULL,  NULL};
    session s = {.args = {.images = {.seed = 1}}};
    (void)argp_parse(&parser, argc, argv, 0, NULL, &s.args);
    interrupt_install();
    dp_status status = prepare(&s);
    if (status == DP_OK) status = run(&s);
    if (status != DP_OK) (void)cli_fail(status, &s.err);
    cli_json_abandon(&s.args.json);
    if (s.masks.stream != NULL) atomic_abandon(&s.masks);
    golden_free(&s.run);
    free(s.blocks);
    free(s.pixels);
    free(s.logits);
    if (s.images.pixels != NULL) image_close(&s.images);
    dp_model_free(&s.model);
    return (int)status;
}

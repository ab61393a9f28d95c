/* `dpacs ref`: the golden reference alone. What it keeps says what a network may gain before any hardware is simulated. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "atomic_file.h"
#include "cli.h"
#include "golden.h"
#include "input.h"
#include "interrupt.h"
#include "network.h"
#include "npy.h"
#include "option.h"
#include "progress.h"

enum { OPT_IMAGES = 256, OPT_FIRST, OPT_COUNT, OPT_DENSE, OPT_SEED, OPT_JSON, OPT_LOGITS };
enum { MAX_COUNT = 1000000 };

static const struct argp_option options[] = {
    {"images", OPT_IMAGES, "PATH", 0, "A directory with Fashion-MNIST or CIFAR-10, an idx or .npy file, `random` or `signed`", 0},
    {"first", OPT_FIRST, "I", 0, "Index of the first image (0)", 0},
    {"count", OPT_COUNT, "N", 0, "Images to run (all from the first one on)", 0},
    {"dense", OPT_DENSE, NULL, 0, "Ignore all masks", 0},
    {"seed", OPT_SEED, "S", 0, "Seed of random images (1)", 0},
    {"json", OPT_JSON, "FILE", 0, "Write the results as JSON; - is standard output", 0},
    {"logits", OPT_LOGITS, "FILE", 0, "Write the logits as .npy, int32 (N, classes)", 0},
    {0},
};

typedef struct {
    const char *model, *images, *json, *logits;
    int first, count;
    bool dense;
    uint64_t seed;
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
    int done, labelled, correct;
    atomic_file json;
    bool json_open;
    dp_error err;
} session;

static error_t parse(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case OPT_IMAGES: a->images = text; return 0;
    case OPT_FIRST: a->first = (int)option_int(state, "--first", text, 0, INT_MAX); return 0;
    case OPT_COUNT: a->count = (int)option_int(state, "--count", text, 1, MAX_COUNT); return 0;
    case OPT_DENSE: a->dense = true; return 0;
    case OPT_SEED: a->seed = (uint64_t)option_int(state, "--seed", text, 0, INT64_MAX); return 0;
    case OPT_JSON: a->json = text; return 0;
    case OPT_LOGITS: a->logits = text; return 0;
    case ARGP_KEY_ARG:
        if (a->model != NULL) argp_error(state, "%s: one MODEL is enough", text);
        a->model = text;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static bool is_block(const dp_layer *layer) { return layer->kind == DP_BASIC || layer->kind == DP_BOTTLENECK; }

static void add_image(session *s, int label) {
    for (int i = 0; i < s->model.layer_count; i++) {
        const golden_layer *g = &s->run.layers[i];
        if (!is_block(g->layer)) continue;
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
    if (label < 0 || s->run.logits == NULL) return;
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
        if (!is_block(&s->model.layers[i])) continue;
        (void)printf("%-10s %7.1f%% %7.1f%% %5.0f..%3.0f%% %7.1f%%\n", s->model.layers[i].name, 100 * mean(s, b),
                     100 * spread(s, b), 100 * b->low, 100 * b->high, 100 * (double)b->groups_kept / (double)b->groups);
    }
    (void)printf("\nimages     %d", s->done);
    if (s->labelled > 0)
        (void)printf(", %d of %d classified correctly (%.2f%%)", s->correct, s->labelled, 100.0 * s->correct / s->labelled);
    (void)printf("\n");
}

static json_t *blocks_json(const session *s) {
    json_t *blocks = json_array();
    for (int i = 0; blocks != NULL && i < s->model.layer_count; i++) {
        const share *b = &s->blocks[i];
        if (!is_block(&s->model.layers[i])) continue;
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
        return dp_fail(&s->err, DP_BAD_INPUT, "%s: cannot be written: %s", s->args.json, strerror(errno));
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
    dp_status status = network_open(&s->model, a->model, &s->err);
    if (status != DP_OK) return status;
    if (a->logits != NULL && s->model.classes == 0)
        return dp_fail(&s->err, DP_BAD_INPUT, "--logits %s: %s has no head", a->logits, s->model.name);
    status = input_images(&s->images, a->images, &s->model, a->seed, a->first, a->count, &s->err);
    if (status != DP_OK) return status;
    if (a->count == 0) a->count = image_count(&s->images) - a->first;
    if (a->logits != NULL) status = probe(a->logits, &s->err);
    if (status == DP_OK && a->json != NULL && strcmp(a->json, "-") != 0) {
        status = atomic_open(&s->json, a->json, &s->err);
        s->json_open = status == DP_OK;
    }
    if (status != DP_OK) return status;
    s->blocks = calloc((size_t)s->model.layer_count, sizeof *s->blocks);
    s->pixels = malloc(s->images.image_bytes);
    if (a->logits != NULL) s->logits = calloc((size_t)a->count * (size_t)s->model.classes, sizeof *s->logits);
    if (s->blocks == NULL || s->pixels == NULL || (a->logits != NULL && s->logits == NULL))
        return dp_fail(&s->err, DP_NO_MEMORY, "out of memory for %d images", a->count);
    return golden_create(&s->run, &s->model, (golden_options){.dense = a->dense}, &s->err);
}

static dp_status run(session *s) {
    progress bar;
    progress_start(&bar, isatty(STDERR_FILENO) != 0);
    for (int i = s->args.first; i < s->args.first + s->args.count && !interrupt_seen(); i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "image %d of %d", s->done + 1, s->args.count);
        progress_show(&bar, (double)s->done / s->args.count, 0, text);
        image_get(&s->images, i, s->pixels);
        golden_compute(&s->run, s->pixels);
        add_image(s, image_label(&s->images, i));
    }
    progress_clear(&bar);
    bool to_stdout = s->args.json != NULL && !s->json_open;
    dp_status status = DP_OK;
    if (s->done > 0 && !to_stdout) print(s);
    if (s->done > 0 && to_stdout) status = write_json(s, stdout);
    if (s->done > 0 && s->json_open) {
        status = write_json(s, s->json.stream);
        s->json_open = status != DP_OK;
        if (status == DP_OK) status = atomic_commit(&s->json, &s->err);
    }
    if (status == DP_OK && s->logits != NULL && s->done > 0) status = write_logits(s);
    if (status == DP_OK && interrupt_seen()) status = dp_fail(&s->err, DP_INTERRUPTED, "interrupted after %d images", s->done);
    return status;
}

int cli_ref(int argc, char **argv) {
    static const struct argp parser = {
        options, parse, "[MODEL]", "Runs images through the golden reference only: accuracy, and what each block keeps.",
        NULL,    NULL,  NULL};
    session s = {.args = {.seed = 1}};
    (void)argp_parse(&parser, argc, argv, 0, NULL, &s.args);
    interrupt_install();
    dp_status status = prepare(&s);
    if (status == DP_OK) status = run(&s);
    if (status != DP_OK) (void)cli_fail(status, &s.err);
    if (s.json_open) atomic_abandon(&s.json);
    golden_free(&s.run);
    free(s.blocks);
    free(s.pixels);
    free(s.logits);
    if (s.images.pixels != NULL) image_close(&s.images);
    dp_model_free(&s.model);
    return (int)status;
}

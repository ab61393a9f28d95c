/* `dpacs model`: what a run would take. The golden reference says what the masks keep; no hardware build is needed. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "atomic_file.h"
#include "axi_mem.h"
#include "build_choice.h"
#include "cli.h"
#include "geometries.h"
#include "input.h"
#include "interrupt.h"
#include "network.h"
#include "option.h"
#include "progress.h"
#include "schedule.h"
#include "sim.h"

enum {
    OPT_IMAGES = 256,
    OPT_FIRST,
    OPT_COUNT,
    OPT_ARCH,
    OPT_SCHEDULE,
    OPT_BUILD,
    OPT_DENSE,
    OPT_SEED,
    OPT_LATENCY,
    OPT_BANDWIDTH,
    OPT_JSON
};
enum { MAX_COUNT = 1000000, MAX_LATENCY = 10000 };

static const struct argp_option options[] = {
    {"images", OPT_IMAGES, "PATH", 0, "A directory with Fashion-MNIST or CIFAR-10, an idx or .npy file, `random` or `signed`", 0},
    {"first", OPT_FIRST, "I", 0, "Index of the first image (0)", 0},
    {"count", OPT_COUNT, "N", 0, "Images to run (10; 1 for inputs larger than 64x64)", 0},
    {"arch", OPT_ARCH, "parallel|serial", 0, "Variation of the PE array (serial)", 0},
    {"schedule", OPT_SCHEDULE, "gang|chain|auto", 0,
     "Schedule of the blocks (gang); chain: of those that fit; auto: whichever is faster", 0},
    {"build", OPT_BUILD, "NAME", 0, "A build of builds.mk (the smallest that fits); it need not be made", 0},
    {"dense", OPT_DENSE, NULL, 0, "The baseline: the same hardware without pruning, all masks ignored", 0},
    {"seed", OPT_SEED, "S", 0, "Seed of random images (1)", 0},
    {"latency", OPT_LATENCY, "N", 0, "Cycles of memory latency (80)", 0},
    {"bandwidth", OPT_BANDWIDTH, "N", 0, "Bytes a cycle that the memory sustains, 1 to 64 (48)", 0},
    {"json", OPT_JSON, "FILE", 0, "Write the results as JSON; - is standard output", 0},
    {0},
};

typedef struct {
    const char *model, *images, *arch, *build, *json;
    int first, count;
    bool dense;
    plan_schedule schedule;
    uint64_t seed;
    cycle_memory_options memory;
} arguments;

typedef struct {
    arguments args;
    dp_model model;
    image_set images;
    int8_t *pixels;
    char build[DUT_NAME_SIZE];
    dut_geometry geometry;
    plan plan;
    golden_run golden[2]; /* of image i % 2 */
    int goldens;
    cycle_model *cycles;
    results results;
    atomic_file json;
    bool have_plan, json_open;
    dp_error err;
} session;

static error_t parse(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case OPT_IMAGES: a->images = text; return 0;
    case OPT_FIRST: a->first = (int)option_int(state, "--first", text, 0, INT_MAX); return 0;
    case OPT_COUNT: a->count = (int)option_int(state, "--count", text, 1, MAX_COUNT); return 0;
    case OPT_ARCH: a->arch = option_choice(state, "--arch", text, "parallel|serial") == 0 ? "parallel" : "serial"; return 0;
    case OPT_SCHEDULE: a->schedule = (plan_schedule)option_choice(state, "--schedule", text, "gang|chain|auto"); return 0;
    case OPT_BUILD: a->build = text; return 0;
    case OPT_DENSE: a->dense = true; return 0;
    case OPT_SEED: a->seed = (uint64_t)option_int(state, "--seed", text, 0, INT64_MAX); return 0;
    case OPT_LATENCY: a->memory.latency = (int)option_int(state, "--latency", text, 1, MAX_LATENCY); return 0;
    case OPT_BANDWIDTH: a->memory.bandwidth = (int)option_int(state, "--bandwidth", text, 1, DUT_BEAT); return 0;
    case OPT_JSON: a->json = text; return 0;
    case ARGP_KEY_ARG:
        if (a->model != NULL) argp_error(state, "%s: one MODEL is enough", text);
        a->model = text;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* The plan for a build, if there is one of that name. */
static dp_status try_build(session *s, const char *base) {
    bool dense = s->args.dense && strstr(base, "-dense") == NULL;
    if (strlen(base) + sizeof "-dense" > sizeof s->build)
        return dp_fail(&s->err, DP_BAD_INPUT, "--build %s: not in builds.mk", base);
    (void)snprintf(s->build, sizeof s->build, "%s%s", base, dense ? "-dense" : "");
    if (!geometry_find(s->build, &s->geometry)) return dp_fail(&s->err, DP_BAD_INPUT, "--build %s: not in builds.mk", base);
    plan_geometry geometry = build_geometry(&s->geometry);
    plan_options plan = {.dense = !s->geometry.prune, .schedule = s->args.schedule};
    return schedule_plan(&s->plan, &s->model, &geometry, plan, &s->args.memory, s->images.pixels, &s->err);
}

/* The build that `dpacs sim` takes where all of them are made. */
static dp_status choose_build(session *s) {
    const arguments *a = &s->args;
    dp_status status = DP_BAD_INPUT;
    if (a->build != NULL) {
        status = try_build(s, a->build);
        if (status == DP_OK && a->arch != NULL && s->geometry.parallel != (strcmp(a->arch, "parallel") == 0))
            status = dp_fail(&s->err, DP_BAD_INPUT, "--arch %s contradicts --build %s", a->arch, a->build);
        return status;
    }
    char base[DUT_NAME_SIZE];
    for (int i = 0; status == DP_BAD_INPUT && build_candidate(i, &s->model, a->arch, false, base); i++)
        status = try_build(s, base);
    return status;
}

static dp_status prepare(session *s) {
    arguments *a = &s->args;
    dp_status status = network_open(&s->model, a->model, &s->err);
    if (status != DP_OK) return status;
    if (a->count == 0) a->count = input_count(&s->model);
    status = input_images(&s->images, a->images, &s->model, a->seed, a->first, a->count, &s->err);
    if (status == DP_OK) status = choose_build(s);
    if (status != DP_OK) return status;
    s->have_plan = true;
    if (a->json != NULL && strcmp(a->json, "-") != 0) {
        status = atomic_open(&s->json, a->json, &s->err);
        s->json_open = status == DP_OK;
    }
    if (status == DP_OK) status = results_create(&s->results, &s->plan, &s->geometry, a->memory.bandwidth, &s->err);
    if (status == DP_OK) status = cycle_model_create(&s->cycles, &s->plan, &a->memory, &s->err);
    for (; s->goldens < 2 && status == DP_OK; s->goldens += status == DP_OK)
        status = golden_create(&s->golden[s->goldens], &s->model, (golden_options){.dense = s->plan.dense}, &s->err);
    if (status != DP_OK) return status;
    s->pixels = malloc(s->images.image_bytes);
    return s->pixels != NULL ? DP_OK : dp_fail(&s->err, DP_NO_MEMORY, "out of memory for an image");
}

static const golden_run *compute(session *s, int i) {
    if (i == s->args.count) return NULL;
    image_get(&s->images, s->args.first + i, s->pixels);
    golden_compute(&s->golden[i % 2], s->pixels);
    return &s->golden[i % 2];
}

static dp_status run(session *s) {
    const arguments *a = &s->args;
    dp_status status = DP_OK;
    const golden_run *now = compute(s, 0);
    for (int i = 0; i < a->count && status == DP_OK; i++) {
        const golden_run *next = compute(s, i + 1);
        double began = progress_now();
        status = cycle_model_image(s->cycles, now, next, &s->err);
        s->results.seconds += progress_now() - began;
        results_add_image(&s->results, &s->plan, now, NULL, -1);
        if (status == DP_OK && interrupt_seen()) status = dp_fail(&s->err, DP_INTERRUPTED, "interrupted after %d images", i + 1);
        now = next;
    }
    if (status != DP_OK) return status;
    results_predict(&s->results, s->cycles);
    bool to_stdout = a->json != NULL && !s->json_open;
    if (!to_stdout) results_print_prediction(&s->results, stdout);
    if (to_stdout) return results_write_json(&s->results, stdout, &s->err);
    if (!s->json_open) return DP_OK;
    status = results_write_json(&s->results, s->json.stream, &s->err);
    s->json_open = status != DP_OK;
    return status == DP_OK ? atomic_commit(&s->json, &s->err) : status;
}

int cli_model(int argc, char **argv) {
    static const struct argp parser = {
        options, parse, "[MODEL]", "Predicts the cycles of every layer from shapes and masks, without the RTL (docs/model.md).",
        NULL,    NULL,  NULL};
    axi_mem_options usual = axi_mem_defaults();
    session s = {.args = {.seed = 1, .memory = {usual.latency, usual.bandwidth, usual.reads}}};
    (void)argp_parse(&parser, argc, argv, 0, NULL, &s.args);
    interrupt_install();
    dp_status status = prepare(&s);
    if (status == DP_OK) status = run(&s);
    if (status != DP_OK) (void)cli_fail(status, &s.err);
    if (s.json_open) atomic_abandon(&s.json);
    cycle_model_destroy(s.cycles);
    results_free(&s.results);
    for (int i = 0; i < s.goldens; i++) golden_free(&s.golden[i]);
    if (s.have_plan) plan_free(&s.plan);
    if (s.images.pixels != NULL) image_close(&s.images);
    free(s.pixels);
    dp_model_free(&s.model);
    return (int)status;
}

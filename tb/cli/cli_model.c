/* `dpacs model`: what a run would take. The golden reference says what the masks keep; no hardware build is needed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "axi_mem.h"
#include "cli.h"
#include "cli_common.h"
#include "geometries.h"
#include "interrupt.h"
#include "progress.h"
#include "schedule.h"
#include "sim.h"

typedef struct {
    cli_images images;
    build_choice build;
    cli_memory memory;
    cli_json json;
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
    cycle_memory_options memory;
    results results;
    dp_error err;
} session;

static error_t parse(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    (void)text;
    if (key != ARGP_KEY_INIT) return ARGP_ERR_UNKNOWN;
    state->child_inputs[0] = &a->images;
    state->child_inputs[1] = &a->build;
    state->child_inputs[2] = &a->memory;
    state->child_inputs[3] = &a->json;
    return 0;
}

/* The plan for a build, if there is one of that name. */
static dp_status try_build(session *s, const char *base) {
    bool dense = s->args.build.dense && strstr(base, "-dense") == NULL;
    if (strlen(base) + sizeof "-dense" > sizeof s->build)
        return dp_fail(&s->err, DP_BAD_INPUT, "--build %s: not in builds.mk", base);
    (void)snprintf(s->build, sizeof s->build, "%s%s", base, dense ? "-dense" : "");
    if (!geometry_find(s->build, &s->geometry)) return dp_fail(&s->err, DP_BAD_INPUT, "--build %s: not in builds.mk", base);
    plan_geometry geometry = build_geometry(&s->geometry);
    plan_options plan = {.dense = !s->geometry.prune, .schedule = s->args.build.schedule};
    return schedule_plan(&s->plan, &s->model, &geometry, plan, &s->memory, s->images.pixels, &s->err);
}

/* The build that `dpacs sim` takes where all of them are made. */
static dp_status choose_build(session *s) {
    const build_choice *a = &s->args.build;
    dp_status status = DP_BAD_INPUT;
    if (a->name != NULL) {
        status = try_build(s, a->name);
        if (status == DP_OK && a->arch != NULL && s->geometry.parallel != (strcmp(a->arch, "parallel") == 0))
            status = dp_fail(&s->err, DP_BAD_INPUT, "--arch %s contradicts --build %s", a->arch, a->name);
        return status;
    }
    char base[DUT_NAME_SIZE];
    for (int i = 0; status == DP_BAD_INPUT && build_candidate(i, &s->model, a->arch, false, base); i++)
        status = try_build(s, base);
    return status;
}

static dp_status prepare(session *s) {
    arguments *a = &s->args;
    s->memory = (cycle_memory_options){a->memory.latency, a->memory.bandwidth, axi_mem_defaults().reads};
    dp_status status = cli_images_open(&a->images, false, &s->model, &s->images, &s->err);
    if (status == DP_OK) status = choose_build(s);
    if (status == DP_OK) status = cli_json_open(&a->json, &s->err);
    if (status == DP_OK) status = results_create(&s->results, &s->plan, &s->geometry, a->memory.bandwidth, &s->err);
    if (status == DP_OK) status = cycle_model_create(&s->cycles, &s->plan, &s->memory, &s->err);
    for (; s->goldens < 2 && status == DP_OK; s->goldens += status == DP_OK)
        status = golden_create(&s->golden[s->goldens], &s->model, (golden_options){.dense = s->plan.dense}, &s->err);
    if (status != DP_OK) return status;
    s->pixels = malloc(s->images.image_bytes);
    return s->pixels != NULL ? DP_OK : dp_fail(&s->err, DP_NO_MEMORY, "out of memory for an image");
}

static const golden_run *compute(session *s, int i) {
    if (i == s->args.images.count) return NULL;
    image_get(&s->images, s->args.images.first + i, s->pixels);
    golden_compute(&s->golden[i % 2], s->pixels);
    return &s->golden[i % 2];
}

static dp_status run(session *s) {
    cli_json *json = &s->args.json;
    dp_status status = DP_OK;
    const golden_run *now = compute(s, 0);
    for (int i = 0; i < s->args.images.count && status == DP_OK; i++) {
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
    if (json->stream != stdout) results_print_prediction(&s->results, stdout);
    if (json->stream == NULL) return DP_OK;
    return cli_json_close(json, results_write_json(&s->results, json->stream, &s->err), &s->err);
}

int cli_model(int argc, char **argv) {
    static const struct argp_child shared[] = {{&cli_images_parser, 0, NULL, 0},
                                               {&cli_build_parser, 0, NULL, 0},
                                               {&cli_memory_parser, 0, NULL, 0},
                                               {&cli_json_parser, 0, NULL, 0},
                                               {0}};
    static const struct argp parser = {NULL,
                                       parse,
                                       "[MODEL]",
                                       "Predicts the cycles of every layer from shapes and masks, without the RTL "
                                       "(docs/model.md). The build need not be made.",
                                       shared,
                                       NULL,
                                       NULL};
    session s = {.args = {.images = {.seed = 1}, .memory = cli_memory_defaults()}};
    (void)argp_parse(&parser, argc, argv, 0, NULL, &s.args);
    interrupt_install();
    dp_status status = prepare(&s);
    if (status == DP_OK) status = run(&s);
    if (status != DP_OK) (void)cli_fail(status, &s.err);
    cli_json_abandon(&s.args.json);
    cycle_model_destroy(s.cycles);
    results_free(&s.results);
    for (int i = 0; i < s.goldens; i++) golden_free(&s.golden[i]);
    plan_free(&s.plan);
    if (s.images.pixels != NULL) image_close(&s.images);
    free(s.pixels);
    dp_model_free(&s.model);
    return (int)status;
}

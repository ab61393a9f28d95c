/* `dpacs model`: what a run would take. The golden reference says what the masks keep; no hardware build is needed. */
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "cli_common.h"
#include "cli_planned.h"
#include "interrupt.h"
#include "progress.h"
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
    cli_planned planned;
    golden_run golden[2]; /* of image i % 2 */
    int goldens;
    cycle_model *cycles;
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

static dp_status prepare(session *s) {
    arguments *a = &s->args;
    dp_status status = cli_images_open(&a->images, false, &s->model, &s->images, &s->err);
    if (status == DP_OK) status = cli_plan_choose(&s->planned, &a->build, &s->model, s->images.pixels, &a->memory, &s->err);
    if (status == DP_OK) status = cli_json_open(&a->json, &s->err);
    if (status == DP_OK)
        status = results_create(&s->results, &s->planned.plan, &s->planned.geometry, s->planned.memory.bandwidth, &s->err);
    if (status == DP_OK) status = cycle_model_create(&s->cycles, &s->planned.plan, &s->planned.memory, &s->err);
    for (; s->goldens < 2 && status == DP_OK; s->goldens += status == DP_OK)
        status = golden_create(&s->golden[s->goldens], &s->model, (golden_options){.dense = s->planned.plan.dense}, &s->err);
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
        results_add_image(&s->results, &s->planned.plan, now, NULL, -1);
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
    plan_free(&s.planned.plan);
    if (s.images.pixels != NULL) image_close(&s.images);
    free(s.pixels);
    dp_model_free(&s.model);
    return (int)status;
}

/* `dpacs shrink`: a failure bundle becomes the smallest case that still fails. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "atomic_file.h"
#include "cli.h"
#include "cli_common.h"
#include "failure_case.h"
#include "input.h"
#include "interrupt.h"
#include "network.h"
#include "paths.h"
#include "shrink.h"

enum { HANG_CYCLES = 3000 };

typedef struct {
    const char *directory, *out, *build;
} arguments;

static const struct argp_option option_list[] = {
    {"output", 'o', "DIR", 0, "Where the case goes (DIR/shrunk)", 0},
    {"build", 'b', "NAME", 0, "Another hardware build than the one that failed", 0},
    {0},
};

static error_t parse(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case 'o': a->out = text; return 0;
    case 'b': a->build = text; return 0;
    case ARGP_KEY_ARG:
        if (a->directory != NULL) argp_error(state, "%s: one DIR is enough", text);
        a->directory = text;
        return 0;
    case ARGP_KEY_END:
        if (a->directory == NULL) argp_error(state, "DIR is missing: a failure's directory, such as build/failures/last");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

typedef struct {
    arguments args;
    failure_case failure;
    image_set images;
    golden_run golden[SHRINK_IMAGES];
    int8_t *pixels[SHRINK_IMAGES];
    shrink_source source;
    shrink_options options;
    shrink_part *part;
    char build[DUT_NAME_SIZE], out[PATH_MAX];
    dp_error err;
} session;

static int run_int(const session *s, const char *key) {
    return (int)json_integer_value(json_object_get(json_object_get(s->failure.json, "run"), key));
}

/* The failing image and the one before it, as the run had them. */
static dp_status open_source(session *s) {
    const failure_case *f = &s->failure;
    const json_t *run = json_object_get(f->json, "run");
    int first = run_int(s, "first"), count = f->image > first ? SHRINK_IMAGES : 1;
    uint64_t seed = (uint64_t)json_integer_value(json_object_get(run, "seed"));
    if (f->image < 0) return dp_fail(&s->err, DP_BAD_INPUT, "%s: the failure belongs to no image", f->directory);
    dp_status status = input_images(&s->images, json_string_value(json_object_get(run, "images")), &f->model, seed,
                                    f->image - count + 1, count, &s->err);
    if (status != DP_OK) return status;
    s->source = (shrink_source){.model = &f->model, .images = count};
    for (int i = 0; i < count && status == DP_OK; i++) {
        status = golden_create(&s->golden[i], &f->model, (golden_options){.dense = f->options.dense}, &s->err);
        s->pixels[i] = malloc(s->images.image_bytes + 1);
        if (status == DP_OK && s->pixels[i] == NULL) status = dp_fail(&s->err, DP_NO_MEMORY, "out of memory");
        if (status != DP_OK) break;
        image_get(&s->images, f->image - count + 1 + i, s->pixels[i]);
        if (i == count - 1 && memcmp(s->pixels[i], f->pixels.data, s->images.image_bytes) != 0)
            return dp_fail(&s->err, DP_BAD_INPUT, "%s: image %d is not the one that failed", f->directory, f->image);
        golden_compute(&s->golden[i], s->pixels[i]);
        s->source.golden[i] = &s->golden[i];
        s->source.pixels[i] = s->pixels[i];
    }
    return status;
}

static dp_status open_options(session *s) {
    const json_t *run = json_object_get(s->failure.json, "run");
    const dut_api *api;
    const char *name = s->args.build != NULL ? s->args.build : json_string_value(json_object_get(run, "build"));
    if (json_string_length(json_object_get(run, "fault")) > 0)
        return dp_fail(&s->err, DP_BAD_INPUT, "%s: that failure was made by --fault; there is nothing to look for",
                       s->failure.directory);
    (void)snprintf(s->build, sizeof s->build, "%s", name != NULL ? name : "");
    dp_status status = dut_load(s->build, &api, &s->err);
    if (status != DP_OK) return status;
    s->options = (shrink_options){.sim = sim_defaults(api), .log = stdout};
    s->options.sim.plan = s->failure.options;
    s->options.sim.bench.memory.stall = run_int(s, "stall");
    s->options.sim.bench.memory.disorder = run_int(s, "stall");
    s->options.sim.bench.memory.latency = run_int(s, "latency");
    s->options.sim.bench.memory.bandwidth = run_int(s, "bandwidth");
    s->options.sim.bench.memory.base = (uint64_t)json_integer_value(json_object_get(run, "base"));
    s->options.sim.bench.memory.seed = s->options.sim.bench.seed = (uint64_t)json_integer_value(json_object_get(run, "seed"));
    s->options.sim.bench.hang_cycles = HANG_CYCLES;
    return DP_OK;
}

static dp_status write_command(session *s, int images) {
    char path[PATH_MAX + 16], plain[PATH_MAX], program[2 * PATH_MAX];
    atomic_file file;
    if (!path_program(plain) || !path_quote(program, sizeof program, plain))
        (void)snprintf(program, sizeof program, "build/dpacs");
    const bench_options *b = &s->options.sim.bench;
    (void)snprintf(path, sizeof path, "%s/repro.sh", s->out);
    dp_status status = atomic_open(&file, path, &s->err);
    if (status != DP_OK) return status;
    (void)fprintf(file.stream,
                  "#!/bin/sh\n# The smallest case that fails; more options may follow.\nhere=$(dirname \"$0\")\n"
                  "exec %s sim \"$here/case.dpm\" --build %s --schedule %s --images \"$here/images.npy\" --count %d "
                  "--seed %" PRIu64 " --stall %d --latency %d --bandwidth %d --base %" PRIu64 " --no-baseline \"$@\"\n",
                  program, s->build, plan_schedule_name(s->options.sim.plan.schedule), images, b->seed, b->memory.stall,
                  b->memory.latency, b->memory.bandwidth, b->memory.base);
    status = atomic_commit(&file, &s->err);
    if (status == DP_OK && chmod(path, 0755) != 0) return dp_fail(&s->err, DP_BAD_INPUT, "%s: %s", path, strerror(errno));
    return status;
}

static dp_status write_case(session *s) {
    char path[PATH_MAX + 16];
    dp_model model;
    image_set images;
    dp_status status = shrink_cut(&s->source, s->part, &model, &images, &s->err);
    if (status != DP_OK) return status;
    npy_array pixels = {.type = NPY_INT8,
                        .rank = 4,
                        .shape = {(size_t)images.count, (size_t)model.in_h, (size_t)model.in_w, (size_t)model.in_c},
                        .count = (size_t)images.count * images.image_bytes,
                        .data = images.pixels};
    if (mkdir(s->out, 0777) != 0 && errno != EEXIST)
        status = dp_fail(&s->err, DP_BAD_INPUT, "%s: cannot be made: %s", s->out, strerror(errno));
    (void)snprintf(path, sizeof path, "%s/case.dpm", s->out);
    if (status == DP_OK) status = dp_model_save(&model, path, &s->err);
    (void)snprintf(path, sizeof path, "%s/images.npy", s->out);
    if (status == DP_OK) status = npy_write(&pixels, path, &s->err);
    if (status == DP_OK) status = write_command(s, images.count);
    if (status == DP_OK)
        (void)printf("%s: %d layer%s, %dx%dx%d, %d image%s, found in %d runs\n", s->out, model.layer_count,
                     model.layer_count > 1 ? "s" : "", model.in_h, model.in_w, model.in_c, images.count,
                     images.count > 1 ? "s" : "", s->options.runs);
    free(images.pixels);
    dp_model_free(&model);
    return status;
}

static dp_status shrink(session *s) {
    const char *out = s->args.out;
    int length = out != NULL ? snprintf(s->out, sizeof s->out, "%s", out)
                             : snprintf(s->out, sizeof s->out, "%s/shrunk", s->args.directory);
    if (length >= (int)sizeof s->out) return dp_fail(&s->err, DP_BAD_INPUT, "too long a name");
    dp_status status = failure_case_open(&s->failure, s->args.directory, network_open, &s->err);
    if (status == DP_OK) status = open_options(s);
    if (status == DP_OK) status = open_source(s);
    s->part = malloc(sizeof *s->part);
    if (status == DP_OK && s->part == NULL) status = dp_fail(&s->err, DP_NO_MEMORY, "out of memory");
    if (status == DP_OK) status = shrink_search(&s->source, s->failure.layer, &s->options, s->part, &s->err);
    return status == DP_OK ? write_case(s) : status;
}

int cli_shrink(int argc, char **argv) {
    static const struct argp parser = {
        option_list, parse, "DIR", "Reduces a failing run to the smallest layers, map, channels and masks that still fail.",
        NULL,        NULL,  NULL};
    session *s = calloc(1, sizeof *s);
    if (s == NULL) return DP_NO_MEMORY;
    (void)argp_parse(&parser, argc, argv, 0, NULL, &s->args);
    interrupt_install();
    dp_status status = shrink(s);
    if (status != DP_OK) (void)cli_fail(status, &s->err);
    for (int i = 0; i < SHRINK_IMAGES; i++) {
        if (s->golden[i].arena != NULL) golden_free(&s->golden[i]);
        free(s->pixels[i]);
    }
    free(s->part);
    if (s->images.pixels != NULL) image_close(&s->images);
    if (s->failure.directory != NULL) failure_case_close(&s->failure);
    free(s);
    return (int)status;
}

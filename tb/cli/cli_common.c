#define _DEFAULT_SOURCE
#include "cli_common.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "axi_mem.h"
#include "input.h"
#include "network.h"
#include "option.h"

int cli_fail(dp_status status, const dp_error *err) {
    (void)fprintf(stderr, "dpacs: %s\n", err->text);
    return (int)status;
}

enum { MAX_COUNT = 1000000, MAX_LATENCY = 10000 };
enum { IMAGES = 256, FIRST, COUNT, SEED, ARCH, SCHEDULE, BUILD, DENSE, LATENCY, BANDWIDTH, JSON };

static const struct argp_option image_options[] = {
    {"images", IMAGES, "PATH", 0, "A directory with Fashion-MNIST or CIFAR-10, an idx or .npy file, `random` or `signed`", 0},
    {"first", FIRST, "I", 0, "Index of the first image (0)", 0},
    {"count", COUNT, "N", 0,
     "Images to run (10, or all of fewer; 1 for inputs larger than 64x64; `dpacs ref`: all from the first one on)", 0},
    {"seed", SEED, "S", 0, "Seed of random images, and of random stalls and unknowns where hardware runs (1)", 0},
    {0},
};

static error_t parse_images(int key, char *text, struct argp_state *state) {
    cli_images *a = state->input;
    switch (key) {
    case IMAGES: a->path = text; return 0;
    case FIRST: a->first = (int)option_int(state, "--first", text, 0, INT_MAX); return 0;
    case COUNT: a->count = (int)option_int(state, "--count", text, 1, MAX_COUNT); return 0;
    case SEED: a->seed = (uint64_t)option_int(state, "--seed", text, 0, INT64_MAX); return 0;
    case ARGP_KEY_ARG:
        if (a->model != NULL) argp_error(state, "%s: one MODEL is enough", text);
        a->model = text;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp cli_images_parser = {image_options, parse_images, NULL, NULL, NULL, NULL, NULL};

dp_status cli_images_open(cli_images *options, bool all, dp_model *model, image_set *images, dp_error *err) {
    dp_status status = network_open(model, options->model, err);
    if (status != DP_OK) return status;
    if (!all) return input_run_images(images, options->path, model, options->seed, options->first, &options->count, err);
    status = input_images(images, options->path, model, options->seed, options->first, options->count, err);
    if (status == DP_OK && options->count == 0) options->count = image_count(images) - options->first;
    return status;
}

static const struct argp_option build_options[] = {
    {"arch", ARCH, "parallel|serial", 0, "Variation of the PE array (serial)", 0},
    {"schedule", SCHEDULE, "gang|chain|auto", 0,
     "Schedule of the blocks (gang); chain: of those that fit; auto: whichever the cycle model says is faster", 0},
    {"build", BUILD, "NAME", 0, "Hardware build of builds.mk (the smallest that fits; `dpacs builds` lists those that are made)",
     0},
    {"dense", DENSE, NULL, 0, "The baseline: the same hardware without pruning, all masks ignored", 0},
    {0},
};

static error_t parse_build(int key, char *text, struct argp_state *state) {
    build_choice *a = state->input;
    switch (key) {
    case ARCH: a->arch = option_choice(state, "--arch", text, "parallel|serial") == 0 ? "parallel" : "serial"; return 0;
    case SCHEDULE: a->schedule = (plan_schedule)option_choice(state, "--schedule", text, "gang|chain|auto"); return 0;
    case BUILD: a->name = text; return 0;
    case DENSE: a->dense = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp cli_build_parser = {build_options, parse_build, NULL, NULL, NULL, NULL, NULL};

cli_memory cli_memory_defaults(void) { return (cli_memory){.latency = axi_mem_defaults().latency}; }

static const struct argp_option memory_options[] = {
    {"latency", LATENCY, "N", 0, "Cycles of memory latency (80)", 0},
    {"bandwidth", BANDWIDTH, "N", 0, "Bytes a cycle that the memory sustains, 1 to 64 (48; 16 for each port of a board's)", 0},
    {0},
};

static error_t parse_memory(int key, char *text, struct argp_state *state) {
    cli_memory *a = state->input;
    switch (key) {
    case LATENCY: a->latency = (int)option_int(state, "--latency", text, 1, MAX_LATENCY); return 0;
    case BANDWIDTH: a->bandwidth = (int)option_int(state, "--bandwidth", text, 1, DUT_BEAT); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp cli_memory_parser = {memory_options, parse_memory, NULL, NULL, NULL, NULL, NULL};

static const struct argp_option json_options[] = {
    {"json", JSON, "FILE", 0, "Write the results as JSON; - is standard output", 0},
    {0},
};

static error_t parse_json(int key, char *text, struct argp_state *state) {
    cli_json *json = state->input;
    if (key != JSON) return ARGP_ERR_UNKNOWN;
    json->path = text;
    return 0;
}

const struct argp cli_json_parser = {json_options, parse_json, NULL, NULL, NULL, NULL, NULL};

static bool is_file(const cli_json *json) { return json->stream != NULL && strcmp(json->path, "-") != 0; }

dp_status cli_json_open(cli_json *json, dp_error *err) {
    if (json->path == NULL) return DP_OK;
    json->stream = stdout;
    if (!is_file(json)) return DP_OK;
    dp_status status = atomic_open(&json->file, json->path, err);
    json->stream = status == DP_OK ? json->file.stream : NULL;
    return status;
}

dp_status cli_json_take_stdout(cli_json *json, dp_error *err) {
    if (json->stream != stdout) return DP_OK;
    int out = dup(STDOUT_FILENO);
    json->stream = out >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 ? fdopen(out, "w") : NULL;
    return json->stream != NULL ? DP_OK : dp_fail(err, DP_BAD_INPUT, "standard output cannot be written: %s", strerror(errno));
}

dp_status cli_json_close(cli_json *json, dp_status written, dp_error *err) {
    bool file = is_file(json);
    FILE *stream = json->stream;
    if (file && written != DP_OK) atomic_abandon(&json->file);
    json->stream = NULL;
    if (file) return written == DP_OK ? atomic_commit(&json->file, err) : written;
    int failed = stream == stdout ? fflush(stream) : fclose(stream);
    if (failed == 0 || written != DP_OK) return written;
    return dp_fail(err, DP_BAD_INPUT, "standard output cannot be written: %s", strerror(errno));
}

void cli_json_abandon(cli_json *json) {
    if (is_file(json)) atomic_abandon(&json->file);
    if (json->stream != NULL && !is_file(json) && json->stream != stdout) (void)fclose(json->stream);
    json->stream = NULL;
}

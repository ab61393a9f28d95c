/* `dpacs sim`: everything that can be wrong with the command line is found before the first cycle. */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "atomic_file.h"
#include "build_choice.h"
#include "cli.h"
#include "cli_fault.h"
#include "cli_wave.h"
#include "input.h"
#include "interrupt.h"
#include "network.h"
#include "option.h"
#include "sim.h"

enum { PAGE = 4096, MAX_COUNT = 1000000, MAX_STALL = 95, MAX_LATENCY = 10000 };
enum {
    OPT_IMAGES = 256,
    OPT_FIRST,
    OPT_COUNT,
    OPT_ARCH,
    OPT_SCHEDULE,
    OPT_BUILD,
    OPT_DENSE,
    OPT_SEED,
    OPT_STALL,
    OPT_WAVE,
    OPT_WAVE_FROM,
    OPT_WAVE_TO,
    OPT_WAVE_LAYER,
    OPT_WAVE_DEPTH,
    OPT_NO_SNAPSHOTS,
    OPT_BUNDLE,
    OPT_JSON,
    OPT_TIMELINE,
    OPT_COVERAGE,
    OPT_CAUSES,
    OPT_LATENCY,
    OPT_BANDWIDTH,
    OPT_BASE,
    OPT_HANG,
    OPT_NO_BASELINE,
    OPT_FAILURES,
    OPT_FAULT
};

static const struct argp_option options[] = {
    {"images", OPT_IMAGES, "PATH", 0, "A directory with Fashion-MNIST or CIFAR-10, an idx or .npy file, `random` or `signed`", 0},
    {"first", OPT_FIRST, "I", 0, "Index of the first image (0)", 0},
    {"count", OPT_COUNT, "N", 0, "Images to run (10; 1 for inputs larger than 64x64)", 0},
    {"arch", OPT_ARCH, "parallel|serial", 0, "Variation of the PE array (serial)", 0},
    {"schedule", OPT_SCHEDULE, "gang|chain|auto", 0,
     "Schedule of the blocks (gang); chain: of those that fit; auto: whichever the cycle model says is faster", 0},
    {"build", OPT_BUILD, "NAME", 0, "Hardware build (the smallest that fits; `dpacs builds` lists them)", 0},
    {"dense", OPT_DENSE, NULL, 0, "The baseline: the same hardware without pruning, all masks ignored", 0},
    {"seed", OPT_SEED, "S", 0, "Seed of random stalls, unknowns and random images (1)", 0},
    {"stall", OPT_STALL, "P", 0, "Extra stalls: percent of cycles in which a channel waits (0)", 0},
    {"latency", OPT_LATENCY, "N", 0, "Cycles of memory latency (80)", 0},
    {"bandwidth", OPT_BANDWIDTH, "N", 0, "Bytes a cycle that the memory sustains, 1 to 64 (48)", 0},
    {"base", OPT_BASE, "ADDRESS", 0, "Where the accelerator's memory begins, a multiple of 4096 (0)", 0},
    {"wave", OPT_WAVE, "off|fail|all", 0, "Waveforms: none, of the cycles before the first failure (default), of everything", 0},
    {"wave-from", OPT_WAVE_FROM, "CYCLE", 0, "With --wave all: from this cycle on", 0},
    {"wave-to", OPT_WAVE_TO, "CYCLE", 0, "… up to this one", 0},
    {"wave-layer", OPT_WAVE_LAYER, "NAME", 0, "… only while this layer is at work, for the first time", 0},
    {"wave-depth", OPT_WAVE_DEPTH, "N", 0, "… only the uppermost N levels of the hierarchy", 0},
    {"bundle", OPT_BUNDLE, "DIR", 0, "Where a failure's files go (build/failures/…)", 0},
    {"no-snapshots", OPT_NO_SNAPSHOTS, NULL, 0, "Do not fork: after a failure the run is repeated from its start", 0},
    {"json", OPT_JSON, "FILE", 0, "Write the results as JSON; - is standard output", 0},
    {"timeline", OPT_TIMELINE, "FILE", 0, "Write what every unit does when, for ui.perfetto.dev or chrome://tracing", 0},
    {"coverage", OPT_COVERAGE, "FILE", 0,
     "Write what an equal run has covered: masks and shapes; on builds NAME.cover lines, bits and queues of the RTL too", 0},
    {"causes", OPT_CAUSES, NULL, 0, "Show what the cycles of every layer were spent on", 0},
    {"hang-cycles", OPT_HANG, "N", 0, "Idle cycles that are a hang (10000)", 0},
    {"max-failures", OPT_FAILURES, "N", 0, "Stop after so many failures; 0 goes on (10)", 0},
    {"fault", OPT_FAULT, "FAULT", 0,
     "Go wrong on the memory bus, to see that it is found: flip:N[:BIT] or drop:N (read beat N), read-error:N, "
     "write-error:N (burst N), withhold:ar|r|aw|w|b[:N] (from transfer N on)",
     0},
    {"no-baseline", OPT_NO_BASELINE, NULL, 0, "Do not run one image on the dense baseline for comparison", 0},
    {0},
};

typedef struct {
    const char *model, *images, *json, *timeline, *coverage;
    build_choice build;
    uint64_t base;
    int first, count, stall, latency, bandwidth, failures; /* count 0: the default */
    uint64_t seed, hang_cycles;
    axi_fault fault;
    cli_wave_arguments wave;
    bool baseline, causes;
} arguments;

typedef struct {
    arguments args;
    dp_model model;
    image_set images;
    const dut_api *api;
    FILE *text; /* summary and failures */
    atomic_file json;
    bool json_open;
    FILE *json_stdout;
    timeline *timeline;
    char replay[2 * PATH_MAX];
    cli_wave wave;
    char default_model[PATH_MAX];
    dp_error err;
} session;

static error_t parse(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case OPT_IMAGES: a->images = text; return 0;
    case OPT_FIRST: a->first = (int)option_int(state, "--first", text, 0, INT_MAX); return 0;
    case OPT_COUNT: a->count = (int)option_int(state, "--count", text, 1, MAX_COUNT); return 0;
    case OPT_ARCH: a->build.arch = option_choice(state, "--arch", text, "parallel|serial") == 0 ? "parallel" : "serial"; return 0;
    case OPT_SCHEDULE: a->build.schedule = (plan_schedule)option_choice(state, "--schedule", text, "gang|chain|auto"); return 0;
    case OPT_BUILD: a->build.name = text; return 0;
    case OPT_DENSE: a->build.dense = true; return 0;
    case OPT_SEED: a->seed = (uint64_t)option_int(state, "--seed", text, 0, INT64_MAX); return 0;
    case OPT_STALL: a->stall = (int)option_int(state, "--stall", text, 0, MAX_STALL); return 0;
    case OPT_LATENCY: a->latency = (int)option_int(state, "--latency", text, 1, MAX_LATENCY); return 0;
    case OPT_BANDWIDTH: a->bandwidth = (int)option_int(state, "--bandwidth", text, 1, DUT_BEAT); return 0;
    case OPT_BASE:
        a->base = (uint64_t)option_int(state, "--base", text, 0, ((int64_t)1 << 40) - 1);
        if (a->base % PAGE != 0) argp_error(state, "--base %s: expected a multiple of %d", text, PAGE);
        return 0;
    case OPT_WAVE: a->wave.mode = CLI_WAVE_OFF + option_choice(state, "--wave", text, "off|fail|all"); return 0;
    case OPT_WAVE_FROM:
        a->wave.from = (uint64_t)option_int(state, "--wave-from", text, 0, INT64_MAX);
        a->wave.window = true;
        return 0;
    case OPT_WAVE_TO:
        a->wave.to = (uint64_t)option_int(state, "--wave-to", text, 0, INT64_MAX);
        a->wave.window = true;
        return 0;
    case OPT_WAVE_LAYER:
        a->wave.layer = text;
        a->wave.window = true;
        return 0;
    case OPT_WAVE_DEPTH:
        a->wave.depth = (int)option_int(state, "--wave-depth", text, 1, 100);
        a->wave.window = true;
        return 0;
    case OPT_NO_SNAPSHOTS: a->wave.snapshots = false; return 0;
    case OPT_BUNDLE: a->wave.bundle = text; return 0;
    case OPT_JSON: a->json = text; return 0;
    case OPT_TIMELINE: a->timeline = text; return 0;
    case OPT_COVERAGE: a->coverage = text; return 0;
    case OPT_CAUSES: a->causes = true; return 0;
    case OPT_HANG: a->hang_cycles = (uint64_t)option_int(state, "--hang-cycles", text, 100, INT_MAX); return 0;
    case OPT_FAILURES: a->failures = (int)option_int(state, "--max-failures", text, 0, INT_MAX); return 0;
    case OPT_FAULT: a->fault = cli_fault(state, text); return 0;
    case OPT_NO_BASELINE: a->baseline = false; return 0;
    case ARGP_KEY_ARG:
        if (a->model != NULL) argp_error(state, "%s: one MODEL is enough", text);
        a->model = text;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* The command that repeats the run; --first, --count and --wave are added by whoever prints it. */
static void describe_replay(session *s) {
    const arguments *a = &s->args;
    char images[PATH_MAX] = "", fault[64] = "", extra[224];
    if (a->images != NULL) (void)snprintf(images, sizeof images, " --images '%s'", a->images);
    if (a->fault.kind != AXI_FAULT_NONE) {
        memcpy(fault, " --fault ", sizeof " --fault ");
        cli_fault_describe(&a->fault, fault + strlen(fault), sizeof fault - strlen(fault));
    }
    (void)snprintf(
        extra, sizeof extra,
        " --seed %" PRIu64 " --stall %d --latency %d --bandwidth %d --base %" PRIu64 " --hang-cycles %" PRIu64 " --schedule %s%s",
        a->seed, a->stall, a->latency, a->bandwidth, a->base, a->hang_cycles, plan_schedule_name(a->build.schedule), fault);
    char build[DUT_NAME_SIZE];
    build_sister(build, s->api->geometry.name, !s->api->geometry.prune, false);
    (void)snprintf(s->replay, sizeof s->replay, "build/dpacs sim '%.*s' --build %s%s%s", PATH_MAX, a->model, build, images,
                   extra);
}

/* With results on standard output nothing else may go there, whoever prints it: what the program calls stdout becomes stderr. */
static dp_status open_json(session *s) {
    if (s->args.json == NULL) return DP_OK;
    if (strcmp(s->args.json, "-") != 0) {
        dp_status status = atomic_open(&s->json, s->args.json, &s->err);
        s->json_open = status == DP_OK;
        return status;
    }
    int out = dup(STDOUT_FILENO);
    if (out < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0 || (s->json_stdout = fdopen(out, "w")) == NULL)
        return dp_fail(&s->err, DP_BAD_INPUT, "standard output cannot be written: %s", strerror(errno));
    return DP_OK;
}

static dp_status open_timeline(session *s) {
    const arguments *a = &s->args;
    if (a->timeline == NULL) return DP_OK;
    if (a->json != NULL && strcmp(a->json, a->timeline) == 0)
        return dp_fail(&s->err, DP_BAD_INPUT, "%s: results and timeline need a file each", a->json);
    return timeline_open(&s->timeline, a->timeline, true, &s->err);
}

static dp_status prepare(session *s) {
    arguments *a = &s->args;
    if (a->model == NULL) a->model = network_default(s->default_model, sizeof s->default_model);
    dp_status status = network_open(&s->model, a->model, &s->err);
    if (status != DP_OK) return status;
    if (a->count == 0) a->count = input_count(&s->model);
    status = input_images(&s->images, a->images, &s->model, a->seed, a->first, a->count, &s->err);
    if (status == DP_OK) status = build_choose(&a->build, &s->model, &s->api, &s->err);
    if (status == DP_OK) describe_replay(s);
    s->wave.args = a->wave;
    if (status == DP_OK) status = cli_wave_prepare(&s->wave, &s->model, &s->api, a->first, &s->err);
    if (status == DP_OK) status = open_json(s);
    if (status == DP_OK) status = open_timeline(s);
    return status;
}

static sim_options options_of(const session *s, const dut_api *api) {
    const arguments *a = &s->args;
    sim_options o = sim_defaults(api);
    o.plan = (plan_options){.dense = !api->geometry.prune, .schedule = a->build.schedule};
    o.first = a->first;
    o.count = a->count;
    o.bench.memory.stall = a->stall;
    o.bench.memory.disorder = a->stall;
    o.bench.memory.latency = a->latency;
    o.bench.memory.bandwidth = a->bandwidth;
    o.bench.memory.base = a->base;
    o.bench.memory.seed = o.bench.seed = a->seed;
    o.bench.hang_cycles = a->hang_cycles;
    o.max_reports = a->failures;
    o.fault = a->fault;
    o.log = s->text;
    o.progress = isatty(STDERR_FILENO) != 0;
    return o;
}

static bundle_run describe_run(const session *s) {
    const arguments *a = &s->args;
    bundle_run r = {.model = a->model,
                    .images = a->images,
                    .plan = {.dense = !s->api->geometry.prune, .schedule = a->build.schedule},
                    .first = a->first,
                    .count = a->count,
                    .stall = a->stall,
                    .latency = a->latency,
                    .bandwidth = a->bandwidth,
                    .base = a->base,
                    .seed = a->seed,
                    .hang_cycles = a->hang_cycles};
    build_sister(r.build, s->api->geometry.name, r.plan.dense, false);
    if (a->fault.kind != AXI_FAULT_NONE) cli_fault_describe(&a->fault, r.fault, sizeof r.fault);
    return r;
}

/* One image on the dense sister build, if that is there and the network fits it: *compared. */
static dp_status run_baseline(session *s, results *dense, bool *compared) {
    char name[DUT_NAME_SIZE];
    const dut_api *api;
    sim_failure failure;
    build_sister(name, s->api->geometry.name, true, false);
    *compared = false;
    if (!s->args.baseline || !s->api->geometry.prune || !dut_exists(name)) return DP_OK;
    dp_status status = dut_load(name, &api, &s->err);
    if (status == DP_OK) status = build_fits(&s->model, &api->geometry, options_of(s, api).plan, &s->err);
    if (status == DP_OK) {
        sim_options o = options_of(s, api);
        o.count = 1;
        o.fault.kind = AXI_FAULT_NONE;
        status = sim_run(&s->model, &s->images, &o, dense, &failure, &s->err);
        *compared = status == DP_OK;
        if (status != DP_OK) results_free(dense);
    }
    if (status != DP_OK) (void)fprintf(s->text, "no comparison with the dense baseline %s: %s\n", name, s->err.text);
    bool concerns_run = status == DP_MISMATCH || status == DP_HANG || status == DP_INTERRUPTED;
    return concerns_run ? status : DP_OK;
}

static dp_status write_json(session *s, const results *r, dp_status outcome) {
    dp_status status = DP_OK;
    if (s->json_stdout != NULL) {
        status = results_write_json(r, s->json_stdout, &s->err);
        if (fclose(s->json_stdout) != 0 && status == DP_OK)
            status = dp_fail(&s->err, DP_BAD_INPUT, "standard output cannot be written: %s", strerror(errno));
        s->json_stdout = NULL;
    } else if (s->json_open) {
        s->json_open = false;
        status = results_write_json(r, s->json.stream, &s->err);
        if (status == DP_OK)
            status = atomic_commit(&s->json, &s->err);
        else
            atomic_abandon(&s->json);
    }
    if (status == DP_OK) return outcome;
    (void)cli_fail(status, &s->err);
    return outcome == DP_OK ? status : outcome;
}

/* Whatever the outcome, the timeline shows the run up to its end. */
static dp_status close_timeline(session *s, dp_status outcome) {
    if (s->timeline == NULL) return outcome;
    dp_error err;
    dp_status status = timeline_close(s->timeline, &err);
    s->timeline = NULL;
    if (status == DP_OK) return outcome;
    (void)cli_fail(status, &err);
    return outcome == DP_OK ? status : outcome;
}

static dp_status run(session *s) {
    results r, dense;
    sim_failure failure;
    sim_options o = options_of(s, s->api);
    o.replay = s->replay;
    o.timeline = s->timeline;
    o.coverage = s->args.coverage;
    cli_wave_set(&s->wave, &o);
    dp_status status = sim_run(&s->model, &s->images, &o, &r, &failure, &s->err);
    if (status != DP_OK) (void)fprintf(s->text, "%s\n", s->err.text);
    if (status == DP_HANG && failure.image >= 0 && s->args.wave.mode != CLI_WAVE_ALL)
        (void)fprintf(s->text, "replay: %s --first %d --count 1 --wave all\n", s->replay, failure.image);
    bundle_run described = describe_run(s);
    cli_wave_conclude(&s->wave, &s->model, &s->images, &o, &described, &failure, s->err.text);
    if (o.replay_wave != NULL && r.layers != NULL) memcpy(r.build, described.build, sizeof r.build);
    status = close_timeline(s, status);
    if (r.layers != NULL) {
        bool compared = false;
        if (status == DP_OK) status = run_baseline(s, &dense, &compared);
        results_print(&r, compared ? &dense : NULL, s->text);
        if (s->args.causes) results_print_causes(&r, s->text);
        if (compared) results_free(&dense);
        status = write_json(s, &r, status);
    }
    results_free(&r);
    return status;
}

int cli_sim(int argc, char **argv) {
    static const struct argp parser = {options,
                                       parse,
                                       "[MODEL]",
                                       "Runs images through the RTL and checks every tile against the golden reference.\vMODEL "
                                       "is a .dpm file; the default is models/fmnist-s50c50.dpm.",
                                       NULL,
                                       NULL,
                                       NULL};
    session s = {.args = {.build = {.name = NULL},
                          .latency = 80,
                          .bandwidth = AXI_MEM_BANDWIDTH,
                          .seed = 1,
                          .hang_cycles = WATCHDOG_CYCLES,
                          .failures = 10,
                          .wave = {.to = UINT64_MAX, .snapshots = true},
                          .baseline = true}};
    (void)argp_parse(&parser, argc, argv, 0, NULL, &s.args);
    interrupt_install();
    dp_status status = prepare(&s);
    s.text = stdout; /* with --json -, that is standard error */
    if (status != DP_OK) {
        (void)cli_fail(status, &s.err);
    } else {
        status = run(&s);
    }
    if (s.json_open) atomic_abandon(&s.json);
    if (s.json_stdout != NULL) (void)fclose(s.json_stdout);
    if (s.images.pixels != NULL) image_close(&s.images);
    dp_model_free(&s.model);
    return (int)status;
}

/* `dpacs sim`: everything that can be wrong with the command line is found before the first cycle. */
#define _DEFAULT_SOURCE
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "cli_common.h"
#include "cli_fault.h"
#include "cli_wave.h"
#include "interrupt.h"
#include "network.h"
#include "option.h"
#include "sim.h"

enum { PAGE = 4096, MAX_STALL = 95 };
enum {
    OPT_STALL = 256,
    OPT_TIMELINE,
    OPT_COVERAGE,
    OPT_CAUSES,
    OPT_BASE,
    OPT_HANG,
    OPT_NO_BASELINE,
    OPT_FAILURES,
    OPT_FAULT,
    OPT_SAME_AS,
    OPT_STRICT
};

static const struct argp_option options[] = {
    {"stall", OPT_STALL, "P", 0, "Extra stalls: percent of cycles in which a channel waits (0)", 0},
    {"base", OPT_BASE, "ADDRESS", 0, "Where the accelerator's memory begins, a multiple of 4096 (0)", 0},
    {"timeline", OPT_TIMELINE, "FILE", 0, "Write what every unit does when, for ui.perfetto.dev or chrome://tracing", 0},
    {"coverage", OPT_COVERAGE, "FILE", 0,
     "Write what an equal run has covered: masks and shapes; on builds NAME.cover lines, bits and queues of the RTL too", 0},
    {"causes", OPT_CAUSES, NULL, 0, "Show what the cycles of every layer were spent on", 0},
    {"hang-cycles", OPT_HANG, "N", 0, "Idle cycles that are a hang (10000)", 0},
    {"max-failures", OPT_FAILURES, "N", 0, "Stop after so many failures; 0 goes on (10)", 0},
    {"fault", OPT_FAULT, "FAULT", 0,
     "Go wrong on the memory bus, to see that it is found: flip:N[:BIT], drop:N, last:N or read-id:N (read beat N), "
     "read-error:N, write-error:N or write-id:N (burst N), withhold:ar|r|aw|w|b[:N] (from transfer N on)",
     0},
    {"same-as", OPT_SAME_AS, "DIR", 0, "Refuse another network, or other images, than those of the failure in DIR", 0},
    {"strict", OPT_STRICT, NULL, 0, "Fail where a layer takes other cycles than the model says; not with --stall or --fault", 0},
    {"no-baseline", OPT_NO_BASELINE, NULL, 0, "Do not run one image on the dense baseline for comparison", 0},
    {0},
};

typedef struct {
    cli_images images;
    build_choice build;
    cli_memory memory;
    cli_json json;
    cli_wave_arguments wave;
    const char *timeline, *coverage, *same_as;
    uint64_t base;
    int stall, failures;
    uint64_t hang_cycles;
    axi_fault fault;
    bool baseline, causes, strict;
} arguments;

typedef struct {
    arguments args;
    dp_model model;
    image_set images;
    const dut_api *api;
    FILE *text; /* summary and failures */
    timeline *timeline;
    char replay[8 * PATH_MAX];
    cli_wave wave;
    char default_model[PATH_MAX];
    dp_error err;
} session;

static void share(arguments *a, void **inputs) {
    inputs[0] = &a->images;
    inputs[1] = &a->build;
    inputs[2] = &a->memory;
    inputs[3] = &a->json;
    inputs[4] = &a->wave;
}

static error_t parse(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT: share(a, state->child_inputs); return 0;
    case OPT_STALL: a->stall = (int)option_int(state, "--stall", text, 0, MAX_STALL); return 0;
    case OPT_BASE:
        a->base = (uint64_t)option_int(state, "--base", text, 0, ((int64_t)1 << 40) - 1);
        if (a->base % PAGE != 0) argp_error(state, "--base %s: expected a multiple of %d", text, PAGE);
        return 0;
    case OPT_SAME_AS: a->same_as = text; return 0;
    case OPT_TIMELINE: a->timeline = text; return 0;
    case OPT_COVERAGE: a->coverage = text; return 0;
    case OPT_CAUSES: a->causes = true; return 0;
    case OPT_HANG: a->hang_cycles = (uint64_t)option_int(state, "--hang-cycles", text, 100, INT_MAX); return 0;
    case OPT_FAILURES: a->failures = (int)option_int(state, "--max-failures", text, 0, INT_MAX); return 0;
    case OPT_FAULT: a->fault = cli_fault(state, text); return 0;
    case OPT_STRICT: a->strict = true; return 0;
    case OPT_NO_BASELINE: a->baseline = false; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static dp_status open_timeline(session *s) {
    const arguments *a = &s->args;
    if (a->timeline == NULL) return DP_OK;
    if (a->json.path != NULL && strcmp(a->json.path, a->timeline) == 0)
        return dp_fail(&s->err, DP_BAD_INPUT, "%s: results and timeline need a file each", a->json.path);
    return timeline_open(&s->timeline, a->timeline, true, &s->err);
}

static bundle_run describe_run(const session *s) {
    const arguments *a = &s->args;
    bundle_run r = {.model = a->images.model,
                    .images = a->images.path,
                    .plan = {.dense = !s->api->geometry.prune, .schedule = a->build.schedule},
                    .first = a->images.first,
                    .count = a->images.count,
                    .stall = a->stall,
                    .latency = a->memory.latency,
                    .bandwidth = a->memory.bandwidth,
                    .base = a->base,
                    .seed = a->images.seed,
                    .hang_cycles = a->hang_cycles,
                    .max_failures = a->failures};
    build_sister(r.build, s->api->geometry.name, r.plan.dense, false);
    if (a->fault.kind != AXI_FAULT_NONE) cli_fault_describe(&a->fault, r.fault, sizeof r.fault);
    return r;
}

static dp_status prepare(session *s) {
    arguments *a = &s->args;
    if (a->images.model == NULL) a->images.model = network_default(s->default_model, sizeof s->default_model);
    dp_status status = cli_images_open(&a->images, false, &s->model, &s->images, &s->err);
    if (status == DP_OK) status = build_choose(&a->build, &s->model, &s->api, &s->err);
    if (status == DP_OK && a->memory.bandwidth == 0) a->memory.bandwidth = dut_bandwidth(&s->api->geometry);
    s->wave.args = a->wave;
    if (status == DP_OK) status = cli_wave_prepare(&s->wave, &s->model, &s->api, a->images.first, &s->err);
    if (status == DP_OK && a->same_as != NULL) {
        bundle_run described = describe_run(s);
        status = bundle_same(a->same_as, &described, &s->images, &s->err);
    }
    if (status == DP_OK) status = cli_json_open(&a->json, &s->err);
    if (status == DP_OK) status = cli_json_take_stdout(&a->json, &s->err);
    if (status == DP_OK) status = open_timeline(s);
    return status;
}

static sim_options options_of(const session *s, const dut_api *api) {
    const arguments *a = &s->args;
    sim_options o = sim_defaults(api);
    o.plan = (plan_options){.dense = !api->geometry.prune, .schedule = a->build.schedule};
    o.first = a->images.first;
    o.count = a->images.count;
    o.bench.memory.stall = a->stall;
    o.bench.memory.disorder = a->stall;
    o.bench.memory.latency = a->memory.latency;
    o.bench.memory.bandwidth = a->memory.bandwidth;
    o.bench.memory.base = a->base;
    o.bench.memory.seed = o.bench.seed = a->images.seed;
    o.bench.hang_cycles = a->hang_cycles;
    o.max_reports = a->failures;
    o.fault = a->fault;
    o.log = s->text;
    o.progress = isatty(STDERR_FILENO) != 0;
    return o;
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
    cli_json *json = &s->args.json;
    if (json->stream == NULL) return outcome;
    dp_status status = cli_json_close(json, results_write_json(r, json->stream, &s->err), &s->err);
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
    bundle_run described = describe_run(s);
    if (bundle_command(&described, program_invocation_name, s->replay, sizeof s->replay)) o.replay = s->replay;
    o.timeline = s->timeline;
    o.coverage = s->args.coverage;
    o.strict = s->args.strict;
    cli_wave_set(&s->wave, &o);
    cli_wave_warn(&s->wave, &s->model, &s->images, &o);
    dp_status status = sim_run(&s->model, &s->images, &o, &r, &failure, &s->err);
    if (status == DP_BAD_INPUT || status == DP_NO_MEMORY)
        (void)cli_fail(status, &s->err);
    else if (status != DP_OK)
        (void)fprintf(s->text, "%s\n", s->err.text);
    if (failure.replay[0] != '\0') (void)fprintf(s->text, "replay: %s%s\n", s->replay, failure.replay);
    dp_status ended = cli_wave_conclude(&s->wave, &s->model, &s->images, &o, &described, &failure, status, &s->err);
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
    if (status == DP_OK) status = ended;
    results_free(&r);
    return status;
}

int cli_sim(int argc, char **argv) {
    static const struct argp_child shared[] = {{&cli_images_parser, 0, NULL, 0}, {&cli_build_parser, 0, NULL, 0},
                                               {&cli_memory_parser, 0, NULL, 0}, {&cli_json_parser, 0, NULL, 0},
                                               {&cli_wave_parser, 0, NULL, 0},   {0}};
    static const struct argp parser = {options,
                                       parse,
                                       "[MODEL]",
                                       "Runs images through the RTL and checks every tile against the golden reference.\vMODEL "
                                       "is a .dpm file; the default is models/fmnist-s50c50.dpm.",
                                       shared,
                                       NULL,
                                       NULL};
    session s = {.args = {.images = {.seed = 1},
                          .memory = cli_memory_defaults(),
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
    cli_json_abandon(&s.args.json);
    if (s.images.pixels != NULL) image_close(&s.images);
    dp_model_free(&s.model);
    return (int)status;
}

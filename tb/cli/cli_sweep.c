/* `dpacs sweep`: many runs, each in its own process, into one file that a second start goes on with. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "cli_common.h"
#include "cli_fault.h"
#include "interrupt.h"
#include "option.h"
#include "sweep_case.h"
#include "sweep_list.h"
#include "sweep_run.h"

enum {
    OPT_NETS = 256,
    OPT_MODELS,
    OPT_IMAGES,
    OPT_TOTAL,
    OPT_KEEP,
    OPT_MASK,
    OPT_ARCH,
    OPT_SCHEDULE,
    OPT_BUILD,
    OPT_BANDWIDTH,
    OPT_SEED,
    OPT_JOBS,
    OPT_PRESET,
    OPT_COUNT,
    OPT_STALL,
    OPT_LATENCY,
    OPT_GROUP,
    OPT_FAULT,
    OPT_DRY_RUN,
    OPT_RETRY
};
enum {
    DEFAULT_JOBS = 2,
    MAX_JOBS = 256,
    MAX_COUNT = 256,
    MAX_TOTAL = 1000000,
    MAX_STALL = 95,
    MAX_LATENCY = 10000,
    MAX_GROUP = 4096,
    LABEL = 256
};

static const char default_keeps[] = "dense,0.75,0.5,0.25";
/* The published table: baseline, then percent pruned spatial-channel 25-25, 50-25, 75-25, 25-50, … 75-75. */
static const char table_nets[] = "resnet18,resnet34,resnet50,resnet101";
static const char table_keeps[] = "dense,0.75:0.75,0.5:0.75,0.25:0.75,0.75:0.5,0.5:0.5,0.25:0.5,0.75:0.25,0.5:0.25,0.25:0.25";

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "What is run: every combination of these lists (a,b,c)", 1},
    {"nets", OPT_NETS, "LIST", 0, "Networks, as in `dpacs gen`", 1},
    {"models", OPT_MODELS, "LIST", 0, "Trained networks instead, .dpm files, on the test images of their data set", 1},
    {"keep", OPT_KEEP, "LIST", 0,
     "Shares that stay, spatial:channel (one number: both); `dense` is the baseline without pruning (dense,0.75,0.5,0.25)", 1},
    {"mask", OPT_MASK, "LIST", 0, "Of random, clustered and of block, resolution (random,block)", 1},
    {"arch", OPT_ARCH, "LIST", 0, "Variations of the PE array (parallel,serial)", 1},
    {"schedule", OPT_SCHEDULE, "LIST", 0, "Schedules: gang, chain, auto (gang)", 1},
    {"build", OPT_BUILD, "LIST", 0, "Hardware builds: small, mid, ref of each variation, or names (by the network's size)", 1},
    {"bandwidth", OPT_BANDWIDTH, "LIST", 0, "Bytes a cycle that the memory sustains, 1 to 64 (48; 16 for each port of a board's)",
     1},
    {"seed", OPT_SEED, "LIST", 0, "Seeds of weights, masks and images (1)", 1},
    {"preset", OPT_PRESET, "table", 0, "The published table; other options change parts of it", 1},
    {NULL, 0, NULL, 0, "The same for all cases", 2},
    {"count", OPT_COUNT, "N", 0, "Images a case (1)", 2},
    {"total", OPT_TOTAL, "N", 0, "Of --models: images in all, from the first on, --count of them a case (as many as --count)", 2},
    {"images", OPT_IMAGES, "PATH", 0, "Of --models: other images, as in `dpacs sim`", 2},
    {"stall", OPT_STALL, "P", 0, "Extra stalls: percent of cycles in which a channel waits (0)", 2},
    {"latency", OPT_LATENCY, "N", 0, "Cycles of memory latency (80)", 2},
    {"group", OPT_GROUP, "G", 0, "Channels in a group (the network's own)", 2},
    {"fault", OPT_FAULT, "FAULT", 0, "Go wrong on the memory bus, as in `dpacs sim`", 2},
    {NULL, 0, NULL, 0, "How", 3},
    {"output", 'o', "FILE", 0, "Results, a JSON object a line; what is in it already is not run again. Required", 3},
    {"jobs", OPT_JOBS, "N", 0, "Cases at a time (2)", 3},
    {"retry", OPT_RETRY, NULL, 0, "Run mismatches and hangs of earlier sweeps again", 3},
    {"dry-run", OPT_DRY_RUN, NULL, 0, "List the cases, and which of them are there", 3},
    {0},
};

typedef struct {
    sweep_options sweep;
    const char *out;
    const char *shaping; /* the last option that only generated networks have */
    const char *trained; /* … and that only trained ones have */
    int jobs;
    bool dry_run, retry;
} arguments;

static void check_kind(const struct argp_state *state, const arguments *a) {
    const sweep_options *o = &a->sweep;
    if (o->trained && a->shaping != NULL) argp_error(state, "%s is for generated networks, not for --models", a->shaping);
    if (!o->trained && a->trained != NULL) argp_error(state, "%s is for --models", a->trained);
}

/* What was not named. */
static void set_defaults(const struct argp_state *state, arguments *a) {
    sweep_options *o = &a->sweep;
    check_kind(state, a);
    if (o->trained) sweep_list_keeps(state, o, "1");
    if (o->total == 0) o->total = o->count;
    if (o->nets == 0 && o->table) sweep_list_nets(state, o, table_nets);
    if (o->nets == 0) argp_error(state, "--nets is missing, or --models");
    if (a->out == NULL && !a->dry_run) argp_error(state, "-o FILE is missing");
    if (o->keeps == 0) sweep_list_keeps(state, o, o->table ? table_keeps : default_keeps);
    if (!o->kind[0] && !o->kind[1]) o->kind[0] = true;
    if (!o->scope[0] && !o->scope[1]) o->scope[0] = true, o->scope[1] = o->table;
    if (!o->arch[0] && !o->arch[1]) o->arch[0] = o->arch[1] = true;
    if (!o->schedule[0] && !o->schedule[1]) o->schedule[0] = true;
    if (o->bandwidths == 0) o->bandwidth[o->bandwidths++] = 0;
    if (o->seeds == 0) sweep_list_seeds(state, o, "1");
}

static void set_fault(const struct argp_state *state, sweep_options *o, const char *text) {
    (void)cli_fault(state, text); /* ends the program if that is none */
    (void)snprintf(o->fault, sizeof o->fault, "%s", text);
}

/* Options that one of the two kinds of networks does not have. */
static void note_kind(arguments *a, int key) {
    switch (key) {
    case OPT_NETS: a->shaping = "--nets"; return;
    case OPT_KEEP: a->shaping = "--keep"; return;
    case OPT_MASK: a->shaping = "--mask"; return;
    case OPT_GROUP: a->shaping = "--group"; return;
    case OPT_PRESET: a->shaping = "--preset"; return;
    case OPT_TOTAL: a->trained = "--total"; return;
    case OPT_IMAGES: a->trained = "--images"; return;
    default: return;
    }
}

static error_t parse(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    sweep_options *o = &a->sweep;
    note_kind(a, key);
    switch (key) {
    case OPT_MODELS: sweep_list_models(state, o, text); return 0;
    case OPT_IMAGES: o->images = text; return 0;
    case OPT_TOTAL: o->total = (int)option_int(state, "--total", text, 1, MAX_TOTAL); return 0;
    case OPT_NETS: sweep_list_nets(state, o, text); return 0;
    case OPT_KEEP: sweep_list_keeps(state, o, text); return 0;
    case OPT_MASK: sweep_list_masks(state, o, text); return 0;
    case OPT_ARCH: sweep_list_archs(state, o, text); return 0;
    case OPT_SCHEDULE: sweep_list_schedules(state, o, text); return 0;
    case OPT_BUILD: sweep_list_builds(state, o, text); return 0;
    case OPT_BANDWIDTH: sweep_list_bandwidths(state, o, text); return 0;
    case OPT_SEED: sweep_list_seeds(state, o, text); return 0;
    case OPT_PRESET: o->table = option_choice(state, "--preset", text, "table") == 0; return 0;
    case OPT_COUNT: o->count = (int)option_int(state, "--count", text, 1, MAX_COUNT); return 0;
    case OPT_STALL: o->stall = (int)option_int(state, "--stall", text, 0, MAX_STALL); return 0;
    case OPT_LATENCY: o->latency = (int)option_int(state, "--latency", text, 1, MAX_LATENCY); return 0;
    case OPT_GROUP: o->group = (int)option_int(state, "--group", text, 1, MAX_GROUP); return 0;
    case OPT_FAULT: set_fault(state, o, text); return 0;
    case OPT_JOBS: a->jobs = (int)option_int(state, "--jobs", text, 1, MAX_JOBS); return 0;
    case OPT_DRY_RUN: a->dry_run = true; return 0;
    case OPT_RETRY: a->retry = true; return 0;
    case 'o': a->out = text; return 0;
    case ARGP_KEY_ARG: argp_error(state, "%s: networks are named with --nets", text); return 0;
    case ARGP_KEY_END: set_defaults(state, a); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void list_cases(const sweep_plan *plan) {
    static const char *const states[] = {[SWEEP_MISSING] = "missing", [SWEEP_EQUAL] = "there", [SWEEP_FAILED] = "failed"};
    char label[LABEL];
    for (int i = 0; i < plan->count; i++) {
        sweep_case_label(&plan->cases[i], label, sizeof label);
        (void)printf("%-8s %s %s\n", states[plan->cases[i].state], plan->cases[i].id, label);
    }
    (void)printf("%d cases\n", plan->count);
}

static dp_status run_plan(const arguments *a, sweep_plan *plan, dp_error *err) {
    sweep_file file;
    if (a->dry_run && (a->out == NULL || access(a->out, F_OK) != 0)) {
        list_cases(plan);
        return DP_OK;
    }
    dp_status status = sweep_file_open(&file, a->out, err);
    if (status != DP_OK) return status;
    if (file.dropped > 0) (void)fprintf(stderr, "dpacs: %s: an unfinished last line is dropped\n", a->out);
    sweep_file_mark(&file, plan, a->retry);
    if (a->dry_run)
        list_cases(plan);
    else
        status = sweep_run(plan, &file, a->jobs, isatty(STDERR_FILENO) != 0, err);
    sweep_file_close(&file);
    if (status == DP_OK && !a->dry_run) (void)printf("%d cases, all equal: %s\n", plan->count, a->out);
    return status;
}

int cli_sweep(int argc, char **argv) {
    static const struct argp parser = {
        options,
        parse,
        "--nets LIST -o FILE",
        "Runs generated networks through the RTL, every combination of the lists below, and checks "
        "every tile of each.\vA sweep that was stopped goes on where it was with the same command.",
        NULL,
        NULL,
        NULL};
    sweep_plan plan;
    dp_error err;
    arguments a = {.sweep = sweep_defaults(), .jobs = DEFAULT_JOBS};
    (void)argp_parse(&parser, argc, argv, 0, NULL, &a);
    dp_status status = sweep_plan_create(&plan, &a.sweep, &err);
    if (status == DP_OK) {
        interrupt_install();
        status = run_plan(&a, &plan, &err);
        sweep_plan_free(&plan);
    }
    return status == DP_OK ? DP_OK : cli_fail(status, &err);
}

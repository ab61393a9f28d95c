/* See cli_wave.h. */
#define _DEFAULT_SOURCE
#include "cli_wave.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "build_choice.h"
#include "explain.h"
#include "network.h"
#include "option.h"
#include "paths.h"
#include "progress.h"
#include "wave_size.h"

static const double mega = 1e6;

enum { MAX_DEPTH = 100 };
enum { OPT_WAVE = 256, OPT_FROM, OPT_TO, OPT_LAYER, OPT_DEPTH, OPT_NO_SNAPSHOTS, OPT_BUNDLE };

static const struct argp_option options[] = {
    {"wave", OPT_WAVE, "off|fail|all", 0, "Waveforms: none, of the cycles before the first failure (default), of everything", 0},
    {"wave-from", OPT_FROM, "CYCLE", 0, "With --wave all: from this cycle on", 0},
    {"wave-to", OPT_TO, "CYCLE", 0, "… up to this one", 0},
    {"wave-layer", OPT_LAYER, "NAME", 0, "… only while this layer is at work, for the first time", 0},
    {"wave-depth", OPT_DEPTH, "N", 0, "… only the uppermost N levels of the hierarchy", 0},
    {"bundle", OPT_BUNDLE, "DIR", 0, "Where a failure's files go (build/failures/…)", 0},
    {"no-snapshots", OPT_NO_SNAPSHOTS, NULL, 0, "Do not fork: after a failure the run is repeated from its start", 0},
    {0},
};

static error_t parse(int key, char *text, struct argp_state *state) {
    cli_wave_arguments *a = state->input;
    a->window |= key >= OPT_FROM && key <= OPT_DEPTH;
    switch (key) {
    case OPT_WAVE: a->mode = (cli_wave_mode)(CLI_WAVE_OFF + option_choice(state, "--wave", text, "off|fail|all")); return 0;
    case OPT_FROM: a->from = (uint64_t)option_int(state, "--wave-from", text, 0, INT64_MAX); return 0;
    case OPT_TO: a->to = (uint64_t)option_int(state, "--wave-to", text, 0, INT64_MAX); return 0;
    case OPT_LAYER: a->layer = text; return 0;
    case OPT_DEPTH: a->depth = (int)option_int(state, "--wave-depth", text, 1, MAX_DEPTH); return 0;
    case OPT_NO_SNAPSHOTS: a->snapshots = false; return 0;
    case OPT_BUNDLE: a->bundle = text; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp cli_wave_parser = {options, parse, NULL, NULL, NULL, NULL, NULL};

static dp_status make_beside(const char *name, char path[PATH_MAX], dp_error *err) {
    if (!path_beside_program(path, name))
        return dp_fail(err, DP_BAD_INPUT, "the program's directory has too long a name for waves");
    if (mkdir(path, 0777) == 0 || errno == EEXIST) return DP_OK;
    return dp_fail(err, DP_BAD_INPUT, "%s: cannot be made: %s", path, strerror(errno));
}

static void append_name(char *path, size_t size, const char *name) {
    size_t at = strlen(path);
    (void)snprintf(path + at, size - at, "%s", name);
    for (; path[at] != '\0'; at++) {
        char c = path[at];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._", c) != NULL;
        if (!good) path[at] = '_';
    }
}

/* build/waves/MODEL-BUILD-imgI.fst */
static dp_status name_whole_wave(cli_wave *w, const dp_model *model, const dut_api *api, int first, dp_error *err) {
    char name[DP_NAME * 2 + DUT_NAME_SIZE + 32], build[DUT_NAME_SIZE];
    dp_status status = make_beside("waves", w->path, err);
    if (status != DP_OK) return status;
    build_sister(build, api->geometry.name, !api->geometry.prune, false);
    (void)snprintf(name, sizeof name, "%s-%s-img%d.fst", model->name, build, first);
    if (strlen(w->path) + sizeof name + 1 >= sizeof w->path) return dp_fail(err, DP_BAD_INPUT, "%s: too long a name", w->path);
    memcpy(w->path + strlen(w->path), "/", 2);
    append_name(w->path, sizeof w->path, name);
    FILE *probe = fopen(w->path, "wb");
    if (probe == NULL) return dp_fail(err, DP_BAD_INPUT, "%s: cannot be written: %s", w->path, strerror(errno));
    (void)fclose(probe);
    return DP_OK;
}

/* Takes the last name off a path: what it lies in. */
static void parent_of(const char *path, char parent[PATH_MAX]) {
    (void)snprintf(parent, PATH_MAX, "%s", path);
    size_t length = strlen(parent);
    while (length > 1 && parent[length - 1] == '/') parent[--length] = '\0';
    char *slash = strrchr(parent, '/');
    if (slash == NULL)
        (void)snprintf(parent, PATH_MAX, ".");
    else
        slash[slash == parent] = '\0';
}

static bool is_open(const char *directory) { return access(directory, W_OK | X_OK) == 0; }

/* A bundle that nothing can be written to is found now, not after the failure. */
static dp_status check_bundle(const char *bundle, dp_error *err) {
    char parent[PATH_MAX];
    struct stat info;
    parent_of(bundle, parent);
    bool exists = stat(bundle, &info) == 0;
    if (exists && !S_ISDIR(info.st_mode)) return dp_fail(err, DP_BAD_INPUT, "--bundle %s: not a directory", bundle);
    if (is_open(exists ? bundle : parent)) return DP_OK;
    return dp_fail(err, DP_BAD_INPUT, "--bundle %s: cannot be written: %s", bundle, strerror(errno));
}

/* Until it is in its bundle the wave of a failure lies where the bundle will, so that it need not be copied; where nobody may write there,
   where other temporary files do. */
static dp_status name_scratch_wave(cli_wave *w, dp_error *err) {
    char directory[PATH_MAX] = "";
    const char *temporary = getenv("TMPDIR");
    if (w->args.bundle != NULL && is_open(w->args.bundle))
        (void)snprintf(directory, sizeof directory, "%s", w->args.bundle);
    else if (w->args.bundle != NULL)
        parent_of(w->args.bundle, directory);
    else
        (void)make_beside("failures", directory, err);
    if (!is_open(directory)) (void)snprintf(directory, sizeof directory, "%s", temporary != NULL ? temporary : P_tmpdir);
    if (snprintf(w->path, sizeof w->path, "%s/.wave-%ld.fst", directory, (long)getpid()) >= (int)sizeof w->path)
        return dp_fail(err, DP_BAD_INPUT, "%s: too long a name", directory);
    return DP_OK;
}

static dp_status find_layer(cli_wave *w, const dp_model *model, dp_error *err) {
    w->layer = -1;
    if (w->args.layer == NULL) return DP_OK;
    for (int i = 0; i < model->layer_count; i++)
        if (strcmp(model->layers[i].name, w->args.layer) == 0) w->layer = i;
    if (w->layer >= 0) return DP_OK;
    return dp_fail(err, DP_BAD_INPUT, "--wave-layer %s: %s has no such layer (`dpacs info` lists them)", w->args.layer,
                   model->name);
}

dp_status cli_wave_prepare(cli_wave *w, const dp_model *model, const dut_api **api, int first, dp_error *err) {
    char name[DUT_NAME_SIZE];
    if (w->args.window && (w->args.mode == CLI_WAVE_OFF || w->args.mode == CLI_WAVE_FAIL))
        return dp_fail(err, DP_BAD_INPUT, "--wave-from, --wave-to, --wave-layer and --wave-depth go with --wave all");
    if (w->args.to < w->args.from) return dp_fail(err, DP_BAD_INPUT, "--wave-to is before --wave-from");
    if (w->args.window) w->args.mode = CLI_WAVE_ALL;
    dp_status status = find_layer(w, model, err);
    if (status != DP_OK) return status;
    const char *variant = strchr((*api)->geometry.name, '.');
    bool other = variant != NULL && strcmp(variant, ".trace") != 0; /* .check: its assertions and unknowns are why it runs */
    build_sister(name, (*api)->geometry.name, !(*api)->geometry.prune, true);
    w->shows_replay = !other && dut_exists(name);
    if (w->args.bundle != NULL) status = check_bundle(w->args.bundle, err);
    if (status != DP_OK) return status;
    if (w->args.mode == CLI_WAVE_OFF) return DP_OK;
    if (other && w->args.mode == CLI_WAVE_AUTO) return DP_OK;
    if (other) w->args.snapshots = false;
    if (w->args.mode != CLI_WAVE_AUTO || dut_exists(name)) status = dut_load(name, &w->trace, err);
    if (status != DP_OK || w->trace == NULL) return status;
    if (w->args.mode == CLI_WAVE_ALL || w->args.snapshots) *api = w->trace;
    return w->args.mode == CLI_WAVE_ALL ? name_whole_wave(w, model, *api, first, err) : name_scratch_wave(w, err);
}

void cli_wave_set(cli_wave *w, sim_options *options) {
    bool whole = w->args.mode == CLI_WAVE_ALL;
    if (w->args.mode != CLI_WAVE_OFF || w->args.bundle != NULL) options->capture = &w->capture;
    options->wave_layer = w->layer;
    options->replay_wave_too = w->shows_replay;
    if (whole) options->bench.wave = (bench_wave){w->path, w->args.from, w->args.to, w->args.depth};
    if (!whole && w->trace != NULL && w->args.snapshots) options->replay_wave = w->path;
}

/* Before the run: a wave of everything takes many times as long as the run, and more room than expected. */
void cli_wave_warn(const cli_wave *w, const dp_model *model, const image_set *images, const sim_options *options) {
    wave_size size;
    struct statvfs disk;
    char directory[PATH_MAX];
    dp_error err;
    if (w->args.mode != CLI_WAVE_ALL || w->layer >= 0 || w->args.depth > 0 || options->log == NULL) return;
    if (wave_size_predict(model, images, options, &size, &err) != DP_OK || size.cycles == 0) return; /* the run will say why */
    parent_of(w->path, directory);
    (void)fprintf(options->log, "%" PRIu64 " cycles are to be traced: about %.0f MB and %.0f s of one core; ", size.cycles,
                  size.bytes / mega, size.seconds);
    (void)fprintf(options->log, "--wave-layer NAME, --wave-from, --wave-to and --wave-depth trace less\n");
    if (statvfs(directory, &disk) == 0 && size.bytes > (double)disk.f_bavail * (double)disk.f_frsize)
        (void)fprintf(options->log, "%s has %.0f MB free\n", directory, (double)disk.f_bavail * (double)disk.f_frsize / mega);
    (void)fflush(options->log);
}

/* Without snapshots: the run once more, from its start, on the build with waveforms, up to the failure. */
static void run_again(cli_wave *w, const dp_model *model, const image_set *images, const sim_options *options,
                      sim_failure *failure) {
    sim_options o = *options;
    sim_failure again;
    results ignored;
    dp_error err;
    o.api = w->trace;
    o.bench.wave = (bench_wave){w->path, failure->wave_from, failure->wave_to, 0};
    o.replay_wave = NULL;
    o.stop = failure->wave_to;
    o.max_reports = 0;
    o.log = NULL;
    o.capture = NULL;
    o.timeline = NULL;
    o.coverage = NULL;
    (void)fprintf(options->log, "no snapshots: the run is repeated from its start, up to the failure\n");
    double started = progress_now();
    dp_status status = sim_run(model, images, &o, &ignored, &again, &err);
    results_free(&ignored);
    failure->replay_seconds = progress_now() - started;
    bool repeated = status != DP_INTERRUPTED && again.any && again.cycle == failure->cycle;
    failure->waved = repeated && again.lost_wave[0] == '\0';
    if (!failure->waved)
        (void)snprintf(failure->unwaved, sizeof failure->unwaved, "%s",
                       repeated                   ? again.lost_wave
                       : status == DP_INTERRUPTED ? "interrupted"
                                                  : "the run did not repeat itself");
}

static void find_wave(cli_wave *w, const dp_model *model, const image_set *images, const sim_options *options,
                      sim_failure *failure) {
    char build[DUT_NAME_SIZE];
    if (failure->waved || failure->unwritten) return;
    if (w->args.mode == CLI_WAVE_ALL) {
        (void)snprintf(failure->unwaved, sizeof failure->unwaved, "--wave all has its own");
    } else if (w->args.mode == CLI_WAVE_OFF) {
        (void)snprintf(failure->unwaved, sizeof failure->unwaved, "--wave off");
    } else if (w->trace == NULL) {
        build_sister(build, options->api->geometry.name, !options->api->geometry.prune, true);
        (void)snprintf(failure->unwaved, sizeof failure->unwaved, "make build/dut/%.48s.so, and use that build or --wave fail",
                       build);
    } else {
        run_again(w, model, images, options, failure);
    }
}

static void write_bundle(const cli_wave *w, bundle_input *in, FILE *text) {
    char place[PATH_MAX], view[96];
    dp_error err;
    dp_status status = DP_OK;
    const sim_failure *f = in->failure;
    if (w->args.bundle == NULL) status = bundle_place(in->model, in->run, f, place, sizeof place, &err);
    const char *directory = w->args.bundle != NULL ? w->args.bundle : place;
    if (status == DP_OK) status = bundle_write(directory, in, view, sizeof view, &err);
    if (status != DP_OK) {
        (void)fprintf(text, "no failure bundle: %s%s\n", err.text,
                      w->args.bundle == NULL ? " (--bundle DIR puts it elsewhere)" : "");
        return;
    }
    if (in->wave != NULL)
        (void)fprintf(text, "wave: cycles %" PRIu64 " to %" PRIu64 ", replayed in %.1f s\n", f->wave_from, f->wave_to,
                      f->replay_seconds);
    else
        (void)fprintf(text, "no wave: %s\n", f->unwaved);
    if (view[0] != '\0') (void)fprintf(text, "no wave.gtkw: %s\n", view);
    failure_case c;
    explanation e;
    status = failure_case_open(&c, directory, network_open, &err);
    if (status == DP_OK) {
        status = explain_failure(&c, &e, &err);
        if (status == DP_OK) (void)fprintf(text, "first wrong stage: %s (build/dpacs explain %s)\n", e.stage, directory);
        failure_case_close(&c);
    }
    if (status != DP_OK) (void)fprintf(text, "no explanation: %s\n", err.text);
    (void)fprintf(text, "bundle: %s, %.1f s after the failure\n", directory, progress_now() - f->at);
}

/* The verdict comes first: a wave that is not there changes only the exit code of an equal run. */
static dp_status conclude_whole_wave(const cli_wave *w, const sim_failure *failure, FILE *text, dp_status outcome,
                                     dp_error *err) {
    const char *lost = failure->lost_wave;
    bool there = access(w->path, R_OK) == 0;
    if (there) (void)fprintf(text, "wave: %s%s%s%s\n", w->path, lost[0] != '\0' ? " (" : "", lost, lost[0] != '\0' ? ")" : "");
    if (there || lost[0] == '\0') return outcome;
    (void)fprintf(text, "no wave: %s: %s\n", w->path, lost);
    return outcome == DP_OK ? dp_fail(err, DP_BAD_INPUT, "%s: %s", w->path, lost) : outcome;
}

dp_status cli_wave_conclude(cli_wave *w, const dp_model *model, const image_set *images, const sim_options *options,
                            const bundle_run *run, sim_failure *failure, dp_status outcome, dp_error *err) {
    FILE *text = options->log;
    (void)fflush(text); /* the failure before what helpers say of its bundle */
    char message[sizeof err->text];
    memcpy(message, err->text, sizeof message);
    if (w->args.mode == CLI_WAVE_ALL) outcome = conclude_whole_wave(w, failure, text, outcome, err);
    if (failure->any && (w->args.mode != CLI_WAVE_OFF || w->args.bundle != NULL)) {
        find_wave(w, model, images, options, failure);
        bundle_input in = {.model = model,
                           .images = images,
                           .geometry = &options->api->geometry,
                           .run = run,
                           .failure = failure,
                           .capture = &w->capture,
                           .message = message,
                           .wave = failure->waved ? w->path : NULL};
        write_bundle(w, &in, text);
        (void)fflush(text);
    }
    if (w->args.mode != CLI_WAVE_ALL && w->path[0] != '\0') (void)unlink(w->path);
    capture_free(&w->capture);
    return outcome;
}

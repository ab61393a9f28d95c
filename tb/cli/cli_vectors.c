/* `dpacs vectors`: every published set below a directory, on the golden reference and on the RTL of both variations. */
#define _DEFAULT_SOURCE
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build_choice.h"
#include "cli.h"
#include "cli_common.h"
#include "collect.h"
#include "interrupt.h"
#include "option.h"
#include "sim.h"
#include "vectors.h"

enum { OPT_ARCH = 256, OPT_GOLDEN };
enum { MAX_DEPTH = 8 };

static const struct argp_option options[] = {
    {"arch", OPT_ARCH, "parallel|serial|both", 0, "Variations of the PE array to replay on (both)", 0},
    {"golden-only", OPT_GOLDEN, NULL, 0, "Replay on the golden reference only", 0},
    {0},
};

typedef struct {
    const char *directory;
    bool parallel, serial;
} arguments;

typedef struct {
    arguments args;
    int sets, files, wrong;
    dp_status worst; /* DP_OK, or what the first failure was */
} session;

static error_t parse(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case OPT_ARCH: {
        int choice = option_choice(state, "--arch", text, "parallel|serial|both");
        a->parallel = choice != 1;
        a->serial = choice != 0;
        return 0;
    }
    case OPT_GOLDEN: a->parallel = a->serial = false; return 0;
    case ARGP_KEY_ARG:
        if (a->directory != NULL) argp_error(state, "%s: one DIR is enough", text);
        a->directory = text;
        return 0;
    case ARGP_KEY_END:
        if (a->directory == NULL) argp_error(state, "DIR is missing");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* Compares all expected files of a pass with what `who` made of it. */
static void compare(session *s, const vectors_pass *pass, const char *who, const vectors_result *result) {
    for (int i = 0; i < pass->expected_count; i++) {
        size_t different = vectors_compare(pass, i, result), count = pass->expected[i].count;
        s->files++;
        if (different == 0) {
            (void)printf("    %-16s %-28s %zu equal\n", who, pass->expected[i].file, count);
        } else {
            (void)printf("    %-16s %-28s MISMATCH: %zu of %zu differ\n", who, pass->expected[i].file, different, count);
            s->wrong++;
            if (s->worst == DP_OK) s->worst = DP_MISMATCH;
        }
    }
    (void)fflush(stdout);
}

static dp_status replay_golden(session *s, const vectors_pass *pass, dp_error *err) {
    golden_run run;
    dp_status status = golden_create(&run, &pass->model, (golden_options){.dense = false}, err);
    if (status != DP_OK) return status;
    golden_compute(&run, pass->image);
    vectors_result result = vectors_of_golden(pass, &run);
    compare(s, pass, "golden", &result);
    golden_free(&run);
    return DP_OK;
}

static void watch(void *context, const dut_out *out) { collect_records(context, out); }

static vectors_result result_of(const vectors_pass *pass, const collect *maps) {
    const dp_layer *layer = &pass->model.layers[pass->block];
    vectors_result result = {.score = NULL};
    for (int k = 0; k < layer->convs; k++) result.map[k] = collect_map(maps, pass->block, (int)layer->conv[k].role);
    if (pass->block + 1 < pass->model.layer_count) result.score = maps->score + (size_t)(pass->block + 1) * DP_MAX_GROUPS;
    return result;
}

static dp_status simulate(session *s, const vectors_pass *pass, const dut_api *api, collect *maps, dp_error *err) {
    size_t bytes = (size_t)pass->model.in_h * (size_t)pass->model.in_w * (size_t)pass->model.in_c;
    image_set image = {.count = 1, .image_bytes = bytes, .pixels = malloc(bytes)};
    if (image.pixels == NULL) return dp_fail(err, DP_NO_MEMORY, "out of memory for an image");
    memcpy(image.pixels, pass->image, bytes);
    sim_options o = sim_defaults(api);
    sim_failure failure;
    results r;
    o.watch = watch;
    o.watch_context = maps;
    collect_start(maps, pass->image);
    dp_status status = sim_run(&pass->model, &image, &o, &r, &failure, err);
    results_free(&r);
    image_close(&image);
    if (status != DP_OK && status != DP_MISMATCH) return status;
    if (status == DP_MISMATCH && s->worst == DP_OK) s->worst = status;
    vectors_result result = result_of(pass, maps);
    compare(s, pass, api->geometry.name, &result);
    return DP_OK;
}

static dp_status replay_rtl(session *s, const vectors_pass *pass, const char *arch, dp_error *err) {
    const dut_api *api;
    plan p;
    collect maps;
    dp_status status = build_choose(&(build_choice){.arch = arch}, &pass->model, &api, err);
    if (status != DP_OK) return status;
    plan_geometry geometry = build_geometry(&api->geometry);
    status = plan_create(&p, &pass->model, &geometry, (plan_options){.dense = false}, err);
    if (status != DP_OK) return status;
    status = collect_create(&maps, &p, err);
    if (status == DP_OK) {
        status = simulate(s, pass, api, &maps, err);
        collect_free(&maps);
    }
    plan_free(&p);
    return status;
}

static dp_status replay_set(session *s, const char *folder, dp_error *err) {
    vectors v;
    dp_status status = vectors_open(&v, folder, err);
    if (status != DP_OK) return status;
    s->sets++;
    (void)printf("%s\n", v.name);
    for (int i = 0; i < v.passes && status == DP_OK; i++) {
        (void)printf("  %s\n", v.pass[i].name);
        status = replay_golden(s, &v.pass[i], err);
        if (status == DP_OK && s->args.parallel) status = replay_rtl(s, &v.pass[i], "parallel", err);
        if (status == DP_OK && s->args.serial) status = replay_rtl(s, &v.pass[i], "serial", err);
    }
    for (int i = 0; i < v.unused_count; i++) (void)printf("  not compared: %s\n", v.unused[i]);
    vectors_close(&v);
    return status;
}

static bool holds_set(const char *folder) {
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/meta.json", folder);
    return length > 0 && length < PATH_MAX && access(path, F_OK) == 0;
}

static int is_visible(const struct dirent *entry) { return entry->d_name[0] != '.'; }

/* A folder with a meta.json is a set; any other is searched. A set that fails does not keep the others from being replayed. */
static void walk(session *s, const char *folder, int depth) {
    dp_error err = {""};
    struct dirent **entries = NULL;
    if (holds_set(folder)) {
        dp_status status = replay_set(s, folder, &err);
        if (status != DP_OK) (void)cli_fail(status, &err);
        if (status != DP_OK && (s->worst == DP_OK || status == DP_INTERRUPTED)) s->worst = status;
        return;
    }
    int count = depth < MAX_DEPTH ? scandir(folder, &entries, is_visible, alphasort) : 0;
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        struct stat what;
        int length = snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        bool fits = length > 0 && length < PATH_MAX;
        if (fits && !interrupt_seen() && stat(path, &what) == 0 && S_ISDIR(what.st_mode)) walk(s, path, depth + 1);
        free(entries[i]);
    }
    free(entries);
}

int cli_vectors(int argc, char **argv) {
    static const struct argp parser = {
        options, parse,
        "DIR",   "Replays every vector set below DIR (a folder with meta.json each) on the golden reference and on the RTL.",
        NULL,    NULL,
        NULL};
    session s = {.args = {.parallel = true, .serial = true}};
    dp_error err;
    struct stat what;
    (void)argp_parse(&parser, argc, argv, 0, NULL, &s.args);
    interrupt_install();
    const char *directory = s.args.directory;
    if (stat(directory, &what) != 0) return cli_fail(dp_fail(&err, DP_BAD_INPUT, "%s: %s", directory, strerror(errno)), &err);
    if (!S_ISDIR(what.st_mode)) return cli_fail(dp_fail(&err, DP_BAD_INPUT, "%s: not a directory", directory), &err);
    walk(&s, directory, 0);
    if (s.sets == 0 && s.worst == DP_OK)
        return cli_fail(dp_fail(&err, DP_BAD_INPUT, "%s: no vector set (a folder with meta.json) below it", directory), &err);
    (void)printf("%d sets, %d comparisons, %d wrong\n", s.sets, s.files, s.wrong);
    return (int)s.worst;
}

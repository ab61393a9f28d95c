#include "sweep_builds.h"

#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "build_choice.h"
#include "dut_file.h"
#include "gen.h"
#include "geometries.h"

enum { LARGE_MAP = 32 /* rows of the image; larger networks take the reference builds */ };
static const int64_t NANO = 1000000000;
static const char missing[] = "missing";

static const char *arch_name(bool parallel) { return parallel ? "parallel" : "serial"; }

static bool is_size(const char *item) {
    return strcmp(item, "small") == 0 || strcmp(item, "mid") == 0 || strcmp(item, "ref") == 0;
}

static bool starts_with(const char *text, const char *start) { return strncmp(text, start, strlen(start)) == 0; }

/* By its name; the library is asked only where that does not tell. */
static dp_status is_parallel(const char *build, bool *parallel, dp_error *err) {
    const dut_api *api = NULL;
    *parallel = starts_with(build, "parallel-");
    if (*parallel || starts_with(build, "serial-")) return DP_OK;
    dp_status status = dut_load(build, &api, err);
    if (status == DP_OK) *parallel = api->geometry.parallel;
    return status;
}

dp_status sweep_build_name(const char *item, bool parallel, char name[DUT_NAME_SIZE], dp_error *err) {
    bool of_parallel = parallel;
    char path[PATH_MAX];
    name[0] = '\0';
    if (is_size(item)) {
        (void)snprintf(name, DUT_NAME_SIZE, "%s-%s", arch_name(parallel), item);
        return DP_OK;
    }
    if (strlen(item) + sizeof "-dense" > DUT_NAME_SIZE || !dut_file(item, path))
        return dp_fail(err, DP_BAD_INPUT, "--build %s: not the name of a hardware build", item);
    dp_status status = is_parallel(item, &of_parallel, err);
    if (status == DP_OK && of_parallel == parallel) (void)snprintf(name, DUT_NAME_SIZE, "%s", item);
    return status;
}

/* Pruning adds masks to what a network needs, and takes less of everything else: its dense version decides. */
void sweep_build_for(const char *net, int group, int rows, bool parallel, char name[DUT_NAME_SIZE]) {
    gen_options options = gen_defaults(net);
    const build_choice choice = {.arch = arch_name(parallel)};
    const dut_api *api = NULL;
    dp_model model;
    (void)snprintf(name, DUT_NAME_SIZE, "%s-%s", arch_name(parallel), rows > LARGE_MAP ? "ref" : "small");
    options.group = group;
    if (rows > LARGE_MAP || gen_network(&options, &model, NULL) != DP_OK) return;
    dp_error why;
    if (build_choose(&choice, &model, &api, &why) == DP_OK) (void)snprintf(name, DUT_NAME_SIZE, "%s", api->geometry.name);
    dp_model_free(&model);
}

dp_status sweep_build_fitting(const dp_model *model, bool parallel, char name[DUT_NAME_SIZE], dp_error *err) {
    const build_choice choice = {.arch = arch_name(parallel)};
    const dut_api *api = NULL;
    dp_status status = build_choose(&choice, model, &api, err);
    if (status == DP_OK) (void)snprintf(name, DUT_NAME_SIZE, "%s", api->geometry.name);
    return status;
}

int sweep_build_bandwidth(const char *name) {
    char base[DUT_NAME_SIZE];
    dut_geometry geometry;
    const dut_api *api = NULL;
    dp_error ignored;
    (void)snprintf(base, sizeof base, "%.*s", (int)strcspn(name, "."), name); /* without its variant */
    if (geometry_find(base, &geometry)) return dut_bandwidth(&geometry);
    return dut_load(name, &api, &ignored) == DP_OK ? dut_bandwidth(&api->geometry) : DUT_BANDWIDTH;
}

static bool look(const char *name, struct stat *is) {
    char path[PATH_MAX];
    return dut_file(name, path) && stat(path, is) == 0;
}

static int64_t when_changed(const struct stat *is) { return (int64_t)is->st_mtim.tv_sec * NANO + is->st_mtim.tv_nsec; }

/* The whole file; *size 0 where it cannot be read. */
static char *read_file(const char *path, size_t *size) {
    struct stat is;
    char *data = NULL;
    FILE *in = fopen(path, "rb");
    *size = 0;
    if (in == NULL) return NULL;
    if (fstat(fileno(in), &is) == 0 && is.st_size > 0) data = malloc((size_t)is.st_size);
    if (data != NULL) *size = fread(data, 1, (size_t)is.st_size, in);
    (void)fclose(in);
    return data;
}

void sweep_checksum(const char *path, char sha[SWEEP_SHA]) {
    size_t size = 0;
    char *data = read_file(path, &size);
    memcpy(sha, missing, sizeof missing);
    if (data != NULL) (void)SHA256Data((const uint8_t *)data, size, sha);
    free(data);
}

static void identify(sweep_build *build) {
    char path[PATH_MAX] = "";
    struct stat is = {0};
    (void)look(build->name, &is);
    (void)dut_file(build->name, path);
    sweep_checksum(path, build->sha);
    build->size = (int64_t)is.st_size;
    build->changed = when_changed(&is);
}

dp_status sweep_build_file(sweep_plan *plan, const char *name, bool dense, int *file, dp_error *err) {
    char wanted[DUT_NAME_SIZE];
    (void)snprintf(wanted, sizeof wanted, "%s", name);
    if (dense) build_sister(wanted, name, true, strstr(name, ".trace") != NULL);
    for (*file = 0; *file < plan->builds; ++*file)
        if (strcmp(plan->build[*file].name, wanted) == 0) return DP_OK;
    if (plan->builds == (int)(sizeof plan->build / sizeof *plan->build))
        return dp_fail(err, DP_BAD_INPUT, "--build: more than %d different hardware builds", plan->builds);
    sweep_build *build = &plan->build[plan->builds++];
    memcpy(build->name, wanted, sizeof wanted);
    identify(build);
    return DP_OK;
}

bool sweep_build_unchanged(const sweep_build *build) {
    struct stat is = {0};
    (void)look(build->name, &is);
    return (int64_t)is.st_size == build->size && when_changed(&is) == build->changed;
}

#define _DEFAULT_SOURCE /* scandir */
#include "dut.h"

#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dut_file.h"
#include "dut_sources.h"
#include "geometries.h"
#include "paths.h"

static const char suffix[] = ".so";

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length > tail && strcmp(text + length - tail, end) == 0;
}

bool dut_file(const char *name, char path[PATH_MAX]) {
    char directory[PATH_MAX];
    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL || !path_builds(directory)) return false;
    return snprintf(path, PATH_MAX, "%s/%s%s", directory, name, suffix) < PATH_MAX;
}

bool dut_exists(const char *name) {
    char path[PATH_MAX];
    return dut_file(name, path) && access(path, R_OK) == 0;
}

static int is_build(const struct dirent *entry) { return entry->d_name[0] != '.' && ends_with(entry->d_name, suffix); }

/* PROJECT/build/dut/NAME.so, made of PROJECT/rtl. A directory of builds that lies elsewhere is taken as it is. */
static bool is_up_to_date(const char *path, const char *name, const char *made_of, dp_error *err) {
    enum { LEVELS = 3 };
    char project[PATH_MAX], now[DUT_SOURCES_SIZE];
    char *end = realpath(path, project) != NULL ? project : NULL;
    for (int i = 0; i < LEVELS && end != NULL; i++) {
        end = strrchr(project, '/');
        if (end != NULL) *end = '\0';
    }
    if (end == NULL || !dut_sources(project, name, now)) return true;
    const char *what = dut_sources_differ(made_of, now);
    if (what == NULL) return true;
    (void)dp_fail(err, DP_NO_BUILD, "%s: out of date: %s changed since it was made; make build/dut/%s%s", path, what, name,
                  suffix);
    return false;
}

int dut_list(char (*names)[DUT_NAME_SIZE], int room) {
    char directory[PATH_MAX];
    struct dirent **entries = NULL;
    if (!path_builds(directory)) return 0;
    int found = scandir(directory, &entries, is_build, alphasort), count = 0;
    for (int i = 0; i < found; i++) {
        size_t length = strlen(entries[i]->d_name) - strlen(suffix);
        if (count < room && length < DUT_NAME_SIZE) {
            memcpy(names[count], entries[i]->d_name, length);
            names[count++][length] = '\0';
        }
        free(entries[i]);
    }
    free(entries);
    return count;
}

enum { MAX_LISTED = 32 };

/* One that builds.mk knows can be made; for any other name those that are there may help. */
static dp_status not_there(const char *path, const char *name, dp_error *err) {
    char names[MAX_LISTED][DUT_NAME_SIZE], there[256] = "none";
    if (geometry_has(name))
        return dp_fail(err, DP_NO_BUILD, "%s: no such hardware build; make it with: make build/dut/%s%s", path, name, suffix);
    int count = dut_list(names, MAX_LISTED);
    for (int i = 0, used = 0; i < count && used < (int)sizeof there; i++)
        used += snprintf(there + used, sizeof there - (size_t)used, "%s%s", i > 0 ? ", " : "", names[i]);
    return dp_fail(err, DP_NO_BUILD, "%s: no such hardware build, and builds.mk has none of that name; there are: %s", name,
                   there);
}

dp_status dut_load(const char *name, const dut_api **api, dp_error *err) {
    char path[PATH_MAX];
    if (!dut_file(name, path)) return dp_fail(err, DP_BAD_INPUT, "%s: not the name of a hardware build", name);
    if (access(path, R_OK) != 0) return not_there(path, name, err);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL); /* stays loaded: the API points into it */
    if (library == NULL) return dp_fail(err, DP_NO_BUILD, "%s", dlerror());
    const dut_api *(*get)(void) = NULL;
    void *symbol = dlsym(library, "dpacs_dut_api");
    memcpy(&get, &symbol, sizeof get); /* C has no cast from object to function pointers; POSIX has them the same size */
    const dut_api *found = get != NULL ? get() : NULL;
    if (found == NULL || found->version != DUT_API_VERSION)
        return dp_fail(err, DP_NO_BUILD, "%s: made for another version of this program; make build/dut/%s%s", path, name, suffix);
    if (!is_up_to_date(path, name, found->sources, err)) return DP_NO_BUILD;
    *api = found;
    return DP_OK;
}

int dut_peak_macs(const dut_geometry *geometry) { return geometry->pi * geometry->po * (geometry->parallel ? 9 : 1); }

int dut_ports(const dut_geometry *geometry) { return geometry->ports > 0 ? geometry->ports : 1; }
int dut_beat(const dut_geometry *geometry) { return geometry->ports > 0 ? DUT_PORT_BEAT : DUT_BEAT; }
int dut_bandwidth(const dut_geometry *geometry) { return geometry->ports > 0 ? geometry->ports * DUT_PORT_BEAT : DUT_BANDWIDTH; }

#include "paths.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    char parts[PATH_MAX]; /* models/, scripts/, ... */
    char builds[PATH_MAX];
    char output[PATH_MAX]; /* "": an installed program's, see state_directory */
} places;

__attribute__((format(printf, 2, 3))) static bool put(char path[PATH_MAX], const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(path, PATH_MAX, format, arguments);
    va_end(arguments);
    return length >= 0 && length < PATH_MAX;
}

static bool is_there(const char *directory, const char *name) {
    char path[PATH_MAX];
    return put(path, "%s/%s", directory, name) && access(path, F_OK) == 0;
}

/* Takes the last name off a path; false where there is none. */
static bool go_up(char *path) {
    char *slash = strrchr(path, '/');
    if (slash != NULL) *slash = '\0';
    return slash != NULL;
}

bool path_program(char path[PATH_MAX]) {
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
    if (length <= 0) return false;
    path[length] = '\0';
    return true;
}

static bool installed_at(places *p, const char *parts) {
    p->output[0] = '\0';
    return is_there(parts, "dut") && put(p->parts, "%s", parts) && put(p->builds, "%s/dut", parts);
}

static bool built_in(places *p, const char *project, const char *build) {
    return put(p->parts, "%s", project) && put(p->output, "%s", build) && put(p->builds, "%s/dut", build);
}

/* Where a program that was copied without its parts may find those of an installed one. */
static bool installed_elsewhere(places *p) {
    char own[PATH_MAX];
    const char *home = getenv("HOME");
    if (home != NULL && put(own, "%s/.local/lib/dpacs", home) && installed_at(p, own)) return true;
    return installed_at(p, "/usr/local/lib/dpacs") || installed_at(p, "/usr/lib/dpacs");
}

static bool find_places(places *p) {
    char here[PATH_MAX], above[PATH_MAX], project[PATH_MAX], path[PATH_MAX];
    if (!path_program(here) || !go_up(here)) return false;
    (void)put(above, "%s", here);
    if (!go_up(above)) return false;
    if (is_there(here, "dut")) return built_in(p, above, here);
    if (put(path, "%s/lib/dpacs", above) && installed_at(p, path)) return true;
    (void)put(project, "%s", here);
    while (go_up(project)) /* not only one: build/tests/test_X */
        if (is_there(project, "rtl/files.f")) return put(path, "%s/build", project) && built_in(p, project, path);
    return installed_elsewhere(p) || built_in(p, above, here);
}

static bool state_directory(char path[PATH_MAX]) {
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (state != NULL && state[0] == '/') return put(path, "%s/dpacs", state);
    return home != NULL && put(path, "%s/.local/state/dpacs", home);
}

/* Whoever writes there makes the last folder only. */
static void make_with_parents(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0777);
        *slash = '/';
    }
    (void)mkdir(path, 0777); /* who writes there says why it fails */
}

bool path_builds(char path[PATH_MAX]) {
    const char *named = getenv("DPACS_DUT_DIR");
    places p;
    if (named != NULL) return put(path, "%s", named);
    return find_places(&p) && put(path, "%s", p.builds);
}

bool path_in_project(char path[PATH_MAX], const char *name) {
    places p;
    return find_places(&p) && put(path, "%s/%s", p.parts, name);
}

bool path_beside_program(char path[PATH_MAX], const char *name) {
    places p;
    if (!find_places(&p)) return false;
    if (p.output[0] == '\0') {
        if (!state_directory(p.output)) return false;
        make_with_parents(p.output);
    }
    return put(path, "%s/%s", p.output, name);
}

bool path_quote(char *out, size_t size, const char *text) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._/:,=+@%";
    bool quotes = text[0] == '\0' || text[strspn(text, plain)] != '\0';
    size_t used = 0;
    for (const char *c = text; *c != '\0'; c++) used += quotes && *c == '\'' ? 4 : 1;
    if (used + (quotes ? 3 : 1) > size) return false;
    if (quotes) *out++ = '\'';
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            memcpy(out, "'\\''", 4);
            out += 4;
        } else {
            *out++ = *text;
        }
    }
    if (quotes) *out++ = '\'';
    *out = '\0';
    return true;
}

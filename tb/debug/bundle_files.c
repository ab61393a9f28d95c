/* Files of a bundle that come from elsewhere, and the link to the last one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "atomic_file.h"
#include "bundle.h"
#include "paths.h"

static dp_status copy(const char *from, const char *to, dp_error *err) {
    char part[1 << 16];
    size_t got;
    atomic_file file;
    FILE *in = fopen(from, "rb");
    if (in == NULL) return dp_fail(err, DP_BAD_INPUT, "%s: %s", from, strerror(errno));
    dp_status status = atomic_open(&file, to, err);
    if (status == DP_OK) {
        while ((got = fread(part, 1, sizeof part, in)) > 0 && fwrite(part, 1, got, file.stream) == got) continue;
        bool all_read = ferror(in) == 0;
        if (all_read)
            status = atomic_commit(&file, err);
        else
            atomic_abandon(&file);
        if (!all_read) status = dp_fail(err, DP_BAD_INPUT, "%s: cannot be read", from);
    }
    (void)fclose(in);
    return status;
}

dp_status bundle_move(const char *from, const char *to, dp_error *err) {
    if (rename(from, to) == 0) return DP_OK;
    if (errno != EXDEV) return dp_fail(err, DP_BAD_INPUT, "%s: %s", to, strerror(errno));
    dp_status status = copy(from, to, err);
    if (status == DP_OK) (void)unlink(from);
    return status;
}

/* From one directory to another, both absolute and without links: "../b/c". */
static bool relative(const char *from, const char *to, char *path, size_t size) {
    size_t same = 0, used = 0;
    for (size_t i = 0;; i++) {
        bool ends = (from[i] == '/' || from[i] == '\0') && (to[i] == '/' || to[i] == '\0');
        if (ends) same = i;
        if (from[i] != to[i] || from[i] == '\0') break;
    }
    path[0] = '\0';
    for (const char *c = from + same; *c != '\0'; c++) {
        if (*c != '/') continue;
        if (used + 4 > size) return false;
        memcpy(path + used, "../", 4);
        used += 3;
    }
    const char *rest = to + same + (to[same] == '/');
    int length = snprintf(path + used, size - used, "%s", rest);
    return length > 0 && (size_t)length < size - used;
}

void bundle_link_last(const char *directory) {
    char failures[PATH_MAX], last[PATH_MAX + 8], here[PATH_MAX], whole[PATH_MAX], project[PATH_MAX], target[PATH_MAX];
    if (!path_beside_program(failures, "failures") || realpath(directory, whole) == NULL) return;
    (void)mkdir(failures, 0777);
    if (realpath(failures, here) == NULL) return;
    (void)snprintf(last, sizeof last, "%s/last", here);
    (void)snprintf(project, sizeof project, "%s", here); /* PROJECT/build/failures */
    for (int i = 0; i < 2; i++) {
        char *slash = strrchr(project, '/');
        if (slash != NULL) *slash = '\0';
    }
    size_t length = strlen(project);
    bool inside = strncmp(whole, project, length) == 0 && whole[length] == '/';
    if (!inside || !relative(here, whole, target, sizeof target)) (void)snprintf(target, sizeof target, "%s", whole);
    (void)unlink(last);
    if (symlink(target, last) != 0) return; /* a convenience */
}

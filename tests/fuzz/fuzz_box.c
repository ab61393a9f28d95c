/* See fuzz_box.h. */
#include "fuzz_box.h"

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char place[PATH_MAX];

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where) {
    (void)info;
    (void)type;
    (void)where;
    return remove(path);
}

static void clean(void) { (void)nftw(place, remove_one, 8, FTW_DEPTH | FTW_PHYS); }

const char *fuzz_place(void) {
    if (place[0] != '\0') return place;
    (void)snprintf(place, sizeof place, "%s/dpacs-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    fuzz_expect(mkdtemp(place) != NULL, "no directory for files");
    (void)atexit(clean);
    return place;
}

const char *fuzz_file(const char *name, const void *data, size_t size) {
    static char path[PATH_MAX + 64];
    (void)snprintf(path, sizeof path, "%s/%s", fuzz_place(), name);
    FILE *file = fopen(path, "wb");
    fuzz_expect(file != NULL, "a file cannot be written");
    fuzz_expect(fwrite(data, 1, size, file) == size && fclose(file) == 0, "no room for a file");
    return path;
}

void fuzz_expect(int holds, const char *what) {
    if (holds) return;
    (void)fprintf(stderr, "fuzzer: %s\n", what);
    abort();
}

#include "dpacs_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dpacs_plan.h"

enum { MAGIC = 8 };

static dpacs_status fail(dpacs *d, dpacs_status status, const char *path, const char *what) {
    (void)snprintf(d->text, sizeof d->text, "%.100s: %.80s", path, what);
    return status;
}

/* What dp_error says, which names the file, in the room that there is. */
static dpacs_status planned(dpacs *d, dp_status status, const dp_error *err) {
    if (status == DP_OK) return DPACS_OK;
    (void)snprintf(d->text, sizeof d->text, "%.*s", DPACS_TEXT - 1, err->text);
    return status == DP_NO_MEMORY ? DPACS_NO_MEMORY : DPACS_BAD_NETWORK;
}

/* Gang, but chains where only that fits the build (csrc/plan/plan.h). */
static dpacs_status plan_container(dpacs *d, const char *path, dpacs_file *file) {
    dp_model model;
    dp_error err;
    plan p;
    const plan_geometry build = dpacs_build(d->geometry, d->capacity);
    dpacs_status status = planned(d, dp_model_load(&model, path, &err), &err);
    if (status != DPACS_OK) return status;
    status = planned(d, plan_create(&p, &model, &build, (plan_options){.schedule = PLAN_AUTO}, &err), &err);
    if (status == DPACS_OK) {
        file->network = dpacs_of_plan(&p);
        file->storage = p.image;
        p.image = NULL;
        plan_free(&p);
    }
    dp_model_free(&model);
    return status;
}

static dpacs_status read_planned(dpacs *d, const char *path, FILE *stream, dpacs_file *file) {
    char text[DPACS_TEXT];
    long size = fseek(stream, 0, SEEK_END) == 0 ? ftell(stream) : -1;
    if (size < 0 || fseek(stream, 0, SEEK_SET) != 0) return fail(d, DPACS_IO, path, strerror(errno));
    file->storage = malloc((size_t)size + 1);
    if (file->storage == NULL) return fail(d, DPACS_NO_MEMORY, path, "out of memory");
    if (fread(file->storage, 1, (size_t)size, stream) != (size_t)size) return fail(d, DPACS_IO, path, "cannot be read");
    dpacs_status status = dpacs_parse(&file->network, file->storage, (size_t)size, text);
    return status == DPACS_OK ? DPACS_OK : fail(d, status, path, text);
}

dpacs_status dpacs_file_read(dpacs *d, const char *path, dpacs_file *file) {
    char magic[MAGIC] = {0};
    *file = (dpacs_file){.storage = NULL};
    d->text[0] = '\0';
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) return fail(d, DPACS_BAD_ARGUMENT, path, strerror(errno));
    bool is_planned = fread(magic, 1, MAGIC, stream) == MAGIC && memcmp(magic, "DPACSIMG", MAGIC) == 0;
    dpacs_status status = is_planned ? read_planned(d, path, stream, file) : plan_container(d, path, file);
    (void)fclose(stream);
    if (status != DPACS_OK) dpacs_file_free(file);
    return status;
}

void dpacs_file_free(dpacs_file *file) {
    free(file->storage);
    *file = (dpacs_file){.storage = NULL};
}

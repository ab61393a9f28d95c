/* A run as words of a shell, and whether another one has the same network and images. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <sha2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "paths.h"

typedef struct {
    char *text;
    size_t size, used;
    bool fits;
} line;

static void add(line *l, const char *format, ...) {
    va_list values;
    va_start(values, format);
    int length = vsnprintf(l->text + l->used, l->size - l->used, format, values);
    va_end(values);
    l->fits = l->fits && length >= 0 && (size_t)length < l->size - l->used;
    if (l->fits) l->used += (size_t)length;
}

static void add_word(line *l, const char *before, const char *word) {
    add(l, "%s", before);
    l->fits = l->fits && path_quote(l->text + l->used, l->size - l->used, word);
    if (l->fits) l->used += strlen(l->text + l->used);
}

bool bundle_command(const bundle_run *r, const char *program, char *text, size_t size) {
    line l = {.text = text, .size = size, .fits = size > 0};
    add_word(&l, "", program);
    add_word(&l, " sim ", r->model);
    add(&l, " --build %s", r->build);
    if (r->images != NULL) add_word(&l, " --images ", r->images);
    add(&l, " --schedule %s --seed %" PRIu64 " --stall %d --latency %d --bandwidth %d --base %" PRIu64,
        plan_schedule_name(r->plan.schedule), r->seed, r->stall, r->latency, r->bandwidth, r->base);
    add(&l, " --hang-cycles %" PRIu64 " --max-failures %d", r->hang_cycles, r->max_failures);
    if (r->fault[0] != '\0') add(&l, " --fault %s", r->fault);
    return l.fits;
}

static bool is_made(const char *model) { return strncmp(model, "gen:", 4) == 0; }
static bool is_word(const char *images) { return strcmp(images, "random") == 0 || strcmp(images, "signed") == 0; }

bundle_run bundle_absolute(const bundle_run *run, bundle_names *room) {
    bundle_run r = *run;
    if (!is_made(r.model) && realpath(r.model, room->model) != NULL) r.model = room->model;
    if (r.images != NULL && !is_word(r.images) && realpath(r.images, room->images) != NULL) r.images = room->images;
    return r;
}

static dp_status sum_file(const char *path, char hex[BUNDLE_SUM], dp_error *err) {
    FILE *in = fopen(path, "rb");
    long size = in != NULL && fseek(in, 0, SEEK_END) == 0 ? ftell(in) : -1;
    char *data = size >= 0 ? malloc((size_t)size + 1) : NULL;
    dp_status status = DP_OK;
    if (size < 0)
        status = dp_fail(err, DP_BAD_INPUT, "%s: cannot be read: %s", path, strerror(errno));
    else if (data == NULL)
        status = dp_fail(err, DP_NO_MEMORY, "%s: out of memory", path);
    if (status == DP_OK) {
        rewind(in);
        if (fread(data, 1, (size_t)size, in) == (size_t)size)
            (void)SHA256Data((const uint8_t *)data, (size_t)size, hex);
        else
            status = dp_fail(err, DP_BAD_INPUT, "%s: cannot be read", path);
    }
    free(data);
    if (in != NULL) (void)fclose(in);
    return status;
}

dp_status bundle_sums(const bundle_run *run, const image_set *images, char model[BUNDLE_SUM], char pixels[BUNDLE_SUM],
                      dp_error *err) {
    size_t first = (size_t)run->first * images->image_bytes, size = (size_t)run->count * images->image_bytes;
    (void)SHA256Data((const uint8_t *)images->pixels + first, size, pixels);
    model[0] = '\0';
    return is_made(run->model) ? DP_OK : sum_file(run->model, model, err);
}

static bool agrees(const json_t *run, const char *key, const char *sum) {
    const char *wanted = json_string_value(json_object_get(run, key));
    return wanted == NULL || strcmp(wanted, sum) == 0;
}

dp_status bundle_same(const char *directory, const bundle_run *run, const image_set *images, dp_error *err) {
    char path[PATH_MAX], model[BUNDLE_SUM], pixels[BUNDLE_SUM];
    json_error_t why;
    if (snprintf(path, sizeof path, "%s/failure.json", directory) >= (int)sizeof path)
        return dp_fail(err, DP_BAD_INPUT, "%s: too long a name", directory);
    dp_status status = bundle_sums(run, images, model, pixels, err);
    if (status != DP_OK) return status;
    json_t *failure = json_load_file(path, 0, &why);
    if (failure == NULL) return dp_fail(err, DP_BAD_INPUT, "%s: %s", path, why.text);
    const json_t *then = json_object_get(failure, "run");
    if (!agrees(then, "model_sha256", model))
        status = dp_fail(err, DP_BAD_INPUT, "%s: %s is not the network that failed", directory, run->model);
    else if (!agrees(then, "pixels_sha256", pixels))
        status = dp_fail(err, DP_BAD_INPUT, "%s: %s holds other images than those that failed", directory,
                         run->images != NULL ? run->images : "the data set");
    json_decref(failure);
    return status;
}

dp_status bundle_same_network(const char *directory, const char *model, const char *wanted, dp_error *err) {
    char sum[BUNDLE_SUM];
    if (wanted == NULL || is_made(model)) return DP_OK;
    dp_status status = sum_file(model, sum, err);
    if (status == DP_OK && strcmp(sum, wanted) != 0)
        status = dp_fail(err, DP_BAD_INPUT, "%s: %s is not the network that failed", directory, model);
    return status;
}

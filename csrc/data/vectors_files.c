/* meta.json and the raw files beside it. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <jansson.h>
#include <sha2.h>
#include <stdio.h>
#include <string.h>

#include "vectors_parts.h"

enum { PATH = 4096 };

static dp_status bad(const vectors_set *set, dp_error *err, const char *what) {
    return dp_fail(err, DP_BAD_INPUT, "%s/meta.json: %s", set->folder, what);
}

vectors_file *vectors_find(vectors_set *set, const char *name) {
    for (int i = 0; i < set->file_count; i++)
        if (strcmp(set->file[i].name, name) == 0) return &set->file[i];
    return NULL;
}

dp_status vectors_take(vectors_set *set, const char *name, int rank, int element, const vectors_file **file, dp_error *err) {
    vectors_file *found = vectors_find(set, name);
    if (found == NULL) return dp_fail(err, DP_BAD_INPUT, "%s/meta.json: names no file %s", set->folder, name);
    if (found->rank != rank || found->element != element)
        return dp_fail(err, DP_BAD_INPUT, "%s/meta.json: %s has %d dimensions of %d-byte elements, expected %d of %d",
                       set->folder, name, found->rank, found->element, rank, element);
    found->used = true;
    *file = found;
    return DP_OK;
}

static dp_status read_bytes(vectors_set *set, vectors_file *f, const char *sha256, dp_error *err) {
    char path[PATH], hex[65];
    size_t size = f->count * (size_t)f->element;
    (void)snprintf(path, sizeof path, "%s/%s", set->folder, f->name);
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) return dp_fail(err, DP_BAD_INPUT, "%s: %s", path, strerror(errno));
    f->data = arena_alloc(&set->memory, size + 1, 1);
    size_t got = f->data != NULL ? fread(f->data, 1, size + 1, stream) : 0;
    (void)fclose(stream);
    if (f->data == NULL) return dp_fail(err, DP_NO_MEMORY, "%s: no memory for %zu bytes", path, size);
    if (got != size)
        return dp_fail(err, DP_BAD_INPUT, "%s: %s than the %zu bytes of its shape", path, got < size ? "shorter" : "longer",
                       size);
    (void)SHA256Data(f->data, size, hex);
    if (sha256 != NULL && strcmp(hex, sha256) != 0)
        return dp_fail(err, DP_BAD_INPUT, "%s: sha256 is %s, meta.json says %s", path, hex, sha256);
    return DP_OK;
}

static int element_size(const char *dtype) {
    if (dtype == NULL) return 0;
    if (strcmp(dtype, "int8") == 0 || strcmp(dtype, "uint8") == 0) return 1;
    return strcmp(dtype, "int32") == 0 ? 4 : 0;
}

static dp_status read_file(vectors_set *set, const char *name, json_t *entry, dp_error *err) {
    enum { LARGEST = 1 << 16 }; /* of one dimension */
    vectors_file *f = &set->file[set->file_count];
    json_t *shape = json_object_get(entry, "shape");
    if (set->file_count == VECTORS_FILES) return bad(set, err, "too many files");
    if (strlen(name) >= sizeof f->name || strchr(name, '/') != NULL) return bad(set, err, "a file's name is no plain name");
    (void)snprintf(f->name, sizeof f->name, "%s", name);
    f->rank = (int)json_array_size(shape);
    f->element = element_size(json_string_value(json_object_get(entry, "dtype")));
    f->count = 1;
    bool valid = f->rank >= 1 && f->rank <= VECTORS_RANK && f->element > 0;
    for (int i = 0; valid && i < f->rank; i++) {
        json_int_t n = json_integer_value(json_array_get(shape, (size_t)i));
        valid = n >= 1 && n <= LARGEST && f->count * (size_t)n < (size_t)1 << 30;
        f->shape[i] = (int)n;
        f->count *= (size_t)n;
    }
    if (!valid) return dp_fail(err, DP_BAD_INPUT, "%s/meta.json: shape or dtype of %s", set->folder, name);
    dp_status status = read_bytes(set, f, json_string_value(json_object_get(entry, "sha256")), err);
    if (status == DP_OK) set->file_count++;
    return status;
}

static dp_status read_int(const vectors_set *set, const json_t *meta, const char *key, int low, int high, int *value,
                          dp_error *err) {
    const json_t *found = json_object_get(meta, key);
    json_int_t n = json_integer_value(found);
    if (!json_is_integer(found) || n < low || n > high)
        return dp_fail(err, DP_BAD_INPUT, "%s/meta.json: %s should be %d to %d", set->folder, key, low, high);
    *value = (int)n;
    return DP_OK;
}

static dp_status read_kind(vectors_set *set, const json_t *meta, dp_error *err) {
    const char *block = json_string_value(json_object_get(meta, "block")),
               *arch = json_string_value(json_object_get(meta, "arch"));
    if (block == NULL || (strcmp(block, "basicblock") != 0 && strcmp(block, "bottleneck") != 0))
        return bad(set, err, "block should be basicblock or bottleneck");
    if (arch == NULL || (strcmp(arch, "serial") != 0 && strcmp(arch, "parallel") != 0))
        return bad(set, err, "arch should be serial or parallel");
    set->bottleneck = strcmp(block, "bottleneck") == 0;
    set->parallel = strcmp(arch, "parallel") == 0;
    set->residual = !json_is_false(json_object_get(meta, "residual"));
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(meta, "relu"), key, value) {
        if (!json_is_true(value)) return bad(set, err, "a convolution without relu is not supported");
    }
    return DP_OK;
}

static dp_status read_numbers(vectors_set *set, const json_t *meta, dp_error *err) {
    int one;
    dp_status status = read_int(set, meta, "stride", 1, 2, &set->stride, err);
    if (status == DP_OK) status = read_int(set, meta, "shift", 0, 30, &set->shift, err);
    if (status == DP_OK && json_object_get(meta, "batch") != NULL) status = read_int(set, meta, "batch", 1, 1, &one, err);
    if (status == DP_OK && json_object_get(meta, "pad_3x3") != NULL) status = read_int(set, meta, "pad_3x3", 1, 1, &one, err);
    if (status == DP_OK && json_is_integer(json_object_get(meta, "group_size")))
        status = read_int(set, meta, "group_size", 1, 4096, &set->group, err);
    return status;
}

/* Which file each pass starts from; meta.json may leave it to the usual names. */
static void read_identity(vectors_set *set, const json_t *meta) {
    /* by vectors_kind */
    static const char *const keys[] = {"dense", "sparse_given_mask", "sparse_mask_unit"};
    static const char *const usual[] = {"dense_input.bin", "dense_input.bin", "sparse_input.bin"};
    const json_t *identity = json_object_get(meta, "identity");
    for (int i = 0; i < VECTORS_PASSES; i++) {
        const char *name = json_string_value(json_object_get(identity, keys[i]));
        (void)snprintf(set->identity[i], VECTORS_NAME, "%s", name != NULL ? name : usual[i]);
    }
}

static dp_status read_meta(vectors_set *set, const json_t *meta, dp_error *err) {
    dp_status status = read_kind(set, meta, err);
    if (status == DP_OK) status = read_numbers(set, meta, err);
    if (status != DP_OK) return status;
    read_identity(set, meta);
    const char *name;
    json_t *entry, *files = json_object_get(meta, "files");
    if (!json_is_object(files)) return bad(set, err, "names no files");
    json_object_foreach(files, name, entry) {
        status = read_file(set, name, entry, err);
        if (status != DP_OK) return status;
    }
    return DP_OK;
}

dp_status vectors_read_set(vectors_set *set, const char *folder, dp_error *err) {
    char path[PATH];
    json_error_t parse;
    set->folder = folder;
    (void)snprintf(path, sizeof path, "%s/meta.json", folder);
    json_t *meta = json_load_file(path, JSON_REJECT_DUPLICATES, &parse);
    if (meta == NULL) return dp_fail(err, DP_BAD_INPUT, "%s: %s", path, parse.text);
    dp_status status = read_meta(set, meta, err);
    json_decref(meta);
    return status;
}

#include "image_files.h"

#include "pixels.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    IDX_IMAGES = 0x0803,
    IDX_LABELS = 0x0801,
    MAX_IMAGES = 1000000,
    CIFAR_SIZE = 32,
    CIFAR_PLANE = CIFAR_SIZE * CIFAR_SIZE,
    CIFAR_CHANNELS = 3,
    CIFAR_RECORD = 1 + CIFAR_CHANNELS * CIFAR_PLANE
};

static const size_t max_image_bytes = (size_t)512 << 20;

static dp_status open_gz(gzFile *file, const char *path, dp_error *err) {
    errno = 0;
    *file = gzopen(path, "rb");
    if (*file == NULL)
        return errno == 0 || errno == ENOMEM ? dp_fail(err, DP_NO_MEMORY, "%s: out of memory", path)
                                             : dp_fail(err, DP_BAD_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
    return DP_OK;
}

/* Reads exactly `size` bytes; `what` is what they are. */
static dp_status read_exactly(gzFile file, const char *path, const char *what, void *out, size_t size, dp_error *err) {
    size_t done = 0;
    while (done < size) {
        size_t left = size - done;
        int got = gzread(file, (char *)out + done, left > (1U << 24) ? 1U << 24 : (unsigned)left);
        if (got < 0) {
            int code;
            return dp_fail(err, DP_BAD_INPUT, "%s: damaged: %s", path, gzerror(file, &code));
        }
        if (got == 0) return dp_fail(err, DP_BAD_INPUT, "%s: truncated: %zu of %zu bytes of %s", path, done, size, what);
        done += (size_t)got;
    }
    return DP_OK;
}

/* Nothing follows; in a .gz this also verifies the checksum. */
static dp_status expect_end(gzFile file, const char *path, dp_error *err) {
    char extra;
    int code, got = gzread(file, &extra, 1);
    if (got > 0) return dp_fail(err, DP_BAD_INPUT, "%s: oversized: data after what its header announces", path);
    const char *problem = gzerror(file, &code);
    if (got < 0 || code < 0) return dp_fail(err, DP_BAD_INPUT, "%s: damaged: %s", path, problem);
    return DP_OK;
}

static uint32_t big_endian(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static dp_status allocate(image_set *set, const char *path, size_t count, const dp_model *model, dp_error *err) {
    set->count = (int)count;
    set->image_bytes = (size_t)model->in_h * (size_t)model->in_w * (size_t)model->in_c;
    if (count * set->image_bytes > max_image_bytes)
        return dp_fail(err, DP_BAD_INPUT, "%s: %zu images exceed %zu bytes", path, count, max_image_bytes);
    set->pixels = malloc(count * set->image_bytes);
    set->labels = NULL;
    return set->pixels == NULL ? dp_fail(err, DP_NO_MEMORY, "%s: out of memory", path) : DP_OK;
}

static dp_status check_labels(const image_set *set, const char *path, dp_error *err) {
    for (int i = 0; i < set->count; i++)
        if (set->labels[i] >= DATASET_CLASSES)
            return dp_fail(err, DP_BAD_INPUT, "%s: image %d has label %d, expected 0 to %d", path, i, set->labels[i],
                           DATASET_CLASSES - 1);
    return DP_OK;
}

static dp_status read_idx_images(image_set *set, gzFile file, const char *path, const dp_model *model, dp_error *err) {
    uint8_t header[16];
    dp_status status = read_exactly(file, path, "the idx header", header, sizeof header, err);
    if (status != DP_OK) return status;
    uint32_t kind = big_endian(header), count = big_endian(header + 4);
    uint32_t height = big_endian(header + 8), width = big_endian(header + 12);
    if (kind != IDX_IMAGES)
        return dp_fail(err, DP_BAD_INPUT, "%s: neither a .npy nor an idx file of images: magic 0x%08x, expected 0x%08x", path,
                       kind, IDX_IMAGES);
    if (height != (uint32_t)model->in_h || width != (uint32_t)model->in_w || model->in_c != 1)
        return dp_fail(err, DP_BAD_INPUT, "%s: images are %ux%ux1, but %s takes %dx%dx%d", path, height, width, model->name,
                       model->in_h, model->in_w, model->in_c);
    if (count < 1 || count > MAX_IMAGES)
        return dp_fail(err, DP_BAD_INPUT, "%s: %u images, expected 1 to %d", path, count, MAX_IMAGES);
    status = allocate(set, path, count, model, err);
    size_t bytes = count * set->image_bytes;
    if (status == DP_OK) status = read_exactly(file, path, "pixels", set->pixels, bytes, err);
    if (status == DP_OK) status = expect_end(file, path, err);
    return status == DP_OK ? pixels_map(set->pixels, bytes / (size_t)model->in_c, model, path, err) : status;
}

dp_status idx_read_images(image_set *set, const char *path, const dp_model *model, dp_error *err) {
    gzFile file;
    dp_status status = open_gz(&file, path, err);
    if (status != DP_OK) return status;
    status = read_idx_images(set, file, path, model, err);
    (void)gzclose(file);
    return status;
}

static dp_status read_idx_labels(image_set *set, gzFile file, const char *path, dp_error *err) {
    uint8_t header[8];
    dp_status status = read_exactly(file, path, "the idx header", header, sizeof header, err);
    if (status != DP_OK) return status;
    if (big_endian(header) != IDX_LABELS)
        return dp_fail(err, DP_BAD_INPUT, "%s: not an idx file of labels: magic 0x%08x, expected 0x%08x", path,
                       big_endian(header), IDX_LABELS);
    if (big_endian(header + 4) != (uint32_t)set->count)
        return dp_fail(err, DP_BAD_INPUT, "%s: %u labels, but there are %d images", path, big_endian(header + 4), set->count);
    set->labels = malloc((size_t)set->count * sizeof *set->labels);
    if (set->labels == NULL) return dp_fail(err, DP_NO_MEMORY, "%s: out of memory", path);
    uint8_t *bytes = (uint8_t *)set->labels;
    status = read_exactly(file, path, "labels", bytes, (size_t)set->count, err);
    if (status == DP_OK) status = expect_end(file, path, err);
    for (int i = set->count - 1; status == DP_OK && i >= 0; i--) set->labels[i] = bytes[i]; /* from the end: in place */
    set->classes = DATASET_CLASSES;
    return status == DP_OK ? check_labels(set, path, err) : status;
}

dp_status idx_read_labels(image_set *set, const char *path, dp_error *err) {
    gzFile file;
    dp_status status = open_gz(&file, path, err);
    if (status != DP_OK) return status;
    status = read_idx_labels(set, file, path, err);
    (void)gzclose(file);
    return status;
}

static dp_status read_cifar(image_set *set, FILE *in, const char *path, const dp_model *model, dp_error *err) {
    if (model->in_h != CIFAR_SIZE || model->in_w != CIFAR_SIZE || model->in_c != CIFAR_CHANNELS)
        return dp_fail(err, DP_BAD_INPUT, "%s: images are 32x32x3, but %s takes %dx%dx%d", path, model->name, model->in_h,
                       model->in_w, model->in_c);
    if (fseek(in, 0, SEEK_END) != 0) return dp_fail(err, DP_BAD_INPUT, "%s: %s", path, strerror(errno));
    long size = ftell(in);
    if (size <= 0 || size % CIFAR_RECORD != 0 || size / CIFAR_RECORD > MAX_IMAGES)
        return dp_fail(err, DP_BAD_INPUT, "%s: %ld bytes, expected a multiple of %d (truncated?)", path, size, CIFAR_RECORD);
    rewind(in);
    dp_status status = allocate(set, path, (size_t)(size / CIFAR_RECORD), model, err);
    if (status != DP_OK) return status;
    set->labels = malloc((size_t)set->count * sizeof *set->labels);
    if (set->labels == NULL) return dp_fail(err, DP_NO_MEMORY, "%s: out of memory", path);
    for (int i = 0; i < set->count; i++) {
        uint8_t record[CIFAR_RECORD];
        int8_t *out = set->pixels + (size_t)i * set->image_bytes;
        if (fread(record, 1, sizeof record, in) != sizeof record) return dp_fail(err, DP_BAD_INPUT, "%s: cannot be read", path);
        set->labels[i] = record[0];
        for (int p = 0; p < CIFAR_PLANE; p++)
            for (int c = 0; c < CIFAR_CHANNELS; c++) out[p * CIFAR_CHANNELS + c] = (int8_t)record[1 + c * CIFAR_PLANE + p];
    }
    set->classes = DATASET_CLASSES;
    set->dataset = "cifar10";
    status = pixels_map(set->pixels, (size_t)set->count * CIFAR_PLANE, model, path, err);
    return status == DP_OK ? check_labels(set, path, err) : status;
}

dp_status cifar_read(image_set *set, const char *path, const dp_model *model, dp_error *err) {
    FILE *in = fopen(path, "rb");
    if (in == NULL) return dp_fail(err, DP_BAD_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
    dp_status status = read_cifar(set, in, path, model, err);
    (void)fclose(in);
    return status;
}

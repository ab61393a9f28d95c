#define _POSIX_C_SOURCE 200809L
#include "image.h"

#include "image_files.h"
#include "npy.h"
#include "pixels.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FASHION_MNIST_DIR "/usr/share/datasets/fashion-mnist" /* where Debian's dataset-fashion-mnist puts it */

typedef struct {
    char text[PATH_MAX];
} file_path;

static bool join(file_path *out, const char *directory, const char *name) {
    int length = snprintf(out->text, sizeof out->text, "%s/%s", directory, name);
    return length > 0 && (size_t)length < sizeof out->text;
}

static bool exists(const char *path) { return access(path, F_OK) == 0; }

/* DIRECTORY/NAME or DIRECTORY/NAME.gz, whichever is there. */
static bool find_idx(file_path *out, const char *directory, const char *name) {
    char compressed[64];
    (void)snprintf(compressed, sizeof compressed, "%.59s.gz", name);
    return (join(out, directory, name) && exists(out->text)) || (join(out, directory, compressed) && exists(out->text));
}

static dp_status open_directory(image_set *set, const char *directory, const dp_model *model, dp_error *err) {
    file_path images, labels;
    if (join(&images, directory, "test_batch.bin") && exists(images.text)) return cifar_read(set, images.text, model, err);
    if (!find_idx(&images, directory, "t10k-images-idx3-ubyte"))
        return dp_fail(err, DP_BAD_INPUT, "%s: holds neither t10k-images-idx3-ubyte[.gz] nor test_batch.bin", directory);
    if (!find_idx(&labels, directory, "t10k-labels-idx1-ubyte"))
        return dp_fail(err, DP_BAD_INPUT, "%s: holds images, but no labels: t10k-labels-idx1-ubyte[.gz] is missing", directory);
    dp_status status = idx_read_images(set, images.text, model, err);
    return status == DP_OK ? idx_read_labels(set, labels.text, err) : status;
}

/* X.npy: X-labels.npy; images.npy: labels.npy; X-images.npy: X-labels.npy. */
static bool labels_beside(file_path *out, const char *path) {
    static const char ending[] = ".npy", images_part[] = "images";
    size_t stem = strlen(path) - (sizeof ending - 1), part = sizeof images_part - 1;
    if (strlen(path) < sizeof ending || strcmp(path + stem, ending) != 0 || stem > INT_MAX) return false;
    bool is_images = stem >= part && strncmp(path + stem - part, images_part, part) == 0;
    int kept = (int)(is_images ? stem - part : stem);
    int length = snprintf(out->text, sizeof out->text, "%.*s%slabels.npy", kept, path, is_images ? "" : "-");
    return length > 0 && (size_t)length < sizeof out->text;
}

static int64_t npy_label(const npy_array *array, size_t i) {
    switch (array->type) {
    case NPY_INT8: return ((const int8_t *)array->data)[i];
    case NPY_UINT8: return ((const uint8_t *)array->data)[i];
    case NPY_INT32: return ((const int32_t *)array->data)[i];
    default: return ((const int64_t *)array->data)[i];
    }
}

static dp_status npy_read_labels(image_set *set, const char *path, dp_error *err) {
    npy_array array;
    dp_status status = npy_read(&array, NPY_ANY, path, err);
    if (status != DP_OK) return status;
    if (array.rank != 1 || array.count != (size_t)set->count)
        status = dp_fail(err, DP_BAD_INPUT, "%s: expected a label for each of %d images", path, set->count);
    set->labels = status == DP_OK ? malloc(array.count * sizeof *set->labels) : NULL;
    if (status == DP_OK && set->labels == NULL) status = dp_fail(err, DP_NO_MEMORY, "%s: out of memory", path);
    for (size_t i = 0; status == DP_OK && i < array.count; i++) {
        int64_t label = npy_label(&array, i);
        if (label < 0 || label > UINT16_MAX)
            status = dp_fail(err, DP_BAD_INPUT, "%s: image %zu has label %lld, expected 0 to %d", path, i, (long long)label,
                             UINT16_MAX);
        else
            set->labels[i] = (uint16_t)label;
    }
    npy_free(&array);
    return status;
}

static dp_status open_npy(image_set *set, const char *path, const dp_model *model, dp_error *err) {
    npy_array array;
    dp_status status = npy_read(&array, npy_only(NPY_INT8) + npy_only(NPY_UINT8), path, err);
    if (status != DP_OK) return status;
    const size_t *image = array.shape + (array.rank == 4);
    size_t count = array.rank == 4 ? array.shape[0] : 1;
    if ((array.rank != 3 && array.rank != 4) || image[0] != (size_t)model->in_h || image[1] != (size_t)model->in_w ||
        image[2] != (size_t)model->in_c || count < 1 || count > INT_MAX) {
        char held[256];
        npy_describe(&array, held, sizeof held);
        npy_free(&array);
        return dp_fail(err, DP_BAD_INPUT,
                       "%s: expected int8 or uint8 of shape (N,%d,%d,%d) or (%d,%d,%d), which %s takes; the file holds %s", path,
                       model->in_h, model->in_w, model->in_c, model->in_h, model->in_w, model->in_c, model->name, held);
    }
    *set = (image_set){.count = (int)count, .image_bytes = array.count / count, .pixels = array.data};
    if (array.type == NPY_UINT8) status = pixels_map(set->pixels, array.count / (size_t)model->in_c, model, path, err);
    file_path labels;
    return status == DP_OK && labels_beside(&labels, path) && exists(labels.text) ? npy_read_labels(set, labels.text, err)
                                                                                  : status;
}

static dp_status open_idx(image_set *set, const char *path, const dp_model *model, dp_error *err) {
    static const char images_part[] = "images-idx3", labels_part[] = "labels-idx1";
    file_path labels;
    dp_status status = idx_read_images(set, path, model, err);
    const char *name = strrchr(path, '/');
    const char *part = strstr(name != NULL ? name : path, images_part);
    if (status != DP_OK || part == NULL || strlen(path) >= sizeof labels.text) return status;
    memcpy(labels.text, path, strlen(path) + 1);
    memcpy(labels.text + (part - path), labels_part, sizeof labels_part - 1);
    return exists(labels.text) ? idx_read_labels(set, labels.text, err) : DP_OK;
}

static bool is_npy(const char *path) {
    char start[6];
    FILE *in = fopen(path, "rb");
    if (in == NULL) return false;
    bool npy = fread(start, 1, sizeof start, in) == sizeof start && memcmp(start, "\x93NUMPY", sizeof start) == 0;
    (void)fclose(in);
    return npy;
}

static dp_status open_path(image_set *set, const char *path, const dp_model *model, dp_error *err) {
    struct stat info;
    if (stat(path, &info) != 0) return dp_fail(err, DP_BAD_INPUT, "%s: %s", path, strerror(errno));
    if (S_ISDIR(info.st_mode)) return open_directory(set, path, model, err);
    if (!S_ISREG(info.st_mode)) return dp_fail(err, DP_BAD_INPUT, "%s: neither a directory nor a regular file", path);
    return is_npy(path) ? open_npy(set, path, model, err) : open_idx(set, path, model, err);
}

/* Whether the network may be made for that data set: it is, or nothing is known. */
static bool may_be_for(const dp_model *model, const char *dataset) {
    return model->dataset[0] == '\0' || strcmp(model->dataset, dataset) == 0;
}

static dp_status open_default(image_set *set, const dp_model *model, dp_error *err) {
    if (!may_be_for(model, "fashion-mnist") && !may_be_for(model, "cifar10"))
        return dp_fail(err, DP_BAD_INPUT, "%s is a network for %s, for which there is no default: name its images", model->name,
                       model->dataset);
    if (model->in_h == 28 && model->in_w == 28 && model->in_c == 1) {
        if (!exists(FASHION_MNIST_DIR))
            return dp_fail(err, DP_BAD_INPUT, "%s: not there: install Debian's dataset-fashion-mnist or name a directory",
                           FASHION_MNIST_DIR);
        return open_directory(set, FASHION_MNIST_DIR, model, err);
    }
    if (model->in_h == 32 && model->in_w == 32 && model->in_c == 3) {
        const char *directory = getenv("CIFAR10_DIR");
        if (directory == NULL || *directory == '\0')
            return dp_fail(err, DP_BAD_INPUT, "%s takes CIFAR-10: set CIFAR10_DIR to the directory of test_batch.bin",
                           model->name);
        return open_path(set, directory, model, err);
    }
    return dp_fail(err, DP_BAD_INPUT, "%s takes %dx%dx%d, for which there is no default: name a .npy file of int8 images",
                   model->name, model->in_h, model->in_w, model->in_c);
}

static dp_status check_meaning(image_set *set, const char *path, const dp_model *model, dp_error *err) {
    if (set->dataset != NULL && !may_be_for(model, set->dataset))
        return dp_fail(err, DP_BAD_INPUT, "%s: holds %s, but %s is a network for %s", path, set->dataset, model->name,
                       model->dataset);
    if (set->labels == NULL || model->classes == 0) return DP_OK;
    if (set->classes != 0 && set->classes != model->classes) {
        if (model->dataset[0] != '\0')
            return dp_fail(err, DP_BAD_INPUT, "%s: has labels of %d classes, but %s, a network for %s, has %d", path,
                           set->classes, model->name, model->dataset, model->classes);
        free(set->labels);
        set->labels = NULL;
        set->foreign_classes = set->classes;
    }
    for (int i = 0; set->labels != NULL && i < set->count; i++)
        if (set->labels[i] >= model->classes)
            return dp_fail(err, DP_BAD_INPUT, "%s: image %d has label %d, but %s has %d classes", path, i, set->labels[i],
                           model->name, model->classes);
    return DP_OK;
}

dp_status image_open(image_set *set, const char *path, const dp_model *model, dp_error *err) {
    *set = (image_set){.count = 0};
    dp_status status = path == NULL ? open_default(set, model, err) : open_path(set, path, model, err);
    if (status == DP_OK) status = check_meaning(set, path != NULL ? path : "the default images", model, err);
    if (status != DP_OK) image_close(set);
    return status;
}

int image_count(const image_set *set) { return set->count; }

void image_get(const image_set *set, int index, int8_t *out) {
    assert(index >= 0 && index < set->count);
    memcpy(out, set->pixels + (size_t)index * set->image_bytes, set->image_bytes);
}

int image_label(const image_set *set, int index) {
    assert(index >= 0 && index < set->count);
    return set->labels == NULL ? -1 : set->labels[index];
}

void image_close(image_set *set) {
    free(set->pixels);
    free(set->labels);
    *set = (image_set){.count = 0};
}

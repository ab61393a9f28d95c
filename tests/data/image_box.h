/* Image files in a folder of their own, and what tests expect of them. */
#ifndef DPACS_IMAGE_BOX_H
#define DPACS_IMAGE_BOX_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "image.h"
#include "npy.h"

enum { CIFAR_RECORD = 3073 };

/* A directory of its own for every test; files are removed with it. */
typedef struct {
    char path[40];
    char file[96]; /* of the last dir_file */
} directory;

static const char *dir_file(directory *dir, const char *name) {
    (void)snprintf(dir->file, sizeof dir->file, "%s/%s", dir->path, name);
    return dir->file;
}

static inline void dir_open(directory *dir) {
    strcpy(dir->path, "/tmp/dpacs-img-XXXXXX");
    cr_assert_not_null(mkdtemp(dir->path));
}

static inline void dir_close(directory *dir) {
    static const char *const names[] = {"t10k-images-idx3-ubyte",
                                        "t10k-images-idx3-ubyte.gz",
                                        "t10k-labels-idx1-ubyte",
                                        "t10k-labels-idx1-ubyte.gz",
                                        "test_batch.bin",
                                        "x.npy",
                                        "x-labels.npy",
                                        "images.npy",
                                        "labels.npy",
                                        "other"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) (void)unlink(dir_file(dir, names[i]));
    cr_assert_eq(rmdir(dir->path), 0);
}

static inline void put(directory *dir, const char *name, const void *bytes, size_t size) {
    bool compressed = strlen(name) > 3 && strcmp(name + strlen(name) - 3, ".gz") == 0;
    gzFile file = gzopen(dir_file(dir, name), compressed ? "wb" : "wbT");
    cr_assert_not_null(file);
    cr_assert_eq(gzwrite(file, bytes, (unsigned)size), (int)size);
    cr_assert_eq(gzclose(file), Z_OK);
}

/* Three images of 2x4, pixels 0, 10, 20 … 230, and labels 3, 0, 9. */
static const unsigned char labels[] = {0, 0, 8, 1, 0, 0, 0, 3, 3, 0, 9};
static inline void make_images(unsigned char images[16 + 24]) {
    static const unsigned char header[16] = {0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 4};
    memcpy(images, header, 16);
    for (int i = 0; i < 24; i++) images[16 + i] = (unsigned char)(10 * i);
}

static inline dp_model model_of(int h, int w, int c) { return (dp_model){.name = "net", .in_h = h, .in_w = w, .in_c = c}; }

static inline void expect_three(const char *path, bool has_labels) {
    dp_model model = model_of(2, 4, 1);
    image_set set;
    dp_error err = {""};
    int8_t image[8];
    cr_assert_eq(image_open(&set, path, &model, &err), DP_OK, "%s", err.text);
    cr_assert_eq(image_count(&set), 3);
    image_get(&set, 2, image);
    for (int i = 0; i < 8; i++) cr_assert_eq(image[i], 10 * (16 + i) / 2);
    cr_assert_eq(image_label(&set, 0), has_labels ? 3 : -1);
    cr_assert_eq(image_label(&set, 2), has_labels ? 9 : -1);
    image_close(&set);
}

static inline void expect_bad(const char *path, dp_model model, const char *expected) {
    image_set set;
    dp_error err = {""};
    cr_assert_eq(image_open(&set, path, &model, &err), DP_BAD_INPUT, "expected \"%s\"", expected);
    cr_assert_null(set.pixels);
    cr_assert_null(set.labels);
    cr_expect_not_null(strstr(err.text, expected), "\"%s\" does not say \"%s\"", err.text, expected);
}

#endif

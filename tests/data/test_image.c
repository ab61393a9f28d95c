/* Image sources: idx (plain and compressed), CIFAR-10, .npy, directories and defaults; and what each refuses. */
#define _POSIX_C_SOURCE 200809L
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

static void dir_open(directory *dir) {
    strcpy(dir->path, "/tmp/dpacs-img-XXXXXX");
    cr_assert_not_null(mkdtemp(dir->path));
}

static void dir_close(directory *dir) {
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

static void put(directory *dir, const char *name, const void *bytes, size_t size) {
    bool compressed = strlen(name) > 3 && strcmp(name + strlen(name) - 3, ".gz") == 0;
    gzFile file = gzopen(dir_file(dir, name), compressed ? "wb" : "wbT");
    cr_assert_not_null(file);
    cr_assert_eq(gzwrite(file, bytes, (unsigned)size), (int)size);
    cr_assert_eq(gzclose(file), Z_OK);
}

/* Three images of 2x4, pixels 0, 10, 20 … 230, and labels 3, 0, 9. */
static const unsigned char labels[] = {0, 0, 8, 1, 0, 0, 0, 3, 3, 0, 9};
static void make_images(unsigned char images[16 + 24]) {
    static const unsigned char header[16] = {0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 4};
    memcpy(images, header, 16);
    for (int i = 0; i < 24; i++) images[16 + i] = (unsigned char)(10 * i);
}

static dp_model model_of(int h, int w, int c) { return (dp_model){.name = "net", .in_h = h, .in_w = w, .in_c = c}; }

static void expect_three(const char *path, bool has_labels) {
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

static void expect_bad(const char *path, dp_model model, const char *expected) {
    image_set set;
    dp_error err = {""};
    cr_assert_eq(image_open(&set, path, &model, &err), DP_BAD_INPUT, "expected \"%s\"", expected);
    cr_assert_null(set.pixels);
    cr_assert_null(set.labels);
    cr_expect_not_null(strstr(err.text, expected), "\"%s\" does not say \"%s\"", err.text, expected);
}

Test(image, idx_plain_compressed_and_alone) {
    directory dir;
    unsigned char images[40];
    make_images(images);
    dir_open(&dir);
    put(&dir, "t10k-images-idx3-ubyte", images, sizeof images);
    expect_three(dir_file(&dir, "t10k-images-idx3-ubyte"), false);
    put(&dir, "t10k-labels-idx1-ubyte", labels, sizeof labels);
    expect_three(dir.path, true);
    expect_three(dir_file(&dir, "t10k-images-idx3-ubyte"), true);
    cr_assert_eq(unlink(dir_file(&dir, "t10k-images-idx3-ubyte")), 0);
    put(&dir, "t10k-images-idx3-ubyte.gz", images, sizeof images);
    expect_three(dir.path, true);
    put(&dir, "t10k-labels-idx1-ubyte.gz", labels, sizeof labels);
    expect_three(dir_file(&dir, "t10k-images-idx3-ubyte.gz"), true);
    put(&dir, "other", images, sizeof images);
    expect_three(dir_file(&dir, "other"), false);
    dir_close(&dir);
}

Test(image, idx_defects) {
    directory dir;
    unsigned char images[41] = {0}, wrong_labels[sizeof labels];
    dp_model model = model_of(2, 4, 1);
    make_images(images);
    dir_open(&dir);
    expect_bad(dir.path, model, "holds neither t10k-images-idx3-ubyte[.gz] nor test_batch.bin");
    put(&dir, "t10k-images-idx3-ubyte", images, 40);
    expect_bad(dir.path, model, "holds images, but no labels: t10k-labels-idx1-ubyte[.gz] is missing");
    put(&dir, "t10k-labels-idx1-ubyte", labels, sizeof labels);
    expect_bad(dir.path, model_of(4, 2, 1), "images are 2x4x1, but net takes 4x2x1");
    expect_bad(dir.path, model_of(2, 4, 3), "images are 2x4x1, but net takes 2x4x3");
    put(&dir, "t10k-images-idx3-ubyte", images, 41);
    expect_bad(dir.path, model, "t10k-images-idx3-ubyte: oversized");
    put(&dir, "t10k-images-idx3-ubyte", images, 39);
    expect_bad(dir.path, model, "t10k-images-idx3-ubyte: truncated: 23 of 24 bytes of pixels");
    put(&dir, "t10k-images-idx3-ubyte", images, 15);
    expect_bad(dir.path, model, "truncated: 15 of 16 bytes of the idx header");
    images[7] = 0;
    put(&dir, "t10k-images-idx3-ubyte", images, 40);
    expect_bad(dir.path, model, "0 images, expected 1 to 1000000");
    images[4] = 0xff;
    put(&dir, "t10k-images-idx3-ubyte", images, 40);
    expect_bad(dir.path, model, "4278190080 images, expected 1 to 1000000");
    images[3] = 1;
    put(&dir, "t10k-images-idx3-ubyte", images, 40);
    expect_bad(dir.path, model, "neither a .npy nor an idx file of images: magic 0x00000801, expected 0x00000803");
    make_images(images);
    put(&dir, "t10k-images-idx3-ubyte", images, 40);
    put(&dir, "t10k-labels-idx1-ubyte", labels, sizeof labels - 1);
    expect_bad(dir.path, model, "t10k-labels-idx1-ubyte: truncated: 2 of 3 bytes of labels");
    memcpy(wrong_labels, labels, sizeof labels);
    wrong_labels[9] = 10;
    put(&dir, "t10k-labels-idx1-ubyte", wrong_labels, sizeof labels);
    expect_bad(dir.path, model, "image 1 has label 10, expected 0 to 9");
    wrong_labels[7] = 2;
    put(&dir, "t10k-labels-idx1-ubyte", wrong_labels, sizeof labels);
    expect_bad(dir.path, model, "2 labels, but there are 3 images");
    put(&dir, "t10k-labels-idx1-ubyte", images, 40);
    expect_bad(dir.path, model, "not an idx file of labels");
    dir_close(&dir);
}

Test(image, damaged_compression) {
    directory dir;
    unsigned char images[40];
    struct stat info;
    dp_model model = model_of(2, 4, 1);
    make_images(images);
    dir_open(&dir);
    put(&dir, "t10k-images-idx3-ubyte.gz", images, sizeof images);
    const char *path = dir_file(&dir, "t10k-images-idx3-ubyte.gz");
    cr_assert_eq(stat(path, &info), 0);
    for (long size = info.st_size - 1; size > 0; size--) { /* the last 8 bytes are checksum and length */
        image_set set;
        dp_error err = {""};
        cr_assert_eq(truncate(path, size), 0);
        cr_assert_eq(image_open(&set, path, &model, &err), DP_BAD_INPUT, "%ld bytes", size);
        cr_assert_not_null(strstr(err.text, path), "%s", err.text);
    }
    put(&dir, "t10k-images-idx3-ubyte.gz", images, sizeof images);
    FILE *file = fopen(path, "r+b");
    cr_assert_not_null(file);
    cr_assert_eq(fseek(file, info.st_size - 8, SEEK_SET), 0);
    int flipped = fgetc(file) ^ 1;
    cr_assert_eq(fseek(file, info.st_size - 8, SEEK_SET), 0);
    cr_assert_eq(fputc(flipped, file), flipped);
    cr_assert_eq(fclose(file), 0);
    expect_bad(path, model, "damaged");
    dir_close(&dir);
}

Test(image, cifar) {
    directory dir;
    static unsigned char records[2 * CIFAR_RECORD];
    dp_model model = model_of(32, 32, 3);
    image_set set;
    dp_error err = {""};
    static int8_t image[3072];
    for (int i = 0; i < 2 * CIFAR_RECORD; i++) records[i] = (unsigned char)(i * 7 + i / 1024);
    records[0] = 6;
    records[CIFAR_RECORD] = 9;
    dir_open(&dir);
    put(&dir, "test_batch.bin", records, sizeof records);
    cr_assert_eq(image_open(&set, dir.path, &model, &err), DP_OK, "%s", err.text);
    cr_assert_eq(image_count(&set), 2);
    cr_assert_eq(image_label(&set, 0), 6);
    cr_assert_eq(image_label(&set, 1), 9);
    image_get(&set, 1, image);
    for (int y = 0; y < 32; y++)
        for (int x = 0; x < 32; x++)
            for (int c = 0; c < 3; c++)
                cr_assert_eq(image[(y * 32 + x) * 3 + c], records[CIFAR_RECORD + 1 + c * 1024 + y * 32 + x] >> 1);
    image_close(&set);
    cr_assert_eq(setenv("CIFAR10_DIR", dir.path, 1), 0);
    cr_assert_eq(image_open(&set, NULL, &model, &err), DP_OK, "%s", err.text);
    image_close(&set);
    expect_bad(dir.path, model_of(28, 28, 1), "images are 32x32x3, but net takes 28x28x1");
    records[0] = 10;
    put(&dir, "test_batch.bin", records, sizeof records);
    expect_bad(dir.path, model, "image 0 has label 10");
    put(&dir, "test_batch.bin", records, sizeof records - 1);
    expect_bad(dir.path, model, "6145 bytes, expected a multiple of 3073");
    put(&dir, "test_batch.bin", records, 0);
    expect_bad(dir.path, model, "0 bytes, expected a multiple of 3073");
    cr_assert_eq(setenv("CIFAR10_DIR", "/nonexistent", 1), 0);
    expect_bad(NULL, model, "/nonexistent: No such file");
    cr_assert_eq(unsetenv("CIFAR10_DIR"), 0);
    expect_bad(NULL, model, "set CIFAR10_DIR to the directory of test_batch.bin");
    dir_close(&dir);
}

/* Labels of ten classes say nothing about a network with more or fewer. */
Test(image, labels_of_other_classes_are_left_out) {
    directory dir;
    image_set set;
    dp_error err = {""};
    unsigned char images[40];
    make_images(images);
    dir_open(&dir);
    put(&dir, "t10k-images-idx3-ubyte", images, sizeof images);
    put(&dir, "t10k-labels-idx1-ubyte", labels, sizeof labels);
    for (int classes = 0; classes <= 100; classes += classes == 0 ? 2 : classes == 2 ? 8 : 90) {
        dp_model model = model_of(2, 4, 1);
        model.classes = classes;
        cr_assert_eq(image_open(&set, dir.path, &model, &err), DP_OK, "%s", err.text);
        bool foreign = classes == 2 || classes == 100;
        cr_assert_eq(image_label(&set, 0), foreign ? -1 : 3, "%d classes", classes);
        cr_assert_eq(set.foreign_classes, foreign ? 10 : 0, "%d classes", classes);
        image_close(&set);
    }
    dir_close(&dir);
}

Test(image, npy) {
    directory dir;
    int8_t pixels[24], image[12];
    dp_model model = model_of(2, 3, 2);
    image_set set;
    dp_error err = {""};
    for (int i = 0; i < 24; i++) pixels[i] = (int8_t)(10 * i - 120);
    npy_array array = {.type = NPY_INT8, .rank = 4, .shape = {2, 2, 3, 2}, .data = pixels};
    dir_open(&dir);
    const char *path = dir_file(&dir, "x.npy");
    cr_assert_eq(npy_write(&array, path, &err), DP_OK, "%s", err.text);
    cr_assert_eq(image_open(&set, path, &model, &err), DP_OK, "%s", err.text);
    cr_assert_eq(image_count(&set), 2);
    cr_assert_eq(image_label(&set, 1), -1);
    image_get(&set, 1, image);
    cr_assert_eq(memcmp(image, pixels + 12, 12), 0);
    image_close(&set);
    expect_bad(
        path, model_of(3, 2, 2),
        "expected int8 or uint8 of shape (N,3,2,2) or (3,2,2), which net takes; the file holds int8 of shape (2, 2, 3, 2)");
    array = (npy_array){.type = NPY_INT8, .rank = 3, .shape = {2, 3, 2}, .data = pixels};
    cr_assert_eq(npy_write(&array, path, &err), DP_OK);
    cr_assert_eq(image_open(&set, path, &model, &err), DP_OK, "%s", err.text);
    cr_assert_eq(image_count(&set), 1);
    image_close(&set);
    array.type = NPY_INT32;
    array.shape[0] = 1, array.shape[1] = 3;
    cr_assert_eq(npy_write(&array, path, &err), DP_OK);
    expect_bad(path, model_of(1, 3, 2), "expected |i1 (int8) or |u1 (uint8); the file holds <i4 (int32) of shape (1, 3, 2)");
    array = (npy_array){.type = NPY_INT8, .rank = 4, .shape = {0, 2, 3, 2}, .data = pixels};
    cr_assert_eq(npy_write(&array, path, &err), DP_OK);
    expect_bad(path, model, "the file holds int8 of shape (0, 2, 3, 2)");
    cr_assert_eq(truncate(path, 100), 0);
    expect_bad(path, model, "truncated in the .npy header");
    dir_close(&dir);
}

static void put_npy(directory *dir, const char *name, npy_array array) {
    dp_error err = {""};
    cr_assert_eq(npy_write(&array, dir_file(dir, name), &err), DP_OK, "%s", err.text);
}

/* Pixels become what the network says; for one that does not say it, they are refused. */
Test(image, pixels_by_the_networks_meaning) {
    directory dir;
    uint8_t pixels[4] = {0, 100, 255, 128};
    int8_t image[4];
    dp_model model = model_of(1, 2, 2);
    image_set set;
    dp_error err = {""};
    dir_open(&dir);
    put_npy(&dir, "x.npy", (npy_array){.type = NPY_UINT8, .rank = 3, .shape = {1, 2, 2}, .data = pixels});
    const char *path = dir_file(&dir, "x.npy");
    cr_assert_eq(image_open(&set, path, &model, &err), DP_OK, "%s", err.text);
    image_get(&set, 0, image);
    cr_assert(image[0] == 0 && image[1] == 50 && image[2] == 127 && image[3] == 64);
    image_close(&set);
    model.pixels = (dp_pixels){.mode = DP_PIXELS_AFFINE, .mean = {0.5, 0.25}, .std = {0.25, 0.5}, .scale = 1.0 / 64};
    cr_assert_eq(image_open(&set, path, &model, &err), DP_OK, "%s", err.text);
    image_get(&set, 0, image);
    /* 0: -2*64 = -128; 100: (100/255 - 1/4)*2*64 = 18.2; 255: 2*64 = 128, clamped; 128: (128/255 - 1/4)*2*64 = 32.25 */
    cr_assert(image[0] == -128 && image[1] == 18 && image[2] == 127 && image[3] == 32, "%d %d %d %d", image[0], image[1],
              image[2], image[3]);
    image_close(&set);
    model.pixels.mode = DP_PIXELS_NONE;
    expect_bad(path, model, "8-bit pixels, but net does not say what a pixel becomes");
    dir_close(&dir);
}

Test(image, labels_beside_npy) {
    directory dir;
    int8_t pixels[6] = {0};
    int64_t labels[3] = {0, 299, 7};
    dp_model model = model_of(1, 2, 1);
    image_set set;
    dp_error err = {""};
    npy_array images = {.type = NPY_INT8, .rank = 4, .shape = {3, 1, 2, 1}, .data = pixels};
    dir_open(&dir);
    static const char *const names[][2] = {{"x.npy", "x-labels.npy"}, {"images.npy", "labels.npy"}};
    for (int i = 0; i < 2; i++) {
        put_npy(&dir, names[i][0], images);
        put_npy(&dir, names[i][1], (npy_array){.type = NPY_INT64, .rank = 1, .shape = {3}, .data = labels});
        model.classes = 300;
        cr_assert_eq(image_open(&set, dir_file(&dir, names[i][0]), &model, &err), DP_OK, "%s", err.text);
        cr_assert_eq(image_label(&set, 1), 299);
        image_close(&set);
        model.classes = 299;
        expect_bad(dir_file(&dir, names[i][0]), model, "image 1 has label 299, but net has 299 classes");
    }
    labels[2] = -1;
    put_npy(&dir, "labels.npy", (npy_array){.type = NPY_INT64, .rank = 1, .shape = {3}, .data = labels});
    expect_bad(dir_file(&dir, "images.npy"), model, "image 2 has label -1");
    put_npy(&dir, "labels.npy", (npy_array){.type = NPY_INT64, .rank = 1, .shape = {2}, .data = labels});
    expect_bad(dir_file(&dir, "images.npy"), model, "expected a label for each of 3 images");
    dir_close(&dir);
}

/* A data set is not taken for another one, nor its labels for those of a network with other classes. */
Test(image, meaning_of_the_data_set) {
    static unsigned char record[CIFAR_RECORD];
    directory dir;
    dp_model model = model_of(32, 32, 3);
    image_set set;
    dp_error err = {""};
    dir_open(&dir);
    put(&dir, "test_batch.bin", record, sizeof record);
    strcpy(model.dataset, "svhn");
    model.classes = 10;
    expect_bad(dir.path, model, "holds cifar10, but net is a network for svhn");
    expect_bad(NULL, model, "net is a network for svhn, for which there is no default");
    strcpy(model.dataset, "cifar10");
    model.classes = 9;
    expect_bad(dir.path, model, "has labels of 10 classes, but net, a network for cifar10, has 9");
    model.dataset[0] = '\0'; /* nothing is known: images, but no labels */
    cr_assert_eq(image_open(&set, dir.path, &model, &err), DP_OK, "%s", err.text);
    cr_assert_eq(image_label(&set, 0), -1);
    image_close(&set);
    dir_close(&dir);
}

Test(image, paths_that_are_no_images) {
    directory dir;
    dp_model model = model_of(28, 28, 1);
    dir_open(&dir);
    expect_bad("/nonexistent", model, "/nonexistent: No such file");
    expect_bad("/dev/null", model, "neither a directory nor a regular file");
    put(&dir, "other", "", 0);
    expect_bad(dir_file(&dir, "other"), model, "truncated: 0 of 16 bytes of the idx header");
    expect_bad(NULL, model_of(224, 224, 3), "net takes 224x224x3, for which there is no default: name a .npy file");
    dir_close(&dir);
}

Test(image, fashion_mnist_is_the_default) {
    dp_model model = model_of(28, 28, 1);
    image_set set;
    dp_error err = {""};
    int8_t image[28 * 28];
    if (access("/usr/share/datasets/fashion-mnist", F_OK) != 0) cr_skip_test("dataset-fashion-mnist is not installed");
    cr_assert_eq(image_open(&set, NULL, &model, &err), DP_OK, "%s", err.text);
    cr_assert_eq(image_count(&set), 10000);
    cr_assert_eq(image_label(&set, 0), 9);
    image_get(&set, 0, image);
    for (int i = 0; i < 28 * 28; i++) cr_assert_geq(image[i], 0);
    image_close(&set);
}

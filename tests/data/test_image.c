/* Image sources: idx (plain and compressed), CIFAR-10, .npy, directories and defaults; and what each refuses. */
#define _POSIX_C_SOURCE 200809L
#include "image_box.h"

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

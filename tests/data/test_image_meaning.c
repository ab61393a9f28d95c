/* What pixels mean, labels beside .npy files, and which data set a network takes. */
#include "image_box.h"

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

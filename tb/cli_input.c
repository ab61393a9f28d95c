#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "rng.h"

enum { NOISE_IMAGES = 16, NOISE_LEVELS = 128, DEFAULT_IMAGES = 10, LARGE_MAP = 64 };

int cli_default_count(const dp_model *model) { return model->in_h > LARGE_MAP ? 1 : DEFAULT_IMAGES; }

static bool has_data_set(const dp_model *model) {
    bool fashion = model->in_h == 28 && model->in_w == 28 && model->in_c == 1;
    bool cifar = model->in_h == 32 && model->in_w == 32 && model->in_c == 3;
    return fashion || cifar;
}

/* 0..127: what pixels become, and what a ReLU leaves. Image i is the same whatever the number of images. */
static dp_status noise(image_set *set, const dp_model *model, uint64_t seed, int count, dp_error *err) {
    size_t bytes = (size_t)model->in_h * (size_t)model->in_w * (size_t)model->in_c;
    *set = (image_set){.count = count, .image_bytes = bytes, .pixels = malloc(bytes * (size_t)count)};
    if (set->pixels == NULL) return dp_fail(err, DP_NO_MEMORY, "out of memory for %d images", count);
    rng random;
    rng_seed(&random, seed);
    for (size_t i = 0; i < bytes * (size_t)count; i++) set->pixels[i] = (int8_t)rng_below(&random, NOISE_LEVELS);
    return DP_OK;
}

dp_status cli_images(image_set *set, const char *path, const dp_model *model, uint64_t seed, int first, int count,
                     dp_error *err) {
    dp_status status;
    bool random = path != NULL ? strcmp(path, "random") == 0 : !has_data_set(model);
    if (random) {
        int wanted = count > 0 ? count : NOISE_IMAGES;
        if (first > NOISE_IMAGES * NOISE_IMAGES || wanted > NOISE_IMAGES * NOISE_IMAGES)
            return dp_fail(err, DP_BAD_INPUT, "random images: there are %d", NOISE_IMAGES * NOISE_IMAGES);
        status = noise(set, model, seed, first + wanted, err);
    } else {
        status = image_open(set, path, model, err);
    }
    if (status != DP_OK) return status;
    int there = image_count(set), from_first = there - first;
    if (from_first > 0 && count <= from_first) return DP_OK;
    image_close(set);
    if (from_first <= 0) return dp_fail(err, DP_BAD_INPUT, "--first %d: there are %d images, 0 to %d", first, there, there - 1);
    return dp_fail(err, DP_BAD_INPUT, "--count %d: there are %d images from --first %d on", count, from_first, first);
}

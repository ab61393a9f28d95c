#include "input.h"

#include <stdlib.h>
#include <string.h>

#include "gen_random.h"
#include "model_shape.h"
#include "rng.h"

enum { NOISE_IMAGES = 16, NOISE_LEVELS = 128, DEFAULT_IMAGES = 10, LARGE_MAP = 64 };

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

/* -128..127 where the network takes it, else 0..127; some images are mostly 0. */
static void sign(image_set *set, const dp_model *model, uint64_t seed) {
    bool negative = model_takes_negative(model);
    rng random;
    rng_seed(&random, seed);
    for (int i = 0; i < set->count; i++) {
        int8_t *image = set->pixels + (size_t)i * set->image_bytes;
        gen_random_image(model, rng_next(&random), image);
        for (size_t k = 0; k < set->image_bytes && !negative; k++) image[k] &= INT8_MAX;
    }
}

dp_status input_images(image_set *set, const char *path, const dp_model *model, uint64_t seed, int first, int count,
                       dp_error *err) {
    dp_status status;
    bool is_signed = path != NULL && strcmp(path, "signed") == 0;
    bool random = path != NULL ? is_signed || strcmp(path, "random") == 0 : !has_data_set(model);
    if (random) {
        int wanted = count > 0 ? count : NOISE_IMAGES;
        if (first > NOISE_IMAGES * NOISE_IMAGES || wanted > NOISE_IMAGES * NOISE_IMAGES)
            return dp_fail(err, DP_BAD_INPUT, "random images: there are %d", NOISE_IMAGES * NOISE_IMAGES);
        status = noise(set, model, seed, first + wanted, err);
        if (status == DP_OK && is_signed) sign(set, model, seed);
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

bool input_has_masks(const dp_model *model) {
    for (int i = 0; i < model->layer_count; i++)
        if (model->layers[i].spatial != DP_MASK_NONE || model->layers[i].channel != DP_MASK_NONE) return true;
    return false;
}

dp_status input_run_images(image_set *set, const char *path, const dp_model *model, uint64_t seed, int first, int *count,
                           dp_error *err) {
    dp_status status = input_images(set, path, model, seed, first, *count, err);
    if (status != DP_OK || *count != 0) return status;
    int wanted = model->in_h > LARGE_MAP ? 1 : DEFAULT_IMAGES, there = image_count(set) - first;
    *count = wanted < there ? wanted : there;
    return DP_OK;
}

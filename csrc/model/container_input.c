/* What the input of a network means, in a container's header: pixels, data set, names of classes. */
#include "container.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CLASS_NAME = 63, MAX_DATASET = DP_NAME * 2 - 1 };

static const double max_number = 1e6;

static dp_status fail(const char *path, const char *what, const char *expected, dp_error *err) {
    return dp_fail(err, DP_BAD_INPUT, "%s: input: field \"pixels\": %s: expected %s", path, what, expected);
}

/* An array of `count` numbers from low (not itself, if positive) to max_number. */
static dp_status get_numbers(const char *path, const json_t *pixels, const char *key, int count, bool positive, double *out,
                             dp_error *err) {
    const json_t *array = json_object_get(pixels, key);
    bool good = json_is_array(array) && json_array_size(array) == (size_t)count;
    for (int i = 0; good && i < count; i++) {
        const json_t *number = json_array_get(array, (size_t)i);
        out[i] = json_number_value(number);
        good = json_is_number(number) && fabs(out[i]) < max_number && (!positive || out[i] > 0);
    }
    return good ? DP_OK : fail(path, key, positive ? "a positive number for each channel" : "a number for each channel", err);
}

static dp_status affine_from_json(dp_model *model, const char *path, const json_t *pixels, dp_error *err) {
    static const char *const fields[] = {"mean", "std", "scale", NULL};
    dp_pixels *p = &model->pixels;
    const json_t *scale = json_object_get(pixels, "scale");
    p->mode = DP_PIXELS_AFFINE;
    p->scale = json_number_value(scale);
    dp_status status = json_only(path, "input.pixels", pixels, fields, err);
    if (status == DP_OK && model->in_c > DP_PIXEL_CHANNELS) status = fail(path, "mean", "an image of 1 to 3 channels", err);
    if (status == DP_OK) status = get_numbers(path, pixels, "mean", model->in_c, false, p->mean, err);
    if (status == DP_OK) status = get_numbers(path, pixels, "std", model->in_c, true, p->std, err);
    if (status == DP_OK && !(json_is_number(scale) && p->scale > 0 && p->scale < max_number))
        status = fail(path, "scale", "a positive number", err);
    return status;
}

static dp_status pixels_from_json(dp_model *model, const char *path, const json_t *pixels, dp_error *err) {
    static const char *const fields[] = {"shift", NULL};
    model->pixels.mode = pixels == NULL ? DP_PIXELS_NONE : DP_PIXELS_HALF;
    if (pixels == NULL) return DP_OK;
    if (!json_is_object(pixels)) return dp_fail(err, DP_BAD_INPUT, "%s: input: field \"pixels\" is not an object", path);
    const json_t *shift = json_object_get(pixels, "shift");
    if (shift == NULL) return affine_from_json(model, path, pixels, err);
    if (!json_is_integer(shift) || json_integer_value(shift) != 1) return fail(path, "shift", "1", err);
    return json_only(path, "input.pixels", pixels, fields, err);
}

/* 1 to `most` bytes without control characters (UTF-8 may be in it). */
static bool is_text(const json_t *value, size_t most) {
    const char *text = json_string_value(value);
    if (text == NULL || strlen(text) < 1 || strlen(text) > most || json_string_length(value) != strlen(text)) return false;
    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 127) return false;
    return true;
}

static dp_status names_from_json(dp_model *model, const char *path, const json_t *names, dp_error *err) {
    size_t count = json_array_size(names), used = 0;
    if (!json_is_array(names) || count != (size_t)model->classes || count == 0)
        return dp_fail(err, DP_BAD_INPUT, "%s: network: field \"class_names\": expected a name for each of %d classes", path,
                       model->classes);
    model->class_names = calloc(count, MAX_CLASS_NAME + 1);
    if (model->class_names == NULL) return dp_fail(err, DP_NO_MEMORY, "%s: out of memory", path);
    for (size_t i = 0; i < count; i++) {
        const json_t *name = json_array_get(names, i);
        if (!is_text(name, MAX_CLASS_NAME))
            return dp_fail(err, DP_BAD_INPUT, "%s: network: field \"class_names\": name %zu: expected text of 1 to %d bytes",
                           path, i, MAX_CLASS_NAME);
        size_t size = strlen(json_string_value(name)) + 1;
        memcpy(model->class_names + used, json_string_value(name), size);
        used += size;
    }
    return DP_OK;
}

dp_status meaning_from_json(dp_model *model, const char *path, const json_t *network, dp_error *err) {
    const json_t *dataset = json_object_get(network, "dataset"), *names = json_object_get(network, "class_names");
    dp_status status = pixels_from_json(model, path, json_object_get(json_object_get(network, "input"), "pixels"), err);
    if (status == DP_OK && dataset != NULL) {
        if (!is_text(dataset, MAX_DATASET))
            return dp_fail(err, DP_BAD_INPUT, "%s: network: field \"dataset\": expected text of 1 to %d bytes", path,
                           MAX_DATASET);
        memcpy(model->dataset, json_string_value(dataset), strlen(json_string_value(dataset)) + 1);
    }
    return status == DP_OK && names != NULL ? names_from_json(model, path, names, err) : status;
}

static json_t *numbers(const double *values, int count) {
    json_t *array = json_array();
    for (int i = 0; i < count; i++) (void)json_array_append_new(array, json_real(values[i]));
    return array;
}

void meaning_to_json(const dp_model *model, json_t *network) {
    const dp_pixels *p = &model->pixels;
    json_t *pixels = NULL;
    if (p->mode == DP_PIXELS_HALF) pixels = json_pack("{s:i}", "shift", 1);
    if (p->mode == DP_PIXELS_AFFINE)
        pixels = json_pack("{s:o, s:o, s:f}", "mean", numbers(p->mean, model->in_c), "std", numbers(p->std, model->in_c), "scale",
                           p->scale);
    if (pixels != NULL) (void)json_object_set_new(json_object_get(network, "input"), "pixels", pixels);
    if (model->dataset[0] != '\0') (void)json_object_set_new(network, "dataset", json_string(model->dataset));
    if (model->class_names == NULL) return;
    json_t *names = json_array();
    const char *name = model->class_names;
    for (int i = 0; i < model->classes; i++, name += strlen(name) + 1) (void)json_array_append_new(names, json_string(name));
    (void)json_object_set_new(network, "class_names", names);
}

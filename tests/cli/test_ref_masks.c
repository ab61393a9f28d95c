/* `dpacs ref --masks`: every line against the naive second implementation. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image.h"
#include "naive.h"
#include "network.h"
#include "program.h"

enum { COUNT = 3, FIRST = 5, LINE = 1 << 20 };

TestSuite(ref_masks, .timeout = 120);

static void expect_bits(const json_t *text, const uint8_t *want, int count, const char *what) {
    cr_assert_eq(json_string_length(text), (size_t)count, "%s", what);
    for (int i = 0; i < count; i++) cr_assert_eq(json_string_value(text)[i], want[i] ? '1' : '0', "%s: %d", what, i);
}

static void expect_block(const json_t *block, const dp_layer *layer, const naive_layer *n) {
    const json_t *rows = json_object_get(block, "positions");
    cr_assert_str_eq(json_string_value(json_object_get(block, "name")), layer->name);
    cr_assert_eq(json_array_size(rows), (size_t)layer->out_h);
    for (int y = 0; y < layer->out_h; y++)
        expect_bits(json_array_get(rows, (size_t)y), n->mout + (size_t)y * (size_t)layer->out_w, layer->out_w, layer->name);
    expect_bits(json_object_get(block, "groups"), n->group_keep, layer->groups, layer->name);
}

static void expect_line(const char *line, const dp_model *m, const image_set *images, int index, bool dense) {
    naive_result naive;
    int8_t *pixels = malloc(images->image_bytes);
    cr_assert_not_null(pixels);
    image_get(images, index, pixels);
    naive_compute(m, pixels, (golden_options){.dense = dense}, &naive);
    json_t *image = json_loads(line, 0, NULL);
    cr_assert_not_null(image, "%s", line);
    cr_expect_eq(json_integer_value(json_object_get(image, "image")), index);
    cr_expect_eq(json_integer_value(json_object_get(image, "class")), naive.top1);
    const json_t *label = json_object_get(image, "label");
    if (dense) {
        cr_expect(json_is_null(label));
    } else {
        cr_expect_eq(json_integer_value(label), image_label(images, index));
    }
    const char *text = json_string_value(json_object_get(image, "pixels"));
    cr_assert_eq(strlen(text), 2 * images->image_bytes);
    for (size_t i = 0; i < images->image_bytes; i++) {
        unsigned value = 0;
        cr_assert_eq(sscanf(text + 2 * i, "%2x", &value), 1);
        cr_assert_eq((int8_t)value, pixels[i], "pixel %zu", i);
    }
    size_t blocks = 0;
    for (int i = 0; i < m->layer_count; i++)
        if (dp_is_block(&m->layers[i]))
            expect_block(json_array_get(json_object_get(image, "blocks"), blocks++), &m->layers[i], &naive.layers[i]);
    cr_expect_eq(json_array_size(json_object_get(image, "blocks")), blocks);
    json_decref(image);
    naive_free(&naive);
    free(pixels);
}

static void compare(const char *model, bool dense) {
    dp_model m;
    image_set images;
    dp_error err = {""};
    char arguments[256], path[] = "/tmp/dpacs-masks-XXXXXX";
    static char line[LINE];
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    (void)snprintf(arguments, sizeof arguments, "ref %s %s --first %d --count %d --masks %s", model, dense ? "--dense" : "",
                   FIRST, COUNT, path);
    program_expect(arguments, 0, "images     3");
    cr_assert_eq(network_open(&m, model, &err), DP_OK, "%s", err.text);
    cr_assert_eq(image_open(&images, NULL, &m, &err), DP_OK, "%s", err.text);
    FILE *lines = fopen(path, "r");
    cr_assert_not_null(lines);
    for (int i = FIRST; i < FIRST + COUNT; i++) {
        cr_assert_not_null(fgets(line, sizeof line, lines), "image %d", i);
        expect_line(line, &m, &images, i, dense);
    }
    cr_expect_null(fgets(line, sizeof line, lines));
    (void)fclose(lines);
    (void)remove(path);
    image_close(&images);
    dp_model_free(&m);
}

Test(ref_masks, are_what_the_naive_implementation_keeps) {
    compare("models/fmnist-s50c50.dpm", false);
    compare("models/fmnist-s75c75.dpm", false);
    compare("models/fmnist-dense.dpm", false);
}

Test(ref_masks, are_open_where_masks_are_ignored) { compare("models/fmnist-s50c50.dpm", true); }

Test(ref_masks, a_network_without_stem_and_head_has_no_class) {
    char text[4096];
    char command[512];
    (void)snprintf(command, sizeof command,
                   "%s ref gen:block:6x5x32:bottleneck,keep-spatial=0.5 --count 1 --masks /dev/stdout | grep image.:0",
                   program_path());
    /* /dev/stdout is the pipe, so lines of the table are in it too */
    cr_assert_eq(program_shell(command, text, sizeof text), 0);
    cr_expect_not_null(strstr(text, "\"label\":null,\"label_name\":null,\"class\":null,\"class_name\":null,\"shape\":[6,5,32]"),
                       "%s", text);
}

Test(ref_masks, a_file_that_cannot_be_written_is_told_before_the_first_image) {
    program_expect("ref --masks /nonexistent/m.jsonl", 2, "/nonexistent/m.jsonl: cannot be written");
    program_expect("ref --masks /tmp", 2, "/tmp: exists and is not a regular file");
    if (access("/dev/full", F_OK) == 0) program_expect("ref --count 1 --masks /dev/full", 2, "/dev/full");
}

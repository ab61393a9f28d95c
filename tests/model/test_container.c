/* Containers as files: what is saved is what is loaded, and no damaged byte or missing end gets through. */
#define _POSIX_C_SOURCE 200809L
#include <criterion/criterion.h>
#include <glob.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "container.h"
#include "container_box.h"
#include "random_network.h"
#include "tensor_list.h"

static void temporary_path(char path[40]) {
    strcpy(path, "/tmp/dpacs-dpm-XXXXXX");
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(close(fd), 0);
}

static void overwrite(const char *path, long offset, const void *bytes, size_t size) {
    FILE *file = fopen(path, "r+b");
    cr_assert_not_null(file);
    cr_assert_eq(fseek(file, offset, SEEK_SET), 0);
    cr_assert_eq(fwrite(bytes, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
}

static void expect_same_layer(const dp_layer *a, const dp_layer *b) {
    tensor_desc list[TENSORS_PER_LAYER], other[TENSORS_PER_LAYER];
    cr_assert_str_eq(a->name, b->name);
    cr_assert_eq(a->kind, b->kind, "%s", a->name);
    cr_assert(a->in == b->in && a->mid == b->mid && a->out == b->out && a->stride == b->stride, "%s", a->name);
    cr_assert(a->in_h == b->in_h && a->in_w == b->in_w && a->out_h == b->out_h && a->out_w == b->out_w, "%s", a->name);
    cr_assert_eq(a->pad_same, b->pad_same, "%s", a->name);
    cr_assert(a->convs == b->convs && a->has_shortcut == b->has_shortcut && a->max_pool == b->max_pool, "%s", a->name);
    cr_assert(a->spatial == b->spatial && a->channel == b->channel && a->pool == b->pool, "%s", a->name);
    cr_assert(a->groups == b->groups && a->group == b->group && a->keep == b->keep, "%s", a->name);
    for (int i = 0; i < a->convs; i++)
        cr_assert_eq(memcmp(&a->conv[i], &b->conv[i], offsetof(dp_conv, weight)), 0, "%s", a->conv[i].name);
    int count = layer_tensors(a, list);
    cr_assert_eq(layer_tensors(b, other), count);
    for (int t = 0; t < count; t++) {
        cr_assert_eq(tensor_bytes(&list[t]), tensor_bytes(&other[t]), "%s", list[t].name);
        cr_assert_eq(memcmp(tensor_data(a, &list[t]), tensor_data(b, &list[t]), tensor_bytes(&list[t])), 0, "%s", list[t].name);
        if (!list[t].is_value) cr_assert_eq((uintptr_t)tensor_data(b, &list[t]) % TENSOR_ALIGN, 0, "%s", list[t].name);
    }
}

static void expect_round_trip(const dp_model *saved, const char *path) {
    dp_model loaded;
    dp_error err = {""};
    cr_assert_eq(dp_model_save(saved, path, &err), DP_OK, "%s", err.text);
    cr_assert_eq(dp_model_load(&loaded, path, &err), DP_OK, "%s", err.text);
    cr_assert_str_eq(loaded.name, saved->name);
    cr_assert_eq(loaded.classes, saved->classes);
    cr_assert(loaded.in_h == saved->in_h && loaded.in_w == saved->in_w && loaded.in_c == saved->in_c);
    cr_assert_eq(memcmp(&loaded.pixels, &saved->pixels, sizeof loaded.pixels), 0);
    cr_assert_str_eq(loaded.dataset, saved->dataset);
    cr_assert_eq(loaded.class_names == NULL, saved->class_names == NULL);
    for (int i = 0, at = 0; saved->class_names != NULL && i < saved->classes; i++) {
        cr_assert_str_eq(loaded.class_names + at, saved->class_names + at);
        at += (int)strlen(saved->class_names + at) + 1;
    }
    cr_assert_eq(loaded.layer_count, saved->layer_count);
    for (int i = 0; i < saved->layer_count; i++) expect_same_layer(&saved->layers[i], &loaded.layers[i]);
    dp_model_free(&loaded);
}

Test(container, round_trip_of_random_networks) {
    char path[40];
    temporary_path(path);
    for (uint64_t seed = 0; seed < 100; seed++) {
        dp_model model;
        random_model(&model, &(gen_random_options){.max_blocks = 4}, seed);
        expect_round_trip(&model, path);
        dp_model_free(&model);
    }
    cr_assert_eq(unlink(path), 0);
}

Test(container, round_trip_of_every_kind_of_layer) {
    dp_model model;
    char path[40];
    temporary_path(path);
    box_model(&model, box_network);
    expect_round_trip(&model, path);
    dp_model_free(&model);
    box_model(&model, "{\"name\": \"large stem\", \"classes\": 0, \"group\": 8,"
                      "\"input\": {\"height\": 17, \"width\": 20, \"channels\": 3}, \"layers\": ["
                      "{\"name\": \"stem\", \"kind\": \"stem\", \"in\": 3, \"out\": 8, \"kernel\": 7, \"stride\": 2,"
                      " \"max_pool\": true}]}");
    cr_assert_eq(model.layers[0].conv[0].out_h, 9);
    cr_assert_eq(model.layers[0].conv[0].out_w, 10);
    cr_assert_eq(model.layers[0].out_h, 5);
    cr_assert_eq(model.layers[0].out_w, 5);
    expect_round_trip(&model, path);
    dp_model_free(&model);
    cr_assert_eq(unlink(path), 0);
}

/* What version 2 brought: pixels, data set, names of classes, padding. 0.1 and the like come back to the last bit. */
Test(container, round_trip_of_the_meaning) {
    dp_model model;
    char path[40];
    temporary_path(path);
    box_model(
        &model,
        "{\"name\": \"meaning\", \"classes\": 2, \"group\": 8, \"dataset\": \"birds of \\u00c5land\", \"class_names\": [\"a\", "
        "\"b c\"], \"input\": {\"height\": 6, \"width\": 7, \"channels\": 3, \"pixels\": {\"mean\": [0.485, 0.1, -0.3], "
        "\"std\": [0.229, 0.224, 1e-3], \"scale\": 0.0207}}, \"layers\": ["
        "{\"name\": \"stem\", \"kind\": \"stem\", \"in\": 3, \"out\": 8, \"kernel\": 3, \"stride\": 1},"
        "{\"name\": \"b1\", \"kind\": \"basic\", \"in\": 8, \"mid\": 8, \"out\": 8, \"stride\": 2, \"shortcut\": true,"
        " \"spatial\": \"none\", \"channel\": \"none\", \"padding\": \"same\"},"
        "{\"name\": \"head\", \"kind\": \"head\", \"in\": 8, \"out\": 2}]}");
    cr_assert_eq(model.pixels.mode, DP_PIXELS_AFFINE);
    cr_assert_eq(model.pixels.mean[1], 0.1);
    cr_assert_str_eq(model.class_names + 2, "b c");
    const dp_conv *conv = &model.layers[1].conv[0];
    cr_assert(conv->late_y == 1 && conv->late_x == 0, "6 rows are even, 7 columns are not");
    expect_round_trip(&model, path);
    dp_model_free(&model);
    cr_assert_eq(unlink(path), 0);
}

/* Version 1 means pixel >> 1, and knows none of the fields of version 2. */
Test(container, version_1_still_loads) {
    container_box box;
    dp_model model;
    dp_error err = {""};
    box_open(&box, box_network);
    box.version = 1;
    box_write(&box);
    cr_assert_eq(dp_model_load(&model, box.path, &err), DP_OK, "%s", err.text);
    cr_assert_eq(model.pixels.mode, DP_PIXELS_HALF);
    dp_model_free(&model);
    static const char *const fields[] = {"network/input/pixels", "network/dataset", "network/class_names",
                                         "network/layers/1/padding"};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        box_set(&box, fields[i], json_string("same"));
        box_write(&box);
        box_expect(&box, "unknown field");
        box_set(&box, fields[i], NULL);
    }
    box_close(&box);
}

Test(container, a_second_save_is_identical) {
    container_box first, second;
    box_open(&first, box_network);
    box_open(&second, box_network);
    cr_assert_eq(first.data_size, second.data_size);
    cr_assert_eq(memcmp(first.data, second.data, first.data_size), 0);
    cr_assert(json_equal(first.root, second.root));
    box_close(&first);
    box_close(&second);
}

Test(container, every_flipped_byte_is_rejected) {
    container_box box;
    struct stat info;
    box_open(&box, box_network);
    cr_assert_eq(stat(box.path, &info), 0);
    FILE *file = fopen(box.path, "r+b");
    cr_assert_not_null(file);
    for (long i = 0; i < info.st_size; i++) {
        dp_model model;
        dp_error err = {""};
        cr_assert_eq(fseek(file, i, SEEK_SET), 0);
        int byte = fgetc(file);
        int flipped = byte ^ (1 << i % 8);
        cr_assert(byte >= 0 && fseek(file, i, SEEK_SET) == 0 && fputc(flipped, file) == flipped && fflush(file) == 0);
        cr_assert_eq(dp_model_load(&model, box.path, &err), DP_BAD_INPUT, "byte %ld", i);
        cr_assert_neq(err.text[0], '\0');
        cr_assert(fseek(file, i, SEEK_SET) == 0 && fputc(byte, file) == byte && fflush(file) == 0);
    }
    cr_assert_eq(fclose(file), 0);
    dp_model model;
    cr_assert_eq(dp_model_load(&model, box.path, NULL), DP_OK);
    dp_model_free(&model);
    box_close(&box);
}

Test(container, every_truncation_is_rejected) {
    container_box box;
    struct stat info;
    box_open(&box, box_network);
    cr_assert_eq(stat(box.path, &info), 0);
    for (long size = info.st_size - 1; size >= 0; size -= size > 4000 ? 61 : 1) {
        cr_assert_eq(truncate(box.path, size), 0);
        box_expect(&box, "truncated");
    }
    box_close(&box);
}

Test(container, preamble) {
    container_box box;
    struct stat info;
    box_open(&box, box_network);
    overwrite(box.path, 0, "D", 1);
    overwrite(box.path, 7, "N", 1);
    box_expect(&box, "the magic is not DPACSDPM");
    box_write(&box);
    overwrite(box.path, 8, "\3", 1);
    box_expect(&box, "version 3, expected 1 to 2");
    box_write(&box);
    cr_assert_eq(stat(box.path, &info), 0);
    overwrite(box.path, info.st_size, "", 1);
    box_expect(&box, "oversized");
    box_write(&box);
    overwrite(box.path, info.st_size - 1, "x", 1);
    box_expect(&box, "checksum");
    box_close(&box);
}

Test(container, header_size_out_of_bounds) {
    static const uint64_t sizes[] = {0, 33, 96 + 1, 1 << 20, UINT64_MAX, UINT64_MAX - 31, (uint64_t)1 << 63};
    container_box box;
    box_open(&box, box_network);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        box_write(&box);
        FILE *file = fopen(box.path, "r+b");
        cr_assert_not_null(file);
        unsigned char whole[1 << 16];
        size_t size = fread(whole, 1, sizeof whole, file);
        memcpy(whole + 24, &sizes[i], 8);
        uint32_t crc = (uint32_t)crc32_z(crc32_z(0, NULL, 0), whole + CONTAINER_CRC_FROM, size - CONTAINER_CRC_FROM);
        memcpy(whole + 12, &crc, 4);
        rewind(file);
        cr_assert_eq(fwrite(whole, 1, size, file), size);
        cr_assert_eq(fclose(file), 0);
        box_expect(&box, "JSON header has");
    }
    box_close(&box);
}

Test(container, paths_that_are_no_containers) {
    dp_model model;
    dp_error err = {""};
    cr_assert_eq(dp_model_load(&model, "/nonexistent/x.dpm", &err), DP_BAD_INPUT);
    cr_assert_not_null(strstr(err.text, "/nonexistent/x.dpm: cannot be opened: No such file"));
    cr_assert_eq(dp_model_load(&model, "/tmp", &err), DP_BAD_INPUT);
    cr_assert_not_null(strstr(err.text, "not a regular file"));
    char path[40];
    temporary_path(path);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_assert_eq(dp_model_load(&model, path, &err), DP_BAD_INPUT);
    cr_assert_not_null(strstr(err.text, "not a regular file"));
    cr_assert_eq(unlink(path), 0);
}

Test(container, unwritable_paths) {
    dp_model model;
    dp_error err = {""};
    box_model(&model, box_network);
    cr_assert_eq(dp_model_save(&model, "/nonexistent/x.dpm", &err), DP_BAD_INPUT);
    cr_assert_not_null(strstr(err.text, "/nonexistent/x.dpm: cannot be written: No such file"), "%s", err.text);
    cr_assert_eq(dp_model_save(&model, "/dev/null", &err), DP_BAD_INPUT);
    cr_assert_not_null(strstr(err.text, "not a regular file"), "%s", err.text);
    dp_model_free(&model);
}

Test(container, a_failed_write_keeps_the_older_file) {
    container_box box;
    dp_model model;
    dp_error err = {""};
    glob_t found;
    char pattern[64];
    box_open(&box, box_network);
    box_model(&model, box_network);
    struct rlimit limit = {.rlim_cur = 4096, .rlim_max = RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    dp_status status = dp_model_save(&model, box.path, &err);
    limit.rlim_cur = RLIM_INFINITY;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert_eq(status, DP_BAD_INPUT);
    cr_assert_not_null(strstr(err.text, "cannot be written: File too large"), "%s", err.text);
    dp_model_free(&model);
    cr_assert_eq(dp_model_load(&model, box.path, &err), DP_OK, "%s", err.text);
    dp_model_free(&model);
    (void)snprintf(pattern, sizeof pattern, "%s.*", box.path);
    cr_assert_eq(glob(pattern, 0, NULL, &found), GLOB_NOMATCH);
    box_close(&box);
}

Test(container, a_wrong_model_is_not_saved) {
    dp_model model;
    dp_error err = {""};
    box_model(&model, box_network);
    model.layers[1].conv[0].out_h++;
    cr_assert_eq(dp_model_save(&model, "/tmp/never-written.dpm", &err), DP_BAD_INPUT);
    cr_assert_not_null(strstr(err.text, "layer b1: its convolutions do not follow"), "%s", err.text);
    cr_assert_neq(access("/tmp/never-written.dpm", F_OK), 0);
    dp_model_free(&model);
}

/* `dpacs vectors` from outside, on small sets made here: any kind of block and variation, folders in folders, and its exit codes. */
#define _XOPEN_SOURCE 700
#include <criterion/criterion.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program.h"

enum { PATH = 512, H = 3, W = 5, C = 16, POSITIONS = H * W, MAP = POSITIONS * C };

TestSuite(vectors_replay, .timeout = 300);

static void replay(program_outcome *o, const char *folder) {
    char arguments[PATH];
    (void)snprintf(arguments, sizeof arguments, "vectors '%s'", folder);
    program_run(o, arguments, "2>&1");
    if (o->code == 4) cr_skip_test("%s", o->text); /* the hardware builds are not there */
}

static void write_file(const char *folder, const char *name, const void *data, size_t size) {
    char path[2 * PATH];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    cr_assert_not_null(f, "%s", path);
    cr_assert_eq(fwrite(data, 1, size, f), size);
    cr_assert_eq(fclose(f), 0);
}

/* A block whose weights are 1 from channel c to channel c in the middle tap, so that out = x >> shift; its mask keeps every other
   position and the first of two groups. `spoil`: the block's output in the files is wrong by one element. */
static void write_set(const char *folder, const char *block, const char *arch, bool spoil) {
    bool bottleneck = strcmp(block, "bottleneck") == 0;
    static const char *const weights[] = {"w0.bin", "w3.bin", "w1.bin"};
    int8_t x[MAP], inner[MAP], out[MAP], w[C * C * 9];
    uint8_t mask[POSITIONS], groups[] = {1, 0};
    char meta[2048], last[40], name[40];
    cr_assert_eq(mkdir(folder, 0777), 0);
    for (int i = 0; i < MAP; i++) {
        x[i] = (int8_t)(i * 29 % 128);
        bool kept = i / C % 2 == 0 && i % C < 8;
        inner[i] = kept ? x[i] : 0;
        out[i] = (int8_t)(x[i] + inner[i] > 127 ? 127 : x[i] + inner[i]);
    }
    for (int at = 0; at < POSITIONS; at++) mask[at] = at % 2 == 0;
    if (spoil) out[17] ^= 1;
    write_file(folder, "dense_input.bin", x, MAP);
    write_file(folder, "sparse_out_0.bin", inner, MAP);
    (void)snprintf(last, sizeof last, "sparse_out_%d.bin", bottleneck ? 1 : 3);
    write_file(folder, last, out, MAP);
    write_file(folder, "spatial_mask.bin", mask, POSITIONS);
    write_file(folder, "channel_mask.bin", groups, 2);
    int used = snprintf(meta, sizeof meta,
                        "{\"block\": \"%s\", \"arch\": \"%s\", \"stride\": 1, \"shift\": 0, \"group_size\": 8, \"files\": {",
                        block, arch);
    for (int k = 0; k < (bottleneck ? 3 : 2); k++) {
        int kernel = bottleneck && k != 1 ? 1 : 3, taps = kernel * kernel;
        memset(w, 0, sizeof w);
        for (int c = 0; c < C; c++) w[(c * C + c) * taps + taps / 2] = 1;
        write_file(folder, weights[k], w, (size_t)(C * C * taps));
        used += snprintf(meta + used, sizeof meta - (size_t)used, "\"%s\": {\"shape\": [%d, %d, %d, %d], \"dtype\": \"int8\"}, ",
                         weights[k], C, C, kernel, kernel);
    }
    const char *const maps[] = {"dense_input.bin", "sparse_out_0.bin", last};
    for (int i = 0; i < 3; i++) {
        (void)snprintf(name, sizeof name, "%s", maps[i]);
        used += snprintf(meta + used, sizeof meta - (size_t)used, "\"%s\": {\"shape\": [%d, %d, %d], \"dtype\": \"int8\"}, ",
                         name, H, W, C);
    }
    used += snprintf(meta + used, sizeof meta - (size_t)used,
                     "\"spatial_mask.bin\": {\"shape\": [%d, %d], \"dtype\": \"uint8\"}, "
                     "\"channel_mask.bin\": {\"shape\": [2], \"dtype\": \"uint8\"}}}",
                     H, W);
    write_file(folder, "meta.json", meta, (size_t)used);
}

static int remove_one(const char *path, const struct stat *what, int kind, struct FTW *walk) {
    (void)what, (void)kind, (void)walk;
    return remove(path);
}

static char top[] = "/tmp/dpacs-replay-XXXXXX";
static void make_top(void) { cr_assert_not_null(mkdtemp(top)); }
static void remove_top(void) { (void)nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

static const char *below(const char *name) {
    static char path[PATH];
    (void)snprintf(path, sizeof path, "%s/%s", top, name);
    return path;
}

Test(vectors_replay, every_kind_of_set_below_the_folder_is_replayed, .init = make_top, .fini = remove_top) {
    program_outcome o;
    cr_assert_eq(mkdir(below("deep"), 0777), 0);
    write_set(below("basicblock_sparse_parallel"), "basicblock", "parallel", false);
    write_set(below("basicblock_sparse_serial"), "basicblock", "serial", false);
    write_set(below("deep/bottleneck_sparse_parallel"), "bottleneck", "parallel", false);
    write_set(below("deep/bottleneck_sparse_serial"), "bottleneck", "serial", false);
    replay(&o, top);
    cr_assert_eq(o.code, 0, "%s", o.text);
    cr_expect_not_null(strstr(o.text, "parallel-small"), "%s", o.text);
    cr_expect_not_null(strstr(o.text, "serial-small"), "%s", o.text);
    cr_expect_not_null(strstr(o.text, "4 sets, 24 comparisons, 0 wrong"), "%s", o.text);
}

Test(vectors_replay, a_difference_is_exit_code_1, .init = make_top, .fini = remove_top) {
    program_outcome o;
    write_set(below("a"), "basicblock", "serial", false);
    write_set(below("b"), "bottleneck", "serial", true);
    replay(&o, top);
    cr_expect_eq(o.code, 1, "%s", o.text);
    cr_expect_not_null(strstr(o.text, "1 of 240 differ"), "%s", o.text);
    cr_expect_not_null(strstr(o.text, "2 sets, 12 comparisons, 3 wrong"), "%s", o.text);
}

Test(vectors_replay, a_folder_without_sets_or_with_a_bad_one_is_exit_code_2, .init = make_top, .fini = remove_top) {
    program_outcome o;
    replay(&o, top);
    cr_expect_eq(o.code, 2, "%s", o.text);
    write_set(below("a"), "basicblock", "serial", false);
    write_set(below("b"), "basicblock", "serial", false);
    cr_assert_eq(remove(below("b/w3.bin")), 0);
    replay(&o, top);
    cr_expect_eq(o.code, 2, "%s", o.text);
    cr_expect_not_null(strstr(o.text, "b/w3.bin"), "%s", o.text);
    cr_expect_not_null(strstr(o.text, "6 comparisons, 0 wrong"), "%s", o.text);
}

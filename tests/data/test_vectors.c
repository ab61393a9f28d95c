/* The published vectors on golden and, through commands, on the interpreter; and folders with something wrong. $VECTORS_DIR says
   where they are. */
#define _POSIX_C_SOURCE 200809L
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collect.h"
#include "plan_support.h"
#include "vectors.h"

enum { PATH = 512, MAX_SETS = 32 };

typedef struct {
    int count;
    char path[MAX_SETS][PATH];
} set_list;

/* Folders below $VECTORS_DIR that have a meta.json; none skips the test. */
static set_list find_sets(void) {
    const char *top = getenv("VECTORS_DIR");
    set_list sets = {.count = 0};
    if (top == NULL) top = "../shared/vectors";
    DIR *dir = opendir(top);
    const struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL && sets.count < MAX_SETS) {
        char meta[PATH + 16];
        (void)snprintf(sets.path[sets.count], PATH, "%.200s/%.200s", top, entry->d_name);
        (void)snprintf(meta, sizeof meta, "%s/meta.json", sets.path[sets.count]);
        if (access(meta, R_OK) == 0) sets.count++;
    }
    if (dir != NULL) (void)closedir(dir);
    if (sets.count == 0) cr_skip_test("no test vectors in %s (VECTORS_DIR says where they are)", top);
    return sets;
}

static void expect_equal(const vectors *v, const vectors_pass *pass, const vectors_result *result, const char *on) {
    cr_expect_gt(pass->expected_count, 0, "%s, %s: compares nothing", v->name, pass->name);
    for (int e = 0; e < pass->expected_count; e++) {
        size_t different = vectors_compare(pass, e, result);
        cr_expect_eq(different, 0, "%s, %s on %s: %zu of %zu elements of %s differ", v->name, pass->name, on, different,
                     pass->expected[e].count, pass->expected[e].file);
    }
}

static void replay_golden(const vectors *v, const vectors_pass *pass) {
    dp_error err = {""};
    golden_run run;
    cr_assert_eq(golden_create(&run, &pass->model, (golden_options){.dense = false}, &err), DP_OK, "%s", err.text);
    golden_compute(&run, pass->image);
    vectors_result result = vectors_of_golden(pass, &run);
    expect_equal(v, pass, &result, "golden");
    golden_free(&run);
}

static void collect_one(void *context, const dut_out *o) { collect_records(context, o); }

static void replay_commands(const vectors *v, const vectors_pass *pass) {
    dp_error err = {""};
    plan p;
    interpreter t;
    collect c;
    plan_geometry g = plan_support_geometry(v->parallel ? 1 : 3);
    cr_assert_eq(plan_create(&p, &pass->model, &g, (plan_options){.dense = false}, &err), DP_OK, "%s", err.text);
    cr_assert_eq(collect_create(&c, &p, &err), DP_OK, "%s", err.text);
    plan_support_interpreter(&t, &p, pass->image);
    t.emit = collect_one;
    t.context = &c;
    collect_start(&c, pass->image);
    cr_assert(interpreter_run(&t), "%s", t.error);
    const dp_layer *block = &pass->model.layers[pass->block];
    vectors_result result = {.score = NULL};
    for (int k = 0; k < block->convs; k++) result.map[k] = collect_map(&c, pass->block, (int)block->conv[k].role);
    if (pass->block + 1 < pass->model.layer_count) result.score = c.score + (size_t)(pass->block + 1) * DP_MAX_GROUPS;
    expect_equal(v, pass, &result, "the command list");
    plan_support_free(&t);
    collect_free(&c);
    plan_free(&p);
}

static void replay(void (*on)(const vectors *v, const vectors_pass *pass)) {
    set_list sets = find_sets();
    for (int i = 0; i < sets.count; i++) {
        vectors v;
        dp_error err = {""};
        cr_assert_eq(vectors_open(&v, sets.path[i], &err), DP_OK, "%s", err.text);
        cr_expect_eq(v.unused_count, 0, "%s: %s is not replayed", v.name, v.unused_count > 0 ? v.unused[0] : "");
        for (int k = 0; k < v.passes; k++) on(&v, &v.pass[k]);
        vectors_close(&v);
    }
}

Test(vectors, golden_reproduces_every_file) { replay(replay_golden); }

Test(vectors, the_command_list_reproduces_every_file) { replay(replay_commands); }

Test(vectors, a_wrong_element_is_counted) {
    set_list sets = find_sets();
    vectors v;
    dp_error err = {""};
    golden_run run;
    cr_assert_eq(vectors_open(&v, sets.path[0], &err), DP_OK, "%s", err.text);
    const vectors_pass *pass = &v.pass[0];
    cr_assert_eq(golden_create(&run, &pass->model, (golden_options){.dense = false}, &err), DP_OK);
    golden_compute(&run, pass->image);
    run.layers[pass->block].conv[pass->expected[0].conv].y[7] ^= 1;
    vectors_result result = vectors_of_golden(pass, &run);
    cr_expect_eq(vectors_compare(pass, 0, &result), 1);
    golden_free(&run);
    vectors_close(&v);
}

static void write_file(const char *folder, const char *name, const char *text, size_t size) {
    char path[PATH + 32];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    cr_assert_not_null(f, "%s", path);
    cr_assert_eq(fwrite(text, 1, size, f), size);
    (void)fclose(f);
}

#define META_START "{\"block\": \"basicblock\", \"arch\": \"serial\", \"stride\": 1, \"shift\": 3, "
#define FILE_A "\"files\": {\"a.bin\": {\"shape\": [4], \"dtype\": \"int8\", \"sha256\": "
#define HASH_ABCD "\"88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589\""

/* A folder of this meta.json and a.bin with four bytes. */
static void expect_refused(const char *meta, const char *words) {
    char folder[] = "/tmp/dpacs-vectors-XXXXXX", path[PATH];
    vectors v;
    dp_error err = {""};
    cr_assert_not_null(mkdtemp(folder));
    write_file(folder, "meta.json", meta, strlen(meta));
    write_file(folder, "a.bin", "abcd", 4);
    cr_expect_eq(vectors_open(&v, folder, &err), DP_BAD_INPUT, "%s", words);
    cr_expect_not_null(strstr(err.text, words), "'%s' does not say '%s'", err.text, words);
    (void)snprintf(path, sizeof path, "%s/meta.json", folder);
    (void)unlink(path);
    (void)snprintf(path, sizeof path, "%s/a.bin", folder);
    (void)unlink(path);
    (void)rmdir(folder);
}

Test(vectors, refuses_what_it_cannot_replay) {
    expect_refused("{", "meta.json");
    expect_refused("{\"block\": \"other\", \"arch\": \"serial\"}", "block");
    expect_refused("{\"block\": \"basicblock\", \"arch\": \"none\"}", "arch");
    expect_refused("{\"block\": \"basicblock\", \"arch\": \"serial\", \"stride\": 3}", "stride");
    expect_refused(META_START "\"relu\": {\"conv0\": false}}", "relu");
    expect_refused(META_START "\"x\": 1}", "files");
    expect_refused(META_START "\"files\": {\"b.bin\": {\"shape\": [4], \"dtype\": \"int8\"}}}", "b.bin");
    expect_refused(META_START "\"files\": {\"a.bin\": {\"shape\": [5], \"dtype\": \"int8\"}}}", "shorter");
    expect_refused(META_START "\"files\": {\"a.bin\": {\"shape\": [3], \"dtype\": \"int8\"}}}", "longer");
    expect_refused(META_START "\"files\": {\"a.bin\": {\"shape\": [0], \"dtype\": \"int8\"}}}", "shape or dtype");
    expect_refused(META_START "\"files\": {\"a.bin\": {\"shape\": [4], \"dtype\": \"float\"}}}", "shape or dtype");
    expect_refused(META_START "\"files\": {\"../a.bin\": {\"shape\": [4], \"dtype\": \"int8\"}}}", "plain name");
    expect_refused(META_START FILE_A "\"00\"}}}", "sha256");
    expect_refused(META_START FILE_A HASH_ABCD "}}}", "no file to replay");
}

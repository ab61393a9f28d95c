/* The file of results of a sweep: what it remembers, and what it leaves alone. No simulation. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sweep_case.h"
#include "sweep_file.h"
#include "sweep_plan.h"

enum { PATH = 128 };

static void no_builds(void) { (void)setenv("DPACS_DUT_DIR", "/nonexistent", 1); }

TestSuite(sweep_file, .init = no_builds);

/* A file of results in a directory of its own. */
typedef struct {
    char directory[32], path[PATH];
    sweep_plan plan;
} box;

static void open_box(box *b) {
    sweep_options o = sweep_defaults();
    dp_error err = {""};
    (void)snprintf(b->directory, sizeof b->directory, "/tmp/dpacs-sweep-XXXXXX");
    cr_assert_not_null(mkdtemp(b->directory));
    (void)snprintf(b->path, sizeof b->path, "%s/r.jsonl", b->directory);
    (void)snprintf(o.net[0], sizeof o.net[0], "resnet20");
    o.keep[0] = (sweep_keep){0.5, 0.75, false};
    o.nets = o.keeps = o.bandwidths = 1;
    o.bandwidth[0] = 48;
    o.seeds = 2;
    o.seed[0] = 1;
    o.seed[1] = 2;
    o.kind[0] = o.scope[0] = o.arch[0] = o.schedule[0] = true;
    cr_assert_eq(sweep_plan_create(&b->plan, &o, &err), DP_OK, "%s", err.text);
}

static void close_box(box *b) {
    sweep_plan_free(&b->plan);
    (void)unlink(b->path);
    (void)rmdir(b->directory);
}

static void open_file(sweep_file *f, const box *b) {
    dp_error err = {""};
    cr_assert_eq(sweep_file_open(f, b->path, &err), DP_OK, "%s", err.text);
}

static dp_status append(sweep_file *f, const sweep_case *c, const char *status, dp_error *err) {
    json_t *record = json_pack("{s:s, s:s}", "id", c->id, "status", status);
    dp_status result = sweep_file_append(f, record, err);
    json_decref(record);
    return result;
}

static void put(const box *b, const char *mode, const char *text) {
    FILE *out = fopen(b->path, mode);
    cr_assert_not_null(out);
    (void)fputs(text, out);
    (void)fclose(out);
}

static size_t length_of(const box *b) {
    struct stat is;
    return stat(b->path, &is) == 0 ? (size_t)is.st_size : 0;
}

Test(sweep_file, remembers_what_finished) {
    box b;
    sweep_file f;
    open_box(&b);
    open_file(&f, &b);
    cr_assert_eq(append(&f, &b.plan.cases[0], "no build", NULL), DP_OK);
    cr_assert_eq(append(&f, &b.plan.cases[1], "mismatch", NULL), DP_OK);
    cr_assert_eq(append(&f, &b.plan.cases[0], "ok", NULL), DP_OK);
    sweep_file_close(&f);
    open_file(&f, &b);
    sweep_file_mark(&f, &b.plan, false);
    cr_expect_eq(b.plan.cases[0].state, SWEEP_EQUAL); /* the later line counts */
    cr_expect_eq(b.plan.cases[1].state, SWEEP_FAILED);
    sweep_file_mark(&f, &b.plan, true);
    cr_expect_eq(b.plan.cases[0].state, SWEEP_EQUAL);
    cr_expect_eq(b.plan.cases[1].state, SWEEP_MISSING);
    sweep_file_close(&f);
    close_box(&b);
}

Test(sweep_file, drops_a_torn_line) {
    static const char *const torn[] = {"{", "{\"id\":\"0123", "{\"id\":\"0123456789abcdef\",\"status\":\"ok\"}"};
    for (size_t i = 0; i < sizeof torn / sizeof *torn; i++) {
        for (int before = 0; before < 2; before++) {
            box b;
            sweep_file f;
            open_box(&b);
            if (before) put(&b, "w", "{\"id\":\"1111111111111111\",\"status\":\"ok\"}\n");
            put(&b, "a", torn[i]);
            open_file(&f, &b);
            cr_expect_eq(f.count, before);
            cr_expect_eq(f.dropped, (int64_t)strlen(torn[i]));
            cr_assert_eq(append(&f, &b.plan.cases[0], "ok", NULL), DP_OK);
            sweep_file_close(&f);
            open_file(&f, &b);
            cr_expect_eq(f.count, before + 1);
            cr_expect_eq(f.dropped, 0);
            sweep_file_close(&f);
            close_box(&b);
        }
    }
}

Test(sweep_file, leaves_alone_what_is_not_its_own) {
    static const char *const texts[] = {"precious",
                                        "precious\n",
                                        "{\"id\":\"1111111111111111\",\"status\":\"ok\"}\n\n",
                                        "{}\n",
                                        "{\"id\":\"short\",\"status\":\"ok\"}\n",
                                        "{\"id\":\"0123\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        box b;
        sweep_file f;
        dp_error err = {""};
        open_box(&b);
        put(&b, "w", texts[i]);
        cr_expect_eq(sweep_file_open(&f, b.path, &err), DP_BAD_INPUT, "%s", texts[i]);
        cr_expect_not_null(strstr(err.text, "not the result of a sweep"), "%s", err.text);
        cr_expect_eq(length_of(&b), strlen(texts[i]));
        close_box(&b);
    }
}

Test(sweep_file, refuses_what_is_not_a_file) {
    static const char *const paths[] = {"/dev/full", "/tmp", "/nonexistent/r.jsonl"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        sweep_file f;
        dp_error err = {""};
        cr_expect_eq(sweep_file_open(&f, paths[i], &err), DP_BAD_INPUT, "%s", paths[i]);
        cr_expect_not_null(strstr(err.text, paths[i]), "%s", err.text);
    }
}

Test(sweep_file, is_written_by_one_sweep_at_a_time) {
    box b;
    sweep_file f, g;
    dp_error err = {""};
    open_box(&b);
    open_file(&f, &b);
    cr_expect_eq(sweep_file_open(&g, b.path, &err), DP_BAD_INPUT);
    cr_expect_not_null(strstr(err.text, "another sweep"), "%s", err.text);
    sweep_file_close(&f);
    open_file(&g, &b);
    sweep_file_close(&g);
    close_box(&b);
}

Test(sweep_file, is_whole_after_a_full_disk) {
    box b;
    sweep_file f;
    dp_error err = {""};
    open_box(&b);
    open_file(&f, &b);
    cr_assert_eq(append(&f, &b.plan.cases[0], "ok", NULL), DP_OK);
    size_t whole = length_of(&b);
    const struct rlimit full = {whole + 9, whole + 9};
    (void)signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &full), 0);
    cr_expect_eq(append(&f, &b.plan.cases[1], "ok", &err), DP_BAD_INPUT);
    cr_expect_not_null(strstr(err.text, "r.jsonl: cannot be written"), "%s", err.text);
    cr_expect_eq(length_of(&b), whole);
    sweep_file_close(&f);
    close_box(&b);
}

/* The trace file: whole and readable, or not there. */
#include <criterion/criterion.h>
#include <glob.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "timeline.h"

enum { PATH_ROOM = 64, EVENTS = 1000 };

TestSuite(trace_file, .timeout = 60);

static void no_file(char *path) {
    static int number;
    (void)snprintf(path, PATH_ROOM, "/tmp/dpacs-trace-%ld-%d.json", (long)getpid(), number++);
    (void)unlink(path);
}

static void expect_nothing_left(const char *path) {
    char pattern[PATH_ROOM + 2];
    glob_t found;
    (void)snprintf(pattern, sizeof pattern, "%s*", path);
    cr_assert_eq(glob(pattern, 0, NULL, &found), GLOB_NOMATCH, "%s is left", path);
}

static void open_trace(trace_file *t, char *path) {
    dp_error err;
    no_file(path);
    cr_assert_eq(trace_open(t, path, &err), DP_OK, "%s", err.text);
}

static void write_events(trace_file *t) {
    trace_begin(t, "process", json_object());
    for (uint64_t i = 0; i < EVENTS; i++) trace_span(t, 1, "span", i, i + 1, NULL);
}

Test(trace_file, holds_its_events) {
    trace_file t;
    dp_error err;
    char path[PATH_ROOM];
    open_trace(&t, path);
    write_events(&t);
    trace_track(&t, 1, "with \"quotes\" and a cut \xc3");
    trace_counter(&t, "memory", "bytes", 3, 0.25);
    trace_mark(&t, "MISMATCH", 7);
    cr_assert_eq(trace_close(&t, &err), DP_OK, "%s", err.text);
    json_t *root = json_load_file(path, 0, NULL), *events = json_object_get(root, "traceEvents");
    cr_assert_eq(json_array_size(events), 1 + EVENTS + 2 + 2);
    const char *name = json_string_value(json_object_get(json_object_get(json_array_get(events, 1 + EVENTS), "args"), "name"));
    cr_assert_str_eq(name, "with \"quotes\" and a cut ?");
    json_decref(root);
    (void)unlink(path);
}

static void expect_refused(const char *path) {
    timeline *t;
    dp_error err;
    cr_assert_eq(timeline_open(&t, path, true, &err), DP_BAD_INPUT);
    cr_assert_not_null(strstr(err.text, path), "%s", err.text);
}

Test(trace_file, refuses_paths_that_cannot_be_written) {
    expect_refused("/nonexistent/timeline.json");
    expect_refused("/tmp");
    expect_refused("/dev/full");
}

Test(trace_file, of_no_run_is_no_file) {
    timeline *t;
    dp_error err;
    char path[PATH_ROOM];
    no_file(path);
    cr_assert_eq(timeline_open(&t, path, true, &err), DP_OK, "%s", err.text);
    cr_assert_eq(timeline_close(t, &err), DP_OK);
    expect_nothing_left(path);
}

static void expect_failure(trace_file *t, const char *said) {
    dp_error err;
    char path[PATH_ROOM];
    memcpy(path, t->file.path, strlen(t->file.path) + 1);
    cr_assert_eq(trace_close(t, &err), DP_BAD_INPUT);
    cr_assert_not_null(strstr(err.text, said), "%s", err.text);
    cr_assert_not_null(strstr(err.text, path), "%s", err.text);
    expect_nothing_left(path);
}

Test(trace_file, is_not_left_by_a_full_disk) {
    trace_file t;
    char path[PATH_ROOM];
    open_trace(&t, path);
    cr_assert_not_null(freopen("/dev/full", "wb", t.file.stream));
    write_events(&t);
    expect_failure(&t, "No space left");
}

/* The disk is full only when the last bytes are written. */
Test(trace_file, is_not_left_by_a_disk_that_fills_up_at_the_end) {
    trace_file t;
    char path[PATH_ROOM];
    open_trace(&t, path);
    cr_assert_not_null(freopen("/dev/full", "wb", t.file.stream));
    trace_begin(&t, "process", json_object());
    expect_failure(&t, "No space left");
}

Test(trace_file, is_not_left_where_it_may_not_grow) {
    trace_file t;
    char path[PATH_ROOM];
    struct rlimit limit;
    open_trace(&t, path);
    (void)signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = 10000;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    write_events(&t);
    expect_failure(&t, "too large");
}

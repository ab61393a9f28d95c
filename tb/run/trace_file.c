#include "trace_file.h"

#include <errno.h>
#include <string.h>

enum { PROCESS = 1, DIGITS = 12 };

static bool in_order(const trace_file *t) { return !t->no_memory && t->failure == 0; }

static void keep_failure(trace_file *t) { t->failure = errno != 0 ? errno : EIO; }

static void put(trace_file *t, const char *text) {
    errno = 0;
    if (in_order(t) && fputs(text, t->file.stream) == EOF) keep_failure(t);
}

static void put_json(trace_file *t, const json_t *value) {
    errno = 0;
    if (in_order(t) && json_dumpf(value, t->file.stream, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS)) != 0) keep_failure(t);
}

/* Takes the event over; NULL is one for which there was no memory. */
static void put_event(trace_file *t, json_t *event) {
    if (event == NULL) t->no_memory = true;
    put(t, t->any ? ",\n" : "\n");
    t->any = true;
    put_json(t, event);
    json_decref(event);
}

/* Texts may hold a name that was cut within a character: whatever they hold, the file stays readable. */
static json_t *label(const char *text) {
    char plain[256];
    size_t i = 0;
    json_t *as_it_is = json_string(text);
    if (as_it_is != NULL) return as_it_is;
    for (; text[i] != '\0' && i < sizeof plain - 1; i++) plain[i] = (char)((text[i] & 0x80) != 0 ? '?' : text[i]);
    plain[i] = '\0';
    return json_string(plain);
}

static json_t *integer(uint64_t value) { return json_integer((json_int_t)value); }

dp_status trace_open(trace_file *t, const char *path, dp_error *err) {
    *t = (trace_file){.failure = 0};
    return atomic_open(&t->file, path, err);
}

static void put_metadata(trace_file *t, int track, const char *kind, const char *key, json_t *value) {
    put_event(
        t, json_pack("{s:s, s:i, s:i, s:s, s:{s:o}}", "ph", "M", "pid", PROCESS, "tid", track, "name", kind, "args", key, value));
}

void trace_begin(trace_file *t, const char *process, json_t *about) {
    t->begun = true;
    put(t, "{\"displayTimeUnit\":\"ms\",\"otherData\":");
    if (about == NULL) t->no_memory = true;
    put_json(t, about);
    json_decref(about);
    put(t, ",\"traceEvents\":[");
    put_metadata(t, 0, "process_name", "name", label(process));
}

void trace_track(trace_file *t, int track, const char *name) {
    put_metadata(t, track, "thread_name", "name", label(name));
    put_metadata(t, track, "thread_sort_index", "sort_index", json_integer(track));
}

void trace_span(trace_file *t, int track, const char *name, uint64_t from, uint64_t to, json_t *arguments) {
    put_event(t, json_pack("{s:s, s:i, s:i, s:o, s:o, s:o, s:o*}", "ph", "X", "pid", PROCESS, "tid", track, "ts", integer(from),
                           "dur", integer(to - from), "name", label(name), "args", arguments));
}

void trace_instant(trace_file *t, int track, const char *name, uint64_t at, json_t *arguments) {
    put_event(t, json_pack("{s:s, s:s, s:i, s:i, s:o, s:o, s:o*}", "ph", "i", "s", "t", "pid", PROCESS, "tid", track, "ts",
                           integer(at), "name", label(name), "args", arguments));
}

void trace_mark(trace_file *t, const char *name, uint64_t at) {
    put_event(t, json_pack("{s:s, s:s, s:i, s:i, s:o, s:o}", "ph", "i", "s", "g", "pid", PROCESS, "tid", 1, "ts", integer(at),
                           "name", label(name)));
}

void trace_counter(trace_file *t, const char *name, const char *series, uint64_t at, double value) {
    put_event(t, json_pack("{s:s, s:i, s:o, s:s, s:{s:f}}", "ph", "C", "pid", PROCESS, "ts", integer(at), "name", name, "args",
                           series, value));
}

dp_status trace_close(trace_file *t, dp_error *err) {
    const char *path = t->file.path;
    if (t->begun) put(t, "\n]}\n");
    if (t->begun && in_order(t)) return atomic_commit(&t->file, err);
    atomic_abandon(&t->file);
    if (t->no_memory) return dp_fail(err, DP_NO_MEMORY, "%s: out of memory", path);
    if (t->failure != 0) return dp_fail(err, DP_BAD_INPUT, "%s: cannot be written: %s", path, strerror(t->failure));
    return DP_OK;
}

void trace_abandon(trace_file *t) { atomic_abandon(&t->file); }

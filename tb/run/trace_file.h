/* Chrome trace events (for ui.perfetto.dev and chrome://tracing), streamed into a file that appears whole or not at all. What goes
   wrong while writing is kept, and told by trace_close. Arguments of events are taken over; NULL: none. */
#ifndef DPACS_TRACE_FILE_H
#define DPACS_TRACE_FILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "atomic_file.h"

typedef struct {
    atomic_file file;
    bool begun, any; /* the head is written; an event is */
    bool no_memory;
    int failure; /* errno of the first write that failed */
} trace_file;

/* `path` must live until trace_close. */
dp_status trace_open(trace_file *t, const char *path, dp_error *err) DP_MUST_USE;
/* The head, before the first event; `about` is an object for the reader. */
void trace_begin(trace_file *t, const char *process, json_t *about);

void trace_track(trace_file *t, int track, const char *name); /* tracks stand in the order of their numbers, from 1 on */
void trace_span(trace_file *t, int track, const char *name, uint64_t from, uint64_t to, json_t *arguments);
void trace_instant(trace_file *t, int track, const char *name, uint64_t at, json_t *arguments);
void trace_mark(trace_file *t, const char *name, uint64_t at); /* across all tracks */
void trace_counter(trace_file *t, const char *name, const char *series, uint64_t at, double value);

/* Ends the file; without trace_begin none is left. */
dp_status trace_close(trace_file *t, dp_error *err) DP_MUST_USE;
void trace_abandon(trace_file *t);

#endif

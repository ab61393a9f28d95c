/* The results of a sweep: one JSON object a line, added when a case has finished. The file is locked while a sweep writes it. A line that
   was cut off by the end of an earlier sweep is dropped. */
#ifndef DPACS_SWEEP_FILE_H
#define DPACS_SWEEP_FILE_H

#include <jansson.h>
#include <stdint.h>

#include "sweep_plan.h"

typedef struct {
    char id[SWEEP_ID];
    int line; /* the last of a case counts */
    sweep_state state; /* SWEEP_MISSING: it failed for a reason outside, such as a missing build, and is run again */
} sweep_record;

typedef struct {
    const char *path;
    int fd;
    int64_t size; /* up to the last whole line */
    int64_t dropped; /* bytes of a torn line */
    sweep_record *records; /* by id */
    int count, room;
} sweep_file;

/* Opens or creates. What is not the result of a sweep, or not a regular file, is refused and stays as it is. Nothing is written
   before sweep_file_append. */
dp_status sweep_file_open(sweep_file *file, const char *path, dp_error *err) DP_MUST_USE;
void sweep_file_close(sweep_file *file);

/* Sets the state of the plan's cases. With `retry`, what failed is missing too. */
void sweep_file_mark(const sweep_file *file, sweep_plan *plan, bool retry);

/* Adds one object as a line. If that fails, the file is as it was before. */
dp_status sweep_file_append(sweep_file *file, const json_t *object, dp_error *err) DP_MUST_USE;

/* The `status` of a record, by the exit code of its run; -1: it was killed. */
const char *sweep_status(int exit_code);

#endif

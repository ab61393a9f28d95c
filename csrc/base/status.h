/* Status of a call, and the one message that explains it. */
#ifndef DPACS_STATUS_H
#define DPACS_STATUS_H

#include <stdarg.h>

/* The numbers are the exit codes of build/dpacs (docs/usage.md). */
typedef enum {
    DP_OK = 0,
    DP_MISMATCH = 1, /* a tile, counter or logit differs */
    DP_BAD_INPUT = 2, /* usage, model, image or output file */
    DP_HANG = 3, /* no progress, or a bus error */
    DP_NO_BUILD = 4, /* the hardware build is not there */
    DP_NO_MEMORY = 5, /* the host ran out of memory */
    DP_INTERRUPTED = 130 /* Ctrl-C, SIGTERM */
} dp_status;

#define DP_MUST_USE __attribute__((warn_unused_result))

/* Explains a status: what, where (file, field, layer) and what was expected. Owned by the caller,
   passed down; may be NULL. */
typedef struct {
    char text[512];
} dp_error;

/* Formats the message (truncating) and returns `status`, so that `return dp_fail(err, DP_BAD_INPUT,
   …)` is one line. */
dp_status dp_fail(dp_error *err, dp_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif

/* A bar on stderr while a run goes on. */
#ifndef DPACS_PROGRESS_H
#define DPACS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    bool on;
    double started, shown; /* seconds */
    uint64_t cycle; /* when last shown */
} progress;

double progress_now(void); /* seconds, of a clock that never jumps */
void progress_start(progress *p, bool on);
/* `share` of the work is done; `text` says of what; `cycle` is 0 where nothing is clocked. Shows it a few times a second. */
void progress_show(progress *p, double share, uint64_t cycle, const char *text);
void progress_clear(const progress *p); /* makes room for a line of text, and at the end */

#endif

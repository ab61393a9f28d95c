/* How far a sweep is, on stderr: one line that changes on a terminal, else a line a finished case. */
#ifndef DPACS_SWEEP_SHOW_H
#define DPACS_SWEEP_SHOW_H

#include <jansson.h>

#include "sweep_plan.h"

typedef struct {
    bool terminal;
    int total, finished, failed; /* cases of the plan */
    double started, shown; /* seconds */
    double work_left, work_done; /* in the unit of the cases; done: since the start */
} sweep_show;

void sweep_show_start(sweep_show *show, const sweep_plan *plan, bool terminal);
/* A case has ended. */
void sweep_show_record(sweep_show *show, const sweep_case *c, const json_t *record);
/* Now and then; `running` is a case that is at work, or NULL. */
void sweep_show_progress(sweep_show *show, const sweep_case *running, int jobs);
void sweep_show_end(const sweep_show *show);

#endif

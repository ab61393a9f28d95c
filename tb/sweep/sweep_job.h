/* One case at work: this program again, in a process of its own: `dpacs gen` into a file, then `dpacs sim` on it. A process dies with
   the sweep that started it, however that ends. (The night has a runner of its own: docs/nightly.md, "Two runners".) */
#ifndef DPACS_SWEEP_JOB_H
#define DPACS_SWEEP_JOB_H

#include <jansson.h>
#include <limits.h>
#include <sys/types.h>

#include "sweep_case.h"

typedef struct {
    sweep_case *at; /* the case; NULL: idle */
    pid_t pid; /* 0: no process */
    bool simulating;
    double started;
    int exit_code; /* of a finished case; -1: killed by signal `killed` */
    int killed;
    char model[PATH_MAX], json[PATH_MAX], log[PATH_MAX];
    sweep_command command;
} sweep_job;

/* The job's files lie in `directory`. */
dp_status sweep_job_create(sweep_job *job, const char *directory, int number, dp_error *err) DP_MUST_USE;

dp_status sweep_job_start(sweep_job *job, sweep_case *c, dp_error *err) DP_MUST_USE;
/* Does not wait. *finished: the case has ended, with an exit code. */
dp_status sweep_job_poll(sweep_job *job, bool *finished, dp_error *err) DP_MUST_USE;

/* What goes to the file of results, a new reference; NULL: out of memory. `build_sha` is that of the case's build. */
json_t *sweep_job_record(const sweep_job *job, const char *build_sha);
/* Removes its files; the job is idle then. */
void sweep_job_clear(sweep_job *job);

/* Ends the processes of all jobs: asks first, and waits until they are gone. */
void sweep_jobs_stop(sweep_job *jobs, int count);

#endif

#define _DEFAULT_SOURCE
#include "sweep_run.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "interrupt.h"
#include "sweep_job.h"
#include "sweep_show.h"

enum { POLL_MS = 10 };

typedef struct {
    sweep_plan *plan;
    sweep_file *file;
    sweep_job *jobs;
    int job_count, running, next; /* case */
    sweep_show show;
    char directory[PATH_MAX];
    dp_error *err;
} runner;

/* Of an earlier sweep that was killed; the lock on the results says that nobody uses them. */
static void empty_directory(const char *directory) {
    char path[PATH_MAX + NAME_MAX + 2];
    DIR *entries = opendir(directory);
    for (struct dirent *e; entries != NULL && (e = readdir(entries)) != NULL;) {
        if (strncmp(e->d_name, "case-", 5) != 0) continue;
        (void)snprintf(path, sizeof path, "%s/%s", directory, e->d_name);
        (void)unlink(path);
    }
    if (entries != NULL) (void)closedir(entries);
}

static dp_status make_directory(runner *r) {
    if (snprintf(r->directory, sizeof r->directory, "%s.work", r->file->path) >= (int)sizeof r->directory)
        return dp_fail(r->err, DP_BAD_INPUT, "%s: too long a name", r->file->path);
    struct stat is;
    bool made = mkdir(r->directory, 0777) == 0 || (errno == EEXIST && stat(r->directory, &is) == 0 && S_ISDIR(is.st_mode));
    if (!made) return dp_fail(r->err, DP_BAD_INPUT, "%s: cannot be made: %s", r->directory, strerror(errno));
    empty_directory(r->directory);
    return DP_OK;
}

static dp_status create_jobs(runner *r, int jobs) {
    r->jobs = calloc((size_t)jobs, sizeof *r->jobs);
    if (r->jobs == NULL) return dp_fail(r->err, DP_NO_MEMORY, "out of memory for %d jobs", jobs);
    for (; r->job_count < jobs; r->job_count++) {
        dp_status status = sweep_job_create(&r->jobs[r->job_count], r->directory, r->job_count, r->err);
        if (status != DP_OK) return status;
    }
    return DP_OK;
}

static sweep_case *next_missing(runner *r) {
    while (r->next < r->plan->count && r->plan->cases[r->next].state != SWEEP_MISSING) r->next++;
    return r->next < r->plan->count ? &r->plan->cases[r->next++] : NULL;
}

static dp_status fill(runner *r) {
    for (int i = 0; i < r->job_count; i++) {
        sweep_case *c = r->jobs[i].at == NULL ? next_missing(r) : NULL;
        if (c == NULL) continue;
        dp_status status = sweep_job_start(&r->jobs[i], c, r->err);
        if (status != DP_OK) return status;
        r->running++;
    }
    return DP_OK;
}

static dp_status keep_result(runner *r, sweep_job *job) {
    sweep_case *c = job->at;
    const sweep_build *build = &r->plan->build[c->file];
    if (!sweep_build_unchanged(build))
        return dp_fail(r->err, DP_BAD_INPUT, "%s: the hardware build changed during the sweep; start it again", build->name);
    json_t *record = sweep_job_record(job, build->sha);
    if (record == NULL) return dp_fail(r->err, DP_NO_MEMORY, "out of memory for the result of a case");
    dp_status status = sweep_file_append(r->file, record, r->err);
    if (status == DP_OK) {
        c->state = job->exit_code == DP_OK && json_is_object(json_object_get(record, "result")) ? SWEEP_EQUAL : SWEEP_FAILED;
        sweep_show_record(&r->show, c, record);
        sweep_job_clear(job);
        r->running--;
    }
    json_decref(record);
    return status;
}

static dp_status poll_jobs(runner *r) {
    for (int i = 0; i < r->job_count; i++) {
        bool finished = false;
        dp_status status = sweep_job_poll(&r->jobs[i], &finished, r->err);
        if (interrupt_seen()) return dp_fail(r->err, DP_INTERRUPTED, "interrupted; start it again to go on");
        if (status == DP_OK && finished) status = keep_result(r, &r->jobs[i]);
        if (status != DP_OK) return status;
    }
    return DP_OK;
}

static const sweep_case *at_work(const runner *r) {
    for (int i = 0; i < r->job_count; i++)
        if (r->jobs[i].at != NULL) return r->jobs[i].at;
    return NULL;
}

static dp_status run_all(runner *r) {
    const struct timespec pause = {0, POLL_MS * 1000000L};
    dp_status status = fill(r);
    while (status == DP_OK && r->running > 0) {
        sweep_show_progress(&r->show, at_work(r), r->running);
        (void)nanosleep(&pause, NULL);
        status = poll_jobs(r);
        if (status == DP_OK) status = fill(r);
    }
    return status;
}

static dp_status conclude(const runner *r) {
    int failed = 0;
    for (int i = 0; i < r->plan->count; i++) failed += r->plan->cases[i].state == SWEEP_FAILED;
    return failed == 0 ? DP_OK
                       : dp_fail(r->err, DP_MISMATCH, "%d of %d cases failed; --dry-run lists them", failed, r->plan->count);
}

dp_status sweep_run(sweep_plan *plan, sweep_file *file, int jobs, bool terminal, dp_error *err) {
    runner r = {.plan = plan, .file = file, .err = err};
    dp_status status = make_directory(&r);
    if (status != DP_OK) return status;
    status = create_jobs(&r, jobs);
    if (status == DP_OK) {
        sweep_show_start(&r.show, plan, terminal);
        status = run_all(&r);
        sweep_show_end(&r.show);
    }
    sweep_jobs_stop(r.jobs, r.job_count);
    free(r.jobs);
    empty_directory(r.directory);
    (void)rmdir(r.directory);
    return status == DP_OK ? conclude(&r) : status;
}

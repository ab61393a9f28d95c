#define _DEFAULT_SOURCE
#include "sweep_job.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "network.h"
#include "progress.h"
#include "sweep_file.h"
#include "version.h"

enum { MESSAGE = 512, REPLAY = 1024, CANNOT_EXEC = 127, PATIENCE = 250, STOP_MS = 20 };

static bool path_of(char path[PATH_MAX], const char *directory, int number, const char *kind) {
    return snprintf(path, PATH_MAX, "%s/case-%d.%s", directory, number, kind) < PATH_MAX;
}

dp_status sweep_job_create(sweep_job *job, const char *directory, int number, dp_error *err) {
    *job = (sweep_job){.at = NULL};
    if (path_of(job->model, directory, number, "dpm") && path_of(job->json, directory, number, "json") &&
        path_of(job->log, directory, number, "log"))
        return DP_OK;
    return dp_fail(err, DP_BAD_INPUT, "%s: too long a name", directory);
}

/* In the new process; nothing that is not safe after fork. A parent that died before the prctl is noticed too. */
static void become(const sweep_job *job, pid_t parent) {
    int input = open("/dev/null", O_RDONLY), log = open(job->log, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent || input < 0 || log < 0) _exit(CANNOT_EXEC);
    if (dup2(input, STDIN_FILENO) < 0 || dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0) _exit(CANNOT_EXEC);
    (void)execv("/proc/self/exe", job->command.argv);
    _exit(CANNOT_EXEC);
}

static dp_status spawn(sweep_job *job, dp_error *err) {
    pid_t parent = getpid(), pid = fork();
    if (pid < 0) return dp_fail(err, DP_NO_MEMORY, "no process for a case: %s", strerror(errno));
    if (pid == 0) become(job, parent);
    job->pid = pid;
    return DP_OK;
}

static void simulate(sweep_job *job) {
    job->simulating = true;
    sweep_command_sim(&job->command, job->at, job->at->trained ? job->at->net : job->model, job->json);
}

dp_status sweep_job_start(sweep_job *job, sweep_case *c, dp_error *err) {
    sweep_job_clear(job);
    job->at = c;
    job->simulating = false;
    job->started = progress_now();
    job->exit_code = job->killed = 0;
    if (c->trained)
        simulate(job);
    else
        sweep_command_gen(&job->command, c, job->model);
    return spawn(job, err);
}

dp_status sweep_job_poll(sweep_job *job, bool *finished, dp_error *err) {
    int status;
    *finished = false;
    pid_t ended = job->pid > 0 ? waitpid(job->pid, &status, WNOHANG) : 0;
    if (ended != job->pid || ended == 0) return DP_OK;
    job->pid = 0;
    job->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    job->killed = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (job->exit_code == DP_OK && !job->simulating) {
        simulate(job);
        return spawn(job, err);
    }
    *finished = true;
    return DP_OK;
}

/* The first line that the processes said, in plain letters. */
static void first_line(const sweep_job *job, char text[MESSAGE]) {
    static const char own_name[] = "dpacs: ";
    FILE *in = fopen(job->log, "r");
    text[0] = '\0';
    while (in != NULL && fgets(text, MESSAGE, in) != NULL && text[strspn(text, " \n")] == '\0') text[0] = '\0';
    if (in != NULL) (void)fclose(in);
    text[strcspn(text, "\n")] = '\0';
    if (strncmp(text, own_name, sizeof own_name - 1) == 0) memmove(text, text + sizeof own_name - 1, strlen(text) - 6);
    for (char *at = text; *at != '\0'; at++)
        if (*at < ' ' || *at > '~') *at = '?';
}

static void say_why(const sweep_job *job, const json_t *result, char text[MESSAGE]) {
    text[0] = '\0';
    if (job->killed != 0)
        (void)snprintf(text, MESSAGE, "killed by signal %d", job->killed);
    else if (job->exit_code != DP_OK)
        first_line(job, text);
    else if (result == NULL)
        (void)snprintf(text, MESSAGE, "the run left no results");
}

json_t *sweep_job_record(const sweep_job *job, const char *build_sha) {
    char why[MESSAGE], replay[REPLAY];
    json_t *result = job->simulating ? json_load_file(job->json, 0, NULL) : NULL;
    say_why(job, result, why);
    sweep_case_replay(job->at, replay, sizeof replay);
    const char *status = job->exit_code == DP_OK && result == NULL ? sweep_status(DP_INTERRUPTED) : sweep_status(job->exit_code);
    return json_pack("{s:s, s:s, s:i, s:s, s:s, s:f, s:s, s:s, s:o, s:o?}", "id", job->at->id, "status", status, "exit_code",
                     job->exit_code, "message", why, "replay", replay, "seconds", progress_now() - job->started, "program",
                     DPACS_VERSION, "build_sha256", build_sha, "case", sweep_case_json(job->at), "result", result);
}

void sweep_job_clear(sweep_job *job) {
    (void)unlink(job->model);
    (void)unlink(job->json);
    (void)unlink(job->log);
    job->at = NULL;
}

static void signal_all(sweep_job *jobs, int count, int number) {
    for (int i = 0; i < count; i++)
        if (jobs[i].pid > 0) (void)kill(jobs[i].pid, number);
}

static int still_there(sweep_job *jobs, int count) {
    int there = 0;
    for (int i = 0; i < count; i++) {
        if (jobs[i].pid > 0 && waitpid(jobs[i].pid, NULL, WNOHANG) != 0) jobs[i].pid = 0;
        there += jobs[i].pid > 0;
    }
    return there;
}

void sweep_jobs_stop(sweep_job *jobs, int count) {
    const struct timespec pause = {0, STOP_MS * 1000000L};
    signal_all(jobs, count, SIGTERM);
    for (int i = 0; still_there(jobs, count) > 0; i++) {
        if (i == PATIENCE) signal_all(jobs, count, SIGKILL);
        (void)nanosleep(&pause, NULL);
    }
    for (int i = 0; i < count; i++) sweep_job_clear(&jobs[i]);
}

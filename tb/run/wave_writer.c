/* See wave_writer.h. */
#include "wave_writer.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "interrupt.h"

enum { MEBI_SHIFT = 20, PAUSE = 2000000 /* ns */ };

struct wave_writer {
    const char *path;
    volatile uint64_t *cycle; /* shared with the process */
    pid_t pid; /* 0: none */
    bool begun;
    int fork_error;
};

dp_status wave_writer_create(wave_writer **writer, const char *path, dp_error *err) {
    wave_writer *w = *writer = calloc(1, sizeof *w);
    if (w == NULL) return dp_fail(err, DP_NO_MEMORY, "out of memory");
    w->path = path;
    void *page = mmap(NULL, sizeof *w->cycle, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    w->cycle = page != MAP_FAILED ? page : NULL;
    return w->cycle != NULL ? DP_OK : dp_fail(err, DP_NO_MEMORY, "out of memory");
}

void wave_writer_free(wave_writer *w) {
    if (w == NULL) return;
    if (w->pid != 0) {
        (void)kill(w->pid, SIGKILL);
        while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR) continue;
    }
    if (w->cycle != NULL) (void)munmap((void *)(uintptr_t)w->cycle, sizeof *w->cycle);
    free(w);
}

bool wave_writer_fork(wave_writer *w) {
    pid_t run = getpid();
    w->begun = true;
    pid_t pid = fork();
    if (pid == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != run) _exit(1);
        return true;
    }
    w->fork_error = pid < 0 ? errno : 0;
    w->pid = pid > 0 ? pid : 0;
    return false;
}

bool wave_writer_begun(const wave_writer *w) { return w->begun; }
void wave_writer_tell(wave_writer *w, uint64_t cycle) { *w->cycle = cycle; }
uint64_t wave_writer_cycle(const wave_writer *w) { return *w->cycle; }

static void show(progress *bar, const wave_writer *w, uint64_t last) {
    char text[96];
    uint64_t cycle = *w->cycle;
    (void)snprintf(text, sizeof text, "wave, cycle %" PRIu64 " of %" PRIu64, cycle, last);
    progress_show(bar, last > 0 ? (double)cycle / (double)last : 0, cycle, text);
}

bool wave_writer_wait(wave_writer *w, progress *bar, uint64_t last, char *why, size_t size) {
    const struct timespec pause = {.tv_nsec = PAUSE};
    int status = 0;
    bool told = false;
    if (w->pid == 0) {
        if (w->begun)
            (void)snprintf(why, size, "no process for it: %s", strerror(w->fork_error));
        else
            (void)snprintf(why, size, "the run ended at cycle %" PRIu64 ", before its first cycle", last);
        (void)unlink(w->path); /* what an earlier run left would mislead */
        return false;
    }
    pid_t pid;
    while ((pid = waitpid(w->pid, &status, WNOHANG)) == 0 || (pid < 0 && errno == EINTR)) {
        if (interrupt_seen() && !told) told = kill(w->pid, SIGTERM) == 0;
        if (bar->on) show(bar, w, last);
        (void)nanosleep(&pause, NULL);
    }
    w->pid = 0;
    progress_clear(bar);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    wave_writer_mourn(status, w->path, why, size);
    return false;
}

static uint64_t free_mebi(const char *directory) {
    struct statvfs v;
    return statvfs(directory, &v) == 0 ? (uint64_t)v.f_bavail * v.f_frsize >> MEBI_SHIFT : 0;
}

void wave_writer_mourn(int status, const char *path, char *why, size_t size) {
    char text[PATH_MAX + 8], end[96] = "it could not be written";
    (void)snprintf(text, sizeof text, "%s", path);
    char *slash = strrchr(text, '/');
    if (slash != NULL) slash[slash == text] = '\0';
    const char *directory = slash != NULL ? text : ".";
    if (WIFSIGNALED(status))
        (void)snprintf(end, sizeof end, "its writer was ended by signal %d (%.32s)", WTERMSIG(status),
                       strsignal(WTERMSIG(status)));
    /* The writer keeps what it has not packed yet in files of P_tmpdir. */
    (void)snprintf(why, size, "%s; %" PRIu64 " MiB were free in %.120s, %" PRIu64 " in %s", end, free_mebi(directory), directory,
                   free_mebi(P_tmpdir), P_tmpdir);
    (void)unlink(path);
    (void)snprintf(text, sizeof text, "%s.hier", path); /* the writer's own, beside it */
    (void)unlink(text);
}

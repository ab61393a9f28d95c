/* See snapshot.h. */
#include "snapshot.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "interrupt.h"
#include "progress.h"

/* A fork costs its page tables and, afterwards, a copy of every page that the run goes on to write. Snapshots come so far apart that this
   is SHARE of the time in between, and at least half a window, so that two of them always cover one. */
static const double share = 0.004, seconds_a_fault = 0.8e-6; /* 4 KiB copied: docs/debugging.md */
enum { SHORTEST = SNAPSHOT_WINDOW / 2, MILLISECOND = 1000000 };

typedef struct {
    pid_t pid;
    int line; /* the run's end of what it sleeps on */
    uint64_t cycle;
} child;

struct snapshot_ring {
    child children[SNAPSHOT_MAX]; /* the oldest first */
    int count;
    uint64_t due; /* cycle of the next one; UINT64_MAX: no more */
    snapshot_state state;
    child woken; /* pid 0: none */
    uint64_t last_cycle;
    double last_end; /* seconds */
    long last_faults;
    double children_cost; /* seconds, of those that ended since the last one */
};

dp_status snapshot_create(snapshot_ring **ring, dp_error *err) {
    *ring = calloc(1, sizeof **ring);
    if (*ring == NULL) return dp_fail(err, DP_NO_MEMORY, "out of memory");
    (*ring)->state.end = -1;
    return DP_OK;
}

static double seconds(struct timeval t) { return (double)t.tv_sec + (double)t.tv_usec * 1e-6; }

/* What it took to be a child, and to end, is part of the cost. */
static void end_child(snapshot_ring *ring, const child *c) {
    struct rusage used = {0};
    (void)kill(c->pid, SIGKILL);
    (void)close(c->line);
    while (wait4(c->pid, NULL, 0, &used) < 0 && errno == EINTR) continue;
    ring->children_cost += seconds(used.ru_utime) + seconds(used.ru_stime);
}

static void remove_child(snapshot_ring *ring, int i) {
    ring->count--;
    memmove(&ring->children[i], &ring->children[i + 1], (size_t)(ring->count - i) * sizeof *ring->children);
}

static void end_all(snapshot_ring *ring) {
    for (int i = 0; i < ring->count; i++) end_child(ring, &ring->children[i]);
    ring->count = 0;
    ring->due = UINT64_MAX;
}

void snapshot_free(snapshot_ring *ring) {
    if (ring == NULL) return;
    end_all(ring);
    if (ring->woken.pid != 0) end_child(ring, &ring->woken);
    free(ring);
}

/* Ends those that no failure from now on needs: older than the youngest that is a window old. And the second oldest where there is no
   room: of what stays, the oldest still covers a window. */
static void make_room(snapshot_ring *ring, uint64_t cycle) {
    while (ring->count > 1 && ring->children[1].cycle + SNAPSHOT_WINDOW <= cycle) {
        end_child(ring, &ring->children[0]);
        remove_child(ring, 0);
    }
    if (ring->count < SNAPSHOT_MAX) return;
    end_child(ring, &ring->children[1]);
    remove_child(ring, 1);
}

/* In the child: sleeps. Returns when woken. */
static void sleep_until_woken(const snapshot_ring *ring, int line, pid_t run, snapshot_order *order) {
    size_t have = 0;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != run) _exit(1);
    for (int i = 0; i < ring->count; i++) (void)close(ring->children[i].line);
    while (have < sizeof *order) {
        ssize_t got = read(line, (char *)order + have, sizeof *order - have);
        if (got > 0) have += (size_t)got;
        if (got == 0 || (got < 0 && errno != EINTR) || interrupt_seen()) _exit(1);
    }
    (void)close(line);
}

static long faults(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_minflt : 0;
}

/* What the last one cost up to now decides when the next one comes. */
static void set_next(snapshot_ring *ring, uint64_t cycle, double started) {
    double now = progress_now(), fork_cost = now - started, between = started - ring->last_end;
    double copies = ring->state.taken > 0 ? (double)(faults() - ring->last_faults) * seconds_a_fault : 0,
           cost = fork_cost + copies + ring->children_cost;
    ring->state.cost += cost;
    ring->children_cost = 0;
    ring->due = cycle + SHORTEST;
    if (ring->state.taken > 0) {
        ring->state.interval = cycle - ring->last_cycle;
        double wanted = (double)ring->state.interval * (cost / share) / (between > 0 ? between : cost);
        if (wanted > SHORTEST) ring->due = cycle + (uint64_t)wanted;
    }
    ring->last_cycle = cycle;
    ring->last_end = progress_now();
    ring->last_faults = faults();
}

bool snapshot_poll(snapshot_ring *ring, uint64_t cycle, snapshot_order *order) {
    if (cycle < ring->due) return false;
    int ends[2];
    double started = progress_now();
    make_room(ring, cycle);
    pid_t run = getpid(), pid = -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0) {
        pid = fork();
        if (pid == 0) {
            (void)close(ends[1]);
            sleep_until_woken(ring, ends[0], run, order);
            ring->count = 0; /* the others are not its children */
            ring->due = UINT64_MAX;
            return true;
        }
        (void)close(ends[0]);
        if (pid < 0) (void)close(ends[1]);
    }
    if (pid > 0) ring->children[ring->count++] = (child){pid, ends[1], cycle};
    set_next(ring, cycle, started);
    ring->state.taken += pid > 0;
    return false;
}

bool snapshot_wake(snapshot_ring *ring, snapshot_order order) {
    int chosen = 0;
    if (ring->count == 0 || ring->woken.pid != 0) return false;
    for (int i = 1; i < ring->count; i++)
        if (ring->children[i].cycle <= order.from) chosen = i;
    ring->woken = ring->children[chosen];
    ring->state.woken_at = ring->woken.cycle;
    remove_child(ring, chosen);
    end_all(ring);
    return send(ring->woken.line, &order, sizeof order, MSG_NOSIGNAL) == (ssize_t)sizeof order;
}

bool snapshot_wait(snapshot_ring *ring, double seconds) {
    const struct timespec pause = {.tv_nsec = 2 * MILLISECOND};
    double deadline = progress_now() + seconds;
    int status = 0;
    if (ring->woken.pid == 0) return false;
    pid_t pid;
    while ((pid = waitpid(ring->woken.pid, &status, WNOHANG)) == 0 && progress_now() < deadline && !interrupt_seen())
        (void)nanosleep(&pause, NULL);
    if (pid != ring->woken.pid) return false; /* snapshot_free ends it */
    (void)close(ring->woken.line);
    ring->woken.pid = 0;
    ring->state.end = status;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

snapshot_state snapshot_look(const snapshot_ring *ring) {
    snapshot_state s = ring->state;
    s.alive = ring->count;
    for (int i = 0; i < ring->count; i++) s.pid[i] = (int)ring->children[i].pid;
    return s;
}

/* Snapshots: which one is woken, that it lives its time again, and that no child outlives the run, however that ends. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "e2e.h"
#include "progress.h"
#include "snapshot.h"

enum { PATIENCE = 10 /* seconds */, KILLED = 128 };

TestSuite(snapshot, .timeout = 300);

static snapshot_ring *create(void) {
    snapshot_ring *ring = NULL;
    dp_error err;
    cr_assert_eq(snapshot_create(&ring, &err), DP_OK, "%s", err.text);
    return ring;
}

static void nap(void) { (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL); }

/* Gone, or a zombie that its new parent has not looked at yet. */
static bool is_gone(int pid) {
    char path[64], state = '\0';
    (void)snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (file == NULL) return true;
    int found = fscanf(file, "%*d (%*[^)]) %c", &state);
    (void)fclose(file);
    return found != 1 || state == 'Z' || state == 'X';
}

static void expect_gone(const int *pid, int count, const char *when) {
    double deadline = progress_now() + PATIENCE;
    for (int i = 0; i < count; i++) {
        while (!is_gone(pid[i]) && progress_now() < deadline) nap();
        cr_assert(is_gone(pid[i]), "%s: child %d lives on", when, pid[i]);
    }
}

/* Counts to `end`; in a woken child counts on to the end of its order and exits with 0 if it began where it was forked. */
static void count_to(snapshot_ring *ring, uint64_t from, uint64_t end) {
    snapshot_order order;
    for (uint64_t cycle = from; cycle < end; cycle++)
        if (snapshot_poll(ring, cycle, &order)) _exit(order.from >= cycle && order.to > order.from ? 0 : 7);
}

Test(snapshot, the_first_cycle_can_always_be_replayed_at_first) {
    snapshot_ring *ring = create();
    count_to(ring, 5, 1000);
    cr_assert_eq(snapshot_look(ring).taken, 1);
    cr_assert(snapshot_wake(ring, (snapshot_order){5, 1000}));
    cr_assert(snapshot_wait(ring, PATIENCE));
    cr_assert_eq(snapshot_look(ring).woken_at, 5);
    snapshot_free(ring);
}

Test(snapshot, the_woken_one_has_a_whole_window_before_it) {
    const uint64_t ends[] = {15000, 20001, 35000, 60000, 123456, 1000000};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snapshot_ring *ring = create();
        count_to(ring, 0, ends[i] + 1);
        uint64_t from = ends[i] > SNAPSHOT_WINDOW ? ends[i] - SNAPSHOT_WINDOW : 0;
        cr_assert(snapshot_wake(ring, (snapshot_order){from, ends[i]}));
        cr_assert(snapshot_wait(ring, PATIENCE), "failure at %llu", (unsigned long long)ends[i]);
        cr_assert_leq(snapshot_look(ring).woken_at, from);
        snapshot_free(ring);
    }
}

Test(snapshot, there_are_few_and_they_cost_little) {
    snapshot_ring *ring = create();
    snapshot_order order;
    double began = progress_now();
    volatile uint64_t work = 0;
    for (uint64_t cycle = 0; progress_now() < began + 2; cycle++) {
        for (int i = 0; i < 100; i++) work += cycle;
        cr_assert_not(snapshot_poll(ring, cycle, &order));
        cr_assert_leq(snapshot_look(ring).alive, SNAPSHOT_MAX);
    }
    (void)work;
    snapshot_state s = snapshot_look(ring);
    cr_assert_geq(s.taken, 2);
    cr_assert_lt(s.cost, 0.4, "%d snapshots took %g s of 2", s.taken, s.cost);
    snapshot_free(ring);
}

Test(snapshot, a_failing_replay_is_noticed) {
    snapshot_ring *ring = create();
    count_to(ring, 10, 20);
    cr_assert(snapshot_wake(ring, (snapshot_order){5, 20})); /* before its time: count_to says 7 */
    cr_assert_not(snapshot_wait(ring, PATIENCE));
    snapshot_free(ring);
}

Test(snapshot, without_a_child_nobody_wakes) {
    snapshot_ring *ring = create();
    cr_assert_not(snapshot_wake(ring, (snapshot_order){0, 1}));
    cr_assert_not(snapshot_wait(ring, PATIENCE));
    snapshot_free(ring);
}

Test(snapshot, freeing_ends_them_all) {
    snapshot_ring *ring = create();
    count_to(ring, 0, 50000);
    snapshot_state s = snapshot_look(ring);
    cr_assert_geq(s.alive, 2);
    snapshot_free(ring);
    expect_gone(s.pid, s.alive, "freed");
    cr_assert(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

/* A run in a process of its own that ends by `signal`; its children must end too. */
static void run_ends(int signal) {
    int ends[2];
    snapshot_state s;
    cr_assert_eq(pipe(ends), 0);
    pid_t run = fork();
    cr_assert_geq(run, 0);
    if (run == 0) {
        snapshot_ring *ring = create();
        count_to(ring, 0, 50000);
        s = snapshot_look(ring);
        if (write(ends[1], &s, sizeof s) != (ssize_t)sizeof s) _exit(1);
        if (signal == 0) _exit(0); /* without freeing */
        if (signal == SIGSEGV) raise(signal);
        for (;;) pause();
    }
    cr_assert_eq(read(ends[0], &s, sizeof s), (ssize_t)sizeof s);
    cr_assert_geq(s.alive, 2);
    if (signal != 0 && signal != SIGSEGV) (void)kill(run, signal);
    cr_assert_eq(waitpid(run, NULL, 0), run);
    expect_gone(s.pid, s.alive, strsignal(signal));
}

Test(snapshot, children_end_with_a_killed_run) { run_ends(SIGKILL); }
Test(snapshot, children_end_with_a_crashed_run) { run_ends(SIGSEGV); }
Test(snapshot, children_end_with_an_interrupted_run) { run_ends(SIGINT); }
Test(snapshot, children_end_with_a_run_that_just_exits) { run_ends(0); }

/* The children of a process. */
static int children_of(pid_t parent, int *pid, int room) {
    char path[96];
    int count = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)parent, (int)parent);
    FILE *file = fopen(path, "r");
    if (file == NULL) return 0;
    while (count < room && fscanf(file, "%d", &pid[count]) == 1) count++;
    (void)fclose(file);
    return count;
}

Test(snapshot, dpacs_killed_leaves_nothing_behind) {
    const char *program = getenv("DPACS");
    (void)e2e_load("serial-small.trace");
    int pid[2 * SNAPSHOT_MAX], count = 0;
    pid_t run = fork();
    if (run == 0) {
        int null = open("/dev/null", O_WRONLY);
        (void)dup2(null, STDOUT_FILENO);
        (void)dup2(null, STDERR_FILENO);
        (void)execl(program, "dpacs", "sim", "--build", "serial-small", "--count", "1000", "--no-baseline", (char *)NULL);
        _exit(KILLED);
    }
    double deadline = progress_now() + PATIENCE;
    while (count < 2 && progress_now() < deadline) {
        count = children_of(run, pid, 2 * SNAPSHOT_MAX);
        nap();
    }
    cr_assert_geq(count, 2, "dpacs takes no snapshots");
    (void)kill(run, SIGKILL);
    cr_assert_eq(waitpid(run, NULL, 0), run);
    expect_gone(pid, count, "dpacs killed");
}

/* A whole run that goes wrong: the wave is there when it ends, and the run itself is what it is without snapshots. */
static void fail_run(const dut_api *api, const char *wave, uint64_t beat, sim_failure *failure, uint64_t *cycles,
                     dp_status *status) {
    dp_model m;
    image_set images;
    results r;
    dp_error err;
    e2e_network(&m, false);
    e2e_random_images(&images, &m, 4, 1, true);
    sim_options o = sim_defaults(api);
    o.count = 4;
    o.log = fopen("/dev/null", "w");
    o.fault = (axi_fault){.kind = AXI_FAULT_FLIP, .nth = beat, .bit = 70};
    o.replay_wave = wave;
    *status = sim_run(&m, &images, &o, &r, failure, &err);
    *cycles = r.cycles;
    results_free(&r);
    (void)fclose(o.log);
    free(images.pixels);
    dp_model_free(&m);
}

Test(snapshot, a_failing_run_has_its_wave) {
    char wave[] = "/tmp/dpacs-snapshot-XXXXXX";
    const dut_api *api = e2e_load("serial-small.trace");
    sim_failure with, without;
    uint64_t cycles[2];
    dp_status status[2];
    int file = mkstemp(wave);
    cr_assert_geq(file, 0);
    (void)close(file);
    uint64_t beat = 600; /* one that matters, late */
    do fail_run(api, NULL, beat, &without, &cycles[0], &status[0]);
    while (status[0] == DP_OK && --beat > 0);
    fail_run(api, wave, beat, &with, &cycles[1], &status[1]);
    cr_assert_eq(status[0], DP_MISMATCH);
    cr_assert_eq(status[1], DP_MISMATCH);
    cr_assert_eq(cycles[0], cycles[1]);
    cr_assert(with.any && with.reported);
    cr_assert_eq(with.cycle, without.cycle);
    cr_assert(with.waved, "%s", with.unwaved);
    cr_assert_leq(with.wave_from, with.cycle > SNAPSHOT_WINDOW ? with.cycle - SNAPSHOT_WINDOW : 200);
    FILE *fst = fopen(wave, "rb");
    cr_assert_not_null(fst);
    (void)fseek(fst, 0, SEEK_END);
    cr_assert_gt(ftell(fst), 10000, "an empty wave");
    (void)fclose(fst);
    (void)unlink(wave);
    cr_assert(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

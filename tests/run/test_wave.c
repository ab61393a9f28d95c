/* Waveforms from outside and inside: what a wave holds is what the port showed, in the cycles that were asked for; and what `dpacs sim` leaves
   behind when a run fails. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "e2e.h"
#include "failure_case.h"
#include "faulty_dut.h"
#include "wave_read.h"

enum { CYCLES = 40000, FROM = 900, TO = 1700, COMMAND = 1024 };

TestSuite(wave, .timeout = 300);

/* What the device showed, from cycle 0 on: it settles once a cycle. */
static struct {
    uint64_t cycles;
    bool valid[CYCLES];
    int8_t data[CYCLES];
} shown;

static void remember(dut_out *o, int8_t *data, int32_t *acc) {
    (void)acc;
    if (shown.cycles < CYCLES) {
        shown.valid[shown.cycles] = o->conv_valid;
        shown.data[shown.cycles] = data[5];
    }
    shown.cycles++;
}

typedef struct {
    int valid, data;
    uint64_t first, last, tiles;
} reader;

static bool compare(void *context, const wave_read *wave, uint64_t cycle) {
    reader *r = context;
    if (r->first == 0) r->first = cycle;
    r->last = cycle;
    r->tiles += wave_read_value(wave, r->valid);
    cr_assert_lt(cycle, CYCLES);
    cr_assert_eq(wave_read_value(wave, r->valid), (uint64_t)shown.valid[cycle], "cycle %" PRIu64, cycle);
    cr_assert_eq(wave_read_byte(wave, r->data, 5), shown.data[cycle], "cycle %" PRIu64, cycle);
    return true;
}

Test(wave, holds_what_the_port_showed_and_nothing_else) {
    char path[] = "/tmp/dpacs-wave-XXXXXX";
    dp_model m;
    image_set images;
    sim_failure failure;
    results results;
    dp_error err;
    wave_read *wave;
    reader r = {0};
    sim_options o = sim_defaults(faulty_dut(e2e_load("serial-small.trace"), remember));
    int file = mkstemp(path);
    cr_assert_geq(file, 0);
    (void)close(file);
    e2e_network(&m, false);
    e2e_random_images(&images, &m, 1, 1, true);
    o.bench.wave = (bench_wave){path, FROM, TO, 0};
    cr_assert_eq(sim_run(&m, &images, &o, &results, &failure, &err), DP_OK, "%s", err.text);
    results_free(&results);
    cr_assert_gt(shown.cycles, TO);
    cr_assert_eq(wave_read_open(&wave, path, &err), DP_OK, "%s", err.text);
    r.valid = wave_read_signal(wave, "obs_conv_valid_o");
    r.data = wave_read_signal(wave, "obs_conv_data_o");
    cr_assert(r.valid >= 0 && r.data >= 0);
    cr_assert_eq(wave_read_signal(wave, "no_such_signal"), -1);
    cr_assert_eq(wave_read_value(wave, -1), 0);
    cr_assert_eq(wave_read_run(wave, 0, UINT64_MAX, compare, &r, &err), DP_OK, "%s", err.text);
    cr_assert_eq(r.first, FROM);
    cr_assert_eq(r.last, TO);
    cr_assert_gt(r.tiles, 0);
    wave_read_close(wave);
    free(images.pixels);
    dp_model_free(&m);
    (void)unlink(path);
}

Test(wave, an_incomplete_file_is_refused) {
    char path[] = "/tmp/dpacs-wave-XXXXXX";
    wave_read *wave;
    dp_error err;
    int file = mkstemp(path);
    cr_assert_geq(file, 0);
    cr_assert_eq(write(file, "FST", 3), 3);
    (void)close(file);
    cr_assert_eq(wave_read_open(&wave, path, &err), DP_BAD_INPUT);
    (void)unlink(path);
    cr_assert_eq(wave_read_open(&wave, path, &err), DP_BAD_INPUT);
}

static int run(const char *format, const char *place, const char *more) {
    char command[COMMAND];
    const char *program = getenv("DPACS");
    (void)snprintf(command, sizeof command, format, program != NULL ? program : "build/dpacs", place, more, place);
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A run of the program with a flipped bit: with snapshots and without, the failure and its window are the same. */
static void leaves_bundle(const char *more, bool waved) {
    char place[] = "/tmp/dpacs-wave-XXXXXX", path[64];
    failure_case c;
    dp_error err;
    (void)e2e_load("serial-small.trace");
    (void)e2e_load("serial-small");
    cr_assert_not_null(mkdtemp(place));
    cr_assert_eq(run("'%s' gen block:16x16x16 --keep-spatial 0.5 --seed 4 -o '%s/n.dpm'%s", place, ""), 0);
    cr_assert_eq(run("cd '%2$s' && '%1$s' sim n.dpm --build serial-small --count 3 --no-baseline --fault flip:20:7 %3$s --bundle "
                     "'%4$s/failure' >log 2>&1",
                     place, more),
                 1);
    (void)snprintf(path, sizeof path, "%s/failure", place);
    cr_assert_eq(failure_case_open(&c, path, dp_model_load, &err), DP_OK, "%s", err.text);
    cr_assert_eq(c.has_wave, waved, "%s", more);
    cr_assert(c.from <= c.cycle && c.cycle <= c.to);
    failure_case_close(&c);
    static const char *const files[] = {"image.npy", "golden.npy", "rtl.npy", "seen.npy", "retired.txt", "repro.sh"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        (void)snprintf(path, sizeof path, "%s/failure/%s", place, files[i]);
        cr_assert_eq(access(path, R_OK), 0, "%s", path);
    }
    cr_assert_eq(run("'%s' explain '%s/failure' %s | grep -q 'first wrong stage'", place, ""), 0);
    cr_assert_eq(
        run("'%2$s/failure/repro.sh' %3$s >'%4$s/log' 2>&1; test $? = 1 -a -e '%4$s/failure/again/failure.json' -a -x '%1$s'",
            place, more),
        0);
    cr_assert_eq(run("'%s' shrink '%s/failure' %s 2>/dev/null", place, ""), 2); /* the fault was not the RTL's */
    cr_assert_eq(run("test -x '%1$s' && rm -rf '%2$s'%3$s", place, ""), 0);
}

Test(wave, a_failing_run_leaves_a_bundle) { leaves_bundle("", true); }
Test(wave, without_snapshots_it_is_repeated) { leaves_bundle("--no-snapshots", true); }
Test(wave, without_a_wave_too) { leaves_bundle("--wave off", false); }

/* A network that the command line makes is made again to explain its failure. */
Test(wave, generated_networks_are_explained) {
    char place[] = "/tmp/dpacs-wave-XXXXXX";
    (void)e2e_load("serial-small.trace");
    (void)e2e_load("serial-small");
    cr_assert_not_null(mkdtemp(place));
    cr_assert_eq(
        run("cd '%2$s' && '%1$s' sim gen:block:16x16x16,keep-spatial=0.5,seed=4 --build serial-small --count 1 --no-baseline "
            "--fault flip:20:7 %3$s --bundle '%4$s/failure' >log 2>&1",
            place, ""),
        1);
    cr_assert_eq(run("'%s' explain '%s/failure' %s | grep -q 'first wrong stage'", place, ""), 0);
    cr_assert_eq(run("test -x '%1$s' && rm -rf '%2$s'%3$s", place, ""), 0);
}

/* A copy of the program, so that its waves and failures lie in `place`, and a network. */
static void settle_in(char *place) {
    if (getenv("DPACS") == NULL) cr_skip_test("DPACS names no program");
    (void)e2e_load("serial-small.trace");
    (void)e2e_load("serial-small");
    cr_assert_not_null(mkdtemp(place));
    cr_assert_eq(run("mkdir '%2$s/dut' && cp '%1$s' '%2$s/dpacs'%3$s", place, ""), 0);
    cr_assert_eq(run("'%s' gen block:16x16x32 --keep-spatial 0.5 --seed 4 -o '%s/n.dpm'%s", place, ""), 0);
}

static void leave(const char *place) { cr_assert_eq(run("test -x '%1$s' && rm -rf '%2$s'%3$s", place, ""), 0); }

/* Where nothing can be written the verdict, its exit code, the results and one line about the wave come all the same, and no half of a wave
   is left. 48 KiB are enough for all but waves. */
static void survives_a_full_disk(const char *options, int code) {
    char place[] = "/tmp/dpacs-wave-XXXXXX";
    settle_in(place);
    cr_assert_eq(run("test -x '%1$s' && cd '%2$s' && ulimit -f 96 && exec ./dpacs sim n.dpm --build serial-small --count 3 "
                     "--no-baseline --json r.json %3$s >log 2>&1",
                     place, options),
                 code, "%s", options);
    cr_assert_eq(run("test -x '%1$s' && cd '%2$s' && jq -e '.tiles_checked > 0' r.json >jq.log%3$s", place, ""), 0);
    cr_assert_eq(run("test -x '%1$s' && cd '%2$s' && test $(grep -c '^no wave: .* MiB were free in ' log) = 1%3$s", place, ""),
                 0);
    cr_assert_eq(run("test -x '%1$s' && cd '%2$s' && grep -q '^tiles .* checked' log%3$s", place, ""), 0);
    cr_assert_eq(run("test -x '%1$s' && test -z \"$(find '%2$s' -name '*.fst*')\"%3$s", place, ""), 0);
    leave(place);
}

Test(wave, a_full_disk_costs_an_equal_run_its_wave) { survives_a_full_disk("--wave all", 2); }
Test(wave, a_full_disk_costs_a_wrong_run_its_wave) { survives_a_full_disk("--wave all --fault flip:20:7", 1); }
Test(wave, a_full_disk_costs_a_snapshot_its_wave) { survives_a_full_disk("--fault flip:20:7 --max-failures 0", 1); }
Test(wave, a_full_disk_costs_a_repeated_run_its_wave) {
    survives_a_full_disk("--fault flip:20:7 --max-failures 0 --no-snapshots", 1);
}

/* A disk of its own: there the writer dies of a page that has no place. */
Test(wave, the_writer_may_die) {
    char place[] = "/tmp/dpacs-wave-XXXXXX";
    if (system("unshare -m mount -t tmpfs none /mnt 2>/dev/null") != 0) cr_skip_test("no file system may be mounted here");
    settle_in(place);
    cr_assert_eq(
        run("test -x '%1$s' && cd '%2$s' && mkdir waves && exec unshare -m sh -c 'mount -t tmpfs -o size=64k none waves && "
            "exec ./dpacs sim n.dpm --build serial-small --count 3 --no-baseline --json r.json --wave all >log 2>&1'%3$s",
            place, ""),
        2);
    cr_assert_eq(run("test -x '%1$s' && cd '%2$s' && grep -q '^no wave: ' log && jq -e .cycles r.json >jq.log%3$s", place, ""),
                 0);
    leave(place);
}

/* The line that a failure prints repeats it: the same record in the same cycle, with stalls, faults and images before it, and the wave
   is there. */
static void repeats(const char *options) {
    char place[] = "/tmp/dpacs-wave-XXXXXX";
    settle_in(place);
    int code =
        run("test -x '%1$s' && cd '%2$s' && exec ./dpacs sim n.dpm --build serial-small --images random --no-baseline %3$s "
            ">log 2>&1",
            place, options);
    cr_assert(code == 1 || code == 3, "%s: %d", options, code);
    cr_assert_eq(run("test -x '%1$s' && cd '%2$s' && test $(grep -c ^replay: log) = 1%3$s", place, ""), 0, "%s", options);
    cr_assert_eq(
        run("test -x '%1$s' && cd '%2$s' && sh -c \"$(sed -n 's/^replay: //p' log)\" >again 2>&1; test $? != 0%3$s", place, ""),
        0);
    cr_assert_eq(run("test -x '%1$s' && cd '%2$s' && pick() { grep -E '^(MISMATCH|HANG|BUS)' $1; } && test \"$(pick log)\" = "
                     "\"$(pick again)\" && grep -q '^wave: .*img1.fst$' again%3$s",
                     place, ""),
                 0, "%s", options);
    leave(place);
}

Test(wave, the_replay_line_repeats_a_failure) {
    repeats("--first 1 --count 6 --stall 30 --seed 9 --fault flip:1110:7 --max-failures 1");
}
Test(wave, the_replay_line_repeats_a_hang) {
    repeats("--first 1 --count 6 --stall 30 --fault withhold:r:1110 --hang-cycles 2000");
}
Test(wave, the_replay_line_repeats_a_bus_error) { repeats("--first 1 --count 6 --stall 10 --fault read-error:100"); }

/* Cycles that a run does not reach have no wave, and it says so. */
Test(wave, cycles_that_never_come) {
    char place[] = "/tmp/dpacs-wave-XXXXXX";
    settle_in(place);
    cr_assert_eq(run("test -x '%1$s' && cd '%2$s' && exec ./dpacs sim n.dpm --build serial-small --images random --count 1 "
                     "--no-baseline --wave-from 99999999 >log 2>&1%3$s",
                     place, ""),
                 2);
    cr_assert_eq(run("test -x '%1$s' && cd '%2$s' && grep -q '^no wave: .*before its first cycle' log%3$s", place, ""), 0);
    leave(place);
}

/* What a wave takes is said before, and how to have less; it is right within a factor of two. */
Test(wave, says_what_it_will_take) {
    char place[] = "/tmp/dpacs-wave-XXXXXX";
    settle_in(place);
    cr_assert_eq(run("test -x '%1$s' && cd '%2$s' && ./dpacs sim n.dpm --build serial-small --images random --count 2 "
                     "--no-baseline --wave all >log%3$s",
                     place, ""),
                 0);
    cr_assert_eq(
        run("test -x '%1$s' && cd '%2$s' && head -n 1 log | grep -q '^[0-9]* cycles are to be traced: about .*--wave-layer'%3$s",
            place, ""),
        0);
    cr_assert_eq(
        run("test -x '%1$s' && cd '%2$s' && said=$(sed -n 's/.*: about \\([0-9]*\\) MB.*/\\1/p' log) && "
            "real=$(($(stat -c %%s waves/*.fst) / 1000000)) && test $said -le $((2 * real)) -a $real -le $((2 * said))%3$s",
            place, ""),
        0);
    cr_assert_eq(run("test -x '%1$s' && cd '%2$s' && ./dpacs sim n.dpm --build serial-small --images random --count 1 "
                     "--no-baseline --wave-layer b1 >log && ! grep -q 'to be traced' log%3$s",
                     place, ""),
                 0);
    leave(place);
}

/* Interrupted while the wave is written, the run has its verdict, and the wave is closed and complete up to there. */
Test(wave, an_interrupt_closes_it) {
    char place[] = "/tmp/dpacs-wave-XXXXXX", path[96];
    wave_read *wave;
    dp_error err;
    settle_in(place);
    cr_assert_eq(run("test -x '%1$s' && cd '%2$s' && { ./dpacs sim n.dpm --build serial-small --images random --count 20 "
                     "--no-baseline --wave all >log 2>&1 & } && sleep 3 && kill $! && wait $!%3$s",
                     place, ""),
                 130);
    cr_assert_eq(run("test -x '%1$s' && cd '%2$s' && grep -q '^wave: .* (interrupted: it ends at cycle [0-9]*)' log && "
                     "mv waves/*.fst wave.fst%3$s",
                     place, ""),
                 0);
    (void)snprintf(path, sizeof path, "%s/wave.fst", place);
    cr_assert_eq(wave_read_open(&wave, path, &err), DP_OK, "%s", err.text);
    wave_read_close(wave);
    leave(place);
}

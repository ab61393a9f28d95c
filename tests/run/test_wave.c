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

/* The program from outside: what it refuses, what it says, and its exit codes. $DPACS names it (build/dpacs). */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program.h"

enum { COMMAND = 1024 };

/* A build directory with nothing in it: what does not need hardware must work, and what does must say so. */
static void without_builds(void) { (void)setenv("DPACS_DUT_DIR", "/nonexistent", 1); }

TestSuite(cli, .timeout = 300);

Test(cli, helps) {
    static const char *const commands[] = {"sim",   "ref",     "model",  "info",   "gen", "vectors",
                                           "sweep", "explain", "shrink", "builds", "plan"};
    program_expect("--help", 0, "usage: dpacs");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        char arguments[64];
        (void)snprintf(arguments, sizeof arguments, "%s --help", commands[i]);
        program_expect("--help", 0, commands[i]);
        program_expect(arguments, 0, "Usage: dpacs");
        (void)snprintf(arguments, sizeof arguments, "help %s", commands[i]);
        program_expect(arguments, 0, "Usage: dpacs");
    }
}

Test(cli, helps_however_it_is_asked) {
    static const char *const words[] = {"help", "--help", "-h", "-?"}, *const versions[] = {"version", "--version", "-V"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) program_expect(words[i], 0, "usage: dpacs COMMAND");
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) program_expect(versions[i], 0, "dpacs 1");
    program_expect("help nosuch", 2, "nosuch: no such command");
}

Test(cli, refuses_wrong_usage) {
    program_expect("", 2, "usage");
    program_expect("frobnicate", 2, "frobnicate: no such command");
    program_expect("sim --nonsense", 2, "--nonsense");
    program_expect("sim --count", 2, "count");
    program_expect("sim a.dpm b.dpm", 2, "b.dpm");
    program_expect("info a.dpm b.dpm", 2, "b.dpm");
    program_expect("builds extra", 2, "Too many arguments");
    program_expect("vectors", 2, "DIR is missing");
    program_expect("gen", 2, "NET is missing");
    program_expect("explain", 2, "DIR is missing");
    program_expect("explain a b", 2, "one DIR is enough");
    program_expect("explain /nonexistent", 2, "/nonexistent: there is no failure");
    program_expect("shrink", 2, "DIR is missing");
    program_expect("shrink /nonexistent", 2, "/nonexistent: there is no failure");
    program_expect("sim --wave off --wave-depth 2", 2, "go with --wave all");
    program_expect("sim --wave-from 9 --wave-to 3", 2, "before --wave-from");
    program_expect("sim --wave-layer nowhere", 2, "no such layer");
    program_expect("gen resnet20", 2, "-o FILE is missing");
}

Test(cli, refuses_wrong_values) {
    static const char *const cases[] = {
        "sim --count 0",
        "sim --count -1",
        "sim --count 1x",
        "sim --count ''",
        "sim --count 99999999999999999999",
        "sim --first -1",
        "sim --stall 96",
        "sim --stall x",
        "sim --latency 0",
        "sim --bandwidth 0",
        "sim --bandwidth 65",
        "sim --base 5",
        "sim --base 0x10000000000",
        "sim --hang-cycles 1",
        "sim --seed -1",
        "sim --arch both",
        "sim --wave on",
        "sim --schedule other",
        "model --schedule other",
        "sim --fault flip",
        "sim --fault flip:x",
        "sim --fault flip:1:512",
        "sim --fault drop:1:2",
        "sim --fault withhold:q",
        "sim --fault frob:1",
        "gen resnet20 --keep-spatial 1.5 -o /dev/null",
        "gen resnet20 --mask odd -o /dev/null",
        "gen resnet20 --keep-channel nan -o /dev/null",
        "gen resnet20 --group 0 -o /dev/null",
        "ref --count 0",
        "vectors . --arch none",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) program_expect(cases[i], 2, "expected");
    program_expect("sim --fault drop:1:2", 2, "--fault drop:1:2");
}

Test(cli, says_how_many_blocks_run_as_a_chain) {
    NEED_BUILD("parallel-small");
    program_expect("sim models/fmnist-dense.dpm --images random --build parallel-small --schedule chain --count 1 --no-baseline",
                   0, "chain schedule in 4 of 6 blocks");
    program_expect("model models/fmnist-dense.dpm --images random --build parallel-small --schedule auto --count 1", 0,
                   "auto schedule, 4 of 6 blocks as chains");
}

Test(cli, refuses_files_that_do_not_work) {
    program_expect("sim nosuch.dpm", 2, "nosuch.dpm");
    program_expect("sim /dev/null", 2, "/dev/null");
    program_expect("sim /", 2, "/");
    program_expect("info nosuch.dpm", 2, "nosuch.dpm");
    program_expect("ref nosuch.dpm", 2, "nosuch.dpm");
    program_expect("sim --images /nonexistent", 2, "/nonexistent");
    program_expect("ref --images /nonexistent", 2, "/nonexistent");
    program_expect("ref --images random --count 1 --logits /nonexistent/l.npy", 2, "/nonexistent/l.npy");
    program_expect("ref --images random --count 1 --json /nonexistent/j.json", 2, "/nonexistent/j.json");
    program_expect("vectors /nonexistent", 2, "/nonexistent");
    program_expect("vectors /dev/null", 2, "not a directory");
    program_expect("gen fmnist14 -o /nonexistent/x.dpm", 2, "/nonexistent/x.dpm");
    program_expect("gen nosuchnet -o /tmp/x.dpm", 2, "nosuchnet");
    program_expect("gen random --values usual -o /tmp/x.dpm", 2, "--values: not with random");
}

Test(cli, refuses_images_that_are_not_there) {
    program_expect("ref --images random --first 100000", 2, "random images");
    program_expect("ref --images random --count 100000", 2, "random images");
}

Test(cli, names_the_build_to_make) {
    without_builds();
    program_expect("sim --images random", 4, "make build/dut/serial-small.so");
    program_expect("sim --images random --arch parallel", 4, "make build/dut/parallel-small.so");
    program_expect("sim --images random --dense", 4, "make build/dut/serial-small-dense.so");
    program_expect("sim --images random --build serial-ref.trace", 4, "make build/dut/serial-ref.trace.so");
    program_expect("sim --images random --build nosuch", 4, "builds.mk has none of that name; there are: none");
    program_expect("builds", 4, "no hardware builds");
    program_expect("sim --images random --build ../nosuch", 2, "../nosuch");
}

/* Where --count is not given, a file with fewer images than usual is run whole; what is too much for it is refused. */
Test(cli, runs_the_images_that_are_there) {
    static const char make[] =
        "printf '\\223NUMPY\\1\\0\\166\\0%-117s\\n' \"{'descr': '|i1', 'fortran_order': False, 'shape': (3, 4, 4, "
        "8), }\" >/tmp/dpacs-three.npy && head -c 384 /dev/zero >>/tmp/dpacs-three.npy";
    cr_assert_eq(system(make), 0);
    program_expect("model gen:block:4x4x8 --images /tmp/dpacs-three.npy", 0, "images       3");
    program_expect("model gen:block:4x4x8 --images /tmp/dpacs-three.npy --first 1", 0, "images       2");
    program_expect("model gen:block:4x4x8 --images random", 0, "images       10");
    program_expect("model gen:block:4x4x8 --images /tmp/dpacs-three.npy --count 4", 2, "--count 4: there are 3 images");
    program_expect("model gen:block:4x4x8 --images /tmp/dpacs-three.npy --first 3", 2, "--first 3: there are 3 images");
    if (program_has_build("serial-small"))
        program_expect("sim gen:block:4x4x8 --build serial-small --no-baseline --images /tmp/dpacs-three.npy", 0,
                       "images       3");
    (void)unlink("/tmp/dpacs-three.npy");
}

Test(cli, info_shows_the_layers) {
    program_expect("info", 0, "b1");
    program_expect("info", 0, "pixels: pixel >> 1");
    program_expect("info gen:resnet8,padding=same", 0, "basic+shortcut same");
    program_expect("gen resnet8 --padding odd -o x.dpm", 2, "--padding odd");
}

Test(cli, makes_a_network_in_memory) {
    program_expect("info gen:block:6x5x64:bottleneck:s2,keep-spatial=0.5,keep-channel=0.25,group=8,seed=7,mask=alternating", 0,
                   "1 of 2");
    program_expect("ref gen:fmnist14,keep-spatial=0.5 --images random --count 1", 0, "images     1");
    program_expect("model gen:block:6x5x16,resolution-mask,values=extreme", 0, "block:6x5x16-dense");
    program_expect("info gen:random:shared,seed=17", 0, "random:shared-17");
    program_expect("ref gen:random:bare,seed=4 --images signed --count 2", 0, "images     2");
    program_expect("info gen:", 2, "NET is missing");
    program_expect("info gen:random:odd", 2, "random:odd: unknown random network, expected one of: random random:computed");
    program_expect("info gen:random,group=8", 2, "--group: not with random");
    program_expect("info gen:random:wide,keep-spatial=1", 2, "--keep-spatial: not with random:wide");
    program_expect("info gen:random,resolution-mask", 2, "--resolution-mask: not with random");
    program_expect("sweep --nets random -o /tmp/x.jsonl --dry-run", 2, "--nets: random: what it is");
    program_expect("info gen:block:6x5", 2, "block:6x5: expected");
    program_expect("info gen:fmnist14,resnet20", 2, "--resnet20");
    program_expect("info gen:fmnist14,keep-spatial=2", 2, "expected a number from 0 to 1");
    program_expect("info gen:fmnist14,mask=none", 2, "expected random|clustered|alternating");
    program_expect("info gen:fmnist14,values=none", 2, "expected usual|extreme|saturating");
    program_expect("info gen:fmnist14,output=x.dpm", 2, "goes to no file");
    program_expect(
        "info "
        "gen:fmnist14,seed=1,seed=2,seed=3,seed=4,seed=5,seed=6,seed=7,seed=8,seed=9,seed=10,seed=11,seed=12,seed=13,seed=14,"
        "seed=15,seed=16",
        2, "too long");
}

Test(cli, ref_works_without_hardware) {
    without_builds();
    program_expect("ref --images random --count 2", 0, "images     2");
}

Test(cli, reports_a_full_disk) {
    program_outcome o;
    program_run(&o, "info", "2>&1 >/dev/full");
    cr_assert_eq(o.code, 2);
    cr_assert_not_null(strstr(o.text, "cannot be written"));
}

/* What a layer's cycles were spent on adds up to them. */
static void expect_causes(const json_t *layer) {
    static const char *const causes[] = {"cycles_busy",  "cycles_weights", "cycles_inputs", "cycles_masks",
                                         "cycles_drain", "cycles_control", "cycles_idle"};
    json_int_t sum = 0;
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
        cr_assert_not_null(json_object_get(layer, causes[i]), "%s is missing", causes[i]);
        sum += json_integer_value(json_object_get(layer, causes[i]));
    }
    cr_assert_eq(sum, json_integer_value(json_object_get(layer, "cycles")));
}

Test(cli, json_has_every_field_and_nothing_else_on_stdout) {
    static const char *const fields[] = {"model",         "arch",        "schedule",      "chains",       "map_words",
                                         "images",        "correct",     "tiles_checked", "tiles_failed", "cycles",
                                         "limit_cycles",  "peak_macs",   "bandwidth",     "macs",         "macs_dense",
                                         "bytes_weights", "bytes_other", "sim_seconds"};
    static const char *const layer_fields[] = {"name",      "kind",           "cycles",        "limit_cycles",
                                               "macs",      "macs_dense",     "bytes_weights", "bytes_other",
                                               "positions", "positions_kept", "groups",        "groups_kept"};
    static const char *const sums[] = {"limit_cycles", "macs",         "macs_dense",     "bytes_weights",
                                       "bytes_other",  "cycles_busy",  "cycles_weights", "cycles_inputs",
                                       "cycles_masks", "cycles_drain", "cycles_control", "cycles_idle"};
    NEED_BUILD("parallel-small");
    program_outcome o;
    program_run(&o, "sim --images random --build parallel-small --count 2 --no-baseline --json -", "2>/dev/null");
    cr_assert_eq(o.code, 0, "exit code %d", o.code);
    json_t *root = json_loads(o.text, 0, NULL), *layers = json_object_get(root, "layers");
    cr_assert_not_null(root, "not JSON: %s", o.text);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        cr_assert_not_null(json_object_get(root, fields[i]), "%s is missing", fields[i]);
    cr_assert_gt(json_array_size(layers), 0);
    for (size_t s = 0; s < sizeof sums / sizeof *sums; s++) {
        double sum = 0;
        for (size_t i = 0; i < json_array_size(layers); i++)
            sum += json_number_value(json_object_get(json_array_get(layers, i), sums[s]));
        cr_assert_float_eq(sum, json_number_value(json_object_get(root, sums[s])), 1e-3, "%s", sums[s]);
    }
    for (size_t i = 0; i < json_array_size(layers); i++) expect_causes(json_array_get(layers, i));
    for (size_t i = 0; i < json_array_size(layers); i++)
        for (size_t f = 0; f < sizeof layer_fields / sizeof *layer_fields; f++)
            cr_assert_not_null(json_object_get(json_array_get(layers, i), layer_fields[f]), "%s is missing", layer_fields[f]);
    cr_assert_eq(json_integer_value(json_object_get(root, "images")), 2);
    cr_assert_eq(json_integer_value(json_object_get(root, "tiles_failed")), 0);
    json_decref(root);
}

Test(cli, refuses_an_output_before_it_simulates) {
    NEED_BUILD("parallel-small");
    program_expect("sim --images random --build parallel-small --json /nonexistent/x.json", 2, "/nonexistent/x.json");
    program_expect("sim --images random --build parallel-small --json /", 2, "/");
    program_expect("sim --images random --build parallel-small --timeline /nonexistent/x.json", 2, "/nonexistent/x.json");
    program_expect("sim --images random --build parallel-small --timeline /dev/full", 2, "/dev/full");
    program_expect("sim --images random --build parallel-small --timeline /tmp/x.json --json /tmp/x.json", 2, "a file each");
    program_expect("sim --images random --build parallel-small --arch serial", 2, "contradicts");
}

Test(cli, tells_a_bus_error_and_a_hang) {
    NEED_BUILD("parallel-small");
    program_expect("sim --images random --build parallel-small --count 1 --no-baseline --fault read-error:3", 3, "BUS ERROR");
    program_expect("sim --images random --build parallel-small --count 1 --no-baseline --fault write-error:0", 3, "BUS ERROR");
    program_expect("sim --images random --build parallel-small --count 1 --no-baseline --fault withhold:ar:3", 3, "HANG");
    program_expect("sim --images random --build parallel-small --count 1 --no-baseline --fault withhold:b", 3, "replay: ");
    program_expect("sim --images random --build parallel-small --count 1 --no-baseline --fault withhold:b --schedule auto", 3,
                   "--schedule auto --seed");
}

Test(cli, shows_causes_and_writes_a_timeline_beside_the_results) {
    NEED_BUILD("parallel-small");
    program_outcome o;
    char arguments[COMMAND], path[64];
    (void)snprintf(path, sizeof path, "/tmp/dpacs-cli-%ld.json", (long)getpid());
    (void)snprintf(arguments, sizeof arguments,
                   "sim --images random --build parallel-small --count 1 --no-baseline --causes --json - --timeline %s", path);
    program_run(&o, arguments, "2>/dev/null");
    cr_assert_eq(o.code, 0, "exit code %d", o.code);
    json_t *report = json_loads(o.text, 0, NULL), *timeline = json_load_file(path, 0, NULL);
    cr_assert_not_null(report);
    cr_assert_gt(json_array_size(json_object_get(timeline, "traceEvents")), 0);
    json_decref(report);
    json_decref(timeline);
    (void)unlink(path);
    program_expect("sim --images random --build parallel-small --count 1 --no-baseline --causes", 0,
                   "control       idle         sum");
    (void)snprintf(arguments, sizeof arguments,
                   "sim --images random --build parallel-small --count 1 --no-baseline --fault read-error:3 --timeline %s", path);
    program_expect(arguments, 3, "BUS ERROR");
    timeline = json_load_file(path, 0, NULL);
    cr_assert_gt(json_array_size(json_object_get(timeline, "traceEvents")), 0);
    json_decref(timeline);
    (void)unlink(path);
}

/* A prediction needs no build, and is what `dpacs sim` reports beside its own cycles. */
Test(cli, model_predicts_what_sim_reports) {
    NEED_BUILD("parallel-small");
    static const char arguments[] = "--images random --build parallel-small --count 2 --schedule auto --json -";
    static const char *const measured[] = {"cycles", "tiles_checked", "correct", "sim_seconds", "cycles_busy"};
    program_outcome o;
    char command[COMMAND];
    (void)snprintf(command, sizeof command, "model %s", arguments);
    program_run(&o, command, "2>/dev/null");
    cr_assert_eq(o.code, 0, "exit code %d", o.code);
    json_t *model = json_loads(o.text, 0, NULL);
    (void)snprintf(command, sizeof command, "sim --no-baseline %s", arguments);
    program_run(&o, command, "2>/dev/null");
    cr_assert_eq(o.code, 0, "exit code %d", o.code);
    json_t *sim = json_loads(o.text, 0, NULL);
    cr_assert(model != NULL && sim != NULL);
    for (size_t i = 0; i < sizeof measured / sizeof *measured; i++) cr_expect_null(json_object_get(model, measured[i]));
    const char *name;
    json_t *value;
    json_object_foreach(model, name, value) {
        if (strcmp(name, "layers") != 0) cr_expect(json_equal(value, json_object_get(sim, name)), "%s", name);
    }
    json_t *layers = json_object_get(model, "layers"), *wanted = json_object_get(sim, "layers");
    cr_assert_gt(json_array_size(layers), 0);
    cr_assert_eq(json_array_size(layers), json_array_size(wanted));
    for (size_t i = 0; i < json_array_size(layers); i++) {
        json_object_foreach(json_array_get(layers, i), name, value)
            cr_expect(json_equal(value, json_object_get(json_array_get(wanted, i), name)), "%s of layer %d", name, (int)i);
    }
    json_decref(model);
    json_decref(sim);
    program_run(&o, "sim --images random --build parallel-small --count 1 --no-baseline --stall 5 --json -", "2>/dev/null");
    sim = json_loads(o.text, 0, NULL);
    cr_expect_null(json_object_get(sim, "model_cycles"), "the model knows nothing of stalls");
    json_decref(sim);
}

Test(cli, model_refuses_what_it_cannot_predict) {
    program_expect("model --images random --build parallel-huge", 2, "parallel-huge: not in builds.mk");
    program_expect("model --images random --build parallel-small --arch serial", 2, "contradicts");
    program_expect("model --images random --json /nonexistent/x.json", 2, "/nonexistent/x.json");
    program_expect("model --images random --bandwidth 65", 2, "--bandwidth 65");
    program_expect("model --images random --count 0", 2, "--count 0");
    program_expect("model /nonexistent.dpm", 2, "/nonexistent.dpm");
}

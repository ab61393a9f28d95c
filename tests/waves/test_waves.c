/* The views of waves/ on dumps made here: GTKWave shows every signal of them, and what is wrong with a view, an enum or a bundle is
   found (scripts/waves/gtkw.py, check-waves.sh, waves.sh). */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "python_tests.h"

enum { OUTPUT = 1 << 15, COMMAND = 2048, PATH = 256 };

TestSuite(waves, .timeout = 300);

typedef struct {
    char directory[32], fst[PATH];
    int code;
    char text[OUTPUT];
} box;

/* A command in which $D is the box's directory, $F its dump and $P the program. */
static void run(box *b, const char *command) {
    char whole[COMMAND];
    const char *program = getenv("DPACS");
    (void)snprintf(whole, sizeof whole, "export D='%s' F='%s' P='%s'; { %s ; } 2>&1", b->directory, b->fst,
                   program != NULL ? program : "build/dpacs", command);
    FILE *pipe = popen(whole, "r");
    cr_assert_not_null(pipe);
    size_t length = fread(b->text, 1, sizeof b->text - 1, pipe);
    b->text[length] = '\0';
    int status = pclose(pipe);
    b->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void expect(const box *b, int code, const char *said) {
    cr_assert_eq(b->code, code, "exit code %d instead of %d: %s", b->code, code, b->text);
    cr_assert_not_null(strstr(b->text, said), "'%s' expected: %s", said, b->text);
}

/* A dump of a small block; each test has a block of its own, because dumps are named after the network. */
static void open_box(box *b, const char *block, const char *options) {
    char command[COMMAND];
    *b = (box){.fst = ""};
    (void)snprintf(b->directory, sizeof b->directory, "/tmp/dpacs-waves-XXXXXX");
    cr_assert_not_null(mkdtemp(b->directory));
    (void)snprintf(command, sizeof command,
                   "\"$P\" gen %s --keep-spatial 0.5 --keep-channel 0.5 -o $D/net.dpm && "
                   "\"$P\" sim $D/net.dpm %s --images random --count 1 --no-baseline --wave all --timeline $D/t.json "
                   ">$D/log || cat $D/log; mv \"$(sed -n 's/^wave: //p' $D/log)\" $D/wave.fst",
                   block, options);
    run(b, command);
    cr_assert_eq(b->code, 0, "%s", b->text);
    (void)snprintf(b->fst, sizeof b->fst, "%s/wave.fst", b->directory);
}

static void close_box(box *b) {
    run(b, "rm -r $D");
    cr_assert_eq(b->code, 0);
}

static void check_views(const char *block, const char *options) {
    box b;
    open_box(&b, block, options);
    run(&b, "scripts/waves/check-waves.sh $F");
    expect(&b, 0, "ok    overview.gtkw");
    expect(&b, 0, "ok    failure.gtkw");
    run(&b, "tests/waves/offsets.py $F");
    expect(&b, 0, ": as the titles say");
    close_box(&b);
}

Test(waves, gtkwave_shows_every_signal_serial) { check_views("block:6x6x16", "--arch serial"); }
Test(waves, gtkwave_shows_every_signal_behind_four_ports) { check_views("block:6x7x16", "--build serial-small-board"); }
Test(waves, gtkwave_shows_every_signal_parallel) { check_views("block:7x7x64:bottleneck", "--arch parallel"); }

Test(waves, misspelt_signal_is_red) {
    box b;
    open_box(&b, "block:8x6x16", "--arch parallel");
    run(&b, "cp -r waves $D/waves && sed -i 's/u_dispatch.conflict/u_dispatch.conflikt/' $D/waves/conv.view && "
            "scripts/waves/check-waves.sh $F $D/waves");
    expect(&b, 2, "conv.view:");
    expect(&b, 2, "no signal dp_top.dp_top.u_engine.u_dispatch.conflikt");
    /* a condition that never holds hides a group */
    run(&b, "rm -r $D/waves; cp -r waves $D/waves && sed -i 's/if gen_prune$/if gen_prunes/' $D/waves/overview.view && "
            "scripts/waves/check-waves.sh $F $D/waves");
    expect(&b, 1, "overview.view: some of its");
    close_box(&b);
}

/* What gtkw.py let pass, GTKWave's own list would show. */
Test(waves, signal_that_gtkwave_drops_is_red) {
    box b;
    open_box(&b, "block:6x8x16", "--arch parallel");
    run(&b, "scripts/waves/gtkw.py --fst $F -o $D/views && sed -i 's/dp_top[.]obs_conv_y_o/dp_top.obs_conv_why_o/' "
            "$D/views/overview.gtkw && "
            "scripts/waves/check-waves.sh --loaded $F $D/views/overview.gtkw");
    expect(&b, 1, "< obs_conv_y_o");
    run(&b, "scripts/waves/gtkw.py --fst $F -o $D/views && : >$D/views/filters/dp_pkg.cause_e.txt && "
            "scripts/waves/check-waves.sh --loaded $F $D/views/overview.gtkw");
    expect(&b, 1, "obs_cause_o");
    close_box(&b);
}

Test(waves, names_follow_the_enums_of_the_rtl) {
    box b;
    open_box(&b, "block:5x6x16", "--arch parallel");
    run(&b, "scripts/waves/gtkw.py --fst $F -o $D/views && cat $D/views/filters/dp_pkg.cause_e.txt");
    expect(&b, 0, "1 CauseBusy\n2 CauseWeights\n");
    run(&b, "cp -r rtl $D/rtl && sed -i 's/CauseBusy /CauseWork /; s/3.d2/3'\"'\"'d7/' $D/rtl/dp_pkg.sv && "
            "scripts/waves/gtkw.py --fst $F --rtl $D/rtl -o $D/views && cat $D/views/filters/dp_pkg.cause_e.txt");
    expect(&b, 0, "1 CauseWork\n7 CauseWeights\n");
    run(&b, "sed -i 's/} cause_e;/} reason_e;/' $D/rtl/dp_pkg.sv && scripts/waves/gtkw.py --fst $F --rtl $D/rtl -o $D/views");
    expect(&b, 2, "dp_pkg.cause_e: no such enum in the RTL");
    run(&b, "sed -i 's/logic .2:0. {$/logic [3:0] {/; s/} reason_e;/} cause_e;/' $D/rtl/dp_pkg.sv && "
            "scripts/waves/gtkw.py --fst $F --rtl $D/rtl -o $D/views");
    expect(&b, 2, "has 3 bits, the enum");
    close_box(&b);
}

Test(waves, failure_is_marked_in_its_lane_and_stage) {
    box b;
    open_box(&b, "block:6x5x16", "--arch serial");
    run(&b, "echo '{\"cycle\": 700, \"record\": \"conv\", \"fault\": \"MISMATCH\", \"got\": 4, \"want\": -3, \"acc_got\": 5, "
            "\"acc_want\": 5, \"channel\": 11, "
            "\"slice\": 1, "
            "\"run\": {\"model\": \"'$D/net.dpm'\"}}' >$D/failure.json && "
            "env -u DISPLAY -u WAYLAND_DISPLAY scripts/waves/waves.sh failure $D/ && grep -E '^[*]|timestart|lane.3|^-View' "
            "$D/wave.gtkw");
    expect(&b, 0, "No display. Open it with: gtkwave");
    expect(&b, 0, " 7000 -1"); /* the marker */
    expect(&b, 0, "[timestart] 6100\n");
    expect(&b, 0, "u_requant.gen_lane[3].sum_q");
    expect(&b, 0, "-View: masks");
    cr_expect_null(strstr(b.text, "-View: post"), "the view of what is wrong is folded");
    run(&b, "grep -A3 -m1 '^@' $D/wave.gtkw; cat $D/filters/stage.txt");
    expect(&b, 0, "@24\n[color] 3\n+{cycle cycle} dp_top.dp_top.u_cycle.cycle[31:0]\n");
    expect(&b, 0, "00 conv1\n01 conv2\n02 conv3\n03 shortcut\n04 head\n");
    run(&b, "head -n 20 $D/wave.gtkw");
    expect(&b, 0, "-golden wants -3, of the sum 5; the RTL has 4, of 5 (channel 11, lane 3)\n");
    run(&b, "VIEW=channel env -u DISPLAY -u WAYLAND_DISPLAY scripts/waves/waves.sh failure $D/ && "
            "grep -e '^-View' build/waves/failure-channel.gtkw");
    expect(&b, 0, "-View: post");
    cr_expect_null(strstr(b.text, "-View: channel"), "the view that was asked for is folded");
    run(&b, "VIEW=nosuch scripts/waves/waves.sh failure $D/");
    expect(&b, 2, "VIEW=nosuch: no such view (channel control conv masks overview post)");
    run(&b, "sed -i 's/: 5, \"acc_want\"/: 6, \"acc_want\"/' $D/failure.json && scripts/waves/gtkw.py --fst $F --failure "
            "$D/failure.json "
            "-o $D/sum/wave.gtkw && grep -e '^-View' $D/sum/wave.gtkw && cat $D/sum/filters/layer.txt");
    expect(&b, 0, "-View: post");
    expect(&b, 0, "00 b1\n");
    cr_expect_null(strstr(b.text, "-View: conv"), "the view of what is wrong is folded");
    run(&b, "sed -i 's/: 700,/: 700000,/' $D/failure.json && "
            "scripts/waves/gtkw.py --fst $F --failure $D/failure.json -o $D/wave.gtkw");
    expect(&b, 0, "nothing changes in"); /* a hang */
    run(&b, "echo '{\"record\": \"mask\"}' >$D/failure.json && scripts/waves/gtkw.py --fst $F --failure $D/failure.json -o "
            "$D/wave.gtkw");
    expect(&b, 2, "KeyError: 'cycle'");
    run(&b, "head -c 300 $F >$D/cut.fst; scripts/waves/gtkw.py --fst $D/cut.fst -o $D/views");
    expect(&b, 2, "cut.fst: no signals can be read");
    run(&b, "scripts/waves/waves.sh failure $D/views");
    expect(&b, 2, "no failure bundle");
    close_box(&b);
}

Test(waves, run_is_zoomed_to_a_layer) {
    box b = {.directory = "/", .fst = ""};
    const char *command =
        "env -u DISPLAY -u WAYLAND_DISPLAY DPACS=\"$P\" scripts/waves/waves.sh run models/fmnist-s50c50.dpm parallel ";
    char whole[COMMAND];
    (void)snprintf(whole, sizeof whole,
                   "%s b2.conv1 && grep -h . build/waves/views/filters/layer.txt build/waves/views/overview.gtkw", command);
    run(&b, whole);
    expect(&b, 0, "build/waves/views/overview.gtkw\n");
    expect(&b, 0, "02 b2\n");
    cr_expect_null(strstr(b.text, "[timestart] 0\n"), "not zoomed: %s", b.text);
    run(&b, "tests/waves/offsets.py build/waves/fmnist-s50c50-parallel-small-img0.fst build/waves/views/overview.gtkw 2 0");
    expect(&b, 0, ": a tile of the convolution");
    (void)snprintf(whole, sizeof whole, "%s nosuch", command);
    run(&b, whole);
    expect(&b, 2, "no convolution nosuch; there are stem b1.conv1");
    (void)snprintf(whole, sizeof whole, "VIEW=nosuch %s", command);
    run(&b, whole);
    expect(&b, 2, "VIEW=nosuch: no such view (channel control conv masks overview post)");
}

Test(waves, names_of_arrays) { python_tests_run("waves", "dump"); }

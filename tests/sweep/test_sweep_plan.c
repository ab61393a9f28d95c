/* The cases that options span, and their identity. No simulation. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sweep_case.h"
#include "sweep_plan.h"

enum { PATH = 128, LABEL = 256 };

static void no_builds(void) { (void)setenv("DPACS_DUT_DIR", "/nonexistent", 1); }

TestSuite(sweep_plan, .init = no_builds);

static sweep_options one_case(void) {
    sweep_options o = sweep_defaults();
    (void)snprintf(o.net[0], sizeof o.net[0], "resnet20");
    o.keep[0] = (sweep_keep){0.5, 0.75, false};
    o.nets = o.keeps = o.bandwidths = o.seeds = 1;
    o.bandwidth[0] = 48;
    o.seed[0] = 1;
    o.kind[0] = o.scope[0] = o.arch[0] = o.schedule[0] = true;
    return o;
}

static void create(sweep_plan *plan, const sweep_options *o) {
    dp_error err = {""};
    cr_assert_eq(sweep_plan_create(plan, o, &err), DP_OK, "%s", err.text);
}

static void expect_error(const sweep_options *o, const char *said) {
    sweep_plan plan;
    dp_error err = {""};
    cr_assert_eq(sweep_plan_create(&plan, o, &err), DP_BAD_INPUT, "expected: %s", said);
    cr_assert_not_null(strstr(err.text, said), "'%s' expected: %s", said, err.text);
}

Test(sweep_plan, spans_every_combination) {
    sweep_options o = one_case();
    sweep_plan plan;
    (void)snprintf(o.net[1], sizeof o.net[1], "fmnist14");
    o.keep[1] = (sweep_keep){0.25, 0.25, false};
    o.keep[2] = (sweep_keep){0.75, 1, false};
    o.bandwidth[1] = 16;
    o.seed[1] = 2;
    o.nets = o.bandwidths = o.seeds = 2;
    o.keeps = 3;
    for (int i = 0; i < 2; i++) o.kind[i] = o.scope[i] = o.arch[i] = true;
    for (int i = 0; i < PLAN_SCHEDULES; i++) o.schedule[i] = true;
    create(&plan, &o);
    cr_assert_eq(plan.count, 2 * 3 * 2 * 2 * 2 * 3 * 2 * 2, "%d cases", plan.count);
    for (int i = 0; i < plan.count; i++)
        for (int k = 0; k < i; k++) cr_assert_str_neq(plan.cases[i].id, plan.cases[k].id);
    sweep_plan_free(&plan);
}

Test(sweep_plan, has_unpruned_positions_once) {
    sweep_options o = one_case();
    sweep_plan plan;
    o.keep[0] = (sweep_keep){1, 1, true};
    o.keep[1] = (sweep_keep){1, 1, false};
    o.keep[2] = (sweep_keep){1, 0.5, false};
    o.keep[3] = (sweep_keep){0.5, 1, false};
    o.keeps = 4;
    o.kind[1] = o.scope[1] = true;
    create(&plan, &o);
    cr_assert_eq(plan.count, 3 + 4, "%d cases", plan.count);
    sweep_plan_free(&plan);
}

Test(sweep_plan, takes_builds_of_the_variation_only) {
    static const char *const builds[] = {"ref", "parallel-mid", "serial-ref"};
    static const char *const taken[] = {"parallel-ref", "parallel-mid", "serial-ref"};
    sweep_options o = one_case();
    sweep_plan plan;
    o.arch[1] = true;
    for (int i = 0; i < 3; i++) (void)snprintf(o.build[i], sizeof o.build[i], "%s", builds[i]);
    o.builds = 3;
    create(&plan, &o);
    cr_assert_eq(plan.count, 3, "%d cases", plan.count);
    for (int i = 0; i < 3; i++) cr_assert_str_eq(plan.cases[i].build, taken[i]);
    sweep_plan_free(&plan);
}

/* As `dpacs sim` has it: 16 bytes a cycle for each port of a board. What is asked for stays. */
Test(sweep_plan, bandwidth_is_that_of_the_build) {
    static const struct {
        const char *build;
        int bytes;
    } of[] = {{"serial-small", 48},
              {"serial-small-board", 64},
              {"serial-small-board.check", 64},
              {"serial-small-board1", 16},
              {"serial-mid-board2", 32},
              {"serial-small-board3.trace", 48},
              {"ref", 48}};
    enum { BUILDS = sizeof of / sizeof *of };
    sweep_options o = one_case();
    sweep_plan plan;
    o.arch[0] = false;
    o.arch[1] = true;
    for (int i = 0; i < BUILDS; i++) (void)snprintf(o.build[i], sizeof o.build[i], "%s", of[i].build);
    o.builds = BUILDS;
    o.bandwidth[0] = 0;
    create(&plan, &o);
    cr_assert_eq(plan.count, BUILDS, "%d cases", plan.count);
    for (int i = 0; i < BUILDS; i++)
        cr_expect_eq(plan.cases[i].bandwidth, of[i].bytes, "%s: %d", of[i].build, plan.cases[i].bandwidth);
    sweep_plan_free(&plan);
    o.bandwidth[0] = 20;
    create(&plan, &o);
    for (int i = 0; i < BUILDS; i++) cr_expect_eq(plan.cases[i].bandwidth, 20, "%s", of[i].build);
    sweep_plan_free(&plan);
}

Test(sweep_plan, takes_the_dense_sister_for_the_baseline) {
    sweep_options o = one_case();
    sweep_plan plan;
    char label[LABEL];
    o.keep[0] = (sweep_keep){0, 0, true};
    create(&plan, &o);
    cr_assert_eq(plan.count, 1);
    cr_assert_eq(plan.cases[0].keep.spatial, 1);
    cr_assert_str_eq(plan.build[plan.cases[0].file].name, "parallel-small-dense");
    cr_assert_str_eq(plan.build[plan.cases[0].file].sha, "missing");
    sweep_case_label(&plan.cases[0], label, sizeof label);
    cr_assert_str_eq(label, "resnet20 dense parallel-small-dense");
    sweep_plan_free(&plan);
}

Test(sweep_plan, large_networks_take_reference_builds) {
    sweep_options o = one_case();
    sweep_plan plan;
    (void)snprintf(o.net[0], sizeof o.net[0], "resnet101");
    o.arch[0] = false;
    o.arch[1] = true;
    create(&plan, &o);
    cr_assert_str_eq(plan.cases[0].build, "serial-ref");
    sweep_plan_free(&plan);
}

Test(sweep_plan, the_table_has_resolution_masks_for_bottlenecks_with_equal_ratios) {
    sweep_options o = one_case();
    sweep_plan plan;
    int resolution = 0;
    (void)snprintf(o.net[1], sizeof o.net[1], "resnet32b");
    o.keep[1] = (sweep_keep){0.5, 0.5, false};
    o.nets = o.keeps = 2;
    o.scope[1] = o.table = true;
    create(&plan, &o);
    for (int i = 0; i < plan.count; i++) resolution += plan.cases[i].resolution;
    cr_assert_eq(plan.count, 5, "%d cases", plan.count);
    cr_assert_eq(resolution, 1);
    sweep_plan_free(&plan);
}

Test(sweep_plan, identity_is_of_every_parameter) {
    enum { VARIANTS = 14 };
    char ids[VARIANTS][SWEEP_ID];
    for (int v = 0; v < VARIANTS; v++) {
        sweep_options o = one_case();
        sweep_plan plan;
        o.keep[0].spatial = v == 1 ? 0.25 : 0.5;
        o.keep[0].channel = v == 2 ? 0.5 : 0.75;
        o.kind[0] = v != 3, o.kind[1] = v == 3;
        o.scope[0] = v != 4, o.scope[1] = v == 4;
        o.arch[0] = v != 5, o.arch[1] = v == 5;
        o.schedule[0] = v != 6 && v != 13, o.schedule[1] = v == 6, o.schedule[2] = v == 13;
        o.bandwidth[0] = v == 7 ? 47 : 48;
        o.seed[0] = v == 8 ? 2 : 1;
        o.count = v == 9 ? 2 : 1;
        o.stall = v == 10;
        o.latency = v == 11 ? 81 : 80;
        o.group = v == 12 ? 16 : 0;
        create(&plan, &o);
        memcpy(ids[v], plan.cases[0].id, SWEEP_ID);
        for (int k = 0; k < v; k++) cr_assert_str_neq(ids[v], ids[k], "variants %d and %d", k, v);
        sweep_plan_free(&plan);
    }
}

Test(sweep_plan, identity_is_of_the_build_too) {
    char directory[] = "/tmp/dpacs-sweep-XXXXXX", path[PATH], before[SWEEP_ID];
    cr_assert_not_null(mkdtemp(directory));
    (void)snprintf(path, sizeof path, "%s/parallel-small.so", directory);
    (void)setenv("DPACS_DUT_DIR", directory, 1);
    sweep_options o = one_case();
    sweep_plan plan;
    (void)snprintf(o.build[0], sizeof o.build[0], "small");
    o.builds = 1;
    for (int i = 0; i < 2; i++) {
        FILE *out = fopen(path, "w");
        (void)fprintf(out, "build %d", i);
        (void)fclose(out);
        if (i > 0) cr_assert_not(sweep_build_unchanged(&plan.build[0]));
        if (i > 0) sweep_plan_free(&plan);
        create(&plan, &o);
        cr_assert(sweep_build_unchanged(&plan.build[0]));
        if (i > 0) cr_assert_str_neq(plan.cases[0].id, before);
        memcpy(before, plan.cases[0].id, SWEEP_ID);
    }
    sweep_plan_free(&plan);
    (void)unlink(path);
    (void)rmdir(directory);
}

static sweep_options trained(const char *model) {
    sweep_options o = one_case();
    (void)snprintf(o.net[0], sizeof o.net[0], "%.63s", model);
    (void)snprintf(o.build[0], sizeof o.build[0], "small");
    o.builds = 1;
    o.trained = true;
    o.count = 4;
    o.total = 10;
    return o;
}

Test(sweep_plan, trained_networks_run_a_part_of_the_images_a_case) {
    static const char *const labels[] = {"images 0 to 3", "images 4 to 7", "images 8 to 9"};
    sweep_options o = trained("models/fmnist-s50c50.dpm");
    sweep_plan plan;
    char text[1024];
    create(&plan, &o);
    cr_assert_eq(plan.count, 3, "%d cases", plan.count);
    for (int i = 0; i < 3; i++) {
        sweep_case_label(&plan.cases[i], text, sizeof text);
        cr_assert_not_null(strstr(text, labels[i]), "%s", text);
        for (int k = 0; k < i; k++) cr_assert_str_neq(plan.cases[i].id, plan.cases[k].id);
    }
    sweep_case_replay(&plan.cases[2], text, sizeof text);
    cr_assert_null(strstr(text, " gen "), "%s", text);
    cr_assert_not_null(strstr(text, "sim models/fmnist-s50c50.dpm --build parallel-small"), "%s", text);
    cr_assert_not_null(strstr(text, "--first 8 --count 2"), "%s", text);
    cr_assert_null(strstr(text, "--images"), "%s", text);
    sweep_plan_free(&plan);
}

Test(sweep_plan, identity_of_a_trained_network_is_of_its_file) {
    char directory[] = "/tmp/dpacs-sweep-XXXXXX", path[SWEEP_NAME], command[PATH], id[3][SWEEP_ID];
    static const char *const from[] = {"s50c50", "s75c75", "s50c50"};
    cr_assert_not_null(mkdtemp(directory));
    (void)snprintf(path, sizeof path, "%.40s/net.dpm", directory);
    for (int i = 0; i < 3; i++) {
        sweep_plan plan;
        (void)snprintf(command, sizeof command, "cp models/fmnist-%s.dpm '%s'", from[i], path);
        cr_assert_eq(system(command), 0);
        sweep_options o = trained(path);
        create(&plan, &o);
        memcpy(id[i], plan.cases[0].id, SWEEP_ID);
        sweep_plan_free(&plan);
    }
    cr_assert_str_neq(id[0], id[1]);
    cr_assert_str_eq(id[0], id[2]);
    sweep_options o = trained(path);
    o.images = "elsewhere";
    sweep_plan plan;
    create(&plan, &o);
    cr_assert_str_neq(plan.cases[0].id, id[0]);
    sweep_plan_free(&plan);
    (void)unlink(path);
    (void)rmdir(directory);
}

Test(sweep_plan, refuses_what_cannot_be_run) {
    sweep_options o = one_case();
    (void)snprintf(o.net[0], sizeof o.net[0], "resnet19");
    expect_error(&o, "--nets: resnet19");
    o = one_case();
    (void)snprintf(o.build[0], sizeof o.build[0], "../small");
    o.builds = 1;
    expect_error(&o, "--build ../small");
    o = one_case();
    (void)snprintf(o.build[0], sizeof o.build[0], "serial-small");
    o.builds = 1;
    expect_error(&o, "without cases");
    o = trained("models/nosuch.dpm");
    expect_error(&o, "models/nosuch.dpm");
}

Test(sweep_plan, commands_repeat_a_case) {
    sweep_options o = one_case();
    sweep_plan plan;
    char text[1024];
    o.scope[0] = false;
    o.scope[1] = true;
    (void)snprintf(o.fault, sizeof o.fault, "drop:1");
    create(&plan, &o);
    sweep_case_replay(&plan.cases[0], text, sizeof text);
    cr_assert_not_null(
        strstr(text, "gen resnet20 --keep-spatial 0.5 --keep-channel 0.75 --resolution-mask --seed 1 -o case.dpm && "));
    cr_assert_not_null(strstr(text, "sim case.dpm --build parallel-small --arch parallel"), "%s", text);
    cr_assert_not_null(strstr(text, "--fault drop:1"));
    sweep_plan_free(&plan);
}

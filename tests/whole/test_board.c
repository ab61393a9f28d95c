/* Whole networks behind one to four memory ports of 128 bits (docs/board.md): nothing but time differs from the one of 512, and little of that. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "build_choice.h"
#include "e2e.h"
#include "geometries.h"

enum { IMAGES = 3, STALL = 30 };

TestSuite(board, .timeout = 600);

static const char *const trained[] = {"models/fmnist-s50c50.dpm", "models/fmnist-s75c75.dpm", "models/fmnist-dense.dpm"};

static void expect_same(const e2e_outcome *a, const e2e_outcome *b, const char *build, const char *model) {
    cr_expect_eq(a->tiles, b->tiles, "%s on %s", model, build);
    cr_expect_eq(a->masks, b->masks, "%s on %s", model, build);
    cr_expect_arr_eq(a->logits, b->logits, sizeof a->logits, "%s on %s", model, build);
}

/* Cycles behind the ports, in a thousandth of those of one port of 512 bits that gets 48 bytes a cycle. */
static uint64_t run_board(const char *build, const char *one_port) {
    const dut_api *api = e2e_load(build), *reference = e2e_load(one_port);
    uint64_t cycles = 0, usual = 0;
    for (size_t i = 0; i < sizeof trained / sizeof *trained; i++) {
        e2e_outcome one, board, stalled;
        dp_model m;
        image_set images;
        dp_error err = {""};
        cr_assert_eq(dp_model_load(&m, trained[i], &err), DP_OK, "%s", err.text);
        if (image_open(&images, NULL, &m, &err) != DP_OK) cr_skip_test("%s", err.text);
        e2e_expect_equal(reference, &m, &images, &(e2e_settings){.first = 30, .count = IMAGES}, &one, trained[i]);
        e2e_expect_equal(api, &m, &images, &(e2e_settings){.first = 30, .count = IMAGES}, &board, trained[i]);
        e2e_expect_equal(api, &m, &images,
                         &(e2e_settings){.first = 30, .count = IMAGES, .stall = STALL, .seed = i + 3, .base = 0xff7fffc000},
                         &stalled, trained[i]);
        expect_same(&one, &board, build, trained[i]);
        expect_same(&one, &stalled, build, trained[i]);
        cr_expect_gt(stalled.cycles, board.cycles);
        cycles += board.cycles;
        usual += one.cycles;
        image_close(&images);
        dp_model_free(&m);
    }
    return cycles * 1000 / usual;
}

Test(board, four_ports) { cr_expect_lt(run_board("serial-small-board", "serial-small"), 1005); }
Test(board, three_ports_are_one_of_48_bytes) { cr_expect_lt(run_board("serial-small-board3", "serial-small"), 1005); }
Test(board, two_ports) { cr_expect_lt(run_board("parallel-small-board2", "parallel-small"), 1250); }
Test(board, one_port) { cr_expect_lt(run_board("serial-small-board1", "serial-small"), 1050); }

/* Masks of every kind, with assertions on and unknowns random. */
Test(board, computed_masks_and_unknowns) {
    const dut_api *api = e2e_load("serial-small-board.check");
    for (int bottleneck = 0; bottleneck < 2; bottleneck++) {
        dp_model m;
        e2e_masks masks;
        image_set images;
        e2e_outcome first, other;
        e2e_network(&m, bottleneck != 0);
        e2e_compute_masks(&m, &masks, 0, 2, DP_POOL_AVG, false);
        e2e_random_images(&images, &m, IMAGES, 5, false);
        for (uint64_t seed = 0; seed < 6; seed++) {
            e2e_settings settings = {.count = IMAGES, .seed = seed, .stall = (int)seed * 15, .latency = seed % 2 != 0 ? 1 : 0};
            e2e_expect_equal(api, &m, &images, &settings, seed == 0 ? &first : &other, "behind four ports");
            if (seed > 0) expect_same(&first, &other, "serial-small-board.check", "random masks");
        }
        free(images.pixels);
        dp_model_free(&m);
    }
}

/* What a name says. */
Test(board, names) {
    static const struct {
        const char *name;
        int ports;
        bool prune;
    } builds[] = {{"serial-small", 0, true},
                  {"serial-small-dense", 0, false},
                  {"serial-small-board", 4, true},
                  {"serial-small-board1", 1, true},
                  {"parallel-ref-dense-board3", 3, false}};
    static const char *const none[] = {"serial-small-board4", "serial-small-board0", "serial-small-board-dense",
                                       "serial-small-boar", "serial-small-board12"};
    for (size_t i = 0; i < sizeof builds / sizeof *builds; i++) {
        dut_geometry g;
        cr_assert(geometry_find(builds[i].name, &g), "%s", builds[i].name);
        cr_expect_eq(g.ports, builds[i].ports, "%s", builds[i].name);
        cr_expect_eq(g.prune, builds[i].prune, "%s", builds[i].name);
        cr_expect_eq(dut_bandwidth(&g), g.ports > 0 ? 16 * g.ports : 48);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) cr_expect_not(geometry_has(none[i]), "%s", none[i]);
    char sister[DUT_NAME_SIZE];
    build_sister(sister, "serial-small-board2.check", true, false);
    cr_expect_str_eq(sister, "serial-small-dense-board2.check");
    build_sister(sister, "serial-small-dense-board", false, true);
    cr_expect_str_eq(sister, "serial-small-board.trace");
}

/* The scoreboard against records of a hardware that is right, and against the same records with one thing wrong at a time. The
   records come from the interpreter of plans, which knows nothing of golden. */
#include <criterion/criterion.h>
#include <string.h>

#include "random_network.h"
#include "scoreboard_bench.h"

Test(scoreboard, accepts_what_is_right) {
    gen_random_options o = {.stem = RANDOM_ALWAYS, .max_blocks = 4};
    for (uint64_t seed = 1; seed <= 60; seed++) {
        scoreboard_bench b = {.po = 0};
        plan_geometry g = plan_support_geometry((unsigned)seed);
        random_model(&b.m, &o, seed);
        if (plan_support_runs(&b.m, &g, false)) {
            scoreboard_bench_open_model(&b, (unsigned)seed);
            scoreboard_bench_play(&b);
            scoreboard_bench_expect_clean(&b);
            scoreboard_bench_close(&b);
        } else {
            dp_model_free(&b.m);
        }
    }
}

Test(scoreboard, follows_two_images_in_flight) {
    scoreboard_bench b;
    scoreboard_bench_open(&b, 1);
    scoreboard_start_image(&b.sb, 0, &b.run[0], b.cycle);
    scoreboard_start_image(&b.sb, 1, &b.run[1], b.cycle);
    for (int n = 0; n < b.count[0]; n++) (void)scoreboard_bench_feed(&b, &b.records[0][n]);
    for (int n = 0; n < b.count[1]; n++)
        if (b.records[1][n].o.fetch_valid) (void)scoreboard_bench_feed(&b, &b.records[1][n]);
    for (int n = 0; n < b.count[1]; n++) {
        if (n == b.count[1] / 2) (void)scoreboard_end_image(&b.sb, b.logits[0], b.cycle);
        if (!b.records[1][n].o.fetch_valid) (void)scoreboard_bench_feed(&b, &b.records[1][n]);
    }
    (void)scoreboard_end_image(&b.sb, b.logits[1], b.cycle);
    scoreboard_bench_expect_clean(&b);
    scoreboard_bench_close(&b);
}

Test(scoreboard, takes_logits_after_the_retirement_of_the_head) {
    scoreboard_bench b;
    scoreboard_bench_open(&b, 0);
    scoreboard_start_image(&b.sb, 0, &b.run[0], b.cycle);
    scoreboard_start_image(&b.sb, 1, &b.run[1], b.cycle);
    for (int n = 0; n < b.count[0]; n++)
        if (!b.records[0][n].o.logit_valid) (void)scoreboard_bench_feed(&b, &b.records[0][n]);
    (void)scoreboard_bench_feed(&b, &b.records[1][0]);
    (void)scoreboard_bench_feed(&b, &b.records[1][1]);
    for (int n = 0; n < b.count[0]; n++)
        if (b.records[0][n].o.logit_valid) (void)scoreboard_bench_feed(&b, &b.records[0][n]);
    (void)scoreboard_end_image(&b.sb, b.logits[0], b.cycle);
    for (int n = 2; n < b.count[1]; n++) (void)scoreboard_bench_feed(&b, &b.records[1][n]);
    (void)scoreboard_end_image(&b.sb, b.logits[1], b.cycle);
    scoreboard_bench_expect_clean(&b);
    scoreboard_bench_close(&b);
}

/* Plays with record n of image 1 replaced. */
static void play_changed(scoreboard_bench *b, int n, const record *changed, scoreboard_fault fault, const char *words) {
    record original = b->records[1][n];
    b->records[1][n] = *changed;
    scoreboard_bench_reset(b);
    scoreboard_bench_play(b);
    scoreboard_bench_expect(b, fault, words);
    b->records[1][n] = original;
}

static void play_dropped(scoreboard_bench *b, record_kind kind, const char *words) {
    record nothing = {.o = {.conv_valid = false}};
    play_changed(b, scoreboard_bench_middle(b, kind), &nothing, SCOREBOARD_MISSING, words);
}

static void play_twice(scoreboard_bench *b, record_kind kind, const char *words) {
    int n = scoreboard_bench_middle(b, kind);
    scoreboard_bench_reset(b);
    for (int i = 0; i < IMAGES; i++) {
        scoreboard_start_image(&b->sb, i, &b->run[i], b->cycle);
        for (int k = 0; k < b->count[i]; k++) {
            (void)scoreboard_bench_feed(b, &b->records[i][k]);
            if (i == 1 && k == n) (void)scoreboard_bench_feed(b, &b->records[i][k]);
        }
        (void)scoreboard_end_image(&b->sb, b->logits[i], b->cycle);
    }
    scoreboard_bench_expect(b, SCOREBOARD_DUPLICATE, words);
    cr_expect_eq(b->sb.tiles_failed, 1, "%s", words);
}

Test(scoreboard, sees_every_wrong_value) {
    for (unsigned geometry = 0; geometry < 4; geometry++) {
        scoreboard_bench b;
        scoreboard_bench_open(&b, geometry);
        int n = scoreboard_bench_middle(&b, ANY_CONV);
        record r = b.records[1][n];
        r.data[3] = (int8_t)(r.data[3] ^ 1);
        play_changed(&b, n, &r, SCOREBOARD_MISMATCH, "got");
        cr_expect_eq(b.sb.tiles_failed, 1);
        r = b.records[1][n];
        r.acc[5]++;
        play_changed(&b, n, &r, SCOREBOARD_MISMATCH, "acc");
        n = scoreboard_bench_middle(&b, ANY_POOL);
        r = b.records[1][n];
        r.data[3]++;
        play_changed(&b, n, &r, SCOREBOARD_MISMATCH, ".pool");
        n = scoreboard_bench_middle(&b, ANY_MASK);
        r = b.records[1][n];
        r.o.mask_keep = !r.o.mask_keep;
        play_changed(&b, n, &r, SCOREBOARD_MISMATCH, ".mask");
        n = scoreboard_bench_middle(&b, ANY_SCORE);
        r = b.records[1][n];
        r.o.score_data++;
        play_changed(&b, n, &r, SCOREBOARD_MISMATCH, ".score");
        n = scoreboard_bench_middle(&b, ANY_GROUPS);
        r = b.records[1][n];
        r.o.groups_keep ^= 2;
        play_changed(&b, n, &r, SCOREBOARD_MISMATCH, ".groups");
        n = scoreboard_bench_middle(&b, ANY_LOGIT);
        r = b.records[1][n];
        r.acc[0]--;
        play_changed(&b, n, &r, SCOREBOARD_MISMATCH, ".logits");
        n = scoreboard_bench_middle(&b, ANY_DONE);
        r = b.records[1][n];
        r.o.done_macs++;
        play_changed(&b, n, &r, SCOREBOARD_MISMATCH, "MACs");
        n = scoreboard_bench_middle(&b, ANY_FETCH);
        r = b.records[1][n];
        r.o.fetch_weights++;
        play_changed(&b, n, &r, SCOREBOARD_MISMATCH, "weight beats");
        r = b.records[1][n];
        r.o.fetch_other++;
        play_changed(&b, n, &r, SCOREBOARD_MISMATCH, "other beats");
        b.logits[1][0]++;
        scoreboard_bench_reset(&b);
        scoreboard_bench_play(&b);
        scoreboard_bench_expect(&b, SCOREBOARD_MISMATCH, ".memory");
        scoreboard_bench_close(&b);
    }
}

/* A slice that is twice as wide: its upper half counts. */
Test(scoreboard, sees_the_upper_half_of_a_wide_slice) {
    scoreboard_bench b;
    int n = 0;
    scoreboard_bench_open(&b, 0);
    for (; n < b.count[1]; n++) {
        const dut_out *o = &b.records[1][n].o;
        if (o->conv_valid && plan_find(&b.p, o->conv_layer, o->conv_stage)->lanes == 2 * b.po) break;
    }
    cr_assert_lt(n, b.count[1], "no slice is that wide");
    record r = b.records[1][n];
    r.data[b.po + 1] = (int8_t)(r.data[b.po + 1] ^ 1);
    play_changed(&b, n, &r, SCOREBOARD_MISMATCH, "got");
    r = b.records[1][n];
    r.acc[2 * b.po - 1]++;
    play_changed(&b, n, &r, SCOREBOARD_MISMATCH, "acc");
    n = scoreboard_bench_middle(&b, ANY_POOL);
    cr_assert_eq(b.p.conv[0].lanes, 2 * b.po);
    r = b.records[1][n];
    r.data[b.po] = (int8_t)(r.data[b.po] ^ 8);
    play_changed(&b, n, &r, SCOREBOARD_MISMATCH, ".pool");
    scoreboard_bench_close(&b);
}

Test(scoreboard, sees_lanes_beyond_the_channels) {
    scoreboard_bench b;
    scoreboard_bench_open(&b, 3); /* more lanes than these networks have channels */
    int n = scoreboard_bench_middle(&b, ANY_CONV);
    record r = b.records[1][n];
    r.data[b.po - 1] = 1;
    play_changed(&b, n, &r, SCOREBOARD_MISMATCH, "got 1 want 0");
    scoreboard_bench_close(&b);
}

/* Every kind of tile, and what a report of it says. */
static const struct {
    record_kind kind;
    const char *words;
} tiles[] = {{ANY_CONV, ""},        {ANY_POOL, ".pool"},     {ANY_MASK, ".mask"},
             {ANY_SCORE, ".score"}, {ANY_GROUPS, ".groups"}, {ANY_LOGIT, ".logits"}};
enum { TILES = sizeof tiles / sizeof *tiles };

Test(scoreboard, sees_every_missing_record) {
    scoreboard_bench b;
    scoreboard_bench_open(&b, 0);
    for (int i = 0; i < TILES; i++) play_dropped(&b, tiles[i].kind, tiles[i].words);
    scoreboard_bench_close(&b);
}

Test(scoreboard, sees_records_of_retirement_and_fetch_out_of_order) {
    scoreboard_bench b;
    record nothing = {.o = {.conv_valid = false}};
    scoreboard_bench_open(&b, 0);
    play_changed(&b, scoreboard_bench_middle(&b, ANY_DONE), &nothing, SCOREBOARD_UNEXPECTED, "retirement");
    play_changed(&b, scoreboard_bench_middle(&b, ANY_FETCH), &nothing, SCOREBOARD_UNEXPECTED, "fetch");
    scoreboard_bench_close(&b);
}

Test(scoreboard, sees_every_duplicate) {
    scoreboard_bench b;
    scoreboard_bench_open(&b, 2);
    for (int i = 0; i < TILES; i++) play_twice(&b, tiles[i].kind, tiles[i].words);
    scoreboard_bench_close(&b);
}

Test(scoreboard, sees_a_job_that_ends_early) {
    scoreboard_bench b;
    scoreboard_bench_open(&b, 0);
    scoreboard_start_image(&b.sb, 1, &b.run[1], b.cycle);
    for (int n = 0; n < b.count[1] / 2; n++) (void)scoreboard_bench_feed(&b, &b.records[1][n]);
    (void)scoreboard_end_image(&b.sb, b.logits[1], b.cycle);
    scoreboard_bench_expect(&b, SCOREBOARD_MISSING, "MISSING");
    scoreboard_bench_reset(&b); /* and the next image is followed from its start */
    scoreboard_bench_play(&b);
    scoreboard_bench_expect_clean(&b);
    scoreboard_bench_close(&b);
}

Test(scoreboard, stops_after_enough_reports) {
    scoreboard_bench b;
    scoreboard_bench_open(&b, 0);
    b.sb.max_reports = 3;
    scoreboard_start_image(&b.sb, 1, &b.run[1], b.cycle);
    record r = b.records[1][scoreboard_bench_middle(&b, ANY_CONV)];
    r.o.conv_layer = 200;
    cr_expect(scoreboard_bench_feed(&b, &r));
    cr_expect(scoreboard_bench_feed(&b, &r));
    cr_expect_not(scoreboard_bench_feed(&b, &r));
    cr_expect_not(scoreboard_bench_feed(&b, &r));
    cr_expect_eq(b.reports, 3);
    cr_expect_eq(b.sb.failures, 4);
    scoreboard_bench_close(&b);
}

Test(scoreboard, adds_up_what_a_convolution_took) {
    scoreboard_bench b;
    uint64_t cycles = 0, cause[DUT_CAUSES] = {0};
    scoreboard_bench_open(&b, 0);
    for (int i = 0; i < IMAGES; i++)
        for (int n = 0; n < b.count[i]; n++) cause[b.records[i][n].o.cause = (uint8_t)(n * n % DUT_CAUSES)]++;
    scoreboard_bench_play(&b);
    for (int i = 0; i < b.p.convs; i++) {
        cycles += b.sb.layer[i].cycles;
        for (int k = 0; k < DUT_CAUSES; k++) cause[k] -= b.sb.layer[i].cause[k];
        cr_expect_eq(b.sb.layer[i].weight_beats, 2 * b.p.conv[i].weight_beats);
        cr_expect_eq(b.sb.layer[i].other_beats, 2 * b.p.conv[i].other_beats);
    }
    cr_expect_leq(cycles, b.cycle - 100);
    cr_expect_gt(cycles, 0);
    for (int k = 0; k < DUT_CAUSES; k++) cr_expect_eq(cause[k], 0, "cause %d", k);
    scoreboard_bench_close(&b);
}

Test(scoreboard, says_it_in_the_form_of_the_contract) {
    char text[256];
    scoreboard_report r = {.fault = SCOREBOARD_MISMATCH,
                           .image = 3,
                           .name = "b2.conv2",
                           .y = 4,
                           .x = 11,
                           .k = 37,
                           .got = -12,
                           .want = -11,
                           .has_acc = true,
                           .acc_got = -1493,
                           .acc_want = -1493,
                           .cycle = 184220};
    scoreboard_format(&r, text, sizeof text);
    cr_expect_str_eq(text, "MISMATCH img 3 b2.conv2 y=4 x=11 k=37 got -12 want -11 acc -1493 cycle 184220");
    r.got = r.want = 10;
    r.acc_want = -1492;
    scoreboard_format(&r, text, sizeof text);
    cr_expect_str_eq(text,
                     "MISMATCH img 3 b2.conv2 y=4 x=11 k=37 accumulator got -1493 want -1492, output 10 is right, cycle 184220");
    r.got = 11;
    scoreboard_format(&r, text, sizeof text);
    cr_expect_str_eq(text, "MISMATCH img 3 b2.conv2 y=4 x=11 k=37 got 11 want 10 acc -1493 want -1492 cycle 184220");
}

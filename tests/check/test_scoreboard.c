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

Test(scoreboard, takes_logits_behind_the_retirement_of_the_head) {
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

typedef enum { ANY_CONV, ANY_POOL, ANY_MASK, ANY_SCORE, ANY_GROUPS, ANY_LOGIT, ANY_DONE, ANY_FETCH } record_kind;

static bool is_kind(const dut_out *o, record_kind kind) {
    switch (kind) {
    case ANY_CONV: return o->conv_valid;
    case ANY_POOL: return o->pool_valid;
    case ANY_MASK: return o->mask_valid;
    case ANY_SCORE: return o->score_valid;
    case ANY_GROUPS: return o->groups_valid;
    case ANY_LOGIT: return o->logit_valid;
    case ANY_DONE: return o->done_valid;
    case ANY_FETCH: return o->fetch_valid;
    }
    return false;
}

/* The middle one of a kind, in image 1. */
static int middle(const scoreboard_bench *b, record_kind kind) {
    int total = 0;
    for (int n = 0; n < b->count[1]; n++) total += is_kind(&b->records[1][n].o, kind);
    cr_assert_gt(total, 0, "no record of kind %d", (int)kind);
    for (int n = 0, seen = 0; n < b->count[1]; n++)
        if (is_kind(&b->records[1][n].o, kind) && seen++ == total / 2) return n;
    return -1;
}

static void expect_fault(scoreboard_bench *b, scoreboard_fault fault, const char *words) {
    char text[256] = "nothing reported";
    if (b->reports > 0) scoreboard_format(&b->first, text, sizeof text);
    cr_expect_gt(b->sb.failures, 0, "%s: not seen", words);
    cr_expect_eq(b->first.fault, fault, "%s", text);
    cr_expect_eq(b->first.image, 1, "%s", text);
    cr_expect_not_null(strstr(text, words), "'%s' does not say '%s'", text, words);
}

/* Plays with record n of image 1 replaced. */
static void play_changed(scoreboard_bench *b, int n, const record *changed, scoreboard_fault fault, const char *words) {
    record original = b->records[1][n];
    b->records[1][n] = *changed;
    scoreboard_bench_reset(b);
    scoreboard_bench_play(b);
    expect_fault(b, fault, words);
    b->records[1][n] = original;
}

static void play_dropped(scoreboard_bench *b, record_kind kind, const char *words) {
    record nothing = {.o = {.conv_valid = false}};
    play_changed(b, middle(b, kind), &nothing, SCOREBOARD_MISSING, words);
}

static void play_twice(scoreboard_bench *b, record_kind kind, const char *words) {
    int n = middle(b, kind);
    scoreboard_bench_reset(b);
    for (int i = 0; i < IMAGES; i++) {
        scoreboard_start_image(&b->sb, i, &b->run[i], b->cycle);
        for (int k = 0; k < b->count[i]; k++) {
            (void)scoreboard_bench_feed(b, &b->records[i][k]);
            if (i == 1 && k == n) (void)scoreboard_bench_feed(b, &b->records[i][k]);
        }
        (void)scoreboard_end_image(&b->sb, b->logits[i], b->cycle);
    }
    expect_fault(b, SCOREBOARD_DUPLICATE, words);
    cr_expect_eq(b->sb.tiles_failed, 1, "%s", words);
}

Test(scoreboard, sees_every_wrong_value) {
    for (unsigned geometry = 0; geometry < 4; geometry++) {
        scoreboard_bench b;
        scoreboard_bench_open(&b, geometry);
        int n = middle(&b, ANY_CONV);
        record r = b.records[1][n];
        r.data[3] = (int8_t)(r.data[3] ^ 1);
        play_changed(&b, n, &r, SCOREBOARD_MISMATCH, "got");
        cr_expect_eq(b.sb.tiles_failed, 1);
        r = b.records[1][n];
        r.acc[5]++;
        play_changed(&b, n, &r, SCOREBOARD_MISMATCH, "acc");
        n = middle(&b, ANY_POOL);
        r = b.records[1][n];
        r.data[3]++;
        play_changed(&b, n, &r, SCOREBOARD_MISMATCH, ".pool");
        n = middle(&b, ANY_MASK);
        r = b.records[1][n];
        r.o.mask_keep = !r.o.mask_keep;
        play_changed(&b, n, &r, SCOREBOARD_MISMATCH, ".mask");
        n = middle(&b, ANY_SCORE);
        r = b.records[1][n];
        r.o.score_data++;
        play_changed(&b, n, &r, SCOREBOARD_MISMATCH, ".score");
        n = middle(&b, ANY_GROUPS);
        r = b.records[1][n];
        r.o.groups_keep ^= 2;
        play_changed(&b, n, &r, SCOREBOARD_MISMATCH, ".groups");
        n = middle(&b, ANY_LOGIT);
        r = b.records[1][n];
        r.acc[0]--;
        play_changed(&b, n, &r, SCOREBOARD_MISMATCH, ".logits");
        n = middle(&b, ANY_DONE);
        r = b.records[1][n];
        r.o.done_macs++;
        play_changed(&b, n, &r, SCOREBOARD_MISMATCH, "MACs");
        n = middle(&b, ANY_FETCH);
        r = b.records[1][n];
        r.o.fetch_weights++;
        play_changed(&b, n, &r, SCOREBOARD_MISMATCH, "weight beats");
        r = b.records[1][n];
        r.o.fetch_other++;
        play_changed(&b, n, &r, SCOREBOARD_MISMATCH, "other beats");
        b.logits[1][0]++;
        scoreboard_bench_reset(&b);
        scoreboard_bench_play(&b);
        expect_fault(&b, SCOREBOARD_MISMATCH, ".memory");
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
    n = middle(&b, ANY_POOL);
    cr_assert_eq(b.p.conv[0].lanes, 2 * b.po);
    r = b.records[1][n];
    r.data[b.po] = (int8_t)(r.data[b.po] ^ 8);
    play_changed(&b, n, &r, SCOREBOARD_MISMATCH, ".pool");
    scoreboard_bench_close(&b);
}

Test(scoreboard, sees_lanes_beyond_the_channels) {
    scoreboard_bench b;
    scoreboard_bench_open(&b, 3); /* more lanes than these networks have channels */
    int n = middle(&b, ANY_CONV);
    record r = b.records[1][n];
    r.data[b.po - 1] = 1;
    play_changed(&b, n, &r, SCOREBOARD_MISMATCH, "got 1 want 0");
    scoreboard_bench_close(&b);
}

Test(scoreboard, sees_every_missing_record) {
    scoreboard_bench b;
    scoreboard_bench_open(&b, 0);
    play_dropped(&b, ANY_CONV, "MISSING");
    play_dropped(&b, ANY_POOL, ".pool");
    play_dropped(&b, ANY_MASK, ".mask");
    play_dropped(&b, ANY_SCORE, ".score");
    play_dropped(&b, ANY_GROUPS, ".groups");
    play_dropped(&b, ANY_LOGIT, ".logits");
    scoreboard_bench_close(&b);
}

Test(scoreboard, sees_records_of_retirement_and_fetch_out_of_order) {
    scoreboard_bench b;
    record nothing = {.o = {.conv_valid = false}};
    scoreboard_bench_open(&b, 0);
    play_changed(&b, middle(&b, ANY_DONE), &nothing, SCOREBOARD_UNEXPECTED, "retirement");
    play_changed(&b, middle(&b, ANY_FETCH), &nothing, SCOREBOARD_UNEXPECTED, "fetch");
    scoreboard_bench_close(&b);
}

Test(scoreboard, sees_every_duplicate) {
    scoreboard_bench b;
    scoreboard_bench_open(&b, 2);
    play_twice(&b, ANY_CONV, "DUPLICATE");
    play_twice(&b, ANY_POOL, ".pool");
    play_twice(&b, ANY_MASK, ".mask");
    play_twice(&b, ANY_SCORE, ".score");
    play_twice(&b, ANY_GROUPS, ".groups");
    play_twice(&b, ANY_LOGIT, ".logits");
    scoreboard_bench_close(&b);
}

/* A tile at a position that the mask prunes. */
static bool find_pruned(const scoreboard_bench *b, record *r) {
    for (int n = 0; n < b->count[1]; n++) {
        *r = b->records[1][n];
        if (!r->o.conv_valid) continue;
        const plan_conv *pc = plan_find(&b->p, r->o.conv_layer, r->o.conv_stage);
        const golden_layer *g = &b->run[1].layers[pc->layer];
        const golden_conv *c = &g->conv[pc->conv - g->layer->conv];
        for (int at = 0; c->out_keep != NULL && at < pc->conv->out_h * pc->conv->out_w; at++) {
            if (c->out_keep[at] != 0) continue;
            r->o.conv_y = (uint8_t)(at / pc->conv->out_w);
            r->o.conv_x = (uint8_t)(at % pc->conv->out_w);
            return true;
        }
    }
    return false;
}

static void play_extra(scoreboard_bench *b, const record *extra, const char *words) {
    scoreboard_bench_reset(b);
    scoreboard_start_image(&b->sb, 1, &b->run[1], b->cycle);
    (void)scoreboard_bench_feed(b, &b->records[1][0]);
    (void)scoreboard_bench_feed(b, extra);
    expect_fault(b, SCOREBOARD_UNEXPECTED, words);
    cr_expect_eq(b->sb.failures, 1, "%s", words);
}

Test(scoreboard, sees_what_should_not_be) {
    scoreboard_bench b;
    record r;
    scoreboard_bench_open(&b, 1);
    cr_assert(find_pruned(&b, &r), "nothing is pruned");
    play_extra(&b, &r, "y=");
    r = b.records[1][middle(&b, ANY_CONV)];
    r.o.conv_layer = 200;
    play_extra(&b, &r, "?");
    r = b.records[1][middle(&b, ANY_CONV)];
    r.o.conv_stage = 9;
    play_extra(&b, &r, "?");
    r = b.records[1][middle(&b, ANY_CONV)];
    r.o.conv_slice = 99;
    play_extra(&b, &r, "k=");
    r = b.records[1][middle(&b, ANY_CONV)];
    r.o.conv_y = 200;
    play_extra(&b, &r, "y=200");
    r = b.records[1][middle(&b, ANY_POOL)];
    r.o.pool_y = (uint8_t)b.m.layers[0].out_h;
    play_extra(&b, &r, "stem.pool y=");
    r = b.records[1][middle(&b, ANY_POOL)];
    r.o.pool_x = (uint8_t)b.m.layers[0].out_w;
    play_extra(&b, &r, "stem.pool y=");
    r = b.records[1][middle(&b, ANY_POOL)];
    r.o.pool_slice = (uint8_t)b.p.conv[0].slices;
    play_extra(&b, &r, "stem.pool y=");
    r = b.records[1][middle(&b, ANY_POOL)];
    r.o.pool_layer = 1; /* pools nothing */
    play_extra(&b, &r, "b1.pool");
    r = b.records[1][middle(&b, ANY_POOL)];
    r.o.pool_layer = 200;
    play_extra(&b, &r, "?.pool");
    r = b.records[1][middle(&b, ANY_MASK)];
    r.o.mask_layer = 0;
    play_extra(&b, &r, "mask");
    r = b.records[1][middle(&b, ANY_SCORE)];
    r.o.score_group = 63;
    play_extra(&b, &r, "score k=63");
    r = b.records[1][middle(&b, ANY_LOGIT)];
    r.o.logit_slice = 40;
    play_extra(&b, &r, "logits");
    scoreboard_bench_close(&b);
}

Test(scoreboard, sees_a_job_that_ends_early) {
    scoreboard_bench b;
    scoreboard_bench_open(&b, 0);
    scoreboard_start_image(&b.sb, 1, &b.run[1], b.cycle);
    for (int n = 0; n < b.count[1] / 2; n++) (void)scoreboard_bench_feed(&b, &b.records[1][n]);
    (void)scoreboard_end_image(&b.sb, b.logits[1], b.cycle);
    expect_fault(&b, SCOREBOARD_MISSING, "MISSING");
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
    record r = b.records[1][middle(&b, ANY_CONV)];
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
}

/* The scoreboard against records of what should not be: pruned places, places outside the map, unknown layers. */
#include <criterion/criterion.h>
#include <stddef.h>
#include <string.h>

#include "scoreboard_bench.h"

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
    scoreboard_bench_expect(b, SCOREBOARD_UNEXPECTED, words);
    cr_expect_eq(b->sb.failures, 1, "%s", words);
}

/* A record of a kind whose tag is changed, and what must be said of it. */
typedef struct {
    record_kind kind;
    size_t field; /* of dut_out, a byte */
    uint8_t value;
    const char *words;
} change;

#define FIELD(name) offsetof(dut_out, name)

Test(scoreboard_places, sees_what_should_not_be) {
    scoreboard_bench b;
    record r;
    scoreboard_bench_open(&b, 1);
    cr_assert(find_pruned(&b, &r), "nothing is pruned");
    play_extra(&b, &r, "y=");
    const change changes[] = {
        {ANY_CONV, FIELD(conv_layer), 200, "?"},
        {ANY_CONV, FIELD(conv_stage), 9, "?"},
        {ANY_CONV, FIELD(conv_slice), 99, "k="},
        {ANY_CONV, FIELD(conv_y), 200, "y=200"},
        {ANY_POOL, FIELD(pool_y), (uint8_t)b.m.layers[0].out_h, "stem.pool y="},
        {ANY_POOL, FIELD(pool_x), (uint8_t)b.m.layers[0].out_w, "stem.pool y="},
        {ANY_POOL, FIELD(pool_slice), (uint8_t)b.p.conv[0].slices, "stem.pool y="},
        {ANY_POOL, FIELD(pool_layer), 1, "b1.pool"}, /* pools nothing */
        {ANY_POOL, FIELD(pool_layer), 200, "?.pool"},
        {ANY_MASK, FIELD(mask_layer), 0, "mask"},
        {ANY_SCORE, FIELD(score_group), 63, "score k=63"},
        {ANY_LOGIT, FIELD(logit_slice), 40, "logits"},
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        r = b.records[1][scoreboard_bench_middle(&b, changes[i].kind)];
        memcpy((uint8_t *)&r.o + changes[i].field, &changes[i].value, 1);
        play_extra(&b, &r, changes[i].words);
    }
    scoreboard_bench_close(&b);
}

static void drop(scoreboard_bench *b, int n, int count) {
    static const record nothing = {.o = {.conv_valid = false}};
    record kept[2];
    for (int i = 0; i < count; i++) {
        kept[i] = b->records[1][n + i];
        b->records[1][n + i] = nothing;
    }
    scoreboard_bench_reset(b);
    scoreboard_bench_play(b);
    for (int i = 0; i < count; i++) b->records[1][n + i] = kept[i];
}

/* Of what has not come the first is named, and how many there are. */
Test(scoreboard_places, what_is_missing_is_named) {
    scoreboard_bench b;
    scoreboard_bench_open(&b, 0);
    const struct {
        record_kind kind;
        size_t y, x, slice;
    } tiles[] = {{ANY_CONV, offsetof(dut_out, conv_y), offsetof(dut_out, conv_x), offsetof(dut_out, conv_slice)},
                 {ANY_POOL, offsetof(dut_out, pool_y), offsetof(dut_out, pool_x), offsetof(dut_out, pool_slice)},
                 {ANY_MASK, offsetof(dut_out, mask_y), offsetof(dut_out, mask_x), 0}};
    for (size_t i = 0; i < sizeof tiles / sizeof *tiles; i++) {
        int n = scoreboard_bench_middle(&b, tiles[i].kind);
        const uint8_t *o = (const uint8_t *)&b.records[1][n].o;
        drop(&b, n, 1);
        scoreboard_bench_expect(&b, SCOREBOARD_MISSING, "MISSING");
        cr_expect_eq(b.first.y, o[tiles[i].y], "%d: y %d", (int)i, b.first.y);
        cr_expect_eq(b.first.x, o[tiles[i].x], "%d: x %d", (int)i, b.first.x);
        if (tiles[i].slice != 0) cr_expect_eq(b.first.k % b.po, 0);
        if (tiles[i].kind == ANY_POOL) cr_expect_eq(b.first.k, o[tiles[i].slice] * b.p.conv[0].lanes);
        cr_expect_eq(b.first.missing, 1);
    }
    char text[256];
    int n = scoreboard_bench_middle(&b, ANY_MASK);
    if (!b.records[1][n + 1].o.mask_valid) n--;
    cr_assert(b.records[1][n].o.mask_valid && b.records[1][n + 1].o.mask_valid);
    drop(&b, n, 2);
    cr_expect_eq(b.first.missing, 2);
    scoreboard_format(&b.first, text, sizeof text);
    cr_expect_not_null(strstr(text, " and 1 more"), "%s", text);
    scoreboard_bench_close(&b);
}

/* Logits that arrived wrongly in memory, each of them. */
Test(scoreboard_places, wrong_logits_in_memory_are_named) {
    scoreboard_bench b;
    scoreboard_bench_open(&b, 0);
    for (int k = 0; k < b.m.classes; k++) {
        b.logits[1][k] += 5;
        scoreboard_bench_reset(&b);
        scoreboard_bench_play(&b);
        scoreboard_bench_expect(&b, SCOREBOARD_MISMATCH, "memory");
        cr_expect_eq(b.first.k, k);
        cr_expect_eq(b.first.got - b.first.want, 5);
        cr_expect_eq(b.reports, 1);
        b.logits[1][k] -= 5;
    }
    scoreboard_bench_close(&b);
}

/* See scoreboard_bench.h. */
#include "scoreboard_bench.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "random_network.h"

static void record_one(void *context, const dut_out *o) {
    scoreboard_bench *b = context;
    cr_assert_lt(b->count[b->recording], MAX_RECORDS);
    record *r = &b->records[b->recording][b->count[b->recording]++];
    *r = (record){.o = *o};
    if (o->conv_valid) memcpy(r->data, o->conv_data, sizeof r->data);
    if (o->pool_valid) memcpy(r->data, o->pool_data, sizeof r->data);
    if (o->conv_valid) memcpy(r->acc, o->conv_acc, sizeof r->acc);
    if (o->logit_valid) memcpy(r->acc, o->logit_data, sizeof r->acc);
}

static void record_image(scoreboard_bench *b, int i, uint64_t seed) {
    dp_error err = {""};
    interpreter t;
    int8_t *image = random_image(&b->m, seed);
    cr_assert_eq(golden_create(&b->run[i], &b->m, (golden_options){.dense = b->p.dense}, &err), DP_OK, "%s", err.text);
    golden_compute(&b->run[i], image);
    b->records[i] = calloc(MAX_RECORDS, sizeof *b->records[i]);
    b->recording = i;
    plan_support_interpreter(&t, &b->p, image);
    t.emit = record_one;
    t.context = b;
    cr_assert(interpreter_run(&t), "%s", t.error);
    b->logits[i] = calloc((size_t)b->m.classes + 1, sizeof *b->logits[i]);
    memcpy(b->logits[i], t.memory + b->p.logits_addr, b->p.logits_bytes);
    plan_support_free(&t);
    free(image);
}

static void keep_first(void *context, const scoreboard_report *r) {
    scoreboard_bench *b = context;
    if (b->reports++ == 0) b->first = *r;
}

void scoreboard_bench_reset(scoreboard_bench *b) {
    dp_error err = {""};
    scoreboard_free(&b->sb);
    cr_assert_eq(scoreboard_create(&b->sb, &b->p, &err), DP_OK, "%s", err.text);
    b->sb.report = keep_first;
    b->sb.context = b;
    b->reports = 0;
    b->cycle = 100;
}

void scoreboard_bench_open_model(scoreboard_bench *b, unsigned geometry) {
    dp_error err = {""};
    plan_geometry g = plan_support_geometry(geometry);
    cr_assert_eq(plan_create(&b->p, &b->m, &g, (plan_options){.dense = false}, &err), DP_OK, "%s", err.text);
    b->po = g.po;
    for (int i = 0; i < IMAGES; i++) record_image(b, i, 77 + (uint64_t)i);
    scoreboard_bench_reset(b);
}

static bool is_rich(const dp_model *m, const plan_geometry *g) {
    bool spatial = false, channel = false, clean = plan_support_runs(m, g, false) && m->layers[0].max_pool;
    for (int i = 0; i < m->layer_count; i++) {
        const dp_layer *l = &m->layers[i];
        if (l->kind == DP_STEM || l->kind == DP_HEAD) continue;
        spatial = spatial || (l->spatial == DP_MASK_UNIT && l->in_h * l->in_w > 20);
        channel = channel || (l->channel == DP_MASK_UNIT && l->groups > 1 && l->keep < l->groups);
    }
    return clean && spatial && channel && m->classes > 1;
}

enum { MOST_SEEDS = 20000 };

void scoreboard_bench_open(scoreboard_bench *b, unsigned geometry) {
    gen_random_options o = {.stem = RANDOM_ALWAYS,
                            .head = RANDOM_ALWAYS,
                            .masks = RANDOM_ALWAYS,
                            .max_pool = RANDOM_ALWAYS,
                            .max_blocks = 4,
                            .max_size = 14};
    plan_geometry g = plan_support_geometry(geometry);
    *b = (scoreboard_bench){.po = 0};
    bool found = false;
    for (uint64_t seed = 1; !found; seed++) {
        cr_assert_leq(seed, MOST_SEEDS, "no network that has everything among %d", (int)MOST_SEEDS);
        random_model(&b->m, &o, seed);
        found = is_rich(&b->m, &g);
        if (!found) dp_model_free(&b->m);
    }
    scoreboard_bench_open_model(b, geometry);
}

void scoreboard_bench_close(scoreboard_bench *b) {
    scoreboard_free(&b->sb);
    for (int i = 0; i < IMAGES; i++) {
        free(b->records[i]);
        free(b->logits[i]);
        golden_free(&b->run[i]);
    }
    plan_free(&b->p);
    dp_model_free(&b->m);
}

bool scoreboard_bench_feed(scoreboard_bench *b, const record *r) {
    dut_out o = r->o;
    o.conv_data = r->data;
    o.pool_data = r->data;
    o.conv_acc = r->acc;
    o.logit_data = r->acc;
    return scoreboard_check(&b->sb, &o, b->cycle++);
}

void scoreboard_bench_play(scoreboard_bench *b) {
    for (int i = 0; i < IMAGES; i++) {
        scoreboard_start_image(&b->sb, i, &b->run[i], b->cycle);
        for (int n = 0; n < b->count[i]; n++) (void)scoreboard_bench_feed(b, &b->records[i][n]);
        (void)scoreboard_end_image(&b->sb, b->logits[i], b->cycle);
    }
}

void scoreboard_bench_expect_clean(const scoreboard_bench *b) {
    char text[256] = "";
    if (b->reports > 0) scoreboard_format(&b->first, text, sizeof text);
    cr_assert_eq(b->sb.failures, 0, "%s: %s", b->m.name, text);
    cr_assert_eq(b->sb.tiles_failed, 0);
    cr_assert_eq(b->sb.images_done, IMAGES);
    cr_assert_gt(b->sb.tiles_checked, 0);
}

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

int scoreboard_bench_middle(const scoreboard_bench *b, record_kind kind) {
    int total = 0;
    for (int n = 0; n < b->count[1]; n++) total += is_kind(&b->records[1][n].o, kind);
    cr_assert_gt(total, 0, "no record of kind %d", (int)kind);
    for (int n = 0, seen = 0; n < b->count[1]; n++)
        if (is_kind(&b->records[1][n].o, kind) && seen++ == total / 2) return n;
    return -1;
}

void scoreboard_bench_expect(const scoreboard_bench *b, scoreboard_fault fault, const char *words) {
    char text[256] = "nothing reported";
    if (b->reports > 0) scoreboard_format(&b->first, text, sizeof text);
    cr_expect_gt(b->sb.failures, 0, "%s: not seen", words);
    cr_expect_eq(b->first.fault, fault, "%s", text);
    cr_expect_eq(b->first.image, 1, "%s", text);
    cr_expect_not_null(strstr(text, words), "'%s' does not say '%s'", text, words);
}

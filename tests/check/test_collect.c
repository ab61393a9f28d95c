/* Maps, scores and logits that are built from records: of images in a row, with masks that are computed and that are given. */
#include <criterion/criterion.h>
#include <string.h>

#include "collect.h"
#include "gen.h"
#include "scoreboard_bench.h"

static void expect_maps(const scoreboard_bench *b, const collect *c, const golden_run *run) {
    for (int i = 0; i < b->m.layer_count; i++) {
        const golden_layer *g = &run->layers[i];
        for (int k = 0; k < g->layer->convs; k++) {
            const dp_conv *conv = &g->layer->conv[k];
            const int8_t *map = collect_map(c, i, (int)conv->role);
            if (g->layer->kind == DP_HEAD) continue;
            cr_assert_not_null(map, "%s", conv->name);
            size_t bytes = (size_t)(conv->out_h * conv->out_w * conv->cout);
            cr_expect_eq(memcmp(map, g->conv[k].y, bytes), 0, "%s of %s", conv->name, b->m.name);
        }
    }
    cr_expect_eq(memcmp(c->logits, run->logits, sizeof *c->logits * (size_t)b->m.classes), 0, "logits of %s", b->m.name);
}

static void collect_both(const scoreboard_bench *b) {
    collect c;
    dp_error err = {""};
    cr_assert_eq(collect_create(&c, &b->p, &err), DP_OK, "%s", err.text);
    for (int i = 0; i < IMAGES; i++) {
        collect_start(&c, NULL); /* no block reads the image */
        for (int n = 0; n < b->count[i]; n++) {
            const record *r = &b->records[i][n];
            dut_out o = r->o;
            o.conv_data = o.pool_data = r->data;
            o.conv_acc = o.logit_data = r->acc;
            collect_records(&c, &o);
        }
        expect_maps(b, &c, &b->run[i]);
    }
    collect_free(&c);
}

Test(collect, computed_masks) {
    scoreboard_bench b;
    scoreboard_bench_open(&b, 0);
    collect_both(&b);
    scoreboard_bench_close(&b);
}

Test(collect, given_masks) {
    scoreboard_bench b = {.po = 0};
    gen_options o = gen_defaults("fmnist14");
    dp_error err = {""};
    o.keep_spatial = o.keep_channel = 0.5;
    cr_assert_eq(gen_network(&o, &b.m, &err), DP_OK, "%s", err.text);
    scoreboard_bench_open_model(&b, 0);
    collect_both(&b);
    scoreboard_bench_close(&b);
}

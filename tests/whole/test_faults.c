/* Every checker fails when it should, end to end on the RTL: wrong data in memory, wrong expectations, and work that the masks should
   have saved. What goes wrong on the buses is in test_faults_bus.c. */
#include <criterion/criterion.h>
#include <string.h>

#include "fault_rig.h"
#include "gen.h"

enum { PREVIOUS = 1, BLOCK = 2, LAST = 3, HEAD = 4 }; /* layers of the rig's network */
enum { TAPS = 9, CENTRE = 4, QUANT_BEATS = 2 };

TestSuite(faults, .timeout = 300);

static const char *const builds[] = {"parallel-small", "serial-small"};

/* Runs a fault on both variations. */
typedef void fault_test(rig *r);
static void on_both(rig_masks masks, fault_test *test) {
    for (int b = 0; b < 2; b++) {
        rig r;
        rig_open(&r, builds[b], masks);
        test(&r);
        rig_close(&r);
    }
}

static void run_clean(rig *r) {
    rig_run(r);
    cr_expect_eq(r->status, DP_OK, "%s: %s", r->api->geometry.name, r->err.text);
    cr_expect_eq(r->reports, 0, "%s: %s", r->api->geometry.name, r->report[0].name);
}

Test(faults, without_a_fault_nothing_is_reported) {
    on_both(RIG_COMPUTED, run_clean);
    on_both(RIG_GIVEN, run_clean);
}

/* Data in memory. */

static int first_kept_group(const rig *r, int layer) {
    int g = 0;
    while (r->golden.layers[layer].group_keep[g] == 0) g++;
    return g;
}

/* A channel of the block's input that is not zero where the block's first convolution is computed. */
static int live_channel(const rig *r) {
    const golden_layer *g = &r->golden.layers[BLOCK];
    const dp_layer *l = g->layer;
    for (int y = 0; y < l->out_h; y++)
        for (int x = 0; x < l->out_w; x++) {
            int at = y * l->stride * l->in_w + x * l->stride;
            for (int c = 0; c < l->in && g->mout[y * l->out_w + x] != 0 && g->min[at] != 0; c++)
                if (g->x[at * l->in + c] != 0) return c;
        }
    cr_assert_fail("the block's input is zero");
    return 0;
}

static uint8_t *record(rig *r, uint8_t *command, int octet) {
    unsigned rec_beats = command[42] | (unsigned)command[43] << 8;
    return axi_mem_at(r->bench.memory, rig_weight_addr(command)) + (size_t)octet * rec_beats * PLAN_BEAT;
}

static void flip_weight(rig *r) {
    uint8_t *command = rig_conv(r, BLOCK, DP_CONV1);
    int channel = live_channel(r), octet = first_kept_group(r, BLOCK);
    uint8_t *beat = record(r, command, octet) + (command[38] + channel / PLAN_OCTET * TAPS + CENTRE) * PLAN_BEAT;
    beat[channel % PLAN_OCTET] ^= 1;
    rig_run(r);
    rig_expect_first(r, SCOREBOARD_MISMATCH, "b2.conv1", "a bit of a weight");
    cr_expect(r->report[0].has_acc && r->report[0].acc_got != r->report[0].acc_want);
    cr_expect_eq(r->report[0].k, octet * PLAN_OCTET);
}

static void flip_bias(rig *r) {
    uint8_t *command = rig_conv(r, BLOCK, DP_CONV2);
    for (int i = 8; i < 14; i++) record(r, command, 0)[i] ^= 0x55;
    rig_run(r);
    rig_expect_first(r, SCOREBOARD_MISMATCH, "b2.conv2", "a bias");
    cr_expect_eq(r->report[0].acc_got, r->report[0].acc_want);
}

static void flip_head_weight(rig *r) {
    uint8_t *command = rig_conv(r, HEAD, PLAN_STAGE_HEAD);
    for (int c = 0; c < PLAN_OCTET; c++) record(r, command, 0)[command[38] * PLAN_BEAT + c] ^= 1;
    rig_run(r);
    rig_expect_first(r, SCOREBOARD_MISMATCH, "head.logits", "weights of the head");
    cr_expect_not_null(rig_find(r, "head.memory"));
}

Test(faults, wrong_weights_are_found) {
    on_both(RIG_COMPUTED, flip_weight);
    on_both(RIG_GIVEN, flip_weight);
    on_both(RIG_COMPUTED, flip_bias);
    on_both(RIG_COMPUTED, flip_head_weight);
}

/* The first channel of whose mask weight the sign decides something. */
static int deciding_channel(rig *r) {
    const golden_layer *g = &r->golden.layers[BLOCK];
    const dp_layer *l = &r->m.layers[BLOCK];
    for (int c = 0; c < l->in; c++)
        for (int at = 0; at < l->in_h * l->in_w; at++) {
            int64_t sum = l->spatial_bias;
            for (int k = 0; k < l->in; k++) sum += g->x[at * l->in + k] * (int8_t)(l->spatial_weight[k] ^ (k == c ? -128 : 0));
            if ((sum > 0) != (g->min[at] != 0)) return c;
        }
    cr_assert_fail("no mask weight decides");
    return 0;
}

static void flip_mask_weight(rig *r) {
    uint8_t *row = axi_mem_at(r->bench.memory, rig_aux_addr(rig_command(r, PLAN_OP_MASK, BLOCK)));
    row[deciding_channel(r)] ^= 0x80; /* one row holds them: the network has at most 9 words of channels */
    rig_run(r);
    rig_expect_first(r, SCOREBOARD_MISMATCH, "b2.mask", "a bit of a mask weight");
}

static bool has_fault(const rig *r, scoreboard_fault fault) {
    for (int i = 0; i < r->reports && i < RIG_REPORTS; i++)
        if (r->report[i].fault == fault) return true;
    return false;
}

/* One position less and one more than expected, in a block of stride 1. */
static void move_position(rig *r) {
    uint8_t *rows = axi_mem_at(r->bench.memory, rig_aux_addr(rig_command(r, PLAN_OP_MASK, LAST)));
    cr_assert_eq(r->m.layers[LAST].stride, 1);
    cr_assert_eq(rows[0] & 7, 3, "%d", rows[0]);
    rows[0] ^= 6;
    rig_run(r);
    cr_expect_eq(r->status, DP_MISMATCH);
    cr_expect_str_eq(r->report[0].name, "b3.conv1", "%s", r->report[0].name);
    cr_expect(has_fault(r, SCOREBOARD_MISSING), "%s", r->api->geometry.name);
    cr_expect(has_fault(r, SCOREBOARD_UNEXPECTED), "%s", r->api->geometry.name);
}

Test(faults, wrong_spatial_masks_are_found) {
    on_both(RIG_COMPUTED, flip_mask_weight);
    on_both(RIG_GIVEN, move_position);
}

static void flip_saliency(rig *r) {
    uint8_t *command = rig_conv(r, PREVIOUS, DP_CONV2);
    int channel = 0;
    while (r->golden.layers[PREVIOUS].pooled[channel] == 0) channel++;
    record(r, command, channel / PLAN_OCTET)[QUANT_BEATS * PLAN_BEAT + PLAN_OCTET + channel % PLAN_OCTET] ^= 1; /* of group 1 */
    rig_run(r);
    rig_expect_first(r, SCOREBOARD_MISMATCH, "b1.score", "a bit of a saliency weight");
    cr_expect_eq(r->report[0].k, 1);
}

static void flip_saliency_bias(rig *r) {
    axi_mem_at(r->bench.memory, rig_aux_addr(rig_conv(r, PREVIOUS, DP_CONV2)))[2 * 4] ^= 1; /* of group 2 */
    rig_run(r);
    rig_expect_first(r, SCOREBOARD_MISMATCH, "b1.score", "a bit of a saliency bias");
    cr_expect_eq(r->report[0].k, 2);
}

/* Another group than the scores say is fetched and computed: the number of beats stays the same. */
static void swap_groups(rig *r) {
    uint8_t *bitmap = axi_mem_at(r->bench.memory, rig_aux_addr(rig_command(r, PLAN_OP_GROUPS, BLOCK)));
    cr_assert_eq(bitmap[0], 3);
    bitmap[0] = 5;
    rig_run(r);
    rig_expect_first(r, SCOREBOARD_MISMATCH, "b2.conv1", "another group");
    cr_expect_null(rig_find(r, "weight beats"));
}

Test(faults, wrong_scores_and_groups_are_found) {
    on_both(RIG_COMPUTED, flip_saliency);
    on_both(RIG_COMPUTED, flip_saliency_bias);
    on_both(RIG_GIVEN, swap_groups);
}

static void repeat_convolution(rig *r) {
    memcpy(rig_conv(r, BLOCK, DP_CONV2), rig_conv(r, BLOCK, DP_CONV1), PLAN_COMMAND_BYTES);
    rig_run(r);
    cr_expect_eq(r->status, DP_MISMATCH);
    cr_expect(has_fault(r, SCOREBOARD_DUPLICATE), "%s", r->api->geometry.name);
}

Test(faults, a_convolution_that_runs_twice_is_found) { on_both(RIG_GIVEN, repeat_convolution); }

/* Expectations: a hardware that computes something else than golden, in any place. */

static int kept_output(const rig *r, int layer) {
    const golden_layer *g = &r->golden.layers[layer];
    int at = 0;
    while (g->mout[at] == 0) at++;
    return at;
}

static void spoil_output(rig *r) {
    const dp_layer *l = &r->m.layers[BLOCK];
    golden_conv *last = &r->golden.layers[BLOCK].conv[l->convs - 1];
    int at = kept_output(r, BLOCK), k = l->out - 1;
    last->y[at * l->out + k] ^= 1;
    rig_run(r);
    rig_expect_first(r, SCOREBOARD_MISMATCH, "b2.conv2", "an output");
    const scoreboard_report *first = &r->report[0];
    cr_expect(first->y == at / l->out_w && first->x == at % l->out_w && first->k == k && (first->got ^ first->want) == 1);
    cr_expect_eq(r->reports, 1);
}

static void spoil_accumulator(rig *r) {
    r->golden.layers[0].conv[0].acc[0] ^= 1;
    rig_run(r);
    rig_expect_first(r, SCOREBOARD_MISMATCH, "stem.conv", "an accumulator");
    cr_expect_eq(r->reports, 1);
}

static void spoil_mask(rig *r) {
    r->golden.layers[LAST].min[0] ^= 1;
    rig_run(r);
    cr_expect_eq(r->status, DP_MISMATCH);
    cr_expect_not_null(rig_find(r, "b3.mask"));
}

static void spoil_score(rig *r) {
    r->golden.layers[BLOCK].score[0] += (int64_t)1 << 40;
    rig_run(r);
    rig_expect_first(r, SCOREBOARD_MISMATCH, "b1.score", "a score");
    cr_expect_eq(r->reports, 1);
}

static void spoil_groups(rig *r) {
    uint8_t *keep = r->golden.layers[BLOCK].group_keep;
    int kept = first_kept_group(r, BLOCK), pruned = 0;
    while (keep[pruned] != 0) pruned++;
    keep[kept] = 0;
    keep[pruned] = 1;
    rig_run(r);
    rig_expect_first(r, SCOREBOARD_MISMATCH, "b1.groups", "a chosen group");
}

static void spoil_logit(rig *r) {
    r->golden.logits[r->m.classes - 1]++;
    rig_run(r);
    rig_expect_first(r, SCOREBOARD_MISMATCH, "head.logits", "a logit");
    cr_expect_eq(r->report[0].k, r->m.classes - 1);
    cr_expect_eq(r->reports, 2); /* and in memory */
}

static void spoil_memory(rig *r) {
    r->spoil_logits = true;
    rig_run(r);
    rig_expect_first(r, SCOREBOARD_MISMATCH, "head.memory", "a logit in memory");
    cr_expect_eq(r->reports, 1);
}

Test(faults, every_kind_of_tile_is_compared) {
    static fault_test *const spoilers[] = {spoil_output, spoil_accumulator, spoil_mask,  spoil_score,
                                           spoil_groups, spoil_logit,       spoil_memory};
    for (size_t i = 0; i < sizeof spoilers / sizeof *spoilers; i++) on_both(RIG_COMPUTED, spoilers[i]);
}

/* Work: nothing pruned where the masks say so, or the other way round. */

static void expect_counts(rig *r, const char *what) {
    rig_run(r);
    cr_expect_eq(r->status, DP_MISMATCH, "%s on %s", what, r->api->geometry.name);
    cr_expect_not_null(rig_find(r, " MACs"), "%s on %s", what, r->api->geometry.name);
    cr_expect_not_null(rig_find(r, " weight beats"), "%s on %s", what, r->api->geometry.name);
}

/* A block whose last group is zero: pruned or not, its outputs are the same, and so are the slices of 16 channels. */
static void open_block(rig *r, bool dense_memory, bool dense_expected, const char *build) {
    gen_options o = gen_defaults("block:9x9x32");
    o.keep_channel = 0.75;
    o.group = 8;
    *r = (rig){.reports = 0};
    cr_assert_eq(gen_network(&o, &r->m, &r->err), DP_OK, "%s", r->err.text);
    dp_layer *l = &r->m.layers[0];
    const dp_conv *conv = &l->conv[0];
    for (int g = 0; g < 4; g++) ((uint8_t *)l->channel_given)[g] = g < 3;
    for (int oc = 24; oc < 32; oc++) { /* a generated network's tensors are its own */
        memset((int8_t *)conv->weight + (size_t)(oc * conv->cin) * TAPS, 0, (size_t)conv->cin * TAPS);
        ((int64_t *)conv->bias)[oc] = 0;
    }
    rig_open_model(r, build, dense_memory, dense_expected);
}

static void compare_work(const char *build) {
    for (int way = 0; way < 4; way++) {
        bool dense_memory = way % 2 != 0, dense_expected = way / 2 != 0;
        rig r;
        open_block(&r, dense_memory, dense_expected, build);
        if (dense_memory == dense_expected) run_clean(&r);
        if (dense_memory != dense_expected) expect_counts(&r, "right values by wrong work");
        cr_expect_eq(r.board.tiles_failed, 0, "%s", build);
        rig_close(&r);
    }
}

Test(faults, right_values_by_too_much_or_too_little_work_are_found) {
    compare_work("parallel-mid");
    compare_work("serial-mid");
}

static bool half(int y, int x, int h, int w) {
    (void)h, (void)w;
    return (y + x) % 2 == 0;
}

Test(faults, a_design_that_prunes_nothing_or_too_much_is_found) {
    for (int way = 0; way < 4; way++) {
        rig r = {.reports = 0};
        e2e_network(&r.m, false);
        e2e_give_masks(&r.m, &r.masks, half, 2);
        rig_open_model(&r, builds[way / 2], way % 2 != 0, way % 2 == 0);
        expect_counts(&r, way % 2 != 0 ? "prunes nothing" : "prunes what is to be computed");
        cr_expect_gt(r.board.tiles_failed, 0);
        rig_close(&r);
    }
}

/* Serial: pruned positions hold zeros anyway, but their taps are to be skipped. */
Test(faults, taps_that_are_not_skipped_are_found) {
    gen_options o = gen_defaults("block:9x9x16");
    o.keep_spatial = 0.5;
    for (int masked = 0; masked < 2; masked++) {
        rig r = {.reports = 0};
        cr_assert_eq(gen_network(&o, &r.m, &r.err), DP_OK, "%s", r.err.text);
        rig_open_model(&r, "serial-small", false, false);
        for (int i = 0; i < 9 * 9 * 16; i++)
            if (r.m.layers[0].spatial_given[i / 16] == 0) r.image[i] = 0;
        golden_compute(&r.golden, r.image);
        memcpy(axi_mem_at(r.bench.memory, r.image_addr), r.image, 9 * 9 * 16);
        uint8_t *flags = rig_conv(&r, 0, DP_CONV1) + 4;
        if (masked == 0) flags[0] = (uint8_t)(flags[0] & ~PLAN_IN_MASKED);
        if (masked != 0) run_clean(&r);
        if (masked == 0) {
            rig_run(&r);
            rig_expect_first(&r, SCOREBOARD_MISMATCH, "b1.conv1 MACs", "taps on pruned positions");
            cr_expect_eq(r.reports, 1);
        }
        rig_close(&r);
    }
}

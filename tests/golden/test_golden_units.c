/* The golden reference's units on cases small enough to compute by hand. */
#include <criterion/criterion.h>
#include <string.h>

#include "golden_mask.h"
#include "golden_requant.h"

/* A convolution of one channel, for its requantization only. */
typedef struct {
    int16_t mult;
    uint8_t shift;
    int64_t bias;
    int32_t res_mult;
} scale;

static int requantize(scale s, int32_t acc, int8_t identity, bool residual, bool relu) {
    dp_conv conv = {.cout = 1, .mult = &s.mult, .shift = &s.shift, .bias = &s.bias, .res_mult = residual ? &s.res_mult : NULL};
    return golden_requantize(&conv, 0, acc, identity, relu);
}

static const scale published = {.mult = 1, .shift = 10, .bias = 0, .res_mult = 1 << 10};

Test(requantize, shift_rounds_down) {
    cr_expect_eq(requantize(published, 1023, 0, false, false), 0);
    cr_expect_eq(requantize(published, 1024, 0, false, false), 1);
    cr_expect_eq(requantize(published, -1, 0, false, false), -1);
    cr_expect_eq(requantize(published, -1024, 0, false, false), -1);
    cr_expect_eq(requantize(published, -1025, 0, false, false), -2);
}

Test(requantize, clamps_at_both_ends) {
    cr_expect_eq(requantize(published, 127 * 1024 + 1023, 0, false, false), 127);
    cr_expect_eq(requantize(published, 128 * 1024, 0, false, false), 127);
    cr_expect_eq(requantize(published, -128 * 1024, 0, false, false), -128);
    cr_expect_eq(requantize(published, -128 * 1024 - 1, 0, false, false), -128);
    cr_expect_eq(requantize(published, INT32_MAX, 0, false, false), 127);
    cr_expect_eq(requantize(published, INT32_MIN, 0, false, false), -128);
}

Test(requantize, relu_only_raises_the_lower_bound) {
    cr_expect_eq(requantize(published, -1, 0, false, true), 0);
    cr_expect_eq(requantize(published, INT32_MIN, 0, false, true), 0);
    cr_expect_eq(requantize(published, 5 * 1024, 0, false, true), 5);
    cr_expect_eq(requantize(published, INT32_MAX, 0, false, true), 127);
}

/* clamp((acc >> 10) + id), for identities of either sign. */
Test(requantize, published_arithmetic) {
    for (int acc = -300000; acc <= 300000; acc += 37) {
        for (int id = -128; id <= 127; id += 15) {
            int sum = (acc - ((acc % 1024 + 1024) % 1024)) / 1024 + id;
            int want = sum < -128 ? -128 : sum > 127 ? 127 : sum;
            cr_assert_eq(requantize(published, acc, (int8_t)id, true, false), want, "acc %d id %d", acc, id);
        }
    }
}

Test(requantize, residual_is_added_before_the_shift) {
    scale s = {.mult = 3, .shift = 4, .bias = 8, .res_mult = 5};
    cr_expect_eq(requantize(s, 7, 2, true, false), (7 * 3 + 8 + 2 * 5) >> 4); /* 39 >> 4 = 2 */
    cr_expect_eq(requantize(s, 7, 2, false, false), (7 * 3 + 8) >> 4); /* 29 >> 4 = 1 */
    cr_expect_eq(requantize(s, -7, -2, true, false), -2); /* -23 >> 4 */
}

Test(requantize, sum_is_formed_at_full_width) {
    const int64_t product = (int64_t)INT32_MAX * INT16_MAX;
    scale s = {.mult = INT16_MAX, .shift = 31, .bias = ((int64_t)5 << 31) - product, .res_mult = INT32_MAX};
    cr_expect_eq(requantize(s, INT32_MAX, 0, true, false), 5);
    cr_expect_eq(requantize(s, INT32_MAX, -1, true, false), 4); /* (5 * 2^31 - 2^31 + 1) >> 31 */
    cr_expect_eq(requantize(s, INT32_MAX, 127, true, false), 127);
    scale widest = {.mult = INT16_MAX, .shift = 0, .bias = ((int64_t)1 << 47) - 1, .res_mult = INT32_MAX};
    cr_expect_eq(requantize(widest, INT32_MAX, 127, true, false), 127);
    cr_expect_eq(requantize(widest, INT32_MIN, -128, true, false), 127); /* the bias outweighs both: 2^47-1 - 2^46 - 2^38 */
    widest.bias = -widest.bias;
    cr_expect_eq(requantize(widest, INT32_MIN, -128, true, false), -128);
}

Test(finish, pruned_positions_hold_the_identity) {
    int16_t mult[2] = {1, 1};
    uint8_t shift[2] = {0, 0}, keep[2] = {1, 0};
    int64_t bias[2] = {0, 0};
    int32_t res_mult[2] = {1, 1}, acc[4] = {3, -9, 0, 0};
    int8_t identity[4] = {4, 5, -6, 7}, y[4];
    dp_conv conv = {.cout = 2, .out_h = 1, .out_w = 2, .mult = mult, .shift = shift, .bias = bias, .res_mult = res_mult};
    golden_conv c = {.conv = &conv, .y = y, .acc = acc, .out_keep = keep};
    golden_finish_residual(&c, identity);
    const int8_t want[4] = {7, 0, 0, 7};
    cr_expect_eq(memcmp(y, want, sizeof want), 0);
}

Test(finish, shortcut_has_a_relu_only_where_pruned) {
    int16_t mult[1] = {1};
    uint8_t shift[1] = {0}, keep[2] = {1, 0};
    int64_t bias[1] = {0};
    int32_t acc[2] = {-3, -4};
    int8_t y[2];
    dp_conv conv = {.cout = 1, .out_h = 1, .out_w = 2, .mult = mult, .shift = shift, .bias = bias};
    golden_conv c = {.conv = &conv, .y = y, .acc = acc};
    golden_finish_shortcut(&c, keep);
    cr_expect_eq(y[0], -3);
    cr_expect_eq(y[1], 0);
    golden_finish_shortcut(&c, NULL);
    cr_expect_eq(y[1], -4);
}

/* Whatever factors the convolution brings: an identity is added in the last one of a block only. */
Test(finish, nothing_is_added_but_a_residual) {
    int16_t mult[2] = {1, 1};
    uint8_t shift[2] = {0, 0};
    int64_t bias[2] = {0, 0};
    int32_t acc[2] = {3, 4}, res_mult[2] = {50, 60};
    int8_t y[3] = {0, 0, 77};
    dp_conv conv = {.cout = 2, .out_h = 1, .out_w = 1, .mult = mult, .shift = shift, .bias = bias, .res_mult = res_mult};
    golden_conv c = {.conv = &conv, .y = y, .acc = acc};
    golden_finish_shortcut(&c, NULL);
    cr_expect(y[0] == 3 && y[1] == 4 && y[2] == 77);
    golden_finish_inner(&c, NULL, 1);
    cr_expect(y[0] == 3 && y[1] == 4 && y[2] == 77);
    golden_finish_residual(&c, (int8_t[]){1, -1, 1});
    cr_expect(y[0] == 53 && y[1] == 0 && y[2] == 77);
}

Test(mask, a_position_stays_only_above_zero) {
    const int8_t x[] = {1, 2, 2, 1, 0, 0, -128, 0}, weight[] = {2, -1};
    uint8_t keep[4];
    golden_mask_positions(x, 4, 2, weight, 0, keep); /* 0, 3, 0, -256 */
    cr_expect_eq(memcmp(keep, (uint8_t[]){0, 1, 0, 0}, 4), 0);
    golden_mask_positions(x, 4, 2, weight, 1, keep);
    cr_expect_eq(memcmp(keep, (uint8_t[]){1, 1, 1, 0}, 4), 0);
    golden_mask_positions(x, 4, 2, weight, -3, keep);
    cr_expect_eq(memcmp(keep, (uint8_t[]){0, 0, 0, 0}, 4), 0);
}

Test(mask, halving_keeps_what_any_of_four_keeps) {
    const uint8_t keep[3 * 5] = {0, 0, 0, 1, 0, /**/ 0, 1, 0, 0, 0, /**/ 0, 0, 0, 0, 1};
    uint8_t half[2 * 3];
    golden_mask_halve(keep, 3, 5, half);
    cr_expect_eq(memcmp(half, (uint8_t[]){1, 1, 0, 0, 0, 1}, 6), 0);
}

Test(mask, pooling_sees_kept_positions_only) {
    const int8_t x[3 * 2] = {1, -5, 100, 100, -3, -7};
    const uint8_t keep[3] = {1, 0, 1}, none[3] = {0, 0, 0};
    int32_t s[2];
    cr_expect_eq(golden_pool(x, 3, 2, keep, DP_POOL_AVG, s), 2);
    cr_expect(s[0] == -2 && s[1] == -12);
    cr_expect_eq(golden_pool(x, 3, 2, keep, DP_POOL_MAX, s), 1);
    cr_expect(s[0] == 1 && s[1] == -5);
    cr_expect_eq(golden_pool(x, 3, 2, NULL, DP_POOL_AVG, s), 3);
    cr_expect(s[0] == 98 && s[1] == 88);
    cr_expect_eq(golden_pool(x, 3, 2, none, DP_POOL_AVG, s), 0);
    cr_expect(s[0] == 0 && s[1] == 0);
    cr_expect_eq(golden_pool(x, 3, 2, none, DP_POOL_MAX, s), 1);
    cr_expect(s[0] == -128 && s[1] == -128);
}

Test(mask, scores_count_the_bias_once_per_position) {
    const int8_t weight[2 * 2 + 2] = {1, 2, -3, 4, 5, 6};
    const int32_t bias[3] = {10, -20, 30}, s[3] = {5, 7, 1000};
    dp_layer block = {.in = 2, .groups = 2, .channel_weight = weight, .channel_bias = bias};
    int64_t score[3] = {0, 0, 77};
    golden_mask_scores(&block, s, 3, score);
    cr_expect_eq(score[0], 5 + 14 + 30);
    cr_expect_eq(score[1], -15 + 28 - 60);
    cr_expect_eq(score[2], 77, "there are two groups");
}

Test(mask, ties_go_to_the_lower_group) {
    const int64_t score[6] = {2, 7, 7, 2, 7, 9};
    const uint8_t want[6][5] = {{0, 0, 0, 0, 0}, {0, 1, 0, 0, 0}, {0, 1, 1, 0, 0},
                                {0, 1, 1, 0, 1}, {1, 1, 1, 0, 1}, {1, 1, 1, 1, 1}};
    for (int count = 0; count <= 5; count++) {
        uint8_t keep[6] = {7, 7, 7, 7, 7, 7};
        golden_mask_groups(score, 5, count, keep);
        cr_expect_eq(memcmp(keep, want[count], 5), 0, "%d groups", count);
        cr_expect_eq(keep[5], 7, "there are five");
    }
}

Test(max_pool, odd_map_and_padding) {
    const int8_t conv[3 * 3] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    int8_t out[4];
    golden_max_pool(conv, 3, 3, 1, out, 2, 2);
    cr_expect_eq(memcmp(out, (int8_t[]){5, 6, 8, 9}, 4), 0);
}

/* What is freed is empty, and may be freed again. */
Test(golden_run, is_empty_when_it_is_freed) {
    dp_model m = {.name = "nothing"};
    golden_run run;
    cr_assert_eq(golden_create(&run, &m, (golden_options){0}, NULL), DP_OK);
    golden_free(&run);
    cr_expect(run.arena == NULL && run.layers == NULL && run.logits == NULL && run.top1 == -1);
    golden_free(&run);
}

/* A network that is only a head: four positions of two channels. */
Test(head, sums_positions_and_breaks_ties_to_the_lower_class) {
    const int8_t x[4 * 2] = {1, 0, 2, 1, 3, 0, -1, 1}, weight[4 * 2] = {1, 0, 2, 1, 2, 1, 0, 0}; /* S = 5, 2 */
    const int32_t bias[4] = {0, -1, -1, 11};
    dp_layer head = {.kind = DP_HEAD, .in = 2, .out = 4, .stride = 1, .in_h = 2, .in_w = 2, .out_h = 1, .out_w = 1};
    head.head_weight = weight;
    head.head_bias = bias;
    dp_model m = {.name = "head", .classes = 4, .in_h = 2, .in_w = 2, .in_c = 2, .layer_count = 1, .layers = &head};
    golden_run run;
    cr_assert_eq(golden_create(&run, &m, (golden_options){0}, NULL), DP_OK);
    golden_compute(&run, x);
    cr_expect_eq(memcmp(run.logits, (int32_t[]){5, 11, 11, 11}, 16), 0);
    cr_expect_eq(run.top1, 1);
    golden_free(&run);
}

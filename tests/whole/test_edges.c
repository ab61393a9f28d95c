/* What networks seldom have, whole and on the RTL: factors of 0, logits that are equal, scores of 64 groups. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "e2e.h"
#include "golden.h"

enum { IMAGES = 2, STALL = 30, GROUPS = 64 };

TestSuite(edges, .timeout = 900);

static void expect_equal(const char *build, dp_model *m, const char *what) {
    const dut_api *api = e2e_load(build);
    image_set images;
    e2e_outcome out;
    e2e_random_images(&images, m, IMAGES, 9, true);
    for (int i = 0; i < 2; i++)
        e2e_expect_equal(api, m, &images,
                         &(e2e_settings){.count = IMAGES, .stall = i * STALL, .plan.schedule = i == 0 ? PLAN_GANG : PLAN_CHAINS},
                         &out, what);
    free(images.pixels);
}

/* What an output is then follows from bias and identity alone; every third channel, so that others are beside it. */
static void factors_of_zero(const char *build) {
    dp_model m;
    e2e_masks masks;
    for (int bottleneck = 0; bottleneck < 2; bottleneck++) {
        e2e_network(&m, bottleneck != 0);
        e2e_compute_masks(&m, &masks, 300, 2, DP_POOL_AVG, false);
        for (int i = 0; i < m.layer_count; i++)
            for (int k = 0; k < m.layers[i].convs; k++)
                for (int oc = 0; oc < m.layers[i].conv[k].cout; oc += 3) ((int16_t *)m.layers[i].conv[k].mult)[oc] = 0;
        expect_equal(build, &m, "mult 0");
        dp_model_free(&m);
    }
}

Test(edges, factors_of_zero_on_parallel) { factors_of_zero("parallel-small.check"); }
Test(edges, factors_of_zero_on_serial) { factors_of_zero("serial-small.check"); }

/* All classes alike: logits are the same, and the first class wins. */
static void equal_logits(const char *build) {
    dp_model m;
    e2e_network(&m, false);
    dp_layer *head = &m.layers[m.layer_count - 1];
    cr_assert(head->kind == DP_HEAD && head->out > 2);
    for (int o = 1; o < head->out; o++) {
        memcpy((int8_t *)head->head_weight + (size_t)o * (size_t)head->in, head->head_weight, (size_t)head->in);
        ((int32_t *)head->head_bias)[o] = head->head_bias[0];
    }
    expect_equal(build, &m, "equal logits");
    golden_run run;
    dp_error err;
    int8_t *image = random_image(&m, 9);
    cr_assert_eq(golden_create(&run, &m, (golden_options){0}, &err), DP_OK, "%s", err.text);
    golden_compute(&run, image);
    for (int o = 1; o < head->out; o++) cr_assert_eq(run.logits[o], run.logits[0]);
    cr_assert_eq(run.top1, 0);
    free(image);
    golden_free(&run);
    dp_model_free(&m);
}

Test(edges, equal_logits_on_parallel) { equal_logits("parallel-small.check"); }
Test(edges, equal_logits_on_serial) { equal_logits("serial-small.check"); }

static bool scores_all_groups(const dp_model *m) {
    for (int i = 0; i < m->layer_count; i++)
        if (dp_is_block(&m->layers[i]) && m->layers[i].groups == GROUPS && m->layers[i].channel == DP_MASK_UNIT) return true;
    return false;
}

/* As many as there can be, and a choice of some of them. */
static void scores_of_64_groups(const char *build) {
    enum { MOST_SEEDS = 4000, WANTED = 2 };
    const dut_api *api = e2e_load(build);
    int ran = 0;
    for (uint64_t seed = 1; seed <= MOST_SEEDS && ran < WANTED; seed++) {
        dp_model m;
        dp_error err = {""};
        e2e_fit fit;
        cr_assert_eq(gen_random_flavour("random:groups", seed, &m, &err), DP_OK, "%s", err.text);
        if (scores_all_groups(&m) && e2e_fits(&m, api, (plan_options){0}, &fit)) {
            expect_equal(build, &m, m.name);
            ran++;
        }
        dp_model_free(&m);
    }
    cr_assert_eq(ran, WANTED, "%d networks of %d groups", ran, (int)GROUPS);
}

Test(edges, scores_of_64_groups_on_parallel) { scores_of_64_groups("parallel-mid"); }
Test(edges, scores_of_64_groups_on_serial) { scores_of_64_groups("serial-mid"); }

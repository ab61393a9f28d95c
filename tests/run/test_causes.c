/* What the cycles of every layer were spent on adds up to them, and the busy ones are those of the records of retirement. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "e2e.h"
#include "sim.h"

TestSuite(causes, .timeout = 300);

enum { LAYERS = 32 };

typedef struct {
    results out;
    uint64_t busy[LAYERS];
    int retired;
} watched;

static void watch(void *context, const dut_out *o) {
    watched *w = context;
    if (o->done_valid) w->busy[w->retired++ % w->out.layer_count] += o->done_busy;
}

static void expect_sums(const char *build, int images, int stall) {
    watched w = {.retired = 0};
    dp_model model;
    e2e_masks masks;
    image_set set;
    sim_failure failure;
    dp_error err;
    sim_options o = sim_defaults(e2e_load(build));
    e2e_network(&model, false);
    e2e_compute_masks(&model, &masks, 0, 2, DP_POOL_MAX, false);
    e2e_random_images(&set, &model, images, 1, true);
    o.count = images;
    o.bench.memory.stall = stall;
    o.watch = watch;
    o.watch_context = &w;
    cr_assert_eq(sim_run(&model, &set, &o, &w.out, &failure, &err), DP_OK, "%s", err.text);
    for (int l = 0; l < w.out.layer_count; l++) {
        const layer_result *layer = &w.out.layers[l];
        uint64_t sum = 0;
        for (int k = 0; k < DUT_CAUSES; k++) sum += layer->cause[k];
        cr_assert_eq(sum, layer->cycles, "%s of %s, %d images: %d instead of %d", layer->name, build, images, (int)sum,
                     (int)layer->cycles);
        cr_assert_eq(layer->cause[DUT_BUSY], w.busy[l], "%s of %s", layer->name, build);
    }
    results_free(&w.out);
    free(set.pixels);
    dp_model_free(&model);
}

Test(causes, sum_up_to_the_cycles) {
    static const char *const builds[] = {"parallel-small", "serial-small"};
    for (int n = 0; n < 8; n++) expect_sums(builds[n % 2], n / 2 % 2 == 0 ? 1 : 3, n / 4 == 0 ? 0 : 40);
}

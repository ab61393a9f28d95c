/* The comparison of test_cycle_model.c sees a model that is told of another memory, or of other masks; that of check-model.sh sees a
   cycle. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cycle_counts.h"
#include "e2e.h"
#include "gen.h"

TestSuite(cycle_bites, .timeout = 900);

static const plan_options gang = {.schedule = PLAN_GANG}, chain = {.schedule = PLAN_CHAINS};

typedef struct {
    const dut_api *api;
    dp_model m;
    image_set images;
    plan p;
    counted c;
    golden_run golden;
    int8_t *pixels;
    cycle_memory_options memory;
} bite;

static void bite_start(bite *b, const char *build, plan_options plan) {
    dp_error err = {""};
    b->api = e2e_load(build);
    gen_options half = gen_defaults("resnet20");
    half.keep_spatial = half.keep_channel = 0.5;
    cr_assert_eq(gen_network(&half, &b->m, &err), DP_OK, "%s", err.text);
    e2e_random_images(&b->images, &b->m, 1, 1, true);
    counted_run(b->api, &b->m, &b->images, &(counted_setting){.count = 1, .plan = plan}, &b->p, &b->c);
    b->pixels = malloc(b->images.image_bytes);
    cr_assert_not_null(b->pixels);
    image_get(&b->images, 0, b->pixels);
    cr_assert_eq(golden_create(&b->golden, &b->m, (golden_options){.dense = false}, &err), DP_OK, "%s", err.text);
    golden_compute(&b->golden, b->pixels);
    axi_mem_options usual = axi_mem_defaults();
    b->memory = (cycle_memory_options){usual.latency, usual.bandwidth, usual.reads};
}

static int bite_differences(bite *b) {
    cycle_model *model;
    dp_error err = {""};
    cr_assert_eq(cycle_model_create(&model, &b->p, &b->memory, &err), DP_OK, "%s", err.text);
    cr_assert_eq(cycle_model_image(model, &b->golden, NULL, &err), DP_OK, "%s", err.text);
    int count = counted_differences(&b->c, cycle_model_layers(model), NULL);
    cycle_model_destroy(model);
    return count;
}

static void bite_end(bite *b) {
    golden_free(&b->golden);
    free(b->pixels);
    results_free(&b->c.r);
    plan_free(&b->p);
    free(b->images.pixels);
    dp_model_free(&b->m);
}

static void sees_another_memory(const char *build, plan_options plan) {
    bite b;
    bite_start(&b, build, plan);
    cr_expect_eq(bite_differences(&b), 0);
    b.memory.latency++;
    cr_expect_gt(bite_differences(&b), 0, "latency");
    b.memory.latency--;
    b.memory.bandwidth /= 2;
    cr_expect_gt(bite_differences(&b), 0, "bandwidth");
    b.memory.bandwidth *= 2;
    b.memory.reads = 1;
    cr_expect_gt(bite_differences(&b), 0, "reads");
    bite_end(&b);
}

Test(cycle_bites, sees_another_memory_on_serial) {
    sees_another_memory("serial-small", gang);
    sees_another_memory("serial-small", chain);
}
Test(cycle_bites, sees_another_memory_on_parallel) {
    sees_another_memory("parallel-small", gang);
    sees_another_memory("parallel-small", chain);
}

/* One position more or less in every block's mask, and one group less. */
static void sees_other_masks(const char *build, plan_options plan) {
    bite b;
    bite_start(&b, build, plan);
    for (int i = 0; i < b.m.layer_count; i++) {
        golden_layer *g = &b.golden.layers[i];
        if (g->min == NULL) continue;
        g->mout[0] = !g->mout[0];
        cr_expect_gt(bite_differences(&b), 0, "a position of %s", g->layer->name);
        g->mout[0] = !g->mout[0];
        int group = 0;
        while (g->group_keep[group] == 0) group++;
        g->group_keep[group] = 0;
        cr_expect_gt(bite_differences(&b), 0, "a group of %s", g->layer->name);
        g->group_keep[group] = 1;
    }
    cr_expect_eq(bite_differences(&b), 0);
    bite_end(&b);
}

Test(cycle_bites, sees_other_masks_on_serial) {
    sees_other_masks("serial-small", gang);
    sees_other_masks("serial-small", chain);
}
Test(cycle_bites, sees_other_masks_on_parallel) {
    sees_other_masks("parallel-small", gang);
    sees_other_masks("parallel-small", chain);
}

/* scripts/check/check-model.sh on a file of results: its exit code. */
static int check_script(const char *cycles, const char *layer, const char *path) {
    char command[128];
    FILE *f = fopen(path, "w");
    cr_assert_not_null(f);
    (void)fprintf(f,
                  "{\"status\":\"ok\",\"case\":{\"schedule\":\"gang\",\"stall\":0,\"keep_spatial\":1,\"keep_channel\":1,"
                  "\"scope\":\"block\"},\"result\":{\"model\":\"m\",\"build\":\"b\",\"cycles\":100,\"model_cycles\":%s,"
                  "\"layers\":[{\"name\":\"stem\",\"cycles\":90,\"model_cycles\":%s}]}}\n",
                  cycles, layer);
    cr_assert_eq(fclose(f), 0);
    (void)snprintf(command, sizeof command, "scripts/check/check-model.sh %s >/dev/null 2>&1", path);
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Test(cycle_bites, check_script_sees_a_cycle) {
    char path[64];
    (void)snprintf(path, sizeof path, "/tmp/dpacs-model-%ld.jsonl", (long)getpid());
    cr_expect_eq(check_script("100", "90", path), 0);
    cr_expect_eq(check_script("101", "90", path), 1);
    cr_expect_eq(check_script("100", "89", path), 1);
    cr_expect_neq(check_script("null", "90", path), 0);
    FILE *f = fopen(path, "w");
    cr_assert_not_null(f);
    cr_assert_eq(fclose(f), 0);
    char command[128];
    (void)snprintf(command, sizeof command, "scripts/check/check-model.sh %s >/dev/null 2>&1", path);
    cr_expect_neq(system(command), 0, "no results are no agreement");
    (void)unlink(path);
}

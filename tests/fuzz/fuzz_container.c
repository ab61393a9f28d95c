/* Model containers, whose checksum is put right first. What loads is planned, and computed twice: golden and naive agree on every
   logit and every final map. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "container.h"
#include "fuzz_box.h"
#include "gen.h"
#include "naive.h"
#include "plan.h"
#include "rng.h"

static const double max_macs = 3e6;

static void compare(const dp_model *model, bool dense) {
    size_t size = (size_t)model->in_h * (size_t)model->in_w * (size_t)model->in_c;
    int8_t *image = malloc(size);
    golden_run golden;
    naive_result naive;
    dp_error err;
    rng random;
    rng_seed(&random, size);
    fuzz_expect(image != NULL, "no memory");
    for (size_t i = 0; i < size; i++) image[i] = (int8_t)rng_next(&random);
    fuzz_expect(golden_create(&golden, model, (golden_options){.dense = dense}, &err) == DP_OK, err.text);
    golden_compute(&golden, image);
    naive_compute(model, image, (golden_options){.dense = dense}, &naive);
    for (int l = 0; l < model->layer_count; l++) {
        const dp_layer *layer = &model->layers[l];
        if (layer->kind != DP_HEAD)
            fuzz_expect(memcmp(golden.layers[l].out, naive.layers[l].out,
                               (size_t)layer->out_h * (size_t)layer->out_w * (size_t)layer->out) == 0,
                        "golden and naive have another map");
    }
    if (golden.logits != NULL)
        fuzz_expect(memcmp(golden.logits, naive.logits, (size_t)model->classes * sizeof *naive.logits) == 0 &&
                        golden.top1 == naive.top1,
                    "golden and naive have other logits");
    naive_free(&naive);
    golden_free(&golden);
    free(image);
}

static void try_plan(const dp_model *model) {
    static const plan_geometry small = {
        .pi = 8, .po = 8, .prune = true, .map_words = 2048, .weight_rows = 320, .mask_w = 32, .patch_bytes = 32};
    plan p;
    dp_error err;
    for (int i = 0; i < PLAN_SCHEDULES; i++)
        if (plan_create(&p, model, &small, (plan_options){.schedule = (plan_schedule)i}, &err) == DP_OK) plan_free(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    dp_model model;
    dp_error err;
    uint8_t *copy = malloc(size + 1);
    fuzz_expect(copy != NULL, "no memory");
    memcpy(copy, data, size);
    if (size > CONTAINER_CRC_FROM) {
        uint32_t crc = (uint32_t)crc32_z(crc32_z(0, NULL, 0), copy + CONTAINER_CRC_FROM, size - CONTAINER_CRC_FROM);
        memcpy(copy + 12, &crc, sizeof crc);
    }
    const char *path = fuzz_file("x.dpm", copy, size);
    free(copy);
    if (dp_model_load(&model, path, &err) != DP_OK) return 0;
    if (gen_summarize(&model).macs < max_macs) {
        compare(&model, false);
        compare(&model, true);
        try_plan(&model);
    }
    dp_model_free(&model);
    return 0;
}

/* See wave_size.h. */
#include "wave_size.h"

#include <stdlib.h>

#include "build_choice.h"
#include "cycle_model.h"
#include "schedule.h"

/* Bytes of a traced cycle: docs/debugging.md has what was measured, from which these are fitted. A larger array has more signals, not all of
   which move. */
static const double bytes_a_cycle = 250, bytes_a_mac = 0.6, seconds_a_byte = 0.15e-6;

static dp_status predict_image(const plan *p, const dp_model *model, const int8_t *pixels, const cycle_memory_options *memory,
                               uint64_t *cycles, dp_error *err) {
    golden_run golden;
    cycle_model *cycle_counts = NULL;
    dp_status status = golden_create(&golden, model, (golden_options){.dense = p->dense}, err);
    if (status != DP_OK) return status;
    golden_compute(&golden, pixels);
    status = cycle_model_create(&cycle_counts, p, memory, err);
    if (status == DP_OK) status = cycle_model_image(cycle_counts, &golden, NULL, err);
    if (status == DP_OK) *cycles = cycle_model_cycles(cycle_counts);
    cycle_model_destroy(cycle_counts);
    golden_free(&golden);
    return status;
}

dp_status wave_size_predict(const dp_model *model, const image_set *images, const sim_options *o, wave_size *size,
                            dp_error *err) {
    cycle_memory_options memory = {o->bench.memory.latency, o->bench.memory.bandwidth, o->bench.memory.reads};
    plan_geometry geometry = build_geometry(&o->api->geometry);
    const bench_wave *wave = &o->bench.wave;
    plan p;
    uint64_t image = 0;
    dp_status status = schedule_plan(&p, model, &geometry, o->plan, &memory, images->pixels, err);
    if (status != DP_OK) return status;
    status = predict_image(&p, model, images->pixels + (size_t)o->first * images->image_bytes, &memory, &image, err);
    plan_free(&p);
    uint64_t run = image * (uint64_t)o->count, to = wave->to < run ? wave->to : run;
    size->cycles = to > wave->from ? to - wave->from : 0;
    size->bytes = (double)size->cycles * (bytes_a_cycle + bytes_a_mac * dut_peak_macs(&o->api->geometry));
    size->seconds = size->bytes * seconds_a_byte;
    return status;
}

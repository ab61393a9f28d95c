#include "results.h"

#include <inttypes.h>

#include <stdlib.h>
#include <string.h>

#include "input.h"

static const char *kind_of(const plan_conv *pc, const dp_layer *layer) {
    if (pc->conv == NULL) return "head";
    if (layer->kind == DP_STEM) return "stem";
    if (pc->conv->role == DP_SHORTCUT) return "shortcut";
    return pc->conv->kernel == 3 ? "conv3x3" : "conv1x1";
}

const char *results_name(const plan *p, const plan_conv *pc) {
    const dp_layer *layer = &p->model->layers[pc->layer];
    return dp_is_block(layer) ? pc->name : layer->name;
}

dp_status results_create(results *r, const plan *p, const dut_geometry *geometry, int bandwidth, dp_error *err) {
    *r = (results){
        .arch = geometry->parallel ? "parallel" : "serial",
        .schedule = plan_schedule_name(p->schedule),
        .chains = p->chains,
        .map_words = p->map_words,
        .peak_macs = dut_peak_macs(geometry),
        .bandwidth = bandwidth,
        .layer_count = p->convs,
        .masks_ignored = p->dense && input_has_masks(p->model),
    };
    memcpy(r->model, p->model->name, sizeof r->model);
    (void)snprintf(r->build, sizeof r->build, "%s", geometry->name);
    r->layers = calloc((size_t)p->convs, sizeof *r->layers);
    if (r->layers == NULL) return dp_fail(err, DP_NO_MEMORY, "%s: out of memory for results", r->model);
    for (int i = 0; i < p->model->layer_count; i++) r->blocks += dp_is_block(&p->model->layers[i]);
    for (int i = 0; i < p->convs; i++) {
        const plan_conv *pc = &p->conv[i];
        const dp_layer *layer = &p->model->layers[pc->layer];
        (void)snprintf(r->layers[i].name, sizeof r->layers[i].name, "%s", results_name(p, pc));
        r->layers[i].kind = kind_of(pc, layer);
        r->layers[i].layer = pc->layer;
    }
    return DP_OK;
}

void results_free(results *r) {
    free(r->layers);
    free(r->image_cycles);
    *r = (results){.layers = NULL};
}

static void add_conv(layer_result *to, const golden_layer *g, const golden_conv *c) {
    to->positions += (uint64_t)c->positions;
    to->positions_kept += (uint64_t)c->positions_kept;
    if (g->layer->kind == DP_STEM || c->conv->role == DP_SHORTCUT) return;
    to->groups += (uint64_t)g->layer->groups;
    to->groups_kept += (uint64_t)g->groups_kept;
}

static void add_work(results *r, const plan *p, const golden_run *run, int i) {
    const plan_conv *pc = &p->conv[i];
    const golden_layer *g = &run->layers[pc->layer];
    const workload_machine on = {p->geometry.parallel, r->peak_macs, r->bandwidth};
    layer_result *to = &r->layers[i], one = {.cycles = 0};
    if (pc->conv == NULL) {
        workload_head(run, pc->layer, &on, &one.limit);
        one.positions = one.positions_kept = 1;
    } else {
        int index = (int)(pc->conv - g->layer->conv);
        workload_conv(run, pc->layer, index, &on, &one.limit);
        add_conv(&one, g, &g->conv[index]);
    }
    for (int both = 0; both < 2; both++, to = &r->total) {
        workload_add(&to->limit, &one.limit);
        to->positions += one.positions;
        to->positions_kept += one.positions_kept;
        to->groups += one.groups;
        to->groups_kept += one.groups_kept;
    }
}

void results_add_image(results *r, const plan *p, const golden_run *run, const int32_t *logits, int label) {
    for (int i = 0; i < p->convs; i++) add_work(r, p, run, i);
    r->images++;
    if (label < 0 || logits == NULL || r->masks_ignored) return;
    int best = 0;
    for (int k = 1; k < p->model->classes; k++)
        if (logits[k] > logits[best]) best = k;
    r->labelled++;
    r->correct += best == label;
}

dp_status results_add_cycles(results *r, uint64_t cycles, dp_error *err) {
    if (r->images > r->image_room) {
        int room = 2 * r->images;
        uint64_t *more = realloc(r->image_cycles, (size_t)room * sizeof *more);
        if (more == NULL) return dp_fail(err, DP_NO_MEMORY, "%s: out of memory for results", r->model);
        r->image_cycles = more;
        r->image_room = room;
    }
    r->image_cycles[r->images - 1] = cycles;
    return DP_OK;
}

void results_add_hardware(results *r, const scoreboard *board, uint64_t beats_read, uint64_t beats_written) {
    uint64_t attributed = 0;
    for (int i = 0; i < r->layer_count; i++) {
        const scoreboard_layer *from = &board->layer[i];
        layer_result *to = &r->layers[i];
        to->cycles = from->cycles;
        memcpy(to->cause, from->cause, sizeof to->cause);
        to->bytes_weights = from->weight_beats * PLAN_BEAT;
        to->bytes_other = from->other_beats * PLAN_BEAT;
        attributed += from->weight_beats + from->other_beats;
    }
    if (beats_read > attributed) r->layers[0].bytes_other += (beats_read - attributed) * PLAN_BEAT;
    r->layers[r->layer_count - 1].bytes_other += beats_written * PLAN_BEAT;
    memset(r->total.cause, 0, sizeof r->total.cause);
    r->total.cycles = r->total.bytes_weights = r->total.bytes_other = 0;
    for (int i = 0; i < r->layer_count; i++) {
        r->total.cycles += r->layers[i].cycles;
        for (int k = 0; k < DUT_CAUSES; k++) r->total.cause[k] += r->layers[i].cause[k];
        r->total.bytes_weights += r->layers[i].bytes_weights;
        r->total.bytes_other += r->layers[i].bytes_other;
    }
    r->tiles_checked = board->tiles_checked;
    r->tiles_failed = board->tiles_failed;
    r->failures = board->failures;
}

void results_add_model(results *r, const cycle_model *model) {
    const cycle_layer *layers = cycle_model_layers(model);
    cycle_layer *total = &r->total.model;
    r->modelled = true;
    r->model_cycles = cycle_model_cycles(model);
    *total = (cycle_layer){.cycles = 0};
    for (int i = 0; i < r->layer_count; i++) {
        r->layers[i].model = layers[i];
        total->cycles += layers[i].cycles;
        total->macs += layers[i].macs;
        total->weight_beats += layers[i].weight_beats;
        total->other_beats += layers[i].other_beats;
    }
}

dp_status results_check_model(const results *r, dp_error *err) {
    for (int i = 0; i < r->layer_count; i++) {
        const layer_result *l = &r->layers[i];
        if (l->cycles != l->model.cycles)
            return dp_fail(err, DP_MISMATCH, "CYCLES %s: %" PRIu64 ", the model says %" PRIu64, l->name, l->cycles,
                           l->model.cycles);
    }
    if (r->cycles == r->model_cycles) return DP_OK;
    return dp_fail(err, DP_MISMATCH, "CYCLES %" PRIu64 " in all, the model says %" PRIu64, r->cycles, r->model_cycles);
}

void results_predict(results *r, const cycle_model *model) {
    results_add_model(r, model);
    r->predicted = r->complete = true;
    r->cycles = r->model_cycles;
    for (int i = 0; i <= r->layer_count; i++) {
        layer_result *l = i < r->layer_count ? &r->layers[i] : &r->total;
        l->cycles = l->model.cycles;
        l->bytes_weights = l->model.weight_beats * PLAN_BEAT;
        l->bytes_other = l->model.other_beats * PLAN_BEAT;
    }
}

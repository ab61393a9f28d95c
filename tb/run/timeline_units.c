/* The tracks of loader, mask unit, channel unit and memory. */
#include <inttypes.h>

#include "results.h"
#include "timeline_parts.h"

json_t *timeline_count(uint64_t value) { return json_integer((json_int_t)value); }

void timeline_name(const timeline *t, int layer, int stage, char *name) {
    const plan_conv *pc = plan_find(t->p, layer, stage);
    if (pc != NULL)
        (void)snprintf(name, TIMELINE_NAME, "%s", results_name(t->p, pc));
    else
        (void)snprintf(name, TIMELINE_NAME, "L%d.%d", layer, stage);
}

static bool is_last(const timeline *t, int layer, int stage) {
    const plan_conv *last = &t->p->conv[t->p->convs - 1];
    return last->layer == layer && last->stage == stage;
}

/* An image's first fetch begins with its job at the earliest. */
void timeline_fetch(timeline *t, const dut_out *o, uint64_t cycle) {
    char name[TIMELINE_NAME];
    uint64_t from = t->fetch_from, job = t->start[t->fetched % SCOREBOARD_IMAGES];
    if (from < job && job <= cycle) from = job;
    timeline_name(t, o->fetch_layer, o->fetch_stage, name);
    trace_span(&t->file, TIMELINE_LOADER, name, from, cycle + 1,
               json_pack("{s:i, s:i}", "weight beats", (int)o->fetch_weights, "other beats", (int)o->fetch_other));
    t->fetch_from = cycle + 1;
    t->fetched += is_last(t, o->fetch_layer, o->fetch_stage);
}

void timeline_mask_end(timeline *t) {
    timeline_mask *m = &t->mask;
    if (m->layer < 0) return;
    char name[TIMELINE_NAME];
    (void)snprintf(name, sizeof name, "%s.mask", m->layer < t->p->model->layer_count ? t->p->model->layers[m->layer].name : "?");
    trace_span(&t->file, TIMELINE_MASKS, name, m->from, m->to, json_pack("{s:i, s:i}", "positions", m->decided, "kept", m->kept));
    m->layer = -1;
}

void timeline_mask_decision(timeline *t, const dut_out *o, uint64_t cycle) {
    timeline_mask *m = &t->mask;
    if (m->layer != o->mask_layer) {
        timeline_mask_end(t);
        *m = (timeline_mask){.layer = o->mask_layer, .from = cycle};
    }
    m->to = cycle + 1;
    m->decided++;
    m->kept += o->mask_keep;
    const dp_layer *l = m->layer < t->p->model->layer_count ? &t->p->model->layers[m->layer] : NULL;
    if (l != NULL && m->decided == l->in_h * l->in_w) timeline_mask_end(t);
}

static int bits(uint64_t word) {
    int n = 0;
    for (; word != 0; word &= word - 1) n++;
    return n;
}

/* Scores and groups bear the layer that produced them; the groups are those of the block after it. */
void timeline_channels(timeline *t, const dut_out *o, uint64_t cycle) {
    int layers = t->p->model->layer_count;
    char name[TIMELINE_NAME], chosen[24];
    if (o->score_valid) {
        (void)snprintf(name, sizeof name, "%s.score", o->score_layer < layers ? t->p->model->layers[o->score_layer].name : "?");
        trace_instant(&t->file, TIMELINE_CHANNELS, name, cycle,
                      json_pack("{s:i, s:I}", "group", (int)o->score_group, "score", (json_int_t)o->score_data));
    }
    if (!o->groups_valid) return;
    int block = o->groups_layer + 1;
    (void)snprintf(name, sizeof name, "%s.groups", block < layers ? t->p->model->layers[block].name : "?");
    (void)snprintf(chosen, sizeof chosen, "0x%" PRIx64, o->groups_keep);
    trace_instant(&t->file, TIMELINE_CHANNELS, name, cycle,
                  json_pack("{s:i, s:s}", "kept", bits(o->groups_keep), "groups", chosen));
}

static void show_memory(timeline *t, double value) {
    if (value != t->shown) trace_counter(&t->file, "memory", "bytes read a cycle", t->window_from, value);
    t->shown = value;
}

static void end_window(timeline *t, uint64_t end) {
    if (end > t->window_from) show_memory(t, (double)((t->beats - t->window_beats) * PLAN_BEAT) / (double)(end - t->window_from));
    t->window_from = end;
    t->window_beats = t->beats;
}

void timeline_memory(timeline *t, uint64_t cycle, uint64_t beats) {
    t->beats = beats;
    if (cycle + 1 - t->window_from == TIMELINE_WINDOW) end_window(t, cycle + 1);
}

void timeline_memory_end(timeline *t, uint64_t cycle) {
    end_window(t, cycle);
    show_memory(t, 0);
}

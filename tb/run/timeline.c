/* See timeline.h. Images, and the convolutions on the array. */
#include "timeline.h"

#include <stdlib.h>
#include <string.h>

#include "cause.h"
#include "results.h"
#include "timeline_parts.h"

dp_status timeline_open(timeline **t, const char *path, bool merge, dp_error *err) {
    *t = calloc(1, sizeof **t);
    if (*t == NULL) return dp_fail(err, DP_NO_MEMORY, "%s: out of memory", path);
    (*t)->causes.merge = merge;
    dp_status status = trace_open(&(*t)->file, path, err);
    if (status == DP_OK) return DP_OK;
    free(*t);
    *t = NULL;
    return status;
}

dp_status timeline_close(timeline *t, dp_error *err) {
    dp_status status = trace_close(&t->file, err);
    free(t);
    return status;
}

void timeline_begin(timeline *t, const plan *p, const dut_geometry *geometry) {
    static const char *const tracks[] = {"array", "cause", "loader", "mask unit", "channel unit"};
    char process[sizeof p->model->name + DUT_NAME_SIZE + 8];
    t->p = p;
    t->mask.layer = -1;
    t->shown = -1;
    (void)snprintf(process, sizeof process, "%s on %s", p->model->name, geometry->name);
    trace_begin(&t->file, process,
                json_pack("{s:s, s:s, s:s}", "model", p->model->name, "build", geometry->name, "time",
                          "1 us of ts and dur is 1 clock cycle"));
    trace_track(&t->file, TIMELINE_IMAGES, p->queue > 1 ? "image (1st, 3rd, ...)" : "image");
    if (p->queue > 1) trace_track(&t->file, TIMELINE_IMAGES + 1, "image (2nd, 4th, ...)");
    for (int i = 0; i < (int)(sizeof tracks / sizeof *tracks); i++) trace_track(&t->file, TIMELINE_ARRAY + i, tracks[i]);
}

static void begin_conv(timeline *t, uint64_t cycle) {
    t->conv_from = cycle;
    memset(t->conv_cause, 0, sizeof t->conv_cause);
    t->tiles = t->positions = 0;
}

void timeline_start_image(timeline *t, int index, uint64_t cycle) {
    int slot = t->started++ % SCOREBOARD_IMAGES;
    if (!t->running) {
        if (slot == 0 && t->started == 1) t->window_from = cycle;
        begin_conv(t, cycle);
    }
    t->running = true;
    t->start[slot] = cycle;
    t->index[slot] = index;
}

/* The span of a convolution that ends with the cycle before `end`; macs -1: it did not retire. */
static void put_conv(timeline *t, const char *name, uint64_t end, int64_t macs) {
    json_t *arguments = json_object();
    for (int i = 0; i < DUT_CAUSES; i++) (void)json_object_set_new(arguments, cause_name(i), timeline_count(t->conv_cause[i]));
    if (macs >= 0) (void)json_object_set_new(arguments, "macs", json_integer(macs));
    (void)json_object_set_new(arguments, "tiles", timeline_count(t->tiles));
    (void)json_object_set_new(arguments, "positions kept", timeline_count(t->positions));
    timeline_causes_end(t, end);
    trace_span(&t->file, TIMELINE_ARRAY, name, t->conv_from, end, arguments);
    begin_conv(t, end);
}

static void retire(timeline *t, const dut_out *o, uint64_t cycle) {
    const plan_conv *pc = plan_find(t->p, o->done_layer, o->done_stage);
    char name[TIMELINE_NAME];
    timeline_name(t, o->done_layer, o->done_stage, name);
    put_conv(t, name, cycle + 1, (int64_t)o->done_macs);
    if (pc == NULL) return;
    t->conv_next = (int)(pc - t->p->conv) + 1;
    if (t->conv_next < t->p->convs) return;
    t->conv_next = 0;
    t->retired++;
}

static void count_tiles(timeline *t, const dut_out *o) {
    t->tiles += (uint64_t)o->conv_valid + (uint64_t)o->logit_valid;
    t->positions += o->conv_valid && o->conv_slice == 0;
    t->positions += o->logit_valid && o->logit_slice == 0;
}

void timeline_cycle(timeline *t, const dut_out *o, uint64_t cycle, uint64_t beats) {
    if (t->started > 0) timeline_memory(t, cycle, beats);
    if (!t->running) return;
    if (o->cause < DUT_CAUSES) {
        t->conv_cause[o->cause]++;
        timeline_causes_cycle(t, o->cause, cycle);
    }
    count_tiles(t, o);
    if (o->fetch_valid) timeline_fetch(t, o, cycle);
    if (o->mask_valid) timeline_mask_decision(t, o, cycle);
    if (o->score_valid || o->groups_valid) timeline_channels(t, o, cycle);
    if (o->done_valid) retire(t, o, cycle);
}

/* What follows the last retirement: up to the end of the last job, or of the run. */
static void end_array(timeline *t, uint64_t cycle) {
    char name[TIMELINE_NAME];
    if (!t->running) return;
    t->running = false;
    if (cycle == t->conv_from) return;
    if (t->retired == t->started)
        (void)snprintf(name, sizeof name, "end of the job");
    else
        (void)snprintf(name, sizeof name, "%s, unfinished", results_name(t->p, &t->p->conv[t->conv_next]));
    put_conv(t, name, cycle, -1);
}

static void put_image(timeline *t, uint64_t cycle, const char *how) {
    int slot = t->ended++ % SCOREBOARD_IMAGES;
    char name[TIMELINE_NAME];
    (void)snprintf(name, sizeof name, "image %d%s", t->index[slot], how);
    trace_span(&t->file, TIMELINE_IMAGES + slot, name, t->start[slot], cycle, NULL);
}

void timeline_end_image(timeline *t, uint64_t cycle) {
    if (t->ended == t->started) return;
    put_image(t, cycle, "");
    if (t->ended == t->started) end_array(t, cycle);
}

void timeline_mark(timeline *t, const char *text, uint64_t cycle) { trace_mark(&t->file, text, cycle); }

void timeline_end(timeline *t, uint64_t cycle) {
    timeline_mask_end(t);
    end_array(t, cycle);
    while (t->ended < t->started) put_image(t, cycle, ", unfinished");
    if (t->started > 0) timeline_memory_end(t, cycle);
}

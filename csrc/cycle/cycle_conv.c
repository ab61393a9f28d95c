/* A convolution from its start to its retirement: slice after slice through the dispatcher, and to what waits behind the pipeline
   (dp_channels, dp_axi_write). */
#include "cycle_parts.h"

enum { SCORE_GROUPS = 8 /* of saliency weights in a beat */ };

typedef struct {
    cycle_model *m;
    const plan_command *c;
    const plan_conv *pc;
    cycle_dispatch dispatch;
    cycle_time consumer; /* it has taken a slice's scores or logits; the next slice may end */
    cycle_time retire;
} conv;

/* The channel unit adds a slice to the scores; behind the last one it ranks the groups. Returns when the slice is taken. */
static cycle_time score(conv *v, int slice, cycle_time at) {
    int lanes = v->pc->cout - slice * v->pc->lanes, groups = v->c->groups;
    if (lanes > v->pc->lanes) lanes = v->pc->lanes;
    int octets = (lanes + PLAN_OCTET - 1) / PLAN_OCTET, beats = (groups + SCORE_GROUPS - 1) / SCORE_GROUPS;
    cycle_time taken = at + 1 + octets * (groups + beats);
    if (slice + 1 < v->c->out_slices) return taken;
    v->m->groups_done = taken + 1 + groups;
    v->m->groups_open--;
    v->retire = v->m->groups_done + 1;
    return taken;
}

/* Logits leave: address, a cycle later their beats. */
static cycle_time write_logits(conv *v, cycle_time at) {
    cycle_model *m = v->m;
    int beats = (m->p->geometry.po * (int)sizeof(int32_t) + PLAN_BEAT - 1) / PLAN_BEAT;
    cycle_time sent = cycle_memory_write(m, at + 2, beats);
    m->answered = sent + m->memory.options.latency;
    m->layer[m->p->convs - 1].other_beats += (uint64_t)beats;
    return sent + 1;
}

/* A slice has ended in cycle `at`: its weights and parameters are given back when its outputs, scores or logits are out. */
static void end_slice(conv *v, int slice, cycle_time at) {
    cycle_model *m = v->m;
    cycle_time release = at + CYCLE_PIPELINE;
    if ((v->c->flags & PLAN_SCORE) != 0) release = v->consumer = score(v, slice, release);
    if ((v->c->flags & PLAN_HEAD) != 0) release = v->consumer = write_logits(v, release);
    v->retire = cycle_later(v->retire, release + 1);
    m->slice_rows[m->slices_released % CYCLE_RING] = v->c->rows;
    m->slice_release[m->slices_released++ % CYCLE_RING] = release;
}

static void run_pass(conv *v, int slice, bool pair) {
    cycle_model *m = v->m;
    cycle_time weights = cycle_loader_slice(m, m->slices_released);
    if (pair) weights = cycle_later(weights, cycle_loader_slice(m, m->slices_released + 1));
    for (int k = 0; k < m->list->count; k++) cycle_dispatch_position(&v->dispatch, k, slice, pair, weights);
    cycle_time at = cycle_dispatch_take(&v->dispatch, m->list->tail, true);
    at = cycle_later(at, cycle_later(weights, v->consumer));
    end_slice(v, slice, at);
    if (pair) end_slice(v, slice + 1, ++at);
    cycle_dispatch_end(&v->dispatch, at);
}

cycle_time cycle_conv_run(cycle_model *m, const plan_command *c, int index, cycle_time start) {
    conv v = {.m = m, .c = c, .pc = &m->p->conv[index]};
    cycle_tokens_list(m, c, m->list);
    cycle_dispatch_start(&v.dispatch, m, c, v.pc->lanes, start);
    m->layer[index].macs += m->list->taps * (uint64_t)c->cin * (uint64_t)c->cout;
    for (int slice = 0; slice < c->out_slices;) {
        bool pair = cycle_dispatch_pairs(&v.dispatch, slice);
        run_pass(&v, slice, pair);
        slice += pair ? 2 : 1;
    }
    if ((c->flags & PLAN_IMAGE_SRC) == 0) return v.retire;
    v.retire = cycle_later(v.retire, cycle_image_done(m));
    m->image_free = v.retire + 1;
    return v.retire;
}

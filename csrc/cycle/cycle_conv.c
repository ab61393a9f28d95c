#include "cycle_conv.h"

#include "cycle_dispatch.h"

enum { SCORE_GROUPS = 8 /* of saliency weights in a beat */ };

typedef struct {
    cycle_model *m;
    const plan_command *c;
    const plan_conv *pc;
    cycle_dispatch dispatch;
    cycle_time consumer; /* it has taken a slice's scores or logits; the next slice may end */
    cycle_time retire;
} convolution;

/* The channel unit adds a slice to the scores; after the last one it ranks the groups. Returns when
   the slice is taken. */
static cycle_time score(convolution *conv, int slice, cycle_time at) {
    int lanes = conv->pc->cout - slice * conv->pc->lanes, groups = conv->c->groups;
    if (lanes > conv->pc->lanes) lanes = conv->pc->lanes;
    int octets = (lanes + PLAN_OCTET - 1) / PLAN_OCTET, beats = (groups + SCORE_GROUPS - 1) / SCORE_GROUPS;
    cycle_time taken = at + 1 + octets * (groups + beats);
    if (slice + 1 < conv->c->out_slices) return taken;
    conv->m->masks.groups_done = taken + 1 + groups;
    conv->m->masks.groups_open--;
    conv->retire = conv->m->masks.groups_done + 1;
    return taken;
}

/* Logits leave: address, a cycle later their beats. */
static cycle_time write_logits(convolution *conv, cycle_time at) {
    cycle_model *m = conv->m;
    int beats = (m->p->geometry.po * (int)sizeof(int32_t) + PLAN_BEAT - 1) / PLAN_BEAT;
    cycle_time sent = cycle_pull_write(m, at + 2, beats);
    m->answered = sent + m->memory.options.latency;
    m->layer[m->p->convs - 1].other_beats += (uint64_t)beats;
    return sent + 1;
}

/* A slice has ended in cycle `at`: its weights and parameters are given back when its outputs,
   scores or logits are out. */
static void end_slice(convolution *conv, int slice, cycle_time at) {
    cycle_model *m = conv->m;
    cycle_time release = at + CYCLE_PIPELINE;
    if ((conv->c->flags & PLAN_SCORE) != 0) release = conv->consumer = score(conv, slice, release);
    if ((conv->c->flags & PLAN_HEAD) != 0) release = conv->consumer = write_logits(conv, release);
    conv->retire = cycle_later(conv->retire, release + 1);
    cycle_loader_release(&m->loader, conv->c->rows, release);
}

static void run_pass(convolution *conv, int slice, bool pair) {
    cycle_model *m = conv->m;
    cycle_time weights = cycle_pull_slice(m, m->loader.slices_released);
    if (pair) weights = cycle_later(weights, cycle_pull_slice(m, m->loader.slices_released + 1));
    for (int k = 0; k < m->list->count; k++) cycle_dispatch_position(&conv->dispatch, k, slice, pair, weights);
    cycle_time at = cycle_dispatch_take(&conv->dispatch, m->list->tail, true);
    at = cycle_later(at, cycle_later(weights, conv->consumer));
    end_slice(conv, slice, at);
    if (pair) end_slice(conv, slice + 1, ++at);
    cycle_dispatch_end(&conv->dispatch, at);
}

cycle_time cycle_conv_run(cycle_model *m, const plan_command *c, int index, cycle_time start) {
    convolution conv = {.m = m, .c = c, .pc = &m->p->conv[index]};
    cycle_tokens_list(m->list, m->golden, c, m->p->geometry.parallel);
    cycle_dispatch_start(&conv.dispatch, m, c, conv.pc->lanes, start);
    m->layer[index].macs += m->list->taps * (uint64_t)c->cin * (uint64_t)c->cout;
    for (int slice = 0; slice < c->out_slices;) {
        bool pair = cycle_dispatch_pairs(&conv.dispatch, slice);
        run_pass(&conv, slice, pair);
        slice += pair ? 2 : 1;
    }
    if ((c->flags & PLAN_IMAGE_SRC) == 0) return conv.retire;
    conv.retire = cycle_later(conv.retire, cycle_pull_image(m, m->image.puts_all));
    m->masks.image_free = conv.retire + 1;
    return conv.retire;
}

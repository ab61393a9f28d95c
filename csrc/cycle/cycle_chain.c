/* A chain from its start to its retirement: dp_chain's row jobs, the rows that dp_dispatch waits for, and what is given back with a
   convolution's last row. */
#include "cycle_parts.h"

enum { ROWS = 256 /* of a map, at most */, TILE = 3 /* rows of a line buffer are counted in tiles */, AHEAD = 1 };

typedef struct {
    const plan_command *c;
    int lanes;
    const cycle_tokens *list;
    int at; /* in the list */
    int slices; /* of those before it */
    int rows; /* given out */
    cycle_time known; /* in which its command is there */
    cycle_time done[ROWS]; /* by row: a reader may start on it */
} link;

typedef struct {
    cycle_model *m;
    cycle_dispatch dispatch;
    link link[CYCLE_CHAIN];
    int count;
    cycle_time weights[PLAN_PARAM_ENTRIES]; /* of all slices */
    cycle_time released; /* last */
} chain;

static int centre(const plan_command *c, int row) { return (c->flags & PLAN_STRIDE2) != 0 ? 2 * row : row; }

/* Its next row's source rows are given out, and one more; those that it would overwrite are read no more. */
static bool may_go(const chain *v, int k, cycle_time at) {
    const link *l = &v->link[k], *source = l - 1, *reader = l + 1;
    int needed = centre(l->c, l->rows) + ((l->c->flags & PLAN_KERNEL3) != 0 ? 2 : 1) + AHEAD, low = 0;
    if (l->known > at || l->rows == l->c->dst.h) return false;
    if (k > 0 && source->rows < needed && source->rows != l->c->src.h) return false;
    if (k == v->count - 1 || l->c->dst.ring == 0) return true;
    if (reader->known <= at) low = centre(reader->c, reader->rows) - ((reader->c->flags & PLAN_KERNEL3) != 0 && reader->rows > 0);
    return l->rows < low + l->c->dst.ring * TILE;
}

/* The convolution that has its next row at work from cycle *at on, or later, when another command is there. */
static int pick(const chain *v, cycle_time *at) {
    for (int known = 0;;) {
        for (int k = v->count - 1; k >= 0; k--)
            if (may_go(v, k, *at)) return k;
        while (v->link[known].known <= *at) known++;
        *at = v->link[known].known;
    }
}

static void run_position(chain *v, int k, const cycle_token *t, bool last) {
    const link *l = &v->link[k];
    cycle_dispatch *d = &v->dispatch;
    cycle_time at = cycle_dispatch_take(d, 0, last);
    if (k > 0) at = cycle_later(at, v->link[k - 1].done[cycle_dispatch_rows(d, t) - 1]);
    for (int slice = 0; slice < l->c->out_slices;) {
        bool pair = cycle_dispatch_pairs(d, slice);
        int cycles = cycle_dispatch_cycles(d, t);
        at = cycle_later(at, v->weights[l->slices + slice + pair]);
        cycle_dispatch_result(d, t, slice, pair, at + cycles - 1);
        v->m->busy[k] += (uint64_t)(pair ? 2 : cycles);
        at = d->done + 1;
        slice += pair ? 2 : 1;
    }
}

/* A row without positions is an end token, which waits for all of the convolution's weights. */
static void run_row(chain *v, int k) {
    link *l = &v->link[k];
    cycle_dispatch *d = &v->dispatch;
    const cycle_tokens *list = l->list;
    bool empty = true;
    cycle_dispatch_switch(d, l->c, l->lanes);
    for (; l->at < list->count && list->token[l->at].y == l->rows; empty = false, l->at++)
        run_position(v, k, &list->token[l->at], l->at + 1 == list->count || list->token[l->at + 1].y != l->rows);
    if (empty) d->done = cycle_later(cycle_dispatch_take(d, 1, true), v->weights[l->slices + l->c->out_slices - 1]);
    l->done[l->rows++] = d->done + CYCLE_PIPELINE + 1;
}

/* All of a convolution's slices are given back. */
static void release(chain *v, const link *l) {
    cycle_model *m = v->m;
    v->released = v->dispatch.done + CYCLE_PIPELINE;
    for (int i = 0; i < l->c->out_slices; i++) {
        m->slice_rows[m->slices_released % CYCLE_RING] = l->c->rows;
        m->slice_release[m->slices_released++ % CYCLE_RING] = v->released;
    }
}

/* The sequencer takes a command a cycle from the first one's start on. */
static void take_commands(chain *v, const plan_command *c, int index, cycle_time start) {
    cycle_model *m = v->m;
    int slices = 0;
    cycle_time known = start;
    for (bool more = true; more; c++, index++) {
        int k = v->count++;
        if (k > 0) known = cycle_model_pop(m, cycle_later(known, start + 1)) + 1;
        v->link[k] = (link){.c = c, .lanes = m->p->conv[index].lanes, .list = &m->list[k], .slices = slices, .known = known};
        cycle_tokens_list(m, c, &m->list[k]);
        m->layer[index].macs += m->list[k].taps * (uint64_t)c->cin * (uint64_t)c->cout;
        m->busy[k] = 0;
        for (int i = 0; i < c->out_slices; i++, slices++)
            v->weights[slices] = cycle_loader_slice(m, m->slices_released + (uint64_t)slices);
        more = (c->flags & PLAN_CHAIN) != 0;
    }
}

cycle_time cycle_chain_run(cycle_model *m, const plan_command *c, int index, cycle_time start) {
    chain v = {.m = m};
    take_commands(&v, c, index, start);
    cycle_dispatch_start(&v.dispatch, m, c, v.link[0].lanes, start);
    const link *last = &v.link[v.count - 1];
    while (last->rows < last->c->dst.h) {
        cycle_time at = v.dispatch.valid - 2; /* a job is given out two cycles before its first position */
        int k = pick(&v, &at);
        v.dispatch.valid = at + 2;
        run_row(&v, k);
        if (v.link[k].rows == v.link[k].c->dst.h) release(&v, &v.link[k]);
    }
    return v.released + 1;
}

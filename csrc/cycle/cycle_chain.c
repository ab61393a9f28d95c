#include "cycle_chain.h"

#include "cycle_dispatch.h"

enum {
    ROWS = 255 /* of a map, at most: commands name them in 8 bits */,
    TILE = 3 /* rows of a line buffer are counted in tiles */,
    AHEAD = 1
};

typedef struct {
    const plan_command *c;
    int lanes;
    const cycle_tokens *list;
    int at; /* in the list */
    int slices; /* of those before it */
    int rows; /* given out */
    cycle_time known; /* in which its command is there */
    cycle_time done[ROWS]; /* by row: a reader may start on it */
} chain_link;

typedef struct {
    cycle_model *m;
    cycle_dispatch dispatch;
    chain_link link[CYCLE_CHAIN];
    int count;
    cycle_time weights[PLAN_PARAM_ENTRIES]; /* of all slices */
    cycle_time released; /* last */
} chain_state;

static int centre(const plan_command *c, int row) {
    return ((c->flags & PLAN_STRIDE2) != 0 ? 2 * row : row) + ((c->flags & PLAN_LATE_Y) != 0);
}

/* The lowest source row of a row. */
static int first_read(const plan_command *c, int row) {
    int middle = centre(c, row);
    return middle - ((c->flags & PLAN_KERNEL3) != 0 && middle > 0);
}

/* Its next row's source rows are given out, and one more; those that it would overwrite are read no
   more. */
static bool may_go(const chain_state *chain, int k, cycle_time at) {
    const chain_link *link = &chain->link[k], *source = link - 1, *reader = link + 1;
    int needed = centre(link->c, link->rows) + ((link->c->flags & PLAN_KERNEL3) != 0 ? 2 : 1) + AHEAD, low = 0;
    if (link->known > at || link->rows == link->c->dst.h) return false;
    if (k > 0 && source->rows < needed && source->rows != link->c->src.h) return false;
    if (k == chain->count - 1 || link->c->dst.ring == 0) return true;
    if (reader->known <= at) low = first_read(reader->c, reader->rows);
    return link->rows < low + link->c->dst.ring * TILE;
}

/* The convolution that has its next row at work from cycle *at on, or later, when another command
   is there. */
static int pick(const chain_state *chain, cycle_time *at) {
    for (int known = 0;;) {
        for (int k = chain->count - 1; k >= 0; k--)
            if (may_go(chain, k, *at)) return k;
        while (chain->link[known].known <= *at) known++;
        *at = chain->link[known].known;
    }
}

static void run_position(chain_state *chain, int k, const cycle_token *t, bool last) {
    const chain_link *link = &chain->link[k];
    cycle_dispatch *d = &chain->dispatch;
    cycle_time at = cycle_dispatch_take(d, 0, last);
    if (k > 0) at = cycle_later(at, chain->link[k - 1].done[cycle_dispatch_rows(d, t) - 1]);
    for (int slice = 0; slice < link->c->out_slices;) {
        bool pair = cycle_dispatch_pairs(d, slice);
        int cycles = cycle_dispatch_cycles(d, t);
        at = cycle_later(at, chain->weights[link->slices + slice + pair]);
        cycle_dispatch_result(d, t, slice, pair, at + cycles - 1);
        chain->m->busy[k] += (uint64_t)(pair ? 2 : cycles);
        at = d->done + 1;
        slice += pair ? 2 : 1;
    }
}

/* A row without positions is an end token, which waits for all of the convolution's weights. */
static void run_row(chain_state *chain, int k) {
    chain_link *link = &chain->link[k];
    cycle_dispatch *d = &chain->dispatch;
    const cycle_tokens *list = link->list;
    bool empty = true;
    cycle_dispatch_switch(d, link->c, link->lanes);
    for (; link->at < list->count && list->token[link->at].y == link->rows; empty = false, link->at++)
        run_position(chain, k, &list->token[link->at], link->at + 1 == list->count || list->token[link->at + 1].y != link->rows);
    if (empty) d->done = cycle_later(cycle_dispatch_take(d, 1, true), chain->weights[link->slices + link->c->out_slices - 1]);
    link->done[link->rows++] = d->done + CYCLE_PIPELINE + 1;
}

/* All of a convolution's slices are given back. */
static void release(chain_state *chain, const chain_link *link) {
    chain->released = chain->dispatch.done + CYCLE_PIPELINE;
    for (int i = 0; i < link->c->out_slices; i++) cycle_loader_release(&chain->m->loader, link->c->rows, chain->released);
}

/* The sequencer takes a command a cycle from the first one's start on. */
static void take_commands(chain_state *chain, const plan_command *c, int index, cycle_time start) {
    cycle_model *m = chain->m;
    int slices = 0;
    cycle_time known = start;
    for (bool more = true; more; c++, index++) {
        int k = chain->count++;
        if (k > 0) known = cycle_pull_command(m, cycle_later(known, start + 1)) + 1;
        chain->link[k] =
            (chain_link){.c = c, .lanes = m->p->conv[index].lanes, .list = &m->list[k], .slices = slices, .known = known};
        cycle_tokens_list(&m->list[k], m->golden, c, m->p->geometry.parallel);
        m->layer[index].macs += m->list[k].taps * (uint64_t)c->cin * (uint64_t)c->cout;
        m->busy[k] = 0;
        for (int i = 0; i < c->out_slices; i++, slices++)
            chain->weights[slices] = cycle_pull_slice(m, m->loader.slices_released + (uint64_t)slices);
        more = (c->flags & PLAN_CHAIN) != 0;
    }
}

cycle_time cycle_chain_run(cycle_model *m, const plan_command *c, int index, cycle_time start) {
    chain_state chain = {.m = m};
    take_commands(&chain, c, index, start);
    cycle_dispatch_start(&chain.dispatch, m, c, chain.link[0].lanes, start);
    const chain_link *last = &chain.link[chain.count - 1];
    while (last->rows < last->c->dst.h) {
        /* a job is given out two cycles before its first position */
        cycle_time at = chain.dispatch.valid - 2;
        int k = pick(&chain, &at);
        chain.dispatch.valid = at + 2;
        run_row(&chain, k);
        if (chain.link[k].rows == chain.link[k].c->dst.h) release(&chain, &chain.link[k]);
    }
    return chain.released + 1;
}

/* dp_fetch and dp_loader: which runs are asked for, and when. */
#include "cycle_parts.h"

enum { QUAD = 4, EXEC_DEPTH = 8, MASK_ROW_WORDS = 9, GROUPS_A_BEAT = 16, ROWS_A_BEAT = 8 };

static int divide_up(int n, int unit) { return (n + unit - 1) / unit; }

void cycle_fetch_job(cycle_model *m) {
    cycle_fetch *f = &m->fetch;
    if (!f->idle || f->jobs == m->started) return;
    f->ready = cycle_later(f->ready, m->job_start[f->jobs++ % 2] + 1) + 1;
    f->idle = false;
    f->next = 0;
}

/* The list is read four commands at a time. */
void cycle_fetch_beat(cycle_model *m, cycle_time at) {
    cycle_fetch *f = &m->fetch;
    if (f->next < m->p->commands) f->arrival[f->arrived++ % CYCLE_RING] = at + 1;
    if (++f->next % QUAD != 0) return;
    f->collecting = false;
    f->ready = at + 1;
    f->idle = f->next >= m->p->commands;
    cycle_fetch_job(m);
}

/* The cycle in which the next quad is wanted, CYCLE_PENDING if none is. There is room for it when four of the last eight are gone. */
static cycle_time fetch_wants(cycle_model *m) {
    cycle_fetch *f = &m->fetch;
    while (f->collecting && cycle_memory_serve_known(m)) continue;
    if (f->collecting || f->idle || f->arrived > f->popped + QUAD) return CYCLE_PENDING;
    if (f->arrived <= QUAD) return f->ready;
    return cycle_later(f->ready, f->pop[(f->arrived - QUAD - 1) % CYCLE_RING] + 1);
}

static void fetch_ask(cycle_model *m, cycle_time at) {
    cycle_fetch *f = &m->fetch;
    uint32_t address = m->p->cmd_addr + (uint32_t)f->next * PLAN_COMMAND_BYTES;
    at = cycle_later(at, cycle_memory_free(m));
    f->collecting = true;
    m->layer[0].other_beats += QUAD;
    cycle_memory_ask(m, &(cycle_run){.kind = CYCLE_COMMANDS, .address = address, .beats = QUAD}, at);
}

/* The loader's next run; commands go first. */
static void ask(cycle_model *m, cycle_run run) {
    cycle_loader *l = &m->loader;
    cycle_time wants = fetch_wants(m);
    while (wants <= cycle_later(l->at, cycle_memory_free(m))) {
        fetch_ask(m, wants);
        wants = fetch_wants(m);
    }
    cycle_time at = cycle_later(l->at, cycle_memory_free(m));
    cycle_memory_ask(m, &run, at);
    l->at = at + 1;
}

/* When the head of the command FIFO is valid. */
static cycle_time next_command(cycle_model *m) {
    cycle_fetch *f = &m->fetch;
    while (f->arrived == f->popped) {
        if (!f->collecting) fetch_ask(m, fetch_wants(m));
        cycle_memory_serve(m);
    }
    return f->arrival[f->popped % CYCLE_RING];
}

/* The channel mask before it has to be complete. */
static bool needs_groups(const plan_command *c) {
    bool grouped = c->op == PLAN_OP_CONV && (c->flags & (PLAN_IN_GROUPED | PLAN_OUT_GROUPED | PLAN_SCORE)) != 0;
    return grouped || c->op == PLAN_OP_GROUPS;
}

static cycle_time wait_for(cycle_model *m, const plan_command *c) {
    if (c->op == PLAN_OP_MASK) return m->pair_free[c->in_buf / 2];
    if (c->op == PLAN_OP_IMAGE) return m->image_free;
    if (!needs_groups(c)) return 0;
    while (m->groups_open > 0) cycle_memory_serve(m); /* a given one is on its way */
    return m->groups_done + 1;
}

/* A single run that a command starts with, or consists of. */
static void ask_plain(cycle_model *m, const plan_command *c) {
    cycle_run run = {.address = (uint32_t)c->aux_addr, .last = true, .pair = c->in_buf / 2, .rows = c->src.h};
    uint64_t *beats = &m->layer[0].other_beats;
    if (c->op == PLAN_OP_GROUPS) {
        run.kind = CYCLE_GROUPS;
        run.beats = 1;
    } else if (c->op == PLAN_OP_MASK) {
        bool given = (c->flags & PLAN_OWN_FETCH) != 0;
        run.kind = given ? CYCLE_MASK_ROWS : CYCLE_MASK_WEIGHTS;
        run.beats = given ? divide_up(c->src.h, ROWS_A_BEAT) : c->rows * divide_up(MASK_ROW_WORDS * m->p->geometry.pi, PLAN_BEAT);
    } else {
        run.kind = CYCLE_PARAMETERS;
        run.beats = divide_up(c->groups, GROUPS_A_BEAT);
        beats = &m->layer[m->loader.conv].other_beats;
    }
    *beats += (uint64_t)run.beats;
    ask(m, run);
}

static void finish(cycle_model *m) {
    cycle_loader *l = &m->loader;
    const plan_command *c = &m->p->command[l->command];
    m->fetch.pop[m->fetch.popped++ % CYCLE_RING] = l->at;
    l->at++;
    if (c->op == PLAN_OP_CONV) l->conv++;
    l->in_slices = false;
    if (++l->command < m->p->commands) return;
    l->command = l->conv = 0;
    l->job++;
}

static void list_groups(cycle_model *m, const plan_command *c) {
    cycle_loader *l = &m->loader;
    const golden_layer *g = &(l->job == m->jobs ? m->run : m->next)->layers[c->layer];
    l->groups = 0;
    for (int i = 0; i < g->layer->groups; i++)
        if (g->group_keep[i] != 0) l->group[l->groups++] = i;
}

static void start_command(cycle_model *m) {
    cycle_loader *l = &m->loader;
    const plan_command *c = &m->p->command[l->command];
    cycle_time forward = cycle_later(l->at, next_command(m));
    if (l->forwarded >= EXEC_DEPTH) forward = cycle_later(forward, m->pop[(l->forwarded - EXEC_DEPTH) % CYCLE_RING] + 1);
    l->forward[l->forwarded++ % CYCLE_RING] = forward + 1;
    l->at = cycle_later(forward, wait_for(m, c)) + 1;
    bool scores = c->op == PLAN_OP_CONV && (c->flags & PLAN_SCORE) != 0;
    if (scores || c->op == PLAN_OP_GROUPS) m->groups_open++;
    if (c->op == PLAN_OP_MASK) m->pair_valid[c->in_buf / 2] = m->pair_free[c->in_buf / 2] = CYCLE_PENDING;
    if (c->op == PLAN_OP_IMAGE) {
        cycle_image_start(m, c);
        m->image_free = CYCLE_PENDING;
        l->image_due = true;
    }
    l->plain_due = scores || c->op == PLAN_OP_GROUPS || c->op == PLAN_OP_MASK;
    l->slice = l->octet = 0;
    l->in_slices = c->op == PLAN_OP_CONV;
    if (!l->in_slices && !l->plain_due)
        finish(m);
    else if ((c->flags & (PLAN_IN_GROUPED | PLAN_OUT_GROUPED)) != 0)
        list_groups(m, c);
}

/* Entries that must stay free: fewer slices may be there when one with saliency weights comes. */
static int entries_spared(const plan_command *c) {
    return (c->flags & PLAN_SCORE) != 0 ? PLAN_PARAM_ENTRIES - PLAN_SCORE_ENTRIES : 0;
}

/* Until the ring has room for a slice. */
static void reserve(cycle_model *m, const plan_command *c) {
    cycle_loader *l = &m->loader;
    while (l->rows_free < c->rows || l->entries_free <= entries_spared(c)) {
        l->at = cycle_later(l->at, m->slice_release[l->released % CYCLE_RING] + 1);
        l->rows_free += m->slice_rows[l->released++ % CYCLE_RING];
        l->entries_free++;
    }
    l->rows_free -= c->rows;
    l->entries_free--;
    l->at++;
    l->reserved = true;
    l->part = 0;
}

/* Whether the slices that have been given back make room. */
static bool has_room(const cycle_model *m, const plan_command *c) {
    const cycle_loader *l = &m->loader;
    int rows = l->rows_free, entries = l->entries_free + (int)(m->slices_released - l->released);
    for (uint64_t i = l->released; i < m->slices_released; i++) rows += m->slice_rows[i % CYCLE_RING];
    return rows >= c->rows && entries > entries_spared(c);
}

/* The next run of an octet's record: all of it, or its head and then the weights of each kept group. */
static void ask_weights(cycle_model *m, const plan_command *c) {
    cycle_loader *l = &m->loader;
    cycle_layer *layer = &m->layer[l->conv];
    bool in_grouped = (c->flags & PLAN_IN_GROUPED) != 0, out_grouped = (c->flags & PLAN_OUT_GROUPED) != 0;
    int lanes = m->p->conv[l->conv].lanes / PLAN_OCTET, octets = divide_up(c->cout, PLAN_OCTET), o = l->octet;
    int octet = out_grouped ? l->group[o / c->group8] * c->group8 + o % c->group8 : o;
    cycle_run run = {.kind = CYCLE_SLICE, .address = (uint32_t)c->weight_addr + (uint32_t)(octet * c->rec_beats) * PLAN_BEAT};
    if (l->part == 0) {
        run.beats = in_grouped ? c->aux_beats : c->rec_beats;
        layer->other_beats += (uint64_t)c->aux_beats;
        layer->weight_beats += (uint64_t)(run.beats - c->aux_beats);
    } else {
        run.beats = c->group8 * ((c->flags & PLAN_KERNEL3) != 0 ? 9 : 1);
        run.address += (uint32_t)(c->aux_beats + l->group[l->part - 1] * run.beats) * PLAN_BEAT;
        layer->weight_beats += (uint64_t)run.beats;
    }
    bool octet_end = l->part == (in_grouped ? l->groups : 0);
    run.last = octet_end && (o + 1 == octets || (o + 1) % lanes == 0);
    ask(m, run);
    l->part = octet_end ? 0 : l->part + 1;
    l->octet += octet_end;
    if (!run.last) return;
    l->slice++;
    l->reserved = false;
}

static void ask_image(cycle_model *m) {
    cycle_image *i = &m->image;
    uint32_t address = m->p->image_addr + (uint32_t)(m->loader.job % PLAN_SLOTS) * m->p->image_stride;
    m->loader.image_due = false;
    m->layer[m->loader.conv].other_beats += (uint64_t)i->beats;
    ask(m, (cycle_run){.kind = CYCLE_IMAGE, .address = address, .beats = i->beats});
    i->asked = true;
}

void cycle_loader_step(cycle_model *m) {
    cycle_loader *l = &m->loader;
    const plan_command *c = &m->p->command[l->command];
    if (l->plain_due) {
        l->plain_due = false;
        ask_plain(m, c);
        if (!l->in_slices) finish(m);
        return;
    }
    if (!l->in_slices) {
        start_command(m);
        return;
    }
    if (l->slice > 0 && l->image_due && !l->reserved) {
        ask_image(m);
    } else if (l->reserved) {
        ask_weights(m, c);
    } else {
        reserve(m, c);
        return;
    }
    if (l->slice == c->out_slices && !l->image_due) finish(m);
}

/* Whether the next step waits for nothing that is not known yet. */
static bool may_step(const cycle_model *m) {
    const cycle_loader *l = &m->loader;
    const plan_command *c = &m->p->command[l->command];
    if (l->at >= m->limit) return false;
    if (l->plain_due) return true;
    if (l->in_slices) return l->reserved || (l->slice > 0 && l->image_due) || has_room(m, c);
    if (m->fetch.arrived == m->fetch.popped || l->forwarded >= m->popped + EXEC_DEPTH) return false;
    if (c->op == PLAN_OP_MASK) return m->pair_free[c->in_buf / 2] != CYCLE_PENDING;
    if (c->op == PLAN_OP_IMAGE) return m->image_free != CYCLE_PENDING;
    return m->groups_open == 0 || !needs_groups(c);
}

void cycle_loader_ahead(cycle_model *m, cycle_time limit) {
    m->limit = limit;
    for (bool moves = true; moves;) {
        while (cycle_memory_serve_known(m)) continue;
        moves = false;
        if (m->memory.active.beats > 0) continue;
        cycle_time wants = fetch_wants(m);
        bool steps = may_step(m);
        moves = steps || wants < limit;
        if (wants < limit && (!steps || wants <= cycle_later(m->loader.at, m->memory.accepted)))
            fetch_ask(m, wants);
        else if (steps)
            cycle_loader_step(m);
    }
    m->limit = CYCLE_PENDING;
}

cycle_time cycle_loader_command(cycle_model *m) {
    while (m->loader.forwarded == m->popped) cycle_loader_step(m);
    return m->loader.forward[m->popped % CYCLE_RING];
}

cycle_time cycle_loader_slice(cycle_model *m, uint64_t index) {
    while (m->slices_ready <= index) {
        if (m->memory.count > 0)
            cycle_memory_serve(m);
        else
            cycle_loader_step(m);
    }
    return m->slice_ready[index % CYCLE_RING];
}

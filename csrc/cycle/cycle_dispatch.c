#include "cycle_dispatch.h"

enum {
    WRITE_PAIR = 2, /* later: after the second one's cycle, and one more */
    READ = 2 /* cycles from the dispatcher to the read of the identity */
};

/* When the next position, or end, enters the FIFO if no rows are skipped. */
static cycle_time next_push(const cycle_dispatch *d) {
    return d->count < CYCLE_FIFO ? d->valid : cycle_later(d->valid, d->taken[d->count % CYCLE_FIFO] + 1);
}

cycle_time cycle_dispatch_take(cycle_dispatch *d, int gap, bool end) {
    d->valid += gap;
    cycle_time push = next_push(d);
    cycle_time at = cycle_later(push + 1, d->done);
    d->taken[d->count++ % CYCLE_FIFO] = at;
    d->valid = push + (end ? 2 : 1);
    return at + 1;
}

/* The last cycle of a result may not be `at` (dp_dst_place): a residual read would meet the write
   of an output that was issued CYCLE_PIPELINE - READ cycles ago, of a pair one more; a result right
   after a pair would be written with it. */
static bool in_conflict(const cycle_dispatch *d, cycle_time at, int bank, bool pair) {
    int words = d->work.slice_words, ago = CYCLE_PIPELINE - READ;
    for (unsigned i = 1; i <= CYCLE_HISTORY && i <= d->outs; i++) {
        const cycle_out *o = &d->out[(d->outs - i) % CYCLE_HISTORY];
        if (o->pair && !pair && o->at == at - 1) return true;
        if (!d->work.residual) continue;
        if (o->pair && o->at == at - ago - 1) return true;
        if (o->pair || o->at != at - ago) continue;
        int apart = (bank - o->bank + CYCLE_BANKS) % CYCLE_BANKS;
        if (pair || apart < o->words || apart > CYCLE_BANKS - words) return true;
    }
    return false;
}

static void write_map(const cycle_dispatch *d, const cycle_token *t, int slice, bool pair, cycle_time at) {
    const plan_command *c = d->work.c;
    int residue = t->residue, first = slice * d->work.slice_words, words = c->dst.slices - first;
    int most = d->work.slice_words * (pair ? 2 : 1);
    if ((c->flags & PLAN_MAX_POOL) != 0) {
        int h = (c->src.h + 1) / 2, w = (c->src.w + 1) / 2;
        if ((c->flags & PLAN_STRIDE2) == 0) h = c->src.h, w = c->src.w;
        if ((t->x % 2 == 0 && t->x + 1 != w) || (t->y % 2 == 0 && t->y + 1 != h)) return;
        residue = t->x / 2 % 3 + 3 * (t->y / 2 % 3);
    }
    if (words > most) words = most;
    int bank = (residue + first) % CYCLE_BANKS;
    if (d->work.residual) cycle_port_take(&d->m->port, at + READ, bank, words);
    cycle_time written = at + CYCLE_PIPELINE + (pair ? WRITE_PAIR : 0);
    cycle_port_take(&d->m->port, written, bank, words);
    bool last_slice = slice + (pair ? 2 : 1) >= c->out_slices;
    if (last_slice && (c->flags & PLAN_PRODUCES) != 0) cycle_sweep_written(&d->m->sweep, written);
}

bool cycle_dispatch_pairs(const cycle_dispatch *d, int slice) {
    const plan_command *c = d->work.c;
    bool always = d->work.residual && (c->flags & (PLAN_KERNEL3 | PLAN_SCORE)) == 0 && c->src.slices <= CYCLE_BANKS;
    return d->m->p->geometry.parallel && always && slice + 1 < c->out_slices;
}

void cycle_dispatch_result(cycle_dispatch *d, const cycle_token *t, int slice, bool pair, cycle_time at) {
    int bank = (t->residue + slice * d->work.slice_words) % CYCLE_BANKS;
    while (in_conflict(d, at, bank, pair)) at++;
    if ((d->work.c->flags & PLAN_HEAD) == 0) write_map(d, t, slice, pair, at);
    if (pair) at++;
    d->out[d->outs++ % CYCLE_HISTORY] = (cycle_out){.at = at, .bank = bank, .words = d->work.slice_words, .pair = pair};
    d->done = at;
}

int cycle_dispatch_cycles(const cycle_dispatch *d, const cycle_token *t) { return t->taps > 0 ? d->work.cycles * t->taps : 1; }

/* Cycles of a packed patch, and whether its last one starts the next patch too. */
static int packed_cycles(cycle_dispatch *d, bool *next_too) {
    int cycles = 1, words = d->work.c->src.slices;
    for (; d->skip + CYCLE_BANKS < words; cycles++) d->skip += CYCLE_BANKS;
    d->skip = d->skip + CYCLE_BANKS - words;
    *next_too = d->skip != 0;
    return cycles;
}

static bool is_packed(const cycle_dispatch *d) {
    return d->m->p->geometry.parallel && (d->work.c->flags & PLAN_PATCHES) != 0 && d->work.c->src.slices > CYCLE_BANKS;
}

void cycle_dispatch_position(cycle_dispatch *d, int k, int slice, bool pair, cycle_time weights) {
    cycle_model *m = d->m;
    const plan_command *c = d->work.c;
    const cycle_token *t = &m->list->token[k];
    cycle_time at = cycle_later(cycle_dispatch_take(d, t->gap, false), weights);
    int cycles = cycle_dispatch_cycles(d, t);
    bool patches = (c->flags & PLAN_PATCHES) != 0, next_too = false;
    if (patches) {
        at = cycle_later(at, cycle_patches_next(&d->patches, m));
        if (is_packed(d)) cycles = packed_cycles(d, &next_too);
    } else if ((c->flags & PLAN_IMAGE_SRC) != 0) {
        at = cycle_later(at, cycle_pull_image(m, cycle_image_row_puts(&m->image, cycle_dispatch_rows(d, t) - 1)));
    }
    at += cycles - 1;
    if (next_too) at = cycle_later(at, next_push(d) + 1);
    if (next_too && k + 1 < m->list->count) at = cycle_later(at, cycle_patches_ready(&d->patches, m));
    cycle_dispatch_result(d, t, slice, pair, at);
    if (patches) cycle_patches_use(&d->patches, d->done);
}

int cycle_dispatch_rows(const cycle_dispatch *d, const cycle_token *t) {
    const plan_command *c = d->work.c;
    int centre = t->y * ((c->flags & PLAN_STRIDE2) != 0 ? 2 : 1) + ((c->flags & PLAN_LATE_Y) != 0);
    int rows = centre + ((c->flags & PLAN_KERNEL3) != 0 ? 2 : 1);
    return rows < c->src.h ? rows : c->src.h;
}

void cycle_dispatch_switch(cycle_dispatch *d, const plan_command *c, int lanes) {
    const plan_geometry *g = &d->m->p->geometry;
    d->work =
        (cycle_work){.c = c, .residual = (c->flags & PLAN_RESIDUAL) != 0, .slice_words = lanes / g->pi, .cycles = c->src.slices};
    if (g->parallel && (c->flags & PLAN_KERNEL3) == 0) d->work.cycles = (c->src.slices + CYCLE_BANKS - 1) / CYCLE_BANKS;
}

void cycle_dispatch_start(cycle_dispatch *d, cycle_model *m, const plan_command *c, int lanes, cycle_time start) {
    *d = (cycle_dispatch){.m = m, .valid = start + 2};
    cycle_dispatch_switch(d, c, lanes);
    if ((c->flags & PLAN_PATCHES) != 0) cycle_patches_start(&d->patches, m, c, start);
}

void cycle_dispatch_end(cycle_dispatch *d, cycle_time last) {
    d->done = last;
    d->skip = 0;
}

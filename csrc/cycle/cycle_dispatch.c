/* dp_positions and dp_dispatch: the tokens of a convolution, or of a chain's. The dispatcher takes positions one after another; each takes
   its cycles, and some that it waits. What it sends is written to the map behind the pipeline. */
#include "cycle_parts.h"

enum {
    WRITE_PAIR = 2, /* later: behind the second one's cycle, and one more */
    READ = 2 /* cycles from the dispatcher to the read of the identity */
};

/* When the next position, or end, enters the FIFO if no rows are skipped. */
static cycle_time next_push(const cycle_dispatch *v) {
    return v->count < CYCLE_FIFO ? v->valid : cycle_later(v->valid, v->taken[v->count % CYCLE_FIFO] + 1);
}

cycle_time cycle_dispatch_take(cycle_dispatch *v, int gap, bool end) {
    v->valid += gap;
    cycle_time push = next_push(v);
    cycle_time at = cycle_later(push + 1, v->done);
    v->taken[v->count++ % CYCLE_FIFO] = at;
    v->valid = push + (end ? 2 : 1);
    return at + 1;
}

/* The last cycle of a result may not be `at` (dp_dst_place): a residual read would meet the write of an output that was issued
   CYCLE_PIPELINE - READ cycles ago, of a pair one more; a result right behind a pair would be written with it. */
static bool in_conflict(const cycle_dispatch *v, cycle_time at, int bank, bool pair) {
    int words = v->work.slice_words, ago = CYCLE_PIPELINE - READ;
    for (unsigned i = 1; i <= CYCLE_HISTORY && i <= v->outs; i++) {
        const cycle_out *o = &v->out[(v->outs - i) % CYCLE_HISTORY];
        if (o->pair && !pair && o->at == at - 1) return true;
        if (!v->work.residual) continue;
        if (o->pair && o->at == at - ago - 1) return true;
        if (o->pair || o->at != at - ago) continue;
        int apart = (bank - o->bank + CYCLE_BANKS) % CYCLE_BANKS;
        if (pair || apart < o->words || apart > CYCLE_BANKS - words) return true;
    }
    return false;
}

static void write_map(const cycle_dispatch *v, const cycle_token *t, int slice, bool pair, cycle_time at) {
    const plan_command *c = v->work.c;
    int residue = t->residue, first = slice * v->work.slice_words, words = c->dst.slices - first;
    int most = v->work.slice_words * (pair ? 2 : 1);
    if ((c->flags & PLAN_MAX_POOL) != 0) {
        int h = (c->src.h + 1) / 2, w = (c->src.w + 1) / 2;
        if ((c->flags & PLAN_STRIDE2) == 0) h = c->src.h, w = c->src.w;
        if ((t->x % 2 == 0 && t->x + 1 != w) || (t->y % 2 == 0 && t->y + 1 != h)) return;
        residue = t->x / 2 % 3 + 3 * (t->y / 2 % 3);
    }
    if (words > most) words = most;
    int bank = (residue + first) % CYCLE_BANKS;
    if (v->work.residual) cycle_port_take(v->m, at + READ, bank, words);
    cycle_time written = at + CYCLE_PIPELINE + (pair ? WRITE_PAIR : 0);
    cycle_port_take(v->m, written, bank, words);
    bool last_slice = slice + (pair ? 2 : 1) >= c->out_slices;
    if (last_slice && (c->flags & PLAN_PRODUCES) != 0) v->m->write[v->m->writes++] = written;
}

bool cycle_dispatch_pairs(const cycle_dispatch *v, int slice) {
    const plan_command *c = v->work.c;
    bool always = v->work.residual && (c->flags & (PLAN_KERNEL3 | PLAN_SCORE)) == 0 && c->src.slices <= CYCLE_BANKS;
    return v->m->p->geometry.parallel && always && slice + 1 < c->out_slices;
}

void cycle_dispatch_result(cycle_dispatch *v, const cycle_token *t, int slice, bool pair, cycle_time at) {
    int bank = (t->residue + slice * v->work.slice_words) % CYCLE_BANKS;
    while (in_conflict(v, at, bank, pair)) at++;
    if ((v->work.c->flags & PLAN_HEAD) == 0) write_map(v, t, slice, pair, at);
    if (pair) at++;
    v->out[v->outs++ % CYCLE_HISTORY] = (cycle_out){.at = at, .bank = bank, .words = v->work.slice_words, .pair = pair};
    v->done = at;
}

int cycle_dispatch_cycles(const cycle_dispatch *v, const cycle_token *t) { return t->taps > 0 ? v->work.cycles * t->taps : 1; }

/* Cycles of a packed patch, and whether its last one starts the next patch too. */
static int packed_cycles(cycle_dispatch *v, bool *next_too) {
    int cycles = 1, words = v->work.c->src.slices;
    for (; v->skip + CYCLE_BANKS < words; cycles++) v->skip += CYCLE_BANKS;
    v->skip = v->skip + CYCLE_BANKS - words;
    *next_too = v->skip != 0;
    return cycles;
}

static bool is_packed(const cycle_dispatch *v) {
    return v->m->p->geometry.parallel && (v->work.c->flags & PLAN_PATCHES) != 0 && v->work.c->src.slices > CYCLE_BANKS;
}

void cycle_dispatch_position(cycle_dispatch *v, int k, int slice, bool pair, cycle_time weights) {
    cycle_model *m = v->m;
    const plan_command *c = v->work.c;
    const cycle_token *t = &m->list->token[k];
    cycle_time at = cycle_later(cycle_dispatch_take(v, t->gap, false), weights);
    int cycles = cycle_dispatch_cycles(v, t);
    bool patches = (c->flags & PLAN_PATCHES) != 0, next_too = false;
    if (patches) {
        at = cycle_later(at, cycle_patches_next(&v->patches, m));
        if (is_packed(v)) cycles = packed_cycles(v, &next_too);
    } else if ((c->flags & PLAN_IMAGE_SRC) != 0) {
        at = cycle_later(at, cycle_image_row(m, cycle_dispatch_rows(v, t) - 1));
    }
    at += cycles - 1;
    if (next_too) at = cycle_later(at, next_push(v) + 1);
    if (next_too && k + 1 < m->list->count) at = cycle_later(at, cycle_patches_ready(&v->patches, m));
    cycle_dispatch_result(v, t, slice, pair, at);
    if (patches) cycle_patches_use(&v->patches, v->done);
}

int cycle_dispatch_rows(const cycle_dispatch *v, const cycle_token *t) {
    const plan_command *c = v->work.c;
    int centre = t->y * ((c->flags & PLAN_STRIDE2) != 0 ? 2 : 1), rows = centre + ((c->flags & PLAN_KERNEL3) != 0 ? 2 : 1);
    return rows < c->src.h ? rows : c->src.h;
}

void cycle_dispatch_switch(cycle_dispatch *v, const plan_command *c, int lanes) {
    const plan_geometry *g = &v->m->p->geometry;
    v->work =
        (cycle_work){.c = c, .residual = (c->flags & PLAN_RESIDUAL) != 0, .slice_words = lanes / g->pi, .cycles = c->src.slices};
    if (g->parallel && (c->flags & PLAN_KERNEL3) == 0) v->work.cycles = (c->src.slices + CYCLE_BANKS - 1) / CYCLE_BANKS;
}

void cycle_dispatch_start(cycle_dispatch *v, cycle_model *m, const plan_command *c, int lanes, cycle_time start) {
    *v = (cycle_dispatch){.m = m, .valid = start + 2};
    cycle_dispatch_switch(v, c, lanes);
    if ((c->flags & PLAN_PATCHES) != 0) cycle_patches_start(&v->patches, m, c, start);
}

void cycle_dispatch_end(cycle_dispatch *v, cycle_time last) {
    v->done = last;
    v->skip = 0;
}

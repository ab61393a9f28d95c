/* dp_positions and dp_dispatch: the tokens of a convolution. The dispatcher takes positions one after another; each takes its cycles, and
   some that it waits. What it sends is written to the map behind the pipeline. */
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

/* A residual read now would meet the write of an output that was issued five cycles ago (CYCLE_PIPELINE - READ); a pair's six. */
static bool in_conflict(const cycle_dispatch *v, cycle_time at, int bank, bool pair) {
    for (unsigned i = 1; i <= CYCLE_HISTORY && i <= v->outs; i++) {
        unsigned k = (v->outs - i) % CYCLE_HISTORY;
        if (v->out_pair[k]) {
            if (v->out[k] == at - 6) return true;
        } else if (v->out[k] == at - 5) {
            int apart = (bank - v->out_bank[k] + CYCLE_BANKS) % CYCLE_BANKS;
            if (pair || apart < v->slice_words || apart > CYCLE_BANKS - v->slice_words) return true;
        }
    }
    return false;
}

static void note_out(cycle_dispatch *v, cycle_time at, int bank, bool pair) {
    unsigned k = v->outs++ % CYCLE_HISTORY;
    v->out[k] = at;
    v->out_bank[k] = bank;
    v->out_pair[k] = pair;
}

static void write_map(cycle_dispatch *v, const cycle_token *t, int slice, bool pair, cycle_time at) {
    const plan_command *c = v->c;
    int residue = t->residue, words = c->dst.slices - slice * v->slice_words, most = v->slice_words * (pair ? 2 : 1);
    if ((c->flags & PLAN_MAX_POOL) != 0) {
        int h = (c->src.h + 1) / 2, w = (c->src.w + 1) / 2;
        if ((c->flags & PLAN_STRIDE2) == 0) h = c->src.h, w = c->src.w;
        if ((t->x % 2 == 0 && t->x + 1 != w) || (t->y % 2 == 0 && t->y + 1 != h)) return;
        residue = t->x / 2 % 3 + 3 * (t->y / 2 % 3);
    }
    if (words > most) words = most;
    int bank = (residue + v->dst9) % CYCLE_BANKS;
    if (v->residual) cycle_port_take(v->m, at + READ, bank, words);
    cycle_time written = at + CYCLE_PIPELINE + (pair ? WRITE_PAIR : 0);
    cycle_port_take(v->m, written, bank, words);
    bool last_slice = slice + (pair ? 2 : 1) >= c->out_slices;
    if (last_slice && (c->flags & PLAN_PRODUCES) != 0) v->m->write[v->m->writes++] = written;
}

/* Cycles of a packed patch, and whether its last one starts the next patch too. */
static int packed_cycles(cycle_dispatch *v, bool *next_too) {
    int cycles = 1, words = v->c->src.slices;
    for (; v->skip + CYCLE_BANKS < words; cycles++) v->skip += CYCLE_BANKS;
    v->skip = v->skip + CYCLE_BANKS - words;
    *next_too = v->skip != 0;
    return cycles;
}

static bool is_packed(const cycle_dispatch *v) {
    return v->parallel && (v->c->flags & PLAN_PATCHES) != 0 && v->c->src.slices > CYCLE_BANKS;
}

void cycle_dispatch_position(cycle_dispatch *v, int k, int slice, bool pair, cycle_time weights) {
    cycle_model *m = v->m;
    const plan_command *c = v->c;
    const cycle_token *t = &m->token[k];
    cycle_time at = cycle_later(cycle_dispatch_take(v, t->gap, false), weights);
    int cycles = t->taps > 0 ? v->cycles * t->taps : 1;
    bool patches = (c->flags & PLAN_PATCHES) != 0, next_too = false;
    if (patches) {
        at = cycle_later(at, cycle_patches_next(&v->patches, m));
        if (is_packed(v)) cycles = packed_cycles(v, &next_too);
    } else if ((c->flags & PLAN_IMAGE_SRC) != 0) {
        int row = t->y * ((c->flags & PLAN_STRIDE2) != 0 ? 2 : 1) + 1;
        at = cycle_later(at, cycle_image_row(m, row < c->src.h ? row : c->src.h - 1));
    }
    at += cycles - 1;
    if (next_too) at = cycle_later(at, next_push(v) + 1);
    if (next_too && k + 1 < m->tokens) at = cycle_later(at, cycle_patches_ready(&v->patches, m));
    int bank = (t->residue + v->dst9) % CYCLE_BANKS;
    while (v->residual && in_conflict(v, at, bank, pair)) at++;
    if ((c->flags & PLAN_HEAD) == 0) write_map(v, t, slice, pair, at);
    if (pair) at++;
    note_out(v, at, bank, pair);
    if (patches) cycle_patches_use(&v->patches, at);
    v->done = at;
}

void cycle_dispatch_start(cycle_dispatch *v, cycle_model *m, const plan_command *c, int lanes, cycle_time start) {
    const plan_geometry *g = &m->p->geometry;
    *v = (cycle_dispatch){.m = m, .c = c, .parallel = g->parallel, .valid = start + 2};
    v->residual = (c->flags & PLAN_RESIDUAL) != 0;
    v->slice_words = lanes / g->pi;
    v->cycles = c->src.slices;
    if (g->parallel && (c->flags & PLAN_KERNEL3) == 0) v->cycles = (c->src.slices + CYCLE_BANKS - 1) / CYCLE_BANKS;
    if ((c->flags & PLAN_PATCHES) != 0) cycle_patches_start(&v->patches, m, c, start);
}

void cycle_dispatch_end(cycle_dispatch *v, bool pair, cycle_time last) {
    v->done = last;
    v->skip = 0;
    v->dst9 = (v->dst9 + v->slice_words * (pair ? 2 : 1)) % CYCLE_BANKS;
}

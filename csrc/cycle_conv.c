/* A convolution: dp_positions, dp_dispatch, and what waits behind the pipeline (dp_channels, dp_axi_write). The dispatcher takes
   positions one after another; each takes its cycles, and some that it waits. */
#include "cycle_parts.h"

enum {
    FIFO = 4, /* positions between iterator and dispatcher */
    HISTORY = 8,
    WRITE = 7, /* cycles from the dispatcher to the map write; a pair's come one later */
    READ = 2, /* to the read of the identity */
    SCORE_GROUPS = 8 /* of saliency weights in a beat */
};

typedef struct {
    cycle_model *m;
    const plan_command *c;
    bool parallel, residual;
    int slice_words, dst9;
    int cycles; /* of a position, serial 3x3: of a tap */
    /* the iterator */
    cycle_time valid; /* the next position, without the rows that are skipped */
    cycle_time taken[FIFO]; /* by the dispatcher, position i % FIFO */
    unsigned count;
    /* the dispatcher */
    cycle_time done; /* the last cycle of the position before */
    cycle_time consumer; /* slices may end from here on */
    cycle_time out[HISTORY]; /* when outputs were issued, and where they go */
    int out_bank[HISTORY];
    bool out_pair[HISTORY];
    unsigned outs;
    int skip; /* packed patches: words of the next one that are done */
    cycle_patches patches;
    cycle_time retire;
} conv;

/* When the next position, or end, enters the FIFO if no rows are skipped. */
static cycle_time next_push(const conv *v) {
    return v->count < FIFO ? v->valid : cycle_later(v->valid, v->taken[v->count % FIFO] + 1);
}

/* The next position (gap: rows that are skipped before it) goes to the dispatcher: the first cycle that it may use. */
static cycle_time take_position(conv *v, int gap, bool end) {
    v->valid += gap;
    cycle_time push = next_push(v);
    cycle_time at = cycle_later(push + 1, v->done);
    v->taken[v->count++ % FIFO] = at;
    v->valid = push + (end ? 2 : 1);
    return at + 1;
}

/* A residual read now would meet the write of an output that was issued five cycles ago; a pair's six. */
static bool in_conflict(const conv *v, cycle_time at, int bank, bool pair) {
    for (unsigned i = 1; i <= HISTORY && i <= v->outs; i++) {
        unsigned k = (v->outs - i) % HISTORY;
        if (v->out_pair[k]) {
            if (v->out[k] == at - 6) return true;
        } else if (v->out[k] == at - 5) {
            int apart = (bank - v->out_bank[k] + CYCLE_BANKS) % CYCLE_BANKS;
            if (pair || apart < v->slice_words || apart > CYCLE_BANKS - v->slice_words) return true;
        }
    }
    return false;
}

static void note_out(conv *v, cycle_time at, int bank, bool pair) {
    unsigned k = v->outs++ % HISTORY;
    v->out[k] = at;
    v->out_bank[k] = bank;
    v->out_pair[k] = pair;
}

static void write_map(conv *v, const cycle_token *t, int slice, bool pair, cycle_time at) {
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
    cycle_time written = at + WRITE + (pair ? 2 : 0); /* the second one's cycle, and one more */
    cycle_port_take(v->m, written, bank, words);
    bool last_slice = slice + (pair ? 2 : 1) >= c->out_slices;
    if (last_slice && (c->flags & PLAN_PRODUCES) != 0) v->m->write[v->m->writes++] = written;
}

/* Cycles of a packed patch, and whether its last one starts the next patch too. */
static int packed_cycles(conv *v, bool *next_too) {
    int cycles = 1, words = v->c->src.slices;
    for (; v->skip + CYCLE_BANKS < words; cycles++) v->skip += CYCLE_BANKS;
    v->skip = v->skip + CYCLE_BANKS - words;
    *next_too = v->skip != 0;
    return cycles;
}

static bool is_packed(const conv *v) {
    return v->parallel && (v->c->flags & PLAN_PATCHES) != 0 && v->c->src.slices > CYCLE_BANKS;
}

static void run_position(conv *v, int k, int slice, bool pair, cycle_time weights) {
    cycle_model *m = v->m;
    const plan_command *c = v->c;
    const cycle_token *t = &m->token[k];
    cycle_time at = cycle_later(take_position(v, t->gap, false), weights);
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

/* A slice ends in cycle `at`; scores or logits are taken from it, and its weights and parameters are given back. */
static void end_slice(conv *v, const plan_conv *pc, int slice, cycle_time at) {
    cycle_model *m = v->m;
    const plan_command *c = v->c;
    cycle_time release = at + WRITE;
    int lanes = pc->cout - slice * pc->lanes < pc->lanes ? pc->cout - slice * pc->lanes : pc->lanes;
    v->retire = release + 1;
    if ((c->flags & PLAN_SCORE) != 0) {
        int octets = (lanes + PLAN_OCTET - 1) / PLAN_OCTET;
        release += 1 + octets * (c->groups + (c->groups + SCORE_GROUPS - 1) / SCORE_GROUPS);
        v->consumer = release;
        v->retire = release + 2 + c->groups; /* after the last one the groups are ranked */
        if (slice + 1 == c->out_slices) {
            m->groups_done = release + 1 + c->groups;
            m->groups_open--;
        }
    }
    if ((c->flags & PLAN_HEAD) != 0) {
        int beats = (m->p->geometry.po * (int)sizeof(int32_t) + PLAN_BEAT - 1) / PLAN_BEAT;
        cycle_time sent = cycle_memory_write(m, release + 2, beats);
        m->answered = sent + m->memory.options.latency;
        m->layer[m->p->convs - 1].other_beats += (uint64_t)beats;
        v->consumer = release = sent + 1;
        v->retire = release + 1;
    }
    m->slice_rows[m->slices_released % CYCLE_RING] = c->rows;
    m->slice_release[m->slices_released++ % CYCLE_RING] = release;
}

static bool is_pair(const conv *v, int slice) {
    const plan_command *c = v->c;
    bool paired = v->residual && (c->flags & (PLAN_KERNEL3 | PLAN_SCORE)) == 0 && c->src.slices <= CYCLE_BANKS;
    return v->parallel && paired && slice + 1 < c->out_slices;
}

static void run_pass(conv *v, const plan_conv *pc, int slice, bool pair) {
    cycle_model *m = v->m;
    cycle_time weights = cycle_loader_slice(m, m->slices_released);
    if (pair) weights = cycle_later(weights, cycle_loader_slice(m, m->slices_released + 1));
    for (int k = 0; k < m->tokens; k++) run_position(v, k, slice, pair, weights);
    cycle_time at = cycle_later(take_position(v, m->tail, true), weights);
    at = cycle_later(at, v->consumer);
    end_slice(v, pc, slice, at);
    if (pair) end_slice(v, pc, slice + 1, ++at);
    v->done = at;
    v->skip = 0;
    v->dst9 = (v->dst9 + v->slice_words * (pair ? 2 : 1)) % CYCLE_BANKS;
}

cycle_time cycle_conv_run(cycle_model *m, const plan_command *c, int index, cycle_time start) {
    const plan_conv *pc = &m->p->conv[index];
    const plan_geometry *g = &m->p->geometry;
    conv v = {.m = m, .c = c, .parallel = g->parallel, .valid = start + 2};
    v.residual = (c->flags & PLAN_RESIDUAL) != 0;
    v.slice_words = pc->lanes / g->pi;
    v.cycles = c->src.slices;
    if (g->parallel && (c->flags & PLAN_KERNEL3) == 0) v.cycles = (c->src.slices + CYCLE_BANKS - 1) / CYCLE_BANKS;
    cycle_tokens_list(m, c);
    m->layer[index].macs += m->taps * (uint64_t)c->cin * (uint64_t)c->cout;
    if ((c->flags & PLAN_PATCHES) != 0) cycle_patches_start(&v.patches, m, c, start);
    for (int slice = 0; slice < c->out_slices;) {
        bool pair = is_pair(&v, slice);
        run_pass(&v, pc, slice, pair);
        slice += pair ? 2 : 1;
    }
    if ((c->flags & PLAN_IMAGE_SRC) == 0) return v.retire;
    cycle_time retire = cycle_later(v.retire, cycle_image_done(m));
    m->image_free = retire + 1;
    return retire;
}

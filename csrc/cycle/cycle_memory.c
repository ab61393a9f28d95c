/* AXI reads and the DDR (dp_axi_read, tb/bus/axi_mem.c): runs become bursts, one accepted a cycle; bursts are served in the order of
   their acceptance, a beat whenever it is due and the bandwidth has brought its bytes. */
#include "cycle_parts.h"

enum { PAGE_BEATS = 64 /* bursts do not cross 4 KiB */, BEAT_ROWS = 8 };

void cycle_memory_init(cycle_memory *memory, const cycle_memory_options *options) {
    *memory = (cycle_memory){.options = *options, .taken = -1, .used = -1};
    memory->bucket = (cycle_bucket){.at = -1, .bytes = PLAN_BEAT - 1 + options->bandwidth};
    if (memory->options.reads > CYCLE_MAX_READS) memory->options.reads = CYCLE_MAX_READS;
}

/* Bursts of the active run, as long as the memory takes them. A place is free a cycle after the last beat of the burst that had it. */
static void accept(cycle_memory *b) {
    int reads = b->options.reads;
    while (b->active.beats > 0 && b->count < reads) {
        int room = PAGE_BEATS - (int)(b->active.address / PLAN_BEAT % PAGE_BEATS);
        int beats = b->active.beats < room ? b->active.beats : room;
        cycle_time at = b->accepted + 1;
        if (b->bursts >= (uint64_t)reads) at = cycle_later(at, b->popped[b->bursts % (uint64_t)reads] + 1);
        b->active.beats -= beats;
        b->active.address += (uint32_t)beats * PLAN_BEAT;
        b->burst[(b->first + b->count++) % reads] =
            (cycle_burst){.accepted = at, .beats = beats, .run_end = b->active.beats == 0, .run = b->active};
        b->active.rows -= beats * BEAT_ROWS;
        b->accepted = at;
        b->bursts++;
    }
}

void cycle_memory_ask(cycle_model *m, const cycle_run *run, cycle_time at) {
    m->memory.active = *run;
    m->memory.accepted = cycle_later(m->memory.accepted, at);
    accept(&m->memory);
}

cycle_time cycle_memory_free(cycle_model *m) {
    while (m->memory.active.beats > 0) cycle_memory_serve(m);
    return m->memory.accepted;
}

/* The first cycle from `at` on in which a bucket has the bytes of a beat, which are taken from it. */
static cycle_time spend(cycle_bucket *bucket, int bandwidth, cycle_time at) {
    const int most = PLAN_BEAT - 1 + bandwidth;
    int missing = PLAN_BEAT - bucket->bytes;
    at = cycle_later(at, bucket->at + 1);
    if (missing > 0) at = cycle_later(at, bucket->at + (missing + bandwidth - 1) / bandwidth);
    int64_t bytes = bucket->bytes + (at - bucket->at) * bandwidth;
    *bucket = (cycle_bucket){.at = at, .bytes = (int)(bytes < most ? bytes : most) - PLAN_BEAT};
    return at;
}

/* Eight rows of a given mask, written one a cycle; the beat is taken with the last one. */
static cycle_time take_rows(cycle_burst *front, cycle_time shown) {
    int rows = front->run.rows < BEAT_ROWS ? front->run.rows : BEAT_ROWS;
    front->run.rows -= rows;
    return shown + rows - 1;
}

static void complete(cycle_model *m, const cycle_burst *b, cycle_time at) {
    switch (b->run.kind) {
    case CYCLE_SLICE: m->slice_ready[m->slices_ready++ % CYCLE_RING] = at + 1; break;
    case CYCLE_GROUPS:
        m->groups_done = at;
        m->groups_open--;
        break;
    case CYCLE_MASK_WEIGHTS: m->sweep.weights[m->sweep.weights_count++ % CYCLE_RING] = at + 1; break;
    case CYCLE_MASK_ROWS: m->pair_valid[b->run.pair] = at + 1; break;
    default: break;
    }
}

/* The first cycle in which the next beat may be shown, but for its bytes. */
static cycle_time due(const cycle_memory *b) {
    return cycle_later(b->burst[b->first].accepted + b->options.latency, b->taken + 1);
}

cycle_time cycle_memory_next(const cycle_model *m) {
    const cycle_memory *b = &m->memory;
    cycle_bucket trial = b->bucket;
    if (b->standing || b->count == 0) return b->standing ? b->shown : CYCLE_PENDING;
    return spend(&trial, b->options.bandwidth, due(b));
}

static void show(cycle_memory *b) {
    if (!b->standing) b->shown = spend(&b->bucket, b->options.bandwidth, due(b));
    b->standing = true;
}

void cycle_memory_serve(cycle_model *m) {
    cycle_memory *b = &m->memory;
    cycle_burst *front = &b->burst[b->first];
    show(b);
    b->standing = false;
    cycle_time at = b->taken = cycle_later(b->shown, b->used + 1);
    if (front->run.kind == CYCLE_IMAGE) at = cycle_image_beat(m, at);
    if (front->run.kind == CYCLE_MASK_ROWS) at = take_rows(front, at);
    b->used = at;
    if (front->run.kind == CYCLE_COMMANDS) cycle_fetch_beat(m, at);
    if (--front->beats > 0) return;
    if (front->run_end && front->run.last) complete(m, front, at);
    b->popped[(b->bursts - (uint64_t)b->count) % (uint64_t)b->options.reads] = b->taken;
    b->first = (b->first + 1) % b->options.reads;
    b->count--;
    accept(b);
}

bool cycle_memory_serve_known(cycle_model *m) {
    if (cycle_memory_next(m) >= m->limit) return false;
    show(&m->memory);
    if (m->memory.burst[m->memory.first].run.kind == CYCLE_IMAGE && !cycle_image_takes(m, m->limit)) return false;
    cycle_memory_serve(m);
    return true;
}

/* A write that has waited goes first; else the read of that cycle does. The burst's address went out in the cycle before the first. */
cycle_time cycle_memory_write(cycle_model *m, cycle_time at, int beats) {
    cycle_memory *b = &m->memory;
    for (int i = 0; i < beats; i++) {
        cycle_loader_ahead(m, at);
        if (i > 0 && cycle_memory_next(m) == at) {
            show(b);
            at++;
        }
        at = spend(&b->bucket, b->options.bandwidth, at) + 1;
    }
    return at - 1;
}

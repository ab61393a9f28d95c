#include "cycle_memory.h"

enum { BEAT = 64, PAGE_BEATS = 64 /* bursts do not cross 4 KiB */ };

void cycle_memory_init(cycle_memory *memory, const cycle_memory_options *options) {
    *memory = (cycle_memory){.options = *options, .taken = -1, .used = -1};
    memory->bucket = (cycle_bucket){.at = -1, .bytes = BEAT - 1 + options->bandwidth};
    if (memory->options.reads > CYCLE_MAX_READS) memory->options.reads = CYCLE_MAX_READS;
}

/* Bursts of the active run, as long as the memory takes them. A place is free a cycle after the
   last beat of the burst that had it. */
static void accept(cycle_memory *memory) {
    int reads = memory->options.reads;
    cycle_run *run = &memory->active;
    while (run->beats > 0 && memory->count < reads) {
        int room = PAGE_BEATS - (int)(run->address / BEAT % PAGE_BEATS);
        int beats = run->beats < room ? run->beats : room;
        cycle_time at = memory->accepted + 1;
        if (memory->bursts >= (uint64_t)reads) at = cycle_later(at, memory->popped[memory->bursts % (uint64_t)reads] + 1);
        run->beats -= beats;
        run->address += (uint32_t)beats * BEAT;
        memory->burst[(memory->first + memory->count++) % reads] =
            (cycle_burst){.accepted = at, .beats = beats, .run_end = run->beats == 0, .run = *run};
        run->rows -= beats * CYCLE_BEAT_ROWS;
        memory->accepted = at;
        memory->bursts++;
    }
}

bool cycle_memory_free(const cycle_memory *memory) { return memory->active.beats == 0; }

void cycle_memory_ask(cycle_memory *memory, const cycle_run *run, cycle_time at) {
    memory->active = *run;
    memory->accepted = cycle_later(memory->accepted, at);
    accept(memory);
}

/* The first cycle from `at` on in which a bucket has the bytes of a beat, which are taken from
   it. */
static cycle_time spend(cycle_bucket *bucket, int bandwidth, cycle_time at) {
    const int most = BEAT - 1 + bandwidth;
    int missing = BEAT - bucket->bytes;
    at = cycle_later(at, bucket->at + 1);
    if (missing > 0) at = cycle_later(at, bucket->at + (missing + bandwidth - 1) / bandwidth);
    int64_t bytes = bucket->bytes + (at - bucket->at) * bandwidth;
    *bucket = (cycle_bucket){.at = at, .bytes = (int)(bytes < most ? bytes : most) - BEAT};
    return at;
}

/* The first cycle in which the next beat may be shown, but for its bytes. */
static cycle_time due(const cycle_memory *memory) {
    return cycle_later(memory->burst[memory->first].accepted + memory->options.latency, memory->taken + 1);
}

cycle_time cycle_memory_next(const cycle_memory *memory) {
    cycle_bucket trial = memory->bucket;
    if (memory->standing) return memory->shown;
    return memory->count > 0 ? spend(&trial, memory->options.bandwidth, due(memory)) : CYCLE_PENDING;
}

/* The cycle in which a beat that is shown leaves the bus: when the one before it has left the skid buffer. */
static cycle_time offered(const cycle_memory *memory) { return cycle_later(memory->shown, memory->used + 1); }

cycle_time cycle_memory_show(cycle_memory *memory, cycle_run *run) {
    if (!memory->standing) memory->shown = spend(&memory->bucket, memory->options.bandwidth, due(memory));
    memory->standing = true;
    *run = memory->burst[memory->first].run;
    return offered(memory);
}

bool cycle_memory_take(cycle_memory *memory, cycle_time at) {
    cycle_burst *front = &memory->burst[memory->first];
    bool complete = front->beats == 1 && front->run_end && front->run.last;
    memory->standing = false;
    memory->taken = offered(memory);
    memory->used = at;
    front->run.rows -= CYCLE_BEAT_ROWS;
    if (--front->beats > 0) return false;
    memory->popped[(memory->bursts - (uint64_t)memory->count) % (uint64_t)memory->options.reads] = memory->taken;
    memory->first = (memory->first + 1) % memory->options.reads;
    memory->count--;
    accept(memory);
    return complete;
}

cycle_time cycle_memory_write(cycle_memory *memory, cycle_time at) {
    return spend(&memory->bucket, memory->options.bandwidth, at);
}

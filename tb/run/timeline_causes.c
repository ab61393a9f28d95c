/* The cause track: equal causes become segments, short ones part of the segment before. */
#include <string.h>

#include "cause.h"
#include "timeline_parts.h"

static uint64_t least(const timeline_causes *c, uint64_t cycle) {
    uint64_t share = (cycle - c->start) / TIMELINE_SHARE;
    if (!c->merge) return 1;
    return share > TIMELINE_SHORT ? share : TIMELINE_SHORT;
}

/* The segment's most frequent cause: its name. */
static int most(const timeline_causes *c) {
    int cause = 0;
    for (int i = 1; i < DUT_CAUSES; i++)
        if (c->open[i] > c->open[cause]) cause = i;
    return cause;
}

static void put_segment(timeline *t, uint64_t end) {
    timeline_causes *c = &t->causes;
    int cause = most(c);
    uint64_t length = end - c->from, merged = length - c->open[cause];
    json_t *arguments = merged > 0 ? json_pack("{s:o}", "merged", timeline_count(merged)) : NULL;
    trace_span(&t->file, TIMELINE_CAUSE, cause_name(cause), c->from, end, arguments);
    memset(c->open, 0, sizeof c->open);
    c->from = end;
}

static void end_run(timeline_causes *c) {
    c->open[c->cause] += c->run;
    c->run = 0;
}

void timeline_causes_cycle(timeline *t, int cause, uint64_t cycle) {
    timeline_causes *c = &t->causes;
    if (!c->some) {
        c->some = true;
        c->start = c->from = cycle;
        c->run = 0;
    }
    if (c->run > 0 && cause != c->cause) end_run(c);
    if (c->run == 0) {
        c->run_from = cycle;
        c->cause = cause;
    }
    if (++c->run == least(c, cycle) && c->run_from > c->from && cause != most(c)) put_segment(t, c->run_from);
}

void timeline_causes_end(timeline *t, uint64_t end) {
    timeline_causes *c = &t->causes;
    if (!c->some) return;
    end_run(c);
    put_segment(t, end);
    c->some = false;
}

/* AXI reads and the DDR (dp_axi_read, tb/bus/axi_mem.c): runs become bursts, one accepted a cycle;
   bursts are served in the order of their acceptance, a beat whenever it is due and the bandwidth
   has brought its bytes. */
#ifndef DPACS_CYCLE_MEMORY_H
#define DPACS_CYCLE_MEMORY_H

#include <stdbool.h>

#include "cycle_types.h"

typedef enum {
    CYCLE_COMMANDS,
    CYCLE_PARAMETERS,
    CYCLE_SLICE,
    CYCLE_GROUPS,
    CYCLE_MASK_WEIGHTS,
    CYCLE_MASK_ROWS,
    CYCLE_IMAGE
} cycle_data;

typedef struct {
    cycle_data kind;
    uint32_t address;
    int beats;
    bool last; /* the last beat completes what `kind` says (CYCLE_SLICE: an output slice) */
    int rows, pair; /* of a given mask */
} cycle_run;

typedef struct {
    cycle_time accepted;
    int beats;
    bool run_end;
    cycle_run run;
} cycle_burst;

typedef struct {
    cycle_time at; /* for which `bytes` holds */
    int bytes; /* that may move */
} cycle_bucket;

enum { CYCLE_MAX_READS = 256, CYCLE_BEAT_ROWS = 8 /* of a given mask, in a beat */ };

typedef struct {
    cycle_memory_options options;
    cycle_run active; /* what the read master splits into bursts; beats: what is left */
    cycle_time accepted; /* the last burst */
    cycle_burst burst[CYCLE_MAX_READS];
    int first, count;
    uint64_t bursts; /* accepted so far */
    cycle_time popped[CYCLE_MAX_READS]; /* when the last beat of burst i % reads was taken */
    cycle_time taken; /* the last beat, from the bus */
    cycle_time used; /* by its unit: until then it waits in the skid buffer */
    cycle_bucket bucket;
    bool standing; /* a beat is shown since then, and not taken yet */
    cycle_time shown;
} cycle_memory;

void cycle_memory_init(cycle_memory *memory, const cycle_memory_options *options);
/* The read master takes another run, from the cycle on in which it accepted the last burst. */
bool cycle_memory_free(const cycle_memory *memory);
/* It takes a run in cycle `at`, in which it is free. */
void cycle_memory_ask(cycle_memory *memory, const cycle_run *run, cycle_time at);

/* The next beat: when it would be served; CYCLE_PENDING if none was asked for. */
cycle_time cycle_memory_next(const cycle_memory *memory);
/* Its unit sees it from the returned cycle on; *run is what it belongs to (rows: those that are
   left). */
cycle_time cycle_memory_show(cycle_memory *memory, cycle_run *run);
/* Its unit takes it in cycle `at`; true if that completes what the run says. */
bool cycle_memory_take(cycle_memory *memory, cycle_time at);

/* A written beat, `at` being the first cycle in which it may go: when it goes. */
cycle_time cycle_memory_write(cycle_memory *memory, cycle_time at);

#endif

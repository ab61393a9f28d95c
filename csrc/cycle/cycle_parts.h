/* What the files behind cycle_model.h share: the units' states, as the cycles in which things happen.

   All of them are evaluated on demand: the array asks for its next slice of weights, that lets the loader ask for its next runs, and
   those let the memory serve beats. What a unit waits for lies before it in the order of the commands, so it is known by then. */
#ifndef DPACS_CYCLE_PARTS_H
#define DPACS_CYCLE_PARTS_H

#include "cycle_model.h"
#include "plan_command.h"
#include "rtl.inc" /* made of rtl/dp_pkg.sv */

typedef int64_t cycle_time; /* cycles since the host began with the first job */

enum {
    CYCLE_BANKS = 9,
    CYCLE_CHAIN = 3, /* convolutions, dp_pkg::MaxChain */
    CYCLE_RING = 64 /* of what is in flight between two units: more than any of them holds */
};

static inline cycle_time cycle_later(cycle_time a, cycle_time b) { return a > b ? a : b; }

/* cycle_memory.c: AXI reads, and the DDR behind them. */
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

enum { CYCLE_MAX_READS = 256 };

typedef struct {
    cycle_time at; /* for which `bytes` holds */
    int bytes; /* that may move */
} cycle_bucket;

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

/* dp_fetch: commands are numbered over all jobs. */
typedef struct {
    bool collecting; /* a quad is on its way */
    int next; /* command of the list that the next quad starts with */
    bool idle; /* the list is read, the next job not taken */
    uint64_t jobs; /* taken */
    cycle_time ready; /* idle, or ready to ask for the next quad, from here on */
    uint64_t arrived, popped;
    cycle_time arrival[CYCLE_RING], pop[CYCLE_RING];
} cycle_fetch;

/* dp_loader */
typedef struct {
    uint64_t job;
    int command; /* of the list */
    int conv; /* of plan.conv, that is or comes next */
    bool in_slices; /* of the command: they are being asked for */
    bool plain_due; /* the run that the command starts with, or consists of, is to be asked for */
    bool reserved; /* room for the slice */
    bool image_due;
    int slice, octet, part; /* next; of a record: 0 its head, then its groups */
    int groups, group[DP_MAX_GROUPS]; /* kept ones of the block */
    cycle_time at; /* the next state's first cycle */
    int rows_free, entries_free;
    uint64_t released; /* slices whose rows are counted as free */
    uint64_t forwarded; /* commands, over all jobs */
    cycle_time forward[CYCLE_RING];
} cycle_loader;

/* dp_image_load: bytes into words, while port B lets it. A put writes up to 64 bytes of a position, or of the image (patches). */
typedef struct {
    const plan_command *command;
    bool asked; /* its run */
    int beats, loaded;
    cycle_time *load; /* (beats) when each was taken */
    int puts, puts_all;
    int64_t put_bytes; /* so far */
    int freed_count;
    cycle_time *freed; /* (beats+1) when so many beats were written */
    int y, x, word, bank; /* of the next put */
    cycle_time *put; /* (puts_all) */
} cycle_image;

/* dp_mask_unit */
typedef struct {
    const plan_command *command; /* NULL: idle */
    bool last_pass; /* behind the producer */
    int y, x, word; /* next */
    int index; /* of the pass's positions */
    bool any; /* in this row */
    cycle_time at; /* the next read, at the earliest */
    cycle_time idle;
    cycle_time weights[CYCLE_RING]; /* complete, by sweep */
    uint64_t weights_count, sweeps;
} cycle_sweep;

/* One position of a convolution. */
typedef struct {
    uint8_t y, x, residue; /* residue: x%3 + 3*(y%3) */
    uint8_t taps; /* that are issued: serial 3x3; else 1 */
    int gap; /* rows without a position since the one before */
} cycle_token;

/* The positions that a convolution computes, in raster order. */
typedef struct {
    int count, tail; /* tail: rows without any behind the last */
    uint64_t taps; /* that count, of all positions */
    cycle_token *token; /* (positions of the largest map) */
} cycle_tokens;

struct cycle_model {
    const plan *p;
    const golden_run *run, *next; /* the image at work; the one queued behind it, or NULL */
    cycle_time limit; /* beats from here on are not served yet */
    cycle_memory memory;
    cycle_fetch fetch;
    cycle_loader loader;
    cycle_image image;
    cycle_sweep sweep;
    /* the host: when jobs are started */
    uint64_t jobs, started; /* done; whose start is known */
    cycle_time job_start[2]; /* of job i % 2: the register write that starts it */
    cycle_time host; /* it may start the next job */
    cycle_time interrupt; /* seen for the last job done */
    /* the sequencer */
    cycle_time at; /* it is idle from this cycle on */
    uint64_t popped; /* commands, over all jobs */
    cycle_time pop[CYCLE_RING];
    cycle_time retired; /* the convolution before */
    cycle_time answered; /* the last logits' write */
    /* what units give each other */
    uint64_t slices_ready, slices_released;
    cycle_time slice_ready[CYCLE_RING], slice_release[CYCLE_RING]; /* by slice, over all convolutions */
    int slice_rows[CYCLE_RING];
    int groups_open; /* channel masks that are awaited */
    cycle_time groups_done;
    cycle_time pair_valid[4], pair_free[4]; /* PENDING: not complete */
    cycle_time image_free;
    cycle_tokens list[CYCLE_CHAIN]; /* of the convolution, or of a chain's */
    uint64_t busy[CYCLE_CHAIN]; /* array cycles of a chain's */
    int writes;
    cycle_time *write; /* (positions of the largest map) last slice of a convolution that a mask is computed from */
    uint16_t *port; /* (port_size) banks of port B that are taken, by cycle from port_base on */
    cycle_time port_base;
    size_t port_size;
    bool failed; /* out of memory */
    cycle_layer *layer; /* (convs) */
};

#define CYCLE_PENDING INT64_MAX

/* cycle_memory.c */
void cycle_memory_init(cycle_memory *memory, const cycle_memory_options *options);
/* The read master takes a run in cycle `at`, in which it was free. */
void cycle_memory_ask(cycle_model *m, const cycle_run *run, cycle_time at);
/* The first cycle in which the read master takes another run. */
cycle_time cycle_memory_free(cycle_model *m);
void cycle_memory_serve(cycle_model *m); /* one beat */
bool cycle_memory_serve_known(cycle_model *m); /* one before m->limit, if it is known by then when it is taken */
/* When the next beat would be served; CYCLE_PENDING if none was asked for. */
cycle_time cycle_memory_next(const cycle_model *m);
/* Beats of logits that may go from `at` on: when the last one goes. */
cycle_time cycle_memory_write(cycle_model *m, cycle_time at, int beats);

/* cycle_model.c: the sequencer takes the next command, in cycle `from` or later: when. */
cycle_time cycle_model_pop(cycle_model *m, cycle_time from);

/* cycle_loader.c */
void cycle_fetch_beat(cycle_model *m, cycle_time at);
void cycle_fetch_job(cycle_model *m); /* another job has been started */
void cycle_loader_step(cycle_model *m); /* the start of a command, or a run */
/* Everything that is asked for and served before cycle `limit`. */
void cycle_loader_ahead(cycle_model *m, cycle_time limit);
/* When the sequencer sees the command that it takes next. */
cycle_time cycle_loader_command(cycle_model *m);
/* When slice `index`, over all convolutions, is complete. */
cycle_time cycle_loader_slice(cycle_model *m, uint64_t index);

/* cycle_stem.c: the image on its way into the map memory, and patches */
void cycle_image_start(cycle_model *m, const plan_command *command);
cycle_time cycle_image_beat(cycle_model *m, cycle_time shown); /* when a beat is taken */
bool cycle_image_takes(cycle_model *m, cycle_time limit); /* whether that is known, writes from `limit` on being unknown */
cycle_time cycle_image_done(cycle_model *m); /* the first cycle in which it is not busy */
cycle_time cycle_image_row(cycle_model *m, int row); /* the first cycle in which rows up to `row` are there */
cycle_time cycle_image_word(cycle_model *m, int word);

typedef struct {
    const plan_command *c;
    int kernel, stride, group, columns;
    int left; /* patches of the group not used */
    int y, x; /* output row, first column of the next group */
    cycle_time read; /* the last row of a group */
    cycle_time ready; /* a patch of the current group may be used from here on */
    cycle_time moved; /* the current group was moved to where patches are made */
    cycle_time take, advance, pop; /* of the patch before */
    bool first, fresh; /* no patch was taken: at all, of the group */
} cycle_patches;
void cycle_patches_start(cycle_patches *t, const cycle_model *m, const plan_command *c, cycle_time start);
/* When the next patch may be used. */
cycle_time cycle_patches_ready(cycle_patches *t, cycle_model *m);
/* The same, and takes it; cycle_patches_use says when its last cycle is. */
cycle_time cycle_patches_next(cycle_patches *t, cycle_model *m);
void cycle_patches_use(cycle_patches *t, cycle_time last);

/* cycle_tokens.c */
void cycle_tokens_list(const cycle_model *m, const plan_command *c, cycle_tokens *list);

/* cycle_dispatch.c */
enum {
    CYCLE_FIFO = 16, /* positions between iterator and dispatcher */
    CYCLE_PIPELINE = 6 + RTL_ARRAY_LATENCY, /* cycles from the dispatcher to the map write */
    CYCLE_HISTORY = CYCLE_PIPELINE + 1
};

/* The convolution at work. */
typedef struct {
    const plan_command *c;
    bool residual;
    int slice_words;
    int cycles; /* of a result; serial 3x3: of a tap */
} cycle_work;

/* A result, or the second one of a pair: its last cycle, and where it goes. */
typedef struct {
    cycle_time at;
    int bank, words;
    bool pair;
} cycle_out;

typedef struct {
    cycle_model *m;
    cycle_work work;
    /* the iterator */
    cycle_time valid; /* the next position, without the rows that are skipped */
    cycle_time taken[CYCLE_FIFO]; /* by the dispatcher, position i % CYCLE_FIFO */
    unsigned count;
    /* the dispatcher */
    cycle_time done; /* the last cycle of the result before */
    cycle_out out[CYCLE_HISTORY];
    unsigned outs;
    int skip; /* packed patches: words of the next one that are done */
    cycle_patches patches;
} cycle_dispatch;

void cycle_dispatch_start(cycle_dispatch *v, cycle_model *m, const plan_command *c, int lanes, cycle_time start);
/* What follows belongs to another convolution of the chain. */
void cycle_dispatch_switch(cycle_dispatch *v, const plan_command *c, int lanes);
/* The next position, or the end of a pass, goes to the dispatcher, `gap` rows being skipped before it: the first cycle it may use. `end`:
   the iterator starts anew behind it. */
cycle_time cycle_dispatch_take(cycle_dispatch *v, int gap, bool end);
/* Two slices, this and the next, take turns at every position (dp_pkg::paired). */
bool cycle_dispatch_pairs(const cycle_dispatch *v, int slice);
/* Cycles of one slice of a position; rows of the source that it reads from. */
int cycle_dispatch_cycles(const cycle_dispatch *v, const cycle_token *t);
int cycle_dispatch_rows(const cycle_dispatch *v, const cycle_token *t);
/* A result of a slice, or a pair's two, the (first) last cycle being `at` or, where banks are taken, later. */
void cycle_dispatch_result(cycle_dispatch *v, const cycle_token *t, int slice, bool pair, cycle_time at);
/* Position k of the list, for a slice or a pair whose weights are there from `weights` on. */
void cycle_dispatch_position(cycle_dispatch *v, int k, int slice, bool pair, cycle_time weights);
/* The pass has ended in cycle `last`. */
void cycle_dispatch_end(cycle_dispatch *v, cycle_time last);

/* cycle_conv.c: a convolution from its start to its retirement */
cycle_time cycle_conv_run(cycle_model *m, const plan_command *c, int index, cycle_time start);

/* cycle_chain.c: a chain from its first convolution's start to that one's retirement. The commands behind `c` are taken meanwhile;
   m->busy is set. */
cycle_time cycle_chain_run(cycle_model *m, const plan_command *c, int index, cycle_time start);

/* cycle_mask.c */
void cycle_sweep_start(cycle_model *m, const plan_command *c, cycle_time start);
void cycle_sweep_advance(cycle_model *m, cycle_time limit); /* up to a cycle; outputs up to it are known */
cycle_time cycle_sweep_idle(cycle_model *m); /* ends the sweep that is at work */

/* cycle_port.c: output writes, residual reads and the mask unit's reads, in this order */
void cycle_port_take(cycle_model *m, cycle_time at, int bank, int words);
bool cycle_port_busy(const cycle_model *m, cycle_time at, int bank, int words);
void cycle_port_drop(cycle_model *m, cycle_time before); /* nobody asks for earlier cycles any more */

#endif

/* The units of a cycle model, each with its own state. */
#ifndef DPACS_CYCLE_STATE_H
#define DPACS_CYCLE_STATE_H

#include "cycle_loader.h"
#include "cycle_tokens.h"

enum { CYCLE_CHAIN = 3 /* convolutions, dp_pkg::MaxChain */ };

struct cycle_model {
    const plan *p;
    const golden_run *golden; /* the image at work */
    cycle_memory memory;
    cycle_fetch fetch;
    cycle_loader loader;
    cycle_image image;
    cycle_sweep sweep;
    cycle_port port;
    cycle_masks masks;
    cycle_time limit; /* cycle_pull.c: beats from here on are not served yet */
    /* the host */
    uint64_t jobs; /* done */
    cycle_time host; /* it may start the next job */
    cycle_time interrupt; /* seen for the last job done */
    /* the sequencer */
    cycle_time at; /* it is idle from this cycle on */
    cycle_time retired; /* the convolution before */
    cycle_time answered; /* the last logits' write */
    /* convolutions */
    cycle_tokens list[CYCLE_CHAIN]; /* of the convolution, or of a chain's */
    uint64_t busy[CYCLE_CHAIN]; /* array cycles of a chain's */
    cycle_layer *layer; /* (convs) */
};

#endif

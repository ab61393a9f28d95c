/* The signals of the RTL that an explanation reads. Only explain_signals.c knows where they are; one that the wave lacks, or a cycle that it
   does not show, is said in the explanation. */
#ifndef DPACS_EXPLAIN_SIGNALS_H
#define DPACS_EXPLAIN_SIGNALS_H

#include "explanation.h"
#include "failure_case.h"
#include "wave_read.h"

typedef enum {
    SIGNAL_LAYER, /* of the command at work */
    SIGNAL_STAGE, /* … or of the first of a chain, */
    SIGNAL_STAGE_1, /* its second */
    SIGNAL_STAGE_2, /* and third */
    SIGNAL_ARRAY_MAC, /* stage M: the array computes … */
    SIGNAL_ARRAY_CONV, /* … for this convolution of a chain */
    SIGNAL_ARRAY_Y, /* … for this position */
    SIGNAL_ARRAY_X,
    SIGNAL_ARRAY_SLICE, /* … and output slice, */
    SIGNAL_ARRAY_SRC_Y, /* from this input, plus SIGNAL_SRC_PLUS */
    SIGNAL_ARRAY_SRC_X,
    SIGNAL_ARRAY_INPUTS, /* Pi bytes a slot */
    SIGNAL_ARRAY_WEIGHTS, /* of a lane: Pi bytes a slot */
    SIGNAL_POST_OUT, /* stage E: a result leaves … */
    SIGNAL_POST_CONV,
    SIGNAL_POST_Y,
    SIGNAL_POST_X,
    SIGNAL_POST_SLICE,
    SIGNAL_POST_RELU, /* … with a ReLU */
    SIGNAL_POST_ACC, /* … with these operands, of a lane */
    SIGNAL_POST_MULT,
    SIGNAL_POST_RES_MULT,
    SIGNAL_POST_BIAS,
    SIGNAL_POST_IDENTITY,
    SIGNAL_POST_SHIFT, /* a cycle later */
    SIGNAL_MASK_VALID, /* a decision of the spatial mask unit */
    SIGNAL_MASK_Y,
    SIGNAL_MASK_X,
    SIGNAL_MASK_LAYER,
    SIGNAL_MASK_TOTAL,
    SIGNAL_SCORE_START, /* the score unit folds a slice, */
    SIGNAL_SCORE_FIRST, /* the first one of its layer */
    SIGNAL_SCORE_POOLED, /* int32 a lane */
    SIGNAL_SCORE_COUNT,
    SIGNALS
} explain_signal;

enum { SIGNAL_SRC_PLUS = 3 /* token_t in rtl/dp_pkg.sv: what lies above or left of the map is not negative */ };

/* Below dp_top; "%d" stands for the lane where there is one. */
const char *explain_signal_path(explain_signal s);

/* A number for wave_read_value: `to` of each. False: some are not in the wave, and the explanation says which is the first. */
typedef struct {
    explain_signal signal;
    int *to, lane;
} explain_wanted;
bool explain_find(explanation *e, wave_read *w, const explain_wanted *wanted, int count);

/* The command that a token belongs to: a chain has up to three at work, of one layer. */
typedef struct {
    int layer, stage[3], conv; /* for wave_read_value */
} explain_command;
bool explain_command_is(const explain_command *s, const wave_read *w, int layer, int stage);

/* The wave's cycles up to the failure; false where it cannot be read, which is said. */
bool explain_watch(explanation *e, const failure_case *c, wave_read *w, wave_read_cycle *look, void *context);

#endif

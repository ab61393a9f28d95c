/* Executes a command list on the memory that it points into, functionally and independently of csrc/plan/: it knows only
   docs/architecture.md. What it cannot execute (a mask used before it is there, a map out of range) stops it with a message. */
#ifndef DPACS_PLAN_INTERPRETER_H
#define DPACS_PLAN_INTERPRETER_H

#include <stdbool.h>
#include <stdint.h>

#include "dut.h"

enum { INTERPRETER_BUFFERS = 6, INTERPRETER_SIDE = 64 };

/* A map in the banks; `ring` tile rows of it at a time, 0: all. */
typedef struct {
    int base, w, h, slices, ring;
} interpreter_map;

/* A Mask command whose decisions are not all made. */
typedef struct {
    bool pending;
    int layer, cin, in_buf, out_buf, prev_buf;
    interpreter_map map;
    bool prev_masked, pooled;
    int32_t bias;
    uint32_t aux;
    uint8_t decided[256][256];
} interpreter_mask;

typedef struct {
    /* set by the user */
    int pi, po;
    bool parallel;
    int map_words, weight_rows;
    uint8_t *memory;
    uint32_t cmd_addr, image_addr, logits_addr;
    void (*emit)(void *context, const dut_out *o); /* every observation record; NULL = none */
    void *context;
    interpreter_map dst; /* that the convolution of the last record writes */
    /* private, apart from what interpreter_read needs */
    uint8_t *banks; /* (9, map_words, pi) */
    uint8_t keep[INTERPRETER_BUFFERS][INTERPRETER_SIDE][INTERPRETER_SIDE];
    bool valid[INTERPRETER_BUFFERS];
    uint32_t image_beats; /* fetched after the first weights of the convolution that follows */
    int pairs_taken, pairs_released;
    uint64_t groups;
    interpreter_mask mask;
    char error[256];
} interpreter;

/* Runs one job; the map memory keeps what earlier jobs left. False: see error. */
bool interpreter_run(interpreter *t);
void interpreter_free(interpreter *t);

/* Channel c of position (y,x) of a map. */
int8_t interpreter_read(const interpreter *t, const interpreter_map *m, int y, int x, int c);

#endif

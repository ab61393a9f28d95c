/* Published test vectors: a folder with one residual block, its inputs and what must come out
   (meta.json says which file is what). Becomes up to three networks, the passes, that golden and
   the hardware run as any other: the image is the block's input, and where channel scores are
   published a block that computes them comes after it. */
#ifndef DPACS_VECTORS_H
#define DPACS_VECTORS_H

#include "golden.h"

enum { VECTORS_PASSES = 3, VECTORS_EXPECTED = 8, VECTORS_FILES = 32, VECTORS_NAME = 64 };

/* A file that a pass must reproduce. */
typedef struct {
    const char *file; /* its name in the folder */
    /* map of this convolution of the block (index in layer->conv); -1: the channel scores */
    int conv;
    size_t count; /* elements */
    const void *data; /* int8 (H,W,C), or int32 scores */
} vectors_expected;

typedef struct {
    char name[VECTORS_NAME]; /* "dense", "given mask", "mask unit" */
    dp_model model;
    int8_t *image; /* (in_h, in_w, in_c) of the model */
    int block; /* the layer that the vectors are about */
    int expected_count;
    vectors_expected expected[VECTORS_EXPECTED];
} vectors_pass;

typedef struct {
    char name[VECTORS_NAME]; /* of the folder */
    bool parallel; /* the variation that the vectors were made on */
    int passes;
    vectors_pass pass[VECTORS_PASSES];
    int unused_count; /* files in meta.json that are neither input nor expected */
    const char *unused[VECTORS_FILES];
    void *files; /* private to vectors*.c */
} vectors;

/* What a run made of a pass's block. */
typedef struct {
    /* (out_h, out_w, cout) by index in layer->conv: 0 where pruned, the last with its identity */
    const int8_t *map[DP_MAX_CONVS];
    const int64_t *score; /* (groups of the next layer) */
} vectors_result;

/* Reads a folder and checks every file's size and checksum. */
dp_status vectors_open(vectors *v, const char *folder, dp_error *err) DP_MUST_USE;
void vectors_close(vectors *v);

vectors_result vectors_of_golden(const vectors_pass *pass, const golden_run *run);
/* Elements of expected[index] that the result has otherwise. */
size_t vectors_compare(const vectors_pass *pass, int index, const vectors_result *result);

#endif

/* What the files behind vectors.h share. */
#ifndef DPACS_VECTORS_PARTS_H
#define DPACS_VECTORS_PARTS_H

#include "arena.h"
#include "vectors.h"

enum { VECTORS_RANK = 4 };

typedef struct {
    char name[VECTORS_NAME];
    int shape[VECTORS_RANK];
    int rank;
    int element; /* bytes */
    size_t count; /* elements */
    void *data;
    bool used;
} vectors_file;

/* meta.json and the files that it names. */
typedef struct {
    arena memory;
    const char *folder;
    bool bottleneck, parallel, residual;
    int stride, shift, group; /* group 0: no channel groups */
    /* input of each pass, by vectors_kind; "" = not there */
    char identity[VECTORS_PASSES][VECTORS_NAME];
    int file_count;
    vectors_file file[VECTORS_FILES];
} vectors_set;

typedef enum { VECTORS_DENSE, VECTORS_GIVEN, VECTORS_UNIT } vectors_kind;

/* vectors_files.c */
dp_status vectors_read_set(vectors_set *set, const char *folder, dp_error *err) DP_MUST_USE;
vectors_file *vectors_find(vectors_set *set, const char *name); /* NULL: not in meta.json */
/* The same, of this rank and element size; marks it used. */
dp_status vectors_take(vectors_set *set, const char *name, int rank, int element, const vectors_file **file, dp_error *err);

/* vectors_model.c: pass->model, image and block of one kind of pass. */
dp_status vectors_build(vectors_set *set, vectors_kind kind, vectors_pass *pass, dp_error *err) DP_MUST_USE;

#endif

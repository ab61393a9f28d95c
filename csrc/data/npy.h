/* NumPy's .npy files: versions 1 and 2, C order, little-endian integers. */
#ifndef DPACS_NPY_H
#define DPACS_NPY_H

#include <stddef.h>

#include "status.h"

enum { NPY_MAX_RANK = 8 };

typedef enum { NPY_INT8, NPY_UINT8, NPY_INT32, NPY_INT64 } npy_type;

typedef struct {
    npy_type type;
    int rank; /* 0: a scalar */
    size_t shape[NPY_MAX_RANK];
    size_t count; /* elements */
    void *data; /* owned; npy_free */
} npy_array;

/* Types that a reader takes: NPY_ANY, or a sum of npy_only(NPY_INT8) and the like. */
enum { NPY_ANY = (1 << NPY_INT8) + (1 << NPY_UINT8) + (1 << NPY_INT32) + (1 << NPY_INT64) };
static inline int npy_only(npy_type type) { return 1 << type; }

/* What is refused is told as what was expected and what the file holds. */
dp_status npy_read(npy_array *array, int wanted, const char *path, dp_error *err) DP_MUST_USE;
/* "int8 of shape (3, 28, 28, 1)" */
void npy_describe(const npy_array *array, char *text, size_t size);
/* Writes version 1; the file appears whole or not at all. Type, rank, shape and data of `array`
   count. */
dp_status npy_write(const npy_array *array, const char *path, dp_error *err) DP_MUST_USE;
void npy_free(npy_array *array);

#endif

/* Networks in files: a `.dpm` container, planned here for the accelerator at hand, or what `dpacs
   plan` has planned. */
#ifndef DPACS_FILE_H
#define DPACS_FILE_H

#include "dpacs.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    dpacs_network network; /* for dpacs_load */
    void *storage;
} dpacs_file;

/* The device is open; d->text says what is wrong. */
dpacs_status dpacs_file_read(dpacs *d, const char *path, dpacs_file *file) DPACS_MUST_USE;
/* Any time after dpacs_load. */
void dpacs_file_free(dpacs_file *file);

#ifdef __cplusplus
}
#endif

#endif

/* A process that lives the run too and writes its wave. Verilator's writer dies where a disk is full; that ends no run. */
#ifndef DPACS_WAVE_WRITER_H
#define DPACS_WAVE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "progress.h"
#include "status.h"

typedef struct wave_writer wave_writer;

/* `path` must live as long. */
dp_status wave_writer_create(wave_writer **writer, const char *path, dp_error *err) DP_MUST_USE;
/* Ends the process, if it is still there. */
void wave_writer_free(wave_writer *writer);

/* Once. True in the process that writes; it must end with _exit: 0 where the wave is complete. */
bool wave_writer_fork(wave_writer *writer);
bool wave_writer_begun(const wave_writer *writer);
/* In that process: how far it is. */
void wave_writer_tell(wave_writer *writer, uint64_t cycle);

/* Waits for it; after an interrupt it closes what it has. `last`: cycle in which it will end. False: there is no wave, and `why` says so;
   what there was of it is removed. */
bool wave_writer_wait(wave_writer *writer, progress *bar, uint64_t last, char *why, size_t size);
/* The last cycle that it told. */
uint64_t wave_writer_cycle(const wave_writer *writer);

/* How a process came to its end that should have written `path`; the file is removed. `status` as waitpid has it. */
void wave_writer_mourn(int status, const char *path, char *why, size_t size);

#endif

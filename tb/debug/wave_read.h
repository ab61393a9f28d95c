/* Reads a waveform (FST), cycle by cycle: what each signal was when the cycle's inputs had settled, before its rising edge. */
#ifndef DPACS_WAVE_READ_H
#define DPACS_WAVE_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "status.h"

typedef struct wave_read wave_read;

dp_status wave_read_open(wave_read **w, const char *path, dp_error *err) DP_MUST_USE;
void wave_read_close(wave_read *w);

/* Adds a signal by its name below dp_top ("u_engine.u_datapath.act"), of a board's build too; its number, or -1 where the wave does not
   have it. */
int wave_read_signal(wave_read *w, const char *name);

/* Calls `cycle` for every cycle of [from, to] that the wave has; false from it ends the reading. */
typedef bool wave_read_cycle(void *context, const wave_read *w, uint64_t cycle);
dp_status wave_read_run(wave_read *w, uint64_t from, uint64_t to, wave_read_cycle *cycle, void *context,
                        dp_error *err) DP_MUST_USE;

/* Within it: the lowest 64 bits; bits [8*index, 8*index + 8) as a signed byte. 0 for signal -1 and for what lies beyond its width. */
uint64_t wave_read_value(const wave_read *w, int signal);
int64_t wave_read_signed(const wave_read *w, int signal); /* of its own width, at most 64 */
int8_t wave_read_byte(const wave_read *w, int signal, int index);

#endif

/* What the files behind explain.h share. */
#ifndef DPACS_EXPLAIN_PARTS_H
#define DPACS_EXPLAIN_PARTS_H

#include "explain.h"
#include "wave_read.h"

void explain_say(explanation *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* explain_sum.c: accumulators differ, or logits do: operand by operand. False where the wave does not show the tile. */
bool explain_sum(const failure_case *c, wave_read *w, explanation *e);
/* explain_sum_blind.c: the same from the accumulators alone: a tap too many, too few, or nothing that can be told. */
void explain_sum_blind(const failure_case *c, explanation *e);
/* explain_post.c: accumulators are equal, outputs are not. `w` may be NULL. */
void explain_post(const failure_case *c, wave_read *w, explanation *e);
/* explain_units.c */
void explain_mask(const failure_case *c, wave_read *w, explanation *e);
void explain_pool(const failure_case *c, explanation *e);
void explain_score(const failure_case *c, wave_read *w, explanation *e);
void explain_groups(const failure_case *c, explanation *e);

#endif

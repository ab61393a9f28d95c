/* The parts of explain.h, one for each kind of record that can be wrong. Each adds to `e`; `w` may be NULL: there is no wave. */
#ifndef DPACS_EXPLAIN_PARTS_H
#define DPACS_EXPLAIN_PARTS_H

#include "explanation.h"
#include "failure_case.h"
#include "wave_read.h"

/* explain_sum.c: accumulators differ, or logits do: operand by operand. False where the wave does not show the tile. */
bool explain_sum(const failure_case *c, wave_read *w, explanation *e);
/* explain_sum_blind.c: the same from the accumulators alone: a tap too many, too few, or nothing that can be told. */
void explain_sum_blind(const failure_case *c, explanation *e);
/* explain_post.c: accumulators are equal, outputs are not. */
void explain_post(const failure_case *c, wave_read *w, explanation *e);
/* explain_units.c */
void explain_mask(const failure_case *c, wave_read *w, explanation *e);
void explain_pool(const failure_case *c, explanation *e);
void explain_score(const failure_case *c, wave_read *w, explanation *e);
void explain_groups(const failure_case *c, explanation *e);

#endif

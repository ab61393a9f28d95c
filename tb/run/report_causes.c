/* Where the cycles went, layer by layer. */
#include <inttypes.h>

#include "cause.h"
#include "results.h"

/* Columns, most useful first. */
static const dut_cause order[DUT_CAUSES] = {DUT_BUSY, DUT_WEIGHTS, DUT_INPUTS, DUT_MASKS, DUT_DRAIN, DUT_CONTROL, DUT_IDLE};

static void print_line(const layer_result *l, const char *name, const char *kind, FILE *out) {
    (void)fprintf(out, "%-14.14s %-9s", name, kind);
    for (int i = 0; i < DUT_CAUSES; i++) (void)fprintf(out, " %10" PRIu64, l->cause[order[i]]);
    (void)fprintf(out, " %11" PRIu64 "\n", l->cycles);
}

static void print_shares(const layer_result *total, FILE *out) {
    (void)fprintf(out, "%-14s %-9s", "share", "");
    for (int i = 0; i < DUT_CAUSES; i++)
        (void)fprintf(out, " %9.1f%%", 100 * (double)total->cause[order[i]] / (double)total->cycles);
    (void)fprintf(out, "\n");
}

void results_print_causes(const results *r, FILE *out) {
    (void)fprintf(out, "\n%-14s %-9s", "cycles", "");
    for (int i = 0; i < DUT_CAUSES; i++) (void)fprintf(out, " %10s", cause_name((int)order[i]));
    (void)fprintf(out, " %11s\n", "sum");
    for (int i = 0; i < r->layer_count; i++) print_line(&r->layers[i], r->layers[i].name, r->layers[i].kind, out);
    print_line(&r->total, "total", "", out);
    if (r->total.cycles > 0) print_shares(&r->total, out);
}

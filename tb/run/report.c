/* The results on one screen: a line a convolution, or a line a block where those are too many. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cause.h"
#include "results.h"

enum { MAX_LINES = 26 };

static double ratio(double a, double b) { return b > 0 ? a / b : 0; }

static void print_fraction(FILE *out, uint64_t kept, uint64_t all) {
    if (all == 0)
        (void)fprintf(out, " %8s", "-");
    else
        (void)fprintf(out, " %7.1f%%", 100 * ratio((double)kept, (double)all));
}

static void print_line(FILE *out, const char *name, const char *kind, const layer_result *l, int images) {
    double cycles = ratio((double)l->cycles, images), limit = ratio(l->limit.limit_cycles, images);
    (void)fprintf(out, "%-14.14s %-9s %11.0f %11.0f %6.2f", name, kind, cycles, limit, ratio(cycles, limit));
    print_fraction(out, l->positions_kept, l->positions);
    print_fraction(out, l->groups_kept, l->groups);
    print_fraction(out, l->limit.macs, l->limit.macs_dense);
    (void)fprintf(out, " %10.1f\n", ratio((double)(l->bytes_weights + l->bytes_other), images) / 1024);
}

static void sum(layer_result *to, const layer_result *from) {
    to->cycles += from->cycles;
    workload_add(&to->limit, &from->limit);
    to->bytes_weights += from->bytes_weights;
    to->bytes_other += from->bytes_other;
    to->positions += from->positions;
    to->positions_kept += from->positions_kept;
    to->groups += from->groups;
    to->groups_kept += from->groups_kept;
}

/* Layers [from, return) belong to one block of the model. */
static int block_sum(const results *r, int from, layer_result *total) {
    int i = from;
    *total = r->layers[from];
    while (++i < r->layer_count && r->layers[i].layer == r->layers[from].layer) sum(total, &r->layers[i]);
    return i;
}

static void print_blocks(const results *r, FILE *out) {
    int next;
    for (int i = 0; i < r->layer_count; i = next) {
        layer_result total;
        char name[DP_NAME];
        next = block_sum(r, i, &total);
        (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(total.name, "."), total.name);
        print_line(out, name, next - i > 1 ? "block" : total.kind, &total, r->images);
    }
}

static void print_table(const results *r, FILE *out) {
    (void)fprintf(out, "%-14s %-9s %11s %11s %6s %8s %8s %8s %10s\n", "per image", "", "cycles", "limit", "ratio", "position",
                  "groups", "MACs", "KiB moved");
    if (r->layer_count > MAX_LINES) {
        print_blocks(r, out);
    } else {
        for (int i = 0; i < r->layer_count; i++) print_line(out, r->layers[i].name, r->layers[i].kind, &r->layers[i], r->images);
    }
    print_line(out, "total", "", &r->total, r->images);
}

static void print_baseline(const results *r, const results *dense, FILE *out) {
    double cycles = (double)r->cycles / r->images, dense_cycles = (double)dense->cycles / dense->images;
    double limit = r->total.limit.limit_cycles / r->images, dense_limit = dense->total.limit.limit_cycles / dense->images;
    (void)fprintf(out, "dense        %.0f cycles an image: pruning is %.2f times faster (the limits: %.2f times)\n", dense_cycles,
                  ratio(dense_cycles, cycles), ratio(dense_limit, limit));
}

static void print_speed(const results *r, FILE *out) {
    double rate = ratio((double)r->cycles, r->seconds);
    (void)fprintf(out, "simulated    %" PRIu64 " cycles in %.1f s: %.0f kHz\n", r->cycles, r->seconds, rate / 1e3);
}

static void print_head(const results *r, FILE *out) {
    (void)fprintf(out, "%s on %s: %s array, %d MACs a cycle, %s schedule", r->model, r->build, r->arch, r->peak_macs,
                  r->schedule);
    if (strcmp(r->schedule, "chain") == 0) (void)fprintf(out, " in %d of %d blocks", r->chains, r->blocks);
    if (strcmp(r->schedule, "auto") == 0) (void)fprintf(out, ", %d of %d blocks as chains", r->chains, r->blocks);
    (void)fprintf(out, "\n\n");
}

static void print_sums(const results *r, FILE *out) {
    const layer_result *t = &r->total;
    double cycles = (double)r->cycles / r->images, limit = t->limit.limit_cycles / r->images;
    (void)fprintf(out, "cycles       %.0f an image, limit %.0f: ratio %.3f\n", cycles, limit, ratio(cycles, limit));
    (void)fprintf(out, "MACs         %.1f%% of %.2f million an image are left by the masks\n",
                  100 * ratio((double)t->limit.macs, (double)t->limit.macs_dense), (double)t->limit.macs_dense / r->images / 1e6);
    (void)fprintf(out, "memory       %.1f KiB weights and %.1f KiB other an image\n", (double)t->bytes_weights / r->images / 1024,
                  (double)t->bytes_other / r->images / 1024);
}

/* The model beside what was measured, and the layer where it is furthest off. */
static void print_model(const results *r, FILE *out) {
    const layer_result *worst = &r->layers[0];
    double most = 0;
    for (int i = 0; i < r->layer_count; i++) {
        const layer_result *l = &r->layers[i];
        double off = 100 * (ratio((double)l->model.cycles, (double)l->cycles) - 1);
        if (l->cycles == 0 || (off < 0 ? -off : off) <= (most < 0 ? -most : most)) continue;
        most = off;
        worst = l;
    }
    (void)fprintf(out, "model        %.0f cycles an image", (double)r->model_cycles / r->images);
    if (most == 0)
        (void)fprintf(out, ", and the same as measured in every layer\n");
    else
        (void)fprintf(out, "; furthest off in %s: %+.2f%%\n", worst->name, most);
}

void results_print_prediction(const results *r, FILE *out) {
    print_head(r, out);
    print_table(r, out);
    (void)fprintf(out, "\nimages       %d\n", r->images);
    print_sums(r, out);
    (void)fprintf(out, "predicted    in %.3f s, without the masks\n", r->seconds);
}

void results_print(const results *r, const results *dense, FILE *out) {
    print_head(r, out);
    if (r->images > 0) print_table(r, out);
    if (!r->complete) (void)fprintf(out, "the run ended early: cycles and bytes of an unfinished image are included\n");
    if (r->images > 0) (void)fprintf(out, "\n");
    (void)fprintf(out, "images       %d", r->images);
    if (r->labelled > 0)
        (void)fprintf(out, ", %d of %d classified correctly (%.1f%%)", r->correct, r->labelled,
                      100 * ratio(r->correct, r->labelled));
    if (r->masks_ignored) (void)fprintf(out, "; not classified: the network's masks are ignored");
    if (r->foreign_classes > 0)
        (void)fprintf(out, "; no accuracy: the labels are of %d classes, the network has %d", r->foreign_classes, r->classes);
    (void)fprintf(out, "\ntiles        %" PRIu64 " checked, %" PRIu64 " wrong or missing", r->tiles_checked, r->tiles_failed);
    if (r->failures > 0) (void)fprintf(out, "; FAILED: %" PRIu64 " in all, counts of MACs and beats among them", r->failures);
    (void)fprintf(out, "\n");
    if (r->images > 0) print_sums(r, out);
    if (r->images > 0 && r->modelled && r->complete) print_model(r, out);
    if (dense != NULL && dense->images > 0 && r->images > 0) print_baseline(r, dense, out);
    print_speed(r, out);
}

/* Where the cycles went. Columns, most useful first. */
static const dut_cause order[DUT_CAUSES] = {DUT_BUSY, DUT_WEIGHTS, DUT_INPUTS, DUT_MASKS, DUT_DRAIN, DUT_CONTROL, DUT_IDLE};

static void print_causes(const layer_result *l, const char *name, const char *kind, FILE *out) {
    (void)fprintf(out, "%-14.14s %-9s", name, kind);
    for (int i = 0; i < DUT_CAUSES; i++) (void)fprintf(out, " %10" PRIu64, l->cause[order[i]]);
    (void)fprintf(out, " %11" PRIu64 "\n", l->cycles);
}

static void print_cause_shares(const layer_result *total, FILE *out) {
    (void)fprintf(out, "%-14s %-9s", "share", "");
    for (int i = 0; i < DUT_CAUSES; i++)
        (void)fprintf(out, " %9.1f%%", 100 * (double)total->cause[order[i]] / (double)total->cycles);
    (void)fprintf(out, "\n");
}

void results_print_causes(const results *r, FILE *out) {
    (void)fprintf(out, "\n%-14s %-9s", "cycles", "");
    for (int i = 0; i < DUT_CAUSES; i++) (void)fprintf(out, " %10s", cause_name((int)order[i]));
    (void)fprintf(out, " %11s\n", "sum");
    for (int i = 0; i < r->layer_count; i++) print_causes(&r->layers[i], r->layers[i].name, r->layers[i].kind, out);
    print_causes(&r->total, "total", "", out);
    if (r->total.cycles > 0) print_cause_shares(&r->total, out);
}

/* Chains in the interpreter: rows of a block's convolutions in turn, each as soon as its source rows are there and one more. */
#include <stdlib.h>

#include "plan_interpreter_parts.h"

/* Source rows [low, end) that row y of a convolution reads. */
static int source_low(const interpreter_command *c, int y) {
    int low = y * (flag(c, FLAG_STRIDE2) ? 2 : 1) + flag(c, FLAG_LATE_Y) - (flag(c, FLAG_KERNEL3) ? 1 : 0);
    return low > 0 ? low : 0;
}

static int source_end(const interpreter_command *c, int y) {
    int end = y * (flag(c, FLAG_STRIDE2) ? 2 : 1) + flag(c, FLAG_LATE_Y) + (flag(c, FLAG_KERNEL3) ? 2 : 1);
    return end < c->src.h ? end : c->src.h;
}

static bool may_run(const interpreter_conv *s, int k) {
    if (s[k].rows_done == interpreter_conv_rows(s[k].c)) return false;
    if (k == 0 || s[k - 1].rows_done == interpreter_conv_rows(s[k - 1].c)) return true;
    return s[k - 1].rows_done > source_end(s[k].c, s[k].rows_done);
}

/* The row that comes in place of one that is still to be read. */
static bool overwrites(const interpreter_conv *s, int k, int count) {
    int ring = s[k].c->dst.ring;
    if (k + 1 == count || ring == 0 || s[k + 1].rows_done == interpreter_conv_rows(s[k + 1].c)) return false;
    return s[k].rows_done - 3 * ring >= source_low(s[k + 1].c, s[k + 1].rows_done);
}

/* What a chain's commands must agree on, and what only a chain may have. */
static bool chain_holds(interpreter *t, const interpreter_command *c, int count) {
    int rows = 0, slices = 0;
    for (int k = 0; k < count; k++) {
        bool between = count > 1;
        if (between &&
            (flag(&c[k], FLAG_SCORE) || flag(&c[k], FLAG_HEAD) || flag(&c[k], FLAG_IMAGE_SRC) || flag(&c[k], FLAG_PATCHES)))
            return interpreter_fail(t, "does not go in a chain", &c[k]);
        if (between && c[k].all_rows != c[k].rows * c[k].out_slices) return interpreter_fail(t, "all_rows", &c[k]);
        if (between && k > 0 && flag(&c[k], FLAG_MASK_WAIT)) return interpreter_fail(t, "waits within its chain", &c[k]);
        if ((k == 0 && c[k].src.ring != 0) || (k == count - 1 && c[k].dst.ring != 0))
            return interpreter_fail(t, "a line buffer at the end of a chain", &c[k]);
        if (k > 0 && (c[k].src.base != c[k - 1].dst.base || c[k].src.ring != c[k - 1].dst.ring))
            return interpreter_fail(t, "reads another map than its producer writes", &c[k]);
        rows += c[k].all_rows;
        slices += c[k].out_slices;
    }
    if (count > 1 && (rows > t->weight_rows || slices > 32)) return interpreter_fail(t, "the chain's weights do not fit", c);
    return true;
}

bool interpreter_run_convs(interpreter *t, const interpreter_command *c, int count) {
    if (!chain_holds(t, c, count)) return false;
    interpreter_conv *s = calloc(INTERPRETER_CHAIN, sizeof *s);
    if (s == NULL) abort();
    bool ok = true;
    for (int k = 0; k < count && ok; k++) ok = interpreter_conv_begin(t, &c[k], &s[k]);
    while (ok) {
        int k = count - 1;
        while (k >= 0 && !may_run(s, k)) k--;
        if (k < 0) break;
        ok = !overwrites(s, k, count) || interpreter_fail(t, "too short a line buffer", &c[k]);
        if (ok) interpreter_conv_row(t, &s[k]);
    }
    for (int k = 0; k < count && ok; k++) ok = interpreter_conv_end(t, &s[k]);
    free(s);
    return ok;
}

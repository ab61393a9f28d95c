/* Gathers the windows of a batch of kept positions and multiplies them with the kept weights, both
   packed to int16 so that the inner product becomes pmaddwd and no lane is spent on what was
   pruned. */
#include "golden_conv.h"

#include <string.h>

enum {
    BATCH = 32, /* windows gathered before they are multiplied */
    TILE_ROWS = 4,
    TILE_COLUMNS = 2, /* output channels x positions summed in one pass over the depth */
    LANES = 32 /* the depth is padded to this with zeros */
};

static int round_up(int n, int unit) { return (n + unit - 1) / unit * unit; }

static int channel_count(const golden_channels *c) { return c->runs * c->width; }

/* Length of a packed window of `channels` channels. */
static int packed_depth(const dp_conv *conv, int channels) { return round_up(conv->kernel * conv->kernel * channels, LANES); }

void golden_scratch_alloc(golden_scratch *scratch, const dp_model *model, arena *memory) {
    size_t weights = 0, depth = 0, rows = 0;
    for (int i = 0; i < model->layer_count; i++) {
        for (int k = 0; k < model->layers[i].convs; k++) {
            const dp_conv *conv = &model->layers[i].conv[k];
            size_t d = (size_t)packed_depth(conv, conv->cin), r = (size_t)round_up(conv->cout, TILE_ROWS);
            if (weights < d * r) weights = d * r;
            if (depth < d) depth = d;
            if (rows < r) rows = r;
        }
    }
    scratch->weights = arena_alloc(memory, weights, sizeof *scratch->weights);
    scratch->windows = arena_alloc(memory, depth * BATCH, sizeof *scratch->windows);
    scratch->sums = arena_alloc(memory, rows * BATCH, sizeof *scratch->sums);
}

/* weight (cout, cin, k, k) int8 -> packed (kept cout, depth) int16: taps outer, kept channels
   inner, zeros to the depth. */
static void pack_weights(const dp_conv *conv, const golden_channels *in, const golden_channels *out, int16_t *packed) {
    int taps = conv->kernel * conv->kernel, channels = channel_count(in), depth = packed_depth(conv, channels);
    int rows = channel_count(out);
    memset(packed, 0, (size_t)round_up(rows, TILE_ROWS) * (size_t)depth * sizeof *packed);
    /* filter (cin, taps) of each kept output channel -> to (taps, kept cin): row by row, run by run
       of neighbouring channels */
    for (int row = 0; row < rows; row++) {
        int oc = out->first[row / out->width] + row % out->width;
        const int8_t *filter = conv->weight + (size_t)oc * (size_t)(conv->cin * taps);
        int16_t *to = packed + (size_t)row * (size_t)depth;
        for (int run = 0; run < in->runs; run++, to += in->width) {
            const int8_t *from = filter + (size_t)(in->first[run] * taps);
            for (int t = 0; t < taps; t++)
                for (int c = 0; c < in->width; c++) to[t * channels + c] = from[c * taps + t];
        }
    }
}

/* Whether tap (dy, dx) of output position (y, x) falls on a position that reads as itself; *at is
   its raster index. */
static bool tap_reads(const golden_conv *c, int y, int x, int dy, int dx, int *at) {
    const dp_conv *conv = c->conv;
    int iy = y * conv->stride + conv->late_y + dy - conv->kernel / 2,
        ix = x * conv->stride + conv->late_x + dx - conv->kernel / 2;
    if (iy < 0 || iy >= conv->in_h || ix < 0 || ix >= conv->in_w) return false;
    *at = iy * conv->in_w + ix;
    return c->in_keep == NULL || c->in_keep[*at] != 0;
}

/* x (in_h, in_w, cin) int8 -> window (depth) int16 of output position `position`, packed like the
   weights. */
static void pack_window(const golden_conv *c, const int8_t *x, const golden_channels *in, int position, int16_t *window) {
    const dp_conv *conv = c->conv;
    int channels = channel_count(in), y = position / conv->out_w, x0 = position % conv->out_w;
    memset(window, 0, (size_t)packed_depth(conv, channels) * sizeof *window);
    /* x (in_h*in_w, cin) at the position's taps -> window (taps, kept cin); a tap that does not
       read stays 0 */
    for (int dy = 0; dy < conv->kernel; dy++) {
        for (int dx = 0; dx < conv->kernel; dx++, window += channels) {
            int at;
            if (!tap_reads(c, y, x0, dy, dx, &at)) continue;
            int16_t *to = window;
            for (int run = 0; run < in->runs; run++, to += in->width) {
                const int8_t *from = x + (size_t)at * (size_t)conv->cin + in->first[run];
                for (int k = 0; k < in->width; k++) to[k] = from[k];
            }
        }
    }
}

/* weights (rows, depth) x windows (columns, depth) -> sums (columns, rows); both counts are rounded
   up to whole tiles. Any order of addition gives the same sum: the loader proved that no partial
   sum leaves int32. */
static void multiply(const int16_t *restrict weights, int rows, const int16_t *restrict windows, int columns, int depth,
                     int32_t *restrict sums) {
    size_t n = (size_t)depth;
    /* 4 rows of weights x 2 columns of windows at a time, along the whole depth -> 2 columns of 4
       sums */
    for (int row = 0; row < rows; row += TILE_ROWS) {
        const int16_t *w0 = weights + (size_t)row * n, *w1 = w0 + n, *w2 = w1 + n, *w3 = w2 + n;
        for (int column = 0; column < columns; column += TILE_COLUMNS) {
            const int16_t *x0 = windows + (size_t)column * n, *x1 = x0 + n;
            int32_t a0 = 0, a1 = 0, a2 = 0, a3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0;
            for (size_t k = 0; k < n; k++) {
                a0 += x0[k] * w0[k];
                a1 += x0[k] * w1[k];
                a2 += x0[k] * w2[k];
                a3 += x0[k] * w3[k];
                b0 += x1[k] * w0[k];
                b1 += x1[k] * w1[k];
                b2 += x1[k] * w2[k];
                b3 += x1[k] * w3[k];
            }
            int32_t *a = sums + (size_t)column * (size_t)rows + row, *b = a + rows;
            a[0] = a0, a[1] = a1, a[2] = a2, a[3] = a3;
            b[0] = b0, b[1] = b1, b[2] = b2, b[3] = b3;
        }
    }
}

/* sums (batch, rows) int32 -> acc (out_h*out_w, cout) int32 at the batch's positions and the kept
   channels. */
static void scatter_sums(const golden_conv *c, const int32_t *sums, int rows, const int *positions, int count,
                         const golden_channels *out) {
    for (int i = 0; i < count; i++) {
        const int32_t *from = sums + (size_t)i * (size_t)rows;
        int32_t *acc = c->acc + (size_t)positions[i] * (size_t)c->conv->cout;
        for (int run = 0; run < out->runs; run++, from += out->width)
            memcpy(acc + out->first[run], from, (size_t)out->width * sizeof *acc);
    }
}

void golden_conv_accumulate(golden_conv *c, const int8_t *x, const golden_channels *in, const golden_channels *out,
                            const golden_scratch *scratch) {
    const dp_conv *conv = c->conv;
    int depth = packed_depth(conv, channel_count(in)), rows = round_up(channel_count(out), TILE_ROWS);
    int positions = conv->out_h * conv->out_w, batch[BATCH], count = 0;
    memset(c->acc, 0, (size_t)positions * (size_t)conv->cout * sizeof *c->acc);
    pack_weights(conv, in, out, scratch->weights);
    /* x (in_h, in_w, cin) int8, out_keep (out_h*out_w) -> acc (out_h*out_w, cout) int32: kept
       positions in raster order, a batch at a time */
    for (int p = 0; p < positions; p++) {
        if (c->out_keep == NULL || c->out_keep[p] != 0) {
            pack_window(c, x, in, p, scratch->windows + (size_t)count * (size_t)depth);
            batch[count++] = p;
        }
        if (count == BATCH || (p == positions - 1 && count > 0)) {
            multiply(scratch->weights, rows, scratch->windows, count, depth, scratch->sums);
            scatter_sums(c, scratch->sums, rows, batch, count, out);
            count = 0;
        }
    }
}

void golden_conv_count(golden_conv *c) {
    const dp_conv *conv = c->conv;
    uint64_t taps = (uint64_t)(conv->kernel * conv->kernel), taps_read = 0;
    c->positions = conv->out_h * conv->out_w;
    c->positions_kept = 0;
    /* out_keep (out_h*out_w), in_keep (in_h*in_w) -> kept positions and the taps that they read, in
       raster order */
    for (int p = 0; p < c->positions; p++) {
        if (c->out_keep != NULL && c->out_keep[p] == 0) continue;
        c->positions_kept++;
        for (int t = 0; t < conv->kernel * conv->kernel; t++) {
            int at;
            taps_read += tap_reads(c, p / conv->out_w, p % conv->out_w, t / conv->kernel, t % conv->kernel, &at);
        }
    }
    uint64_t channels = (uint64_t)c->cin_kept * (uint64_t)c->cout_kept;
    c->macs_dense = (uint64_t)c->positions * (uint64_t)conv->cin * (uint64_t)conv->cout * taps;
    c->macs_parallel = (uint64_t)c->positions_kept * channels * taps;
    c->macs_serial = taps_read * channels;
}

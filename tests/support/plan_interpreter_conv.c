/* The array, the loader and the post-processing of the interpreter. */
#include <stdlib.h>
#include <string.h>

#include "plan_interpreter_parts.h"

/* Octets of the network's channels that the (packed) octets of a convolution are. */
static int octets_of(const interpreter *t, const interpreter_command *c, int channels, bool grouped, int *octet) {
    int count = 0;
    if (!grouped)
        for (int o = 0; o < (channels + 7) / 8; o++) octet[count++] = o;
    for (int g = 0; grouped && g < 64; g++)
        for (int k = 0; k < c->group8 && (t->groups >> g & 1) != 0; k++) octet[count++] = g * c->group8 + k;
    return count;
}

/* Output channels of a slice. */
static int slice_lanes(const interpreter *t, const interpreter_command *c) { return flag(c, FLAG_DUAL) ? 2 * t->po : t->po; }

static int kernel(const interpreter_command *c) {
    if (flag(c, FLAG_PATCHES)) return flag(c, FLAG_KERNEL7) ? 7 : 3;
    return flag(c, FLAG_KERNEL3) ? 3 : 1;
}

static int patch_words(const interpreter *t, const interpreter_command *c) {
    return (kernel(c) * kernel(c) * c->cin + t->pi - 1) / t->pi;
}

/* The convolution's own map, which max-pool halves. */
static void own_size(const interpreter_command *c, int *h, int *w) {
    int stride = flag(c, FLAG_STRIDE2) ? 2 : 1;
    *h = flag(c, FLAG_MAX_POOL) ? (c->src.h + stride - 1) / stride : c->dst.h;
    *w = flag(c, FLAG_MAX_POOL) ? (c->src.w + stride - 1) / stride : c->dst.w;
}

static bool tap_reads(const interpreter *t, const interpreter_command *c, int y, int x) {
    if (y < 0 || y >= c->src.h || x < 0 || x >= c->src.w) return false;
    return !flag(c, FLAG_IN_MASKED) || t->keep[c->in_buf][y][x] != 0;
}

/* The octet in a record that holds byte `at` of a patch. Packed patches have many copies: rows of nine words that go on where the
   row before ended; which one is looked at depends on the place. */
static int patch_octet(const interpreter *t, const interpreter_command *c, int at, int place) {
    int words = patch_words(t, c), octets = t->pi / 8, word = at / t->pi, found = 0;
    if (!t->parallel || words <= 9) return at / 8;
    for (int i = 0; i < 9 * words; i++)
        if (i % words == word && found++ == place % 9) return i * octets + at % t->pi / 8;
    abort();
}

static int64_t dot_patch(const interpreter *t, const interpreter_command *c, const interpreter_conv *s, int y, int x, int oc) {
    int k = kernel(c), stride = flag(c, FLAG_STRIDE2) ? 2 : 1;
    const uint8_t *record = t->memory + c->weight_addr + (size_t)(s->out[oc / 8] * c->rec_beats) * 64;
    int64_t sum = 0;
    for (int at = 0; at < k * k * c->cin; at++) {
        int sy = y * stride + at / (k * c->cin) - k / 2, sx = x * stride + at / c->cin % k - k / 2;
        if (!tap_reads(t, c, sy, sx)) continue;
        const uint8_t *beat = record + (size_t)(c->aux_beats + patch_octet(t, c, at, y * 5 + x)) * 64;
        uint8_t pixel = *interpreter_linear(t, c->src.base, (sy * c->src.w + sx) * c->cin + at % c->cin);
        sum += (int8_t)beat[oc % 8 * 8 + at % t->pi % 8] * (int8_t)pixel;
    }
    return sum;
}

static int64_t dot(const interpreter *t, const interpreter_command *c, const interpreter_conv *s, int y, int x, int oc) {
    int k = flag(c, FLAG_KERNEL3) ? 3 : 1, stride = flag(c, FLAG_STRIDE2) ? 2 : 1;
    const uint8_t *record = t->memory + c->weight_addr + (size_t)(s->out[oc / 8] * c->rec_beats) * 64;
    int64_t sum = 0;
    for (int tap = 0; tap < k * k; tap++) {
        int sy = y * stride + flag(c, FLAG_LATE_Y) + tap / k - k / 2, sx = x * stride + flag(c, FLAG_LATE_X) + tap % k - k / 2;
        if (!tap_reads(t, c, sy, sx)) continue;
        for (int ic = 0; ic < c->cin; ic++) {
            const uint8_t *beat = record + (size_t)(c->aux_beats + s->in[ic / 8] * k * k + tap) * 64;
            sum += (int8_t)beat[oc % 8 * 8 + ic % 8] * interpreter_read(t, &c->src, sy, sx, ic);
        }
    }
    return sum;
}

static uint64_t taps_counted(const interpreter *t, const interpreter_command *c, int y, int x) {
    int k = kernel(c), stride = flag(c, FLAG_STRIDE2) ? 2 : 1;
    uint64_t taps = 0;
    for (int tap = 0; tap < k * k; tap++)
        taps += t->parallel || tap_reads(t, c, y * stride + flag(c, FLAG_LATE_Y) + tap / k - k / 2,
                                         x * stride + flag(c, FLAG_LATE_X) + tap % k - k / 2);
    return taps;
}

static int8_t requantize(interpreter *t, const interpreter_command *c, const interpreter_conv *s, int y, int x, int oc,
                         int64_t acc) {
    const uint8_t *q = t->memory + c->weight_addr + (size_t)(s->out[oc / 8] * c->rec_beats) * 64 + (size_t)(oc % 8) * 16;
    int64_t v = acc * (int16_t)interpreter_word(q, 2) + (int64_t)interpreter_word(q + 8, 8);
    if (flag(c, FLAG_RESIDUAL)) v += (int64_t)interpreter_read(t, &c->dst, y, x, oc) * (int32_t)interpreter_word(q + 4, 4);
    v >>= q[2];
    bool relu = flag(c, FLAG_RELU) || (flag(c, FLAG_RELU_PRUNED) && t->keep[c->out_buf][y][x] == 0);
    int low = relu ? 0 : -128;
    return (int8_t)(v < low ? low : v > 127 ? 127 : v);
}

static void pool_in(const interpreter_command *c, interpreter_conv *s, int oc, int8_t value) {
    int64_t *p = &s->pooled[oc];
    if (!flag(c, FLAG_POOL_MAX))
        *p += value;
    else if (value > *p)
        *p = value;
}

static void tile(interpreter *t, const interpreter_command *c, interpreter_conv *s, int slice, int y, int x) {
    t->dst = c->dst;
    int8_t data[DUT_MAX_PO] = {0};
    int32_t acc[DUT_MAX_PO] = {0};
    int lanes = slice_lanes(t, c), h, w;
    own_size(c, &h, &w);
    for (int lane = 0; lane < lanes && slice * lanes + lane < c->cout; lane++) {
        int oc = slice * lanes + lane;
        int64_t sum = flag(c, FLAG_PATCHES) ? dot_patch(t, c, s, y, x, oc) : dot(t, c, s, y, x, oc);
        if (flag(c, FLAG_HEAD)) {
            s->logits[oc] += sum;
            continue;
        }
        data[lane] = requantize(t, c, s, y, x, oc, sum);
        acc[lane] = (int32_t)sum;
        if (s->own != NULL) {
            s->own[(y * w + x) * c->cout + oc] = data[lane];
            continue;
        }
        interpreter_write(t, &c->dst, y, x, oc, data[lane]);
        pool_in(c, s, oc, data[lane]);
    }
    if (flag(c, FLAG_HEAD)) return;
    dut_out o = {.conv_valid = true,
                 .conv_layer = (uint8_t)c->layer,
                 .conv_stage = (uint8_t)c->stage,
                 .conv_y = (uint8_t)y,
                 .conv_x = (uint8_t)x,
                 .conv_slice = (uint8_t)slice,
                 .conv_data = data,
                 .conv_acc = acc};
    interpreter_emit_record(t, &o);
}

/* 3x3, stride 2, pad 1, of the slice that is in s->own. */
static void pool_slice(interpreter *t, const interpreter_command *c, interpreter_conv *s, int slice) {
    t->dst = c->dst;
    int lanes = slice_lanes(t, c), h, w;
    own_size(c, &h, &w);
    for (int at = 0; at < c->dst.h * c->dst.w; at++) {
        int8_t data[DUT_MAX_PO] = {0};
        int y = at / c->dst.w, x = at % c->dst.w;
        for (int lane = 0; lane < lanes && slice * lanes + lane < c->cout; lane++) {
            int oc = slice * lanes + lane;
            data[lane] = -128;
            for (int tap = 0; tap < 9; tap++) {
                int sy = 2 * y + tap / 3 - 1, sx = 2 * x + tap % 3 - 1;
                if (sy < 0 || sy >= h || sx < 0 || sx >= w) continue;
                int8_t value = s->own[(sy * w + sx) * c->cout + oc];
                if (value > data[lane]) data[lane] = value;
            }
            interpreter_write(t, &c->dst, y, x, oc, data[lane]);
            pool_in(c, s, oc, data[lane]);
        }
        dut_out o = {.pool_valid = true,
                     .pool_layer = (uint8_t)c->layer,
                     .pool_y = (uint8_t)y,
                     .pool_x = (uint8_t)x,
                     .pool_slice = (uint8_t)slice,
                     .pool_data = data};
        interpreter_emit_record(t, &o);
    }
}

static void emit_logits(interpreter *t, const interpreter_command *c, const interpreter_conv *s) {
    for (int slice = 0; slice < c->out_slices; slice++) {
        int32_t logits[DUT_MAX_PO] = {0};
        for (int lane = 0; lane < t->po && slice * t->po + lane < c->cout; lane++) {
            int oc = slice * t->po + lane;
            const uint8_t *q = t->memory + c->weight_addr + (size_t)(oc / 8 * c->rec_beats) * 64 + (size_t)(oc % 8) * 16;
            logits[lane] = (int32_t)(s->logits[oc] + (int64_t)interpreter_word(q + 8, 8));
            memcpy(t->memory + t->logits_addr + 4 * (size_t)oc, &logits[lane], 4);
        }
        dut_out o = {.logit_valid = true, .logit_layer = (uint8_t)c->layer, .logit_slice = (uint8_t)slice, .logit_data = logits};
        interpreter_emit_record(t, &o);
    }
}

/* What the sequencer would wait for forever, or read wrongly. */
static bool can_start(interpreter *t, const interpreter_command *c) {
    int k = flag(c, FLAG_KERNEL3) ? 3 : 1, slices = (c->cin + t->pi - 1) / t->pi, lanes = slice_lanes(t, c);
    int rows = !t->parallel ? slices * k * k : k == 3 ? slices : (slices + 8) / 9;
    if (flag(c, FLAG_PATCHES)) {
        slices = patch_words(t, c);
        rows = t->parallel && slices <= 9 ? 1 : slices;
        if (flag(c, FLAG_KERNEL3)) return interpreter_fail(t, "a 3x3 window of patches", c);
    }
    if (flag(c, FLAG_DUAL) && (!t->parallel || flag(c, FLAG_KERNEL3) || slices > 4)) return interpreter_fail(t, "dual", c);
    if (flag(c, FLAG_MASK_WAIT) && !t->valid[c->out_buf]) return interpreter_fail(t, "waits for a mask that waits for it", c);
    if (flag(c, FLAG_IN_MASKED) && !t->valid[c->in_buf]) return interpreter_fail(t, "its input mask is not there", c);
    if ((flag(c, FLAG_OUT_MASKED) || flag(c, FLAG_RELU_PRUNED)) && !t->valid[c->out_buf])
        return interpreter_fail(t, "its output mask is not there", c);
    if (flag(c, FLAG_PRODUCES) && !t->mask.pending) return interpreter_fail(t, "produces for no mask", c);
    if (c->rows != rows) return interpreter_fail(t, "rows", c);
    if (c->out_slices != (c->cout + lanes - 1) / lanes) return interpreter_fail(t, "out_slices", c);
    if (c->src.slices != slices) return interpreter_fail(t, "src_slices", c);
    return true;
}

bool interpreter_conv_begin(interpreter *t, const interpreter_command *c, interpreter_conv *s) {
    if (!can_start(t, c)) return false;
    int k = flag(c, FLAG_KERNEL3) ? 3 : 1, h, w, records = c->rec_beats - c->aux_beats;
    own_size(c, &h, &w);
    s->c = c;
    if (flag(c, FLAG_MAX_POOL)) s->own = calloc((size_t)(h * w), (size_t)c->cout);
    s->ins = octets_of(t, c, c->cin, flag(c, FLAG_IN_GROUPED), s->in);
    s->outs = octets_of(t, c, c->cout, flag(c, FLAG_OUT_GROUPED), s->out);
    if (s->ins != (c->cin + 7) / 8 || s->outs != (c->cout + 7) / 8) return interpreter_fail(t, "kept channels", c);
    for (int i = 0; i < INTERPRETER_OCTETS * 8; i++) s->pooled[i] = flag(c, FLAG_POOL_MAX) ? -128 : 0;
    dut_out fetch = {.fetch_valid = true,
                     .fetch_layer = (uint8_t)c->layer,
                     .fetch_stage = (uint8_t)c->stage,
                     .fetch_weights = (uint32_t)(s->outs * (flag(c, FLAG_PATCHES) ? records : s->ins * k * k)),
                     .fetch_other =
                         (uint32_t)(s->outs * c->aux_beats + (flag(c, FLAG_SCORE) ? (c->groups + 15) / 16 : 0)) + t->image_beats};
    t->image_beats = 0;
    interpreter_emit_record(t, &fetch);
    return true;
}

int interpreter_conv_rows(const interpreter_command *c) {
    int h, w;
    own_size(c, &h, &w);
    return h;
}

void interpreter_conv_row(interpreter *t, interpreter_conv *s) {
    const interpreter_command *c = s->c;
    int y = s->rows_done++, h, w;
    own_size(c, &h, &w);
    for (int x = 0; x < w; x++) {
        if (flag(c, FLAG_OUT_MASKED) && t->keep[c->out_buf][y][x] == 0) continue;
        s->positions++;
        s->macs += taps_counted(t, c, y, x) * (uint64_t)c->cin * (uint64_t)c->cout;
        for (int slice = 0; slice < c->out_slices; slice++) tile(t, c, s, slice, y, x);
    }
}

bool interpreter_conv_end(interpreter *t, interpreter_conv *s) {
    const interpreter_command *c = s->c;
    t->dst = c->dst;
    for (int slice = 0; s->own != NULL && slice < c->out_slices; slice++) pool_slice(t, c, s, slice);
    if (s->own != NULL) s->positions = c->dst.h * c->dst.w;
    free(s->own);
    dut_out done = {.done_valid = true, .done_layer = (uint8_t)c->layer, .done_stage = (uint8_t)c->stage, .done_macs = s->macs};
    if (flag(c, FLAG_HEAD)) emit_logits(t, c, s);
    interpreter_emit_record(t, &done);
    if (flag(c, FLAG_SCORE)) interpreter_score(t, c, s->pooled, s->positions);
    if (flag(c, FLAG_PRODUCES)) interpreter_mask_finish(t);
    if (flag(c, FLAG_MASK_RELEASE)) {
        int pair = 2 * (t->pairs_released++ % 3);
        if (c->out_buf / 2 != pair / 2) return interpreter_fail(t, "releases another pair than its own", c);
        t->valid[pair] = t->valid[pair + 1] = false;
    }
    return true;
}

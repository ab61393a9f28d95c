/* The tensors of a network as the loader reads them: octet records, channel biases, mask weights,
   bitmaps. */
#ifndef DPACS_PLAN_WEIGHTS_H
#define DPACS_PLAN_WEIGHTS_H

#include <stdbool.h>

#include "model.h"

/* The growing image of the memory; every piece starts on a beat. */
typedef struct {
    uint8_t *data;
    size_t size, capacity;
    bool failed; /* the host's memory is short, or 32-bit addresses are */
} plan_memory;

/* Address of `bytes` zeroed bytes. */
uint32_t plan_memory_take(plan_memory *mem, size_t bytes, size_t align);

/* A convolution, or the head, as records. */
typedef struct {
    int cin, cout, kernel;
    int patch_channels; /* cin is a patch (dy, dx, channel) of so many channels; 0: it is not */
    /* the patch has so many words, which nine slots take in turn; 0: it starts in slot 0 */
    int packed_words;
    int word_octets; /* of a patch: bytes of a word / 8 */
    const int8_t *weight; /* (cout, cin, kernel, kernel) */
    const dp_conv *quant; /* NULL: the head */
    const int32_t *head_bias; /* (cout), the head's */
    const dp_layer *scored; /* the block whose groups this output is scored for; NULL: none */
} plan_records;

/* Beats of a record before its weights, saliency weights among them, and from one record to the
   next. */
int plan_records_wf_beats(const plan_records *r);
int plan_records_aux_beats(const plan_records *r);
int plan_records_beats(const plan_records *r);

uint32_t plan_write_records(plan_memory *mem, const plan_records *r);
uint32_t plan_write_channel_bias(plan_memory *mem, const dp_layer *scored);
/* Rows of 9*pi bytes: channel c of word s lies in row s/9 at (s%9)*pi. */
uint32_t plan_write_mask_weights(plan_memory *mem, const dp_layer *layer, int pi);
uint32_t plan_write_mask_bitmap(plan_memory *mem, const dp_layer *layer);
uint32_t plan_write_group_bitmap(plan_memory *mem, const dp_layer *layer);

#endif

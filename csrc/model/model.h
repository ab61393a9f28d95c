/* A network as the accelerator sees it: a list of layers over int8 tensors (docs/numerics.md,
   docs/container.md). */
#ifndef DPACS_MODEL_H
#define DPACS_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

enum { DP_MAX_CONVS = 4, DP_MAX_GROUPS = 64, DP_NAME = 32, DP_PIXEL_CHANNELS = 3 };

typedef enum { DP_STEM, DP_BASIC, DP_BOTTLENECK, DP_HEAD } dp_kind;
/* REUSE: spatial only */
typedef enum { DP_MASK_NONE, DP_MASK_UNIT, DP_MASK_GIVEN, DP_MASK_REUSE } dp_mask_mode;
typedef enum { DP_POOL_AVG, DP_POOL_MAX } dp_pool;
typedef enum { DP_PIXELS_HALF, DP_PIXELS_AFFINE, DP_PIXELS_NONE } dp_pixel_mode;
/* the stem's convolution is DP_CONV1 */
typedef enum { DP_CONV1, DP_CONV2, DP_CONV3, DP_SHORTCUT } dp_role;

const char *dp_role_name(dp_role role); /* conv1, conv2, conv3, shortcut */

/* One convolution with its requantization. Tensors point into the mapped container (or a
   generator's buffer). */
typedef struct {
    char name[DP_NAME]; /* "b3.conv2" */
    dp_role role;
    int cin, cout, kernel, stride; /* pad = kernel/2 */
    /* 1: windows begin a row or column later, at 2y instead of 2y-1 (padding "same", even maps) */
    int late_y, late_x;
    int in_h, in_w, out_h, out_w;
    const int8_t *weight; /* (cout, cin, kernel, kernel) */
    const int16_t *mult; /* (cout) */
    const uint8_t *shift; /* (cout) */
    const int64_t *bias; /* (cout) */
    const int32_t *res_mult; /* (cout), NULL without residual */
} dp_conv;

/* A stem, a residual block or the head. */
typedef struct {
    char name[DP_NAME];
    dp_kind kind;
    int in, mid, out, stride; /* channels; mid only in blocks; out = classes in the head */
    int in_h, in_w, out_h, out_w;
    /* blocks only: the 3x3 convolution of stride 2 is padded as TensorFlow does */
    bool pad_same;
    /* stem only: 3x3 max, stride 2, pad 1 after the convolution; out_h, out_w are then the
       pool's */
    bool max_pool;
    int convs; /* stem 1; basic 2 (3 with shortcut); bottleneck 3 (4); head 0 */
    dp_conv conv[DP_MAX_CONVS]; /* conv1, shortcut if any, conv2, conv3 */
    bool has_shortcut;
    /* spatial mask of a block's input */
    dp_mask_mode spatial;
    const int8_t *spatial_weight; /* (in) */
    int32_t spatial_bias;
    const uint8_t *spatial_given; /* (in_h, in_w) of 0/1 */
    /* channel mask of a block's intermediates */
    dp_mask_mode channel;
    int groups, group, keep; /* groups = mid/group; keep = groups where channel is DP_MASK_NONE */
    dp_pool pool;
    const int8_t *channel_weight; /* (groups, in) */
    const int32_t *channel_bias; /* (groups) */
    const uint8_t *channel_given; /* (groups) of 0/1 */
    /* head */
    const int8_t *head_weight; /* (out, in) */
    const int32_t *head_bias; /* (out) */
} dp_layer;

static inline bool dp_is_block(const dp_layer *layer) { return layer->kind == DP_BASIC || layer->kind == DP_BOTTLENECK; }

/* What an 8-bit pixel becomes: pixel >> 1; floor((pixel/255 - mean)/std/scale + 1/2) clamped to
   int8, by channel; or nobody knows. */
typedef struct {
    dp_pixel_mode mode;
    double mean[DP_PIXEL_CHANNELS], std[DP_PIXEL_CHANNELS], scale;
} dp_pixels;

typedef struct {
    char name[DP_NAME * 2];
    int classes; /* 0 without a head */
    int in_h, in_w, in_c;
    dp_pixels pixels;
    char dataset[DP_NAME * 2]; /* "cifar10"; empty where it is not known */
    char *class_names; /* one after another, each with its 0; owned; NULL without names */
    int layer_count;
    dp_layer *layers;
    void *storage; /* what owns the tensors; private to container.c and gen.c */
    void (*storage_free)(void *storage);
} dp_model;

/* Reads and checks a container whole; on failure the message names the file and the field. */
dp_status dp_model_load(dp_model *model, const char *path, dp_error *err) DP_MUST_USE;
/* Writes a container: to a temporary name beside `path`, renamed when complete, so a full disk
   loses nothing. */
dp_status dp_model_save(const dp_model *model, const char *path, dp_error *err) DP_MUST_USE;
void dp_model_free(dp_model *model);

/* Checks what any source of a model must satisfy: shapes chain, ranges hold, no accumulator can
   wrap (docs/numerics.md). */
dp_status dp_model_check(const dp_model *model, const char *origin, dp_error *err) DP_MUST_USE;

#endif

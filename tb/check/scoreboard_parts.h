/* What the files of the scoreboard share: scoreboard > tiles, retire > image, report. */
#ifndef DPACS_SCOREBOARD_PARTS_H
#define DPACS_SCOREBOARD_PARTS_H

#include "scoreboard.h"

/* A convolution of one image. */
typedef struct {
    const golden_conv *golden; /* NULL: the head */
    int positions; /* of the output */
    uint8_t *seen; /* (slices, positions) */
    uint64_t seen_count, expected;
    const int8_t *pooled; /* (out_h, out_w, out) golden's max-pool after the stem; NULL: none */
    int pool_h, pool_w;
    uint8_t *pool_seen; /* (slices, pool_h, pool_w) */
    uint64_t pool_count;
    uint16_t *octet; /* (cout/8) octet of the network's channels that each kept octet is */
    uint64_t macs; /* expected of the hardware */
} scoreboard_conv;

/* The masks that a block computes. */
typedef struct {
    uint8_t *mask_seen; /* (in_h, in_w); NULL: no mask is computed */
    int masks;
    bool scores; /* a channel mask is computed, by the layer before it */
    uint8_t score_seen[DP_MAX_GROUPS], groups_seen;
} scoreboard_block;

struct scoreboard_image {
    int index;
    const golden_run *run;
    scoreboard_conv *conv; /* (plan->convs) */
    scoreboard_block *block; /* (layers) */
    uint8_t *logit_seen; /* (slices of the head) */
    int logits;
};

/* scoreboard_report.c */
/* A report about `layer`, its name made of layer and stage; y, x, k are -1. */
scoreboard_report scoreboard_about(const scoreboard *sb, scoreboard_fault fault, const scoreboard_image *image, int layer,
                                   const char *stage, uint64_t cycle);
/* The same about a convolution, by its own name, and `what` of it ("", " MACs"). */
scoreboard_report scoreboard_about_conv(const scoreboard *sb, scoreboard_fault fault, const scoreboard_image *image,
                                        const plan_conv *pc, const char *what, uint64_t cycle);
/* Counts a failure and reports it. */
void scoreboard_fail(scoreboard *sb, const scoreboard_report *r);

/* scoreboard_image.c */
dp_status scoreboard_image_create(scoreboard *sb, scoreboard_image **image, dp_error *err);
void scoreboard_image_start(scoreboard *sb, scoreboard_image *image, int index, const golden_run *run);
/* The image that the array works on, NULL if it has not been started. */
scoreboard_image *scoreboard_current(scoreboard *sb);
/* The head's place in the plan, -1 without. */
int scoreboard_head(const scoreboard *sb);

/* scoreboard_tiles.c: one record each */
void scoreboard_check_conv(scoreboard *sb, const dut_out *o, uint64_t cycle);
void scoreboard_check_pool(scoreboard *sb, const dut_out *o, uint64_t cycle);
void scoreboard_check_mask(scoreboard *sb, const dut_out *o, uint64_t cycle);
void scoreboard_check_score(scoreboard *sb, const dut_out *o, uint64_t cycle);
void scoreboard_check_groups(scoreboard *sb, const dut_out *o, uint64_t cycle);
void scoreboard_check_logits(scoreboard *sb, const dut_out *o, uint64_t cycle);

/* scoreboard_retire.c */
void scoreboard_check_done(scoreboard *sb, const dut_out *o, uint64_t cycle);
void scoreboard_check_fetch(scoreboard *sb, const dut_out *o, uint64_t cycle);
/* What the image should have shown by now: convolution `conv`, and the masks of its block if it is the first of it. */
void scoreboard_check_missing(scoreboard *sb, scoreboard_image *image, int conv, uint64_t cycle);
void scoreboard_check_missing_logits(scoreboard *sb, scoreboard_image *image, uint64_t cycle);

#endif

/* What the end-to-end tests share: networks with masks made to measure, runs on the RTL, and what a run showed in a form that does
   not depend on time, order, PE size or variation. Every run is checked tile by tile; the number of tiles must be what golden's
   masks leave. */
#ifndef DPACS_E2E_H
#define DPACS_E2E_H

#include "random_network.h"
#include "sim.h"

enum { E2E_IMAGES = 8, E2E_CLASSES = 64 };

/* Defaults: zero, with count images from the first one on. */
typedef struct {
    int first, count; /* count 0 = 1 */
    int stall; /* percent */
    int latency; /* cycles; 0 = the usual ones */
    uint64_t base; /* of the memory */
    uint64_t seed; /* of stalls and of what is x in the RTL */
    plan_options plan;
    axi_fault fault;
} e2e_settings;

/* Digests add up over the records, so the order of images does not matter. */
typedef struct {
    dp_status status;
    char text[512]; /* what the status says */
    uint64_t checked, failures, cycles, macs;
    uint64_t tiles; /* digest of outputs and accumulators of all convolutions, channel by channel */
    uint64_t masks; /* digest of computed masks, scores and chosen groups */
    int logit_images; /* whose logits are complete */
    int32_t logits[E2E_IMAGES][E2E_CLASSES]; /* in the order of the run */
} e2e_outcome;

/* A build of build/dut; the test is skipped where it is not there. */
const dut_api *e2e_load(const char *build);

/* Skips the test if memory runs out; release with free(images->pixels). Values of 0 to 127 where `not_negative`. */
void e2e_random_images(image_set *images, const dp_model *m, int count, uint64_t seed, bool not_negative);

/* Whether the hardware runs the network, in how many chains, and whether its input has to be 0 to 127. */
typedef struct {
    bool not_negative;
    int chains;
} e2e_fit;
bool e2e_fits(const dp_model *m, const dut_api *api, plan_options options, e2e_fit *fit);

void e2e_run(const dut_api *api, const dp_model *m, const image_set *images, const e2e_settings *settings, e2e_outcome *out);
/* The same; all tiles must be equal, and as many as golden expects. `what` names the case. */
void e2e_expect_equal(const dut_api *api, const dp_model *m, const image_set *images, const e2e_settings *settings,
                      e2e_outcome *out, const char *what);
/* Records that golden's masks leave for these images. */
uint64_t e2e_tiles(const dut_api *api, const dp_model *m, const image_set *images, const e2e_settings *settings);

/* Stem, three basic or bottleneck blocks of at least three groups of 8 with strides 1 and 2, and head, without masks; odd maps. */
void e2e_network(dp_model *m, bool bottleneck);

/* Sets the masks of all blocks of a network of e2e_network; what they point to is owned here. */
typedef struct {
    uint8_t spatial[3][16 * 16], channel[3][DP_MAX_GROUPS];
    int8_t spatial_weight[3][64], channel_weight[3][DP_MAX_GROUPS * 64];
    int32_t channel_bias[3][DP_MAX_GROUPS];
} e2e_masks;

/* Given masks: positions for which `keep` is true, and the first `groups` groups (0: no channel mask). */
typedef bool e2e_position(int y, int x, int h, int w);
void e2e_give_masks(dp_model *m, e2e_masks *masks, e2e_position *keep, int groups);
/* Computed masks: spatial bias `bias` with random weights; `groups` groups stay (0: no channel mask), all scores alike if `ties`. */
void e2e_compute_masks(dp_model *m, e2e_masks *masks, int32_t bias, int groups, dp_pool pool, bool ties);
/* The fewest groups of any block. */
int e2e_groups(const dp_model *m);

#endif

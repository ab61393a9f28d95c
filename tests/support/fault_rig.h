/* One image of a network on the RTL, with hands in between: what lies in memory, what the scoreboard expects and what the bus does can
   each be wrong on purpose. */
#ifndef DPACS_FAULT_RIG_H
#define DPACS_FAULT_RIG_H

#include "bench.h"
#include "e2e.h"
#include "scoreboard.h"

enum { RIG_REPORTS = 4096, RIG_SPARE = 1 << 19 };

typedef struct {
    const dut_api *api;
    axi_mem_options options; /* bandwidth 0: the usual ones */
    dp_model m;
    e2e_masks masks;
    plan memory, expected; /* what the hardware is given, and what the scoreboard knows */
    golden_run golden;
    int8_t *image;
    scoreboard board;
    bench bench;
    uint32_t image_addr, logits_addr; /* of the job */
    uint32_t spare_addr; /* RIG_SPARE bytes of memory behind the plan's, all guard */
    bool spoil_logits; /* one in memory, when the job is done */
    dp_status status;
    dp_error err;
    int reports;
    scoreboard_report report[RIG_REPORTS];
} rig;

typedef enum { RIG_COMPUTED, RIG_GIVEN } rig_masks;

/* Basic blocks b1 to b3 with all masks of that kind, each keeping two groups. */
void rig_open(rig *r, const char *build, rig_masks masks);
void rig_open_memory(rig *r, const char *build, rig_masks masks, axi_mem_options memory);
/* r->m has been set; `dense_memory`, `dense_expected`: that side ignores the masks. */
void rig_open_model(rig *r, const char *build, bool dense_memory, bool dense_expected);
void rig_close(rig *r);

/* Command of (layer, stage) or the Mask or Groups command of a layer, to be changed before the run. */
uint8_t *rig_conv(rig *r, int layer, int stage);
uint8_t *rig_command(rig *r, plan_op op, int layer);
uint32_t rig_weight_addr(const uint8_t *command);
uint32_t rig_aux_addr(const uint8_t *command);
void rig_set_weight_addr(uint8_t *command, uint32_t address);

/* How often a random trial is made: n, or n times DPACS_OFTEN where that is set; rig_tell then says what was met. */
int rig_often(int n);
void rig_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Only queues the job. */
dp_status rig_start(rig *r);
/* Forgets what was seen, so that rig_run can follow another run. */
void rig_again(rig *r);
/* Runs the job to its end, whatever the scoreboard says; r->status as the program would exit. */
void rig_run(rig *r);

/* The first report is this one, of a convolution, mask, score … of that name. */
void rig_expect_first(const rig *r, scoreboard_fault fault, const char *name, const char *what);
/* A report whose name ends so, NULL without one. */
const scoreboard_report *rig_find(const rig *r, const char *end);

#endif

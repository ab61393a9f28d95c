#include "watchdog.h"

#include <inttypes.h>
#include <stdio.h>

void watchdog_init(watchdog *dog, uint64_t limit) { *dog = (watchdog){.limit = limit, .what = "reset"}; }

void watchdog_kick(watchdog *dog, uint64_t cycle, const char *what) {
    dog->last = cycle;
    dog->what = what;
}

static const char *record(const dut_out *out) {
    if (out->conv_valid) return "a tile of a convolution";
    if (out->pool_valid) return "a pooled tile";
    if (out->done_valid) return "the end of a convolution";
    if (out->fetch_valid) return "the end of a weight fetch";
    if (out->mask_valid) return "a spatial mask decision";
    if (out->score_valid) return "a channel score";
    if (out->groups_valid) return "a channel mask";
    if (out->logit_valid) return "logits";
    return NULL;
}

bool watchdog_sample(watchdog *dog, uint64_t cycle, bool bus_moved, const dut_out *out) {
    const char *seen = record(out);
    if (seen != NULL || bus_moved) {
        dog->last = cycle;
        dog->what = seen != NULL ? seen : "a transfer on the memory bus";
    }
    if (out->conv_valid) {
        dog->any = true;
        dog->layer = out->conv_layer;
        dog->stage = out->conv_stage;
    }
    if (out->fetch_valid) {
        dog->fetched = true;
        dog->fetch_layer = out->fetch_layer;
        dog->fetch_stage = out->fetch_stage;
    }
    return cycle - dog->last < dog->limit;
}

void watchdog_describe(const watchdog *dog, char *text, int room) {
    char tile[40] = "no tile yet", fetch[40] = "no weights fetched";
    if (dog->any) (void)snprintf(tile, sizeof tile, "last tile L%02d stage %d", dog->layer, dog->stage);
    if (dog->fetched)
        (void)snprintf(fetch, sizeof fetch, "weights complete up to L%02d stage %d", dog->fetch_layer, dog->fetch_stage);
    (void)snprintf(text, (size_t)room, "no progress since cycle %" PRIu64 " (%s); %s, %s", dog->last, dog->what, tile, fetch);
}

#include "dpacs_layout.h"

#include "plan_command.h"

enum { BEAT = 64, LIST_RUN = 256, MOST_COMMANDS = 4096, LOGIT = 4 };
static const uint64_t address_end = (uint64_t)1 << 40;

static uint64_t up(uint64_t bytes, uint64_t unit) { return (bytes + unit - 1) / unit * unit; }

static uint32_t get32(const uint8_t *from) {
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static const char *commands_wrong(const dpacs_network *n) {
    if (n->commands_at % LIST_RUN != 0) return "the list of commands does not begin at a multiple of 256";
    if (n->commands < 2 || n->commands >= MOST_COMMANDS) return "a list of commands has 2 to 4095 of them";
    if (up(n->commands_at + (uint64_t)n->commands * PLAN_COMMAND_BYTES, LIST_RUN) > n->size)
        return "the list of commands, whole runs of 256 bytes, ends after the network";
    for (uint32_t i = 0; i < n->commands; i++) {
        const uint8_t *command = n->bytes + n->commands_at + (size_t)i * PLAN_COMMAND_BYTES;
        uint32_t weights = get32(command + PLAN_AT_WEIGHT_ADDR), aux = get32(command + PLAN_AT_AUX_ADDR);
        if ((command[PLAN_AT_OP] == PLAN_OP_END) != (i + 1 == n->commands))
            return "the list of commands does not end with its end";
        if (weights % BEAT != 0 || aux % BEAT != 0) return "a command points to what is not aligned to 64 bytes";
        if (weights >= n->size || aux >= n->size || command[PLAN_AT_WEIGHT_HIGH] != 0 || command[PLAN_AT_AUX_HIGH] != 0)
            return "a command points beside the network";
    }
    return NULL;
}

const char *dpacs_layout_wrong(const dpacs_network *n) {
    const uint64_t logits_bytes = (uint64_t)n->logits * LOGIT;
    const uint64_t images_end = n->image_at + (uint64_t)n->slots * n->image_stride;
    const uint64_t logits_end = n->logits_at + (uint64_t)n->slots * n->logits_stride;
    if (n->slots < 1 || n->slots > DPACS_SLOTS || (n->slots & (n->slots - 1)) != 0) return "not 1, 2, 4 or 8 slots";
    if (n->open < 1 || n->open > n->slots) return "not as many open jobs as slots, or fewer";
    if (n->image_at % BEAT != 0 || n->image_stride % BEAT != 0) return "an image is not aligned to 64 bytes";
    if (n->logits_at % BEAT != 0 || n->logits_stride % BEAT != 0) return "logits are not aligned to 64 bytes";
    if (n->image_bytes == 0 || up(n->image_bytes, BEAT) > n->image_stride) return "an image does not fit its slot";
    if (up(logits_bytes, BEAT) > n->logits_stride) return "logits do not fit their slot";
    if (n->image_at < n->size || (images_end > n->logits_at && logits_end > n->image_at) || n->logits_at < n->size)
        return "network, images and logits overlap";
    if (images_end > n->memory_bytes || logits_end > n->memory_bytes) return "images or logits end after the memory";
    return commands_wrong(n);
}

const char *dpacs_memory_wrong(const dpacs_network *n, const dpacs_memory *m) {
    if (m->bytes < n->memory_bytes) return "the memory is smaller than the network";
    if (m->device % DPACS_PAGE != 0) return "the memory does not begin at a multiple of 4096";
    if (m->device >= address_end || m->device + n->memory_bytes > address_end) return "the memory goes beyond 40 bits of address";
    return NULL;
}

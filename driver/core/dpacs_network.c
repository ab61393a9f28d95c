/* A network in memory, its slots, and the jobs in them. */
#include <string.h>

#include "dpacs_access.h"
#include "dpacs_layout.h"
#include "dpacs_text.h"
#include "plan_command.h"

enum { LOGIT = 4, ADDRESSES = 3 };

static uint32_t get32(const uint8_t *from) {
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

/* Adds `base` to an address of a command: its low word, and its byte above. */
static void relocate(uint8_t *command, int low, int high, uint64_t base) {
    uint64_t address = get32(command + low) + base;
    for (int i = 0; i < 4; i++) command[low + i] = (uint8_t)(address >> 8 * i);
    command[high] = (uint8_t)(address >> 32);
}

static dpacs_status flush(dpacs *d, size_t at, size_t bytes) {
    if (d->ops.flush == NULL) return DPACS_OK;
    return dpacs_back_end(d, d->ops.flush(d->ops.context, &d->memory, at, bytes), "memory cannot be flushed");
}

static void unload(dpacs *d) {
    if (d->memory.bytes > 0 && d->ops.release != NULL) d->ops.release(d->ops.context, &d->memory);
    d->memory = (dpacs_memory){.bytes = 0};
    for (int i = 0; i < DPACS_SLOTS; i++) d->slot[i].state = DPACS_SLOT_FREE;
}

static dpacs_status place(dpacs *d) {
    const dpacs_network *n = &d->network;
    dpacs_memory *m = &d->memory;
    dpacs_status status = dpacs_back_end(d, d->ops.allocate(d->ops.context, n->memory_bytes, m), "no memory for the network");
    if (status != DPACS_OK) {
        m->bytes = 0;
        return status;
    }
    const char *wrong = dpacs_memory_wrong(n, m);
    if (wrong != NULL) return dpacs_fail(d, DPACS_BAD_NETWORK, wrong);
    memcpy(m->host, n->bytes, n->size);
    for (uint32_t i = 0; i < n->commands; i++) {
        uint8_t *command = m->host + n->commands_at + (size_t)i * PLAN_COMMAND_BYTES;
        relocate(command, PLAN_AT_WEIGHT_ADDR, PLAN_AT_WEIGHT_HIGH, m->device);
        relocate(command, PLAN_AT_AUX_ADDR, PLAN_AT_AUX_HIGH, m->device);
    }
    /* now, so that no job has to */
    for (int i = 0; i < ADDRESSES && status == DPACS_OK; i++) status = dpacs_set_high(d, i, m->device);
    return status == DPACS_OK ? flush(d, 0, n->size) : status;
}

dpacs_status dpacs_load(dpacs *d, const dpacs_network *n) {
    d->text[0] = '\0';
    if (d->queued != d->done) return dpacs_fail(d, DPACS_BAD_ARGUMENT, "a job is open: wait for it, or abort, before loading");
    if (n->geometry != d->geometry || n->capacity != d->capacity)
        return dpacs_fail(d, DPACS_BAD_NETWORK, "the network was planned for another build");
    const char *wrong = dpacs_layout_wrong(n);
    if (wrong != NULL) return dpacs_fail(d, DPACS_BAD_NETWORK, wrong);
    unload(d);
    d->network = *n;
    dpacs_status status = place(d);
    d->network.bytes = NULL;
    if (status != DPACS_OK) unload(d);
    return status;
}

dpacs_status dpacs_close(dpacs *d) {
    dpacs_status status = d->queued != d->done ? dpacs_abort(d) : DPACS_OK;
    if (status == DPACS_OK) status = dpacs_write32(d, REG_IRQ_ENABLE, 0);
    unload(d); /* an accelerator that cannot be stopped is not given its memory back by keeping it */
    return status;
}

dpacs_status dpacs_queue(dpacs *d, const int8_t *image, uint32_t *job) {
    const dpacs_network *n = &d->network;
    d->text[0] = '\0';
    if (d->memory.bytes == 0) return dpacs_fail(d, DPACS_BAD_ARGUMENT, "no network is loaded");
    if (d->queued - d->done >= (n->open < DPACS_OPEN ? n->open : DPACS_OPEN))
        return dpacs_fail(d, DPACS_FULL, "as many jobs are at work as may be");
    for (uint32_t i = 0; i < n->image_bytes && n->not_negative != 0; i++)
        if (image[i] < 0)
            return dpacs_fail(d, DPACS_BAD_ARGUMENT,
                              "the image has a negative value; the network prunes its input in place and takes 0 to 127");
    const uint32_t slot = d->queued % n->slots;
    const uint32_t image_at = n->image_at + slot * n->image_stride, logits_at = n->logits_at + slot * n->logits_stride;
    const uint64_t base = d->memory.device;
    memcpy(d->memory.host + image_at, image, n->image_bytes);
    dpacs_status status = flush(d, image_at, n->image_bytes);
    if (status == DPACS_OK) status = dpacs_begin(d, base + n->commands_at, base + image_at, base + logits_at);
    if (status != DPACS_OK) return status;
    *job = d->slot[slot].job = d->queued++;
    d->slot[slot].state = DPACS_SLOT_OPEN;
    return DPACS_OK;
}

dpacs_status dpacs_logits(dpacs *d, uint32_t job, int32_t *logits) {
    const dpacs_network *n = &d->network;
    d->text[0] = '\0';
    if (d->memory.bytes == 0) return dpacs_fail(d, DPACS_BAD_ARGUMENT, "no network is loaded");
    const uint32_t slot = job % n->slots;
    if (d->slot[slot].state == DPACS_SLOT_FREE || d->slot[slot].job != job)
        return dpacs_fail(d, DPACS_BAD_ARGUMENT, "no such job, or its slot belongs to a later one");
    while (d->slot[slot].state == DPACS_SLOT_OPEN) {
        dpacs_status status = dpacs_wait(d);
        if (status != DPACS_OK) return status;
    }
    if (d->slot[slot].state == DPACS_SLOT_LOST) return dpacs_fail(d, DPACS_LOST, "the job was aborted");
    const size_t at = n->logits_at + (size_t)slot * n->logits_stride, bytes = (size_t)n->logits * LOGIT;
    dpacs_status status = DPACS_OK;
    if (d->ops.invalidate != NULL && bytes > 0)
        status = dpacs_back_end(d, d->ops.invalidate(d->ops.context, &d->memory, at, bytes), "memory cannot be read again");
    for (uint32_t i = 0; i < n->logits && status == DPACS_OK; i++)
        logits[i] = (int32_t)get32(d->memory.host + at + (size_t)i * LOGIT);
    return status;
}

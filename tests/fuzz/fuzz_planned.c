/* Planned networks: whatever is parsed and loaded, nothing beside the memory and the network is read or written. The checksum is put right. */
#include <stdlib.h>
#include <string.h>

#include "dpacs.h"
#include "fuzz_box.h"
#include "registers.h"

enum { MOST = 1 << 20, AT_FIELDS = 16 };

/* Registers that say what is expected of them: the build is the one that the network is for, and every job is done at once. */
typedef struct {
    const dpacs_network *n;
    uint32_t started;
} device;

static dpacs_status read32(void *context, uint32_t offset, uint32_t *value) {
    const device *d = context;
    *value = offset == REG_ID           ? (uint32_t)REG_ID_VALUE
             : offset == REG_VERSION    ? (uint32_t)REG_VERSION_VALUE
             : offset == REG_GEOMETRY   ? d->n->geometry
             : offset == REG_CAPACITY   ? d->n->capacity
             : offset == REG_IRQ_STATUS ? (uint32_t)IRQ_DONE
             : offset == REG_JOBS_DONE  ? d->started
                                        : 0;
    return DPACS_OK;
}

static dpacs_status write32(void *context, uint32_t offset, uint32_t value) {
    device *d = context;
    (void)value;
    d->started += offset == REG_START;
    return DPACS_OK;
}

static dpacs_status wait_interrupt(void *context) {
    (void)context;
    return DPACS_OK;
}

static dpacs_status allocate(void *context, size_t bytes, dpacs_memory *memory) {
    (void)context;
    if (bytes > MOST) return DPACS_NO_MEMORY;
    *memory = (dpacs_memory){malloc(bytes + 1), 0x1000, bytes};
    return memory->host != NULL ? DPACS_OK : DPACS_NO_MEMORY;
}

static void release(void *context, dpacs_memory *memory) {
    (void)context;
    free(memory->host);
}

static void run(const dpacs_network *n) {
    dpacs d;
    device context = {.n = n};
    const dpacs_ops ops = {&context, read32, write32, wait_interrupt, allocate, release, NULL, NULL};
    fuzz_expect(dpacs_open(&d, &ops) == DPACS_OK, d.text);
    if (dpacs_load(&d, n) == DPACS_OK) {
        int8_t *image = calloc(1, n->image_bytes);
        int32_t *logits = calloc(n->logits + 1, sizeof *logits);
        for (uint32_t i = 0; i < 2 * n->slots && image != NULL && logits != NULL; i++) {
            uint32_t job;
            fuzz_expect(dpacs_queue(&d, image, &job) == DPACS_OK && dpacs_logits(&d, job, logits) == DPACS_OK, d.text);
        }
        free(image);
        free(logits);
    }
    fuzz_expect(dpacs_close(&d) == DPACS_OK, d.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    dpacs_network n, again;
    char text[DPACS_TEXT];
    if (dpacs_parse(&n, data, size, text) == DPACS_OK) run(&n);
    if (size <= DPACS_HEADER) return 0;
    uint8_t *file = malloc(size);
    if (file == NULL) return 0;
    memcpy(file, data, size);
    memcpy(&n.size, data + AT_FIELDS, sizeof n - offsetof(dpacs_network, size)); /* they lie alike, on this host */
    n.bytes = file + DPACS_HEADER;
    n.size = (uint32_t)(size - DPACS_HEADER);
    dpacs_header(&n, file);
    fuzz_expect(dpacs_parse(&again, file, size, text) == DPACS_OK, text);
    run(&again);
    free(file);
    return 0;
}

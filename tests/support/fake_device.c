#include "fake_device.h"

#include <string.h>

#include "plan_command.h"

void fake_device_init(fake_device *f) {
    *f = (fake_device){.id = REG_ID_VALUE,
                       .version = REG_VERSION_VALUE,
                       .geometry = 0x20121010,
                       .capacity = 0x00400800,
                       .status = STATUS_BUS_IDLE,
                       .base = 0x1240000000,
                       .memory_bytes = FAKE_MEMORY,
                       .abort_polls = 2,
                       .fail_at = -1};
}

static bool fails(fake_device *f) { return f->calls++ == f->fail_at; }

static uint32_t counter_word(fake_device *f, uint32_t offset) {
    uint64_t value = f->counter[(offset - REG_COUNTERS) / 8];
    if (offset % 8 != 0) return f->counter_high;
    f->counter_high = (uint32_t)(value >> 32);
    return (uint32_t)value;
}

static uint32_t poll_status(fake_device *f) {
    if ((f->status & STATUS_ABORTING) != 0 && f->abort_polls > 0 && --f->abort_polls == 0) f->status = STATUS_BUS_IDLE;
    return f->status;
}

static dpacs_status read32(void *context, uint32_t offset, uint32_t *value) {
    fake_device *f = context;
    if (fails(f)) return DPACS_IO;
    switch (offset) {
    case REG_ID: *value = f->id; return DPACS_OK;
    case REG_VERSION: *value = f->version; return DPACS_OK;
    case REG_GEOMETRY: *value = f->geometry; return DPACS_OK;
    case REG_CAPACITY: *value = f->capacity; return DPACS_OK;
    case REG_STATUS: *value = poll_status(f); return DPACS_OK;
    case REG_JOBS_DONE: *value = f->jobs_done; return DPACS_OK;
    case REG_IRQ_STATUS: *value = f->irq; return DPACS_OK;
    case REG_ERROR: *value = f->error; return DPACS_OK;
    case REG_ERROR_ADDR: *value = (uint32_t)f->error_address; return DPACS_OK;
    case REG_ERROR_ADDR_HIGH: *value = (uint32_t)(f->error_address >> 32); return DPACS_OK;
    case REG_REFUSED: *value = f->refused; return DPACS_OK;
    default: break;
    }
    *value = offset >= REG_COUNTERS && offset < REG_COUNTERS + 8 * COUNTERS ? counter_word(f, offset) : 0;
    return DPACS_OK;
}

static uint64_t address(const fake_device *f, int which) { return (uint64_t)f->high[which] << 32 | f->address[which]; }

static void start(fake_device *f) {
    if (f->jobs == FAKE_JOBS) return;
    f->job[f->jobs].commands = address(f, 0);
    f->job[f->jobs].image = address(f, 1);
    f->job[f->jobs++].logits = address(f, 2);
}

static dpacs_status write32(void *context, uint32_t offset, uint32_t value) {
    fake_device *f = context;
    if (fails(f)) return DPACS_IO;
    if (offset == REG_IRQ_ENABLE) f->irq_enable = value;
    if (offset == REG_IRQ_STATUS) f->irq &= ~value;
    if (offset >= REG_CMD_ADDR && offset <= REG_LOGITS_ADDR) f->address[(offset - REG_CMD_ADDR) / 4] = value;
    if (offset >= REG_CMD_ADDR_HIGH && offset <= REG_LOGITS_ADDR_HIGH) {
        f->high[(offset - REG_CMD_ADDR_HIGH) / 4] = value;
        f->high_writes++;
    }
    if (offset == REG_START) start(f);
    if (offset == REG_ABORT) {
        f->aborts++;
        f->status = STATUS_ABORTING;
    }
    return DPACS_OK;
}

static dpacs_status wait_interrupt(void *context) {
    fake_device *f = context;
    if (fails(f)) return DPACS_IO;
    if ((f->irq & f->irq_enable) != 0) return DPACS_OK;
    if (f->finish == 0) return DPACS_TIMEOUT;
    f->jobs_done += (uint32_t)f->finish;
    f->irq |= IRQ_DONE;
    return (f->irq & f->irq_enable) != 0 ? DPACS_OK : DPACS_TIMEOUT;
}

static dpacs_status allocate(void *context, size_t bytes, dpacs_memory *memory) {
    fake_device *f = context;
    if (fails(f) || bytes > FAKE_MEMORY) return DPACS_NO_MEMORY;
    f->allocations++;
    *memory = (dpacs_memory){f->memory, f->base, f->memory_bytes};
    return DPACS_OK;
}

static void release(void *context, dpacs_memory *memory) {
    fake_device *f = context;
    (void)memory;
    f->releases++;
}

static dpacs_status sync_range(fake_device *f, size_t at, size_t bytes, bool to_device) {
    if (fails(f)) return DPACS_IO;
    if (f->syncs == FAKE_SYNCS) f->syncs = 0;
    f->sync[f->syncs].at = at;
    f->sync[f->syncs].bytes = bytes;
    f->sync[f->syncs++].to_device = to_device;
    return DPACS_OK;
}

static dpacs_status flush(void *context, const dpacs_memory *memory, size_t at, size_t bytes) {
    (void)memory;
    return sync_range(context, at, bytes, true);
}

static dpacs_status invalidate(void *context, const dpacs_memory *memory, size_t at, size_t bytes) {
    (void)memory;
    return sync_range(context, at, bytes, false);
}

dpacs_ops fake_device_ops(fake_device *f) {
    return (dpacs_ops){f, read32, write32, wait_interrupt, allocate, release, flush, invalidate};
}

dpacs_network fake_network(uint8_t bytes[FAKE_NETWORK]) {
    fake_device f;
    fake_device_init(&f);
    const plan_command commands[] = {
        {.op = PLAN_OP_IMAGE}, {.op = PLAN_OP_CONV, .weight_addr = 0x400, .aux_addr = 0x800}, {.op = 0}};
    enum { COMMANDS = sizeof commands / sizeof *commands, AT = 256 };
    for (size_t i = 0; i < FAKE_NETWORK; i++) bytes[i] = (uint8_t)(i * 7);
    for (int i = 0; i < COMMANDS; i++) plan_encode(&commands[i], bytes + AT + i * PLAN_COMMAND_BYTES);
    return (dpacs_network){.bytes = bytes,
                           .size = FAKE_NETWORK,
                           .geometry = f.geometry,
                           .capacity = f.capacity,
                           .memory_bytes = 0x8000,
                           .commands_at = AT,
                           .commands = COMMANDS,
                           .image_at = 0x2000,
                           .image_bytes = 100,
                           .image_stride = 128,
                           .logits_at = 0x3000,
                           .logits = 3,
                           .logits_stride = 64,
                           .slots = 4,
                           .open = 4};
}

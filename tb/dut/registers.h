/* The accelerator's registers (docs/architecture.md, "Registers"). */
#ifndef DPACS_REGISTERS_H
#define DPACS_REGISTERS_H

enum {
    REG_ID = 0x00,
    REG_GEOMETRY = 0x04,
    REG_CAPACITY = 0x08,
    REG_STATUS = 0x0c,
    REG_JOBS_DONE = 0x10,
    REG_IRQ_ENABLE = 0x14,
    REG_IRQ_STATUS = 0x18,
    REG_ERROR = 0x1c,
    REG_CMD_ADDR = 0x20,
    REG_IMAGE_ADDR = 0x24,
    REG_LOGITS_ADDR = 0x28,
    REG_START = 0x2c,
    REG_COUNTERS = 0x40
};

enum { REG_ID_VALUE = 0x44504143 };
enum { STATUS_BUSY = 1 << 0, STATUS_FULL = 1 << 1, STATUS_ERROR = 1 << 2 };
enum { IRQ_DONE = 1 << 0, IRQ_ERROR = 1 << 1 };

typedef enum {
    COUNTER_BUSY,
    COUNTER_MACS,
    COUNTER_WEIGHT_BEATS,
    COUNTER_OTHER_BEATS,
    COUNTER_ARRAY,
    COUNTER_WAIT_WEIGHTS,
    COUNTER_WAIT_MASKS,
    COUNTER_CONFLICTS,
    COUNTERS
} counter;

#endif

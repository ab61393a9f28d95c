/* The accelerator's registers (docs/registers.md). Made by scripts/registers/generate.py from rtl/registers/dpacs.rdl. */
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
    REG_CMD_ADDR_HIGH = 0x30,
    REG_IMAGE_ADDR_HIGH = 0x34,
    REG_LOGITS_ADDR_HIGH = 0x38,
    REG_ABORT = 0x3c,
    REG_COUNTERS = 0x40,
    REG_VERSION = 0x80,
    REG_ERROR_ADDR = 0x84,
    REG_ERROR_ADDR_HIGH = 0x88,
    REG_TIMEOUT = 0x8c,
    REG_REFUSED = 0x90
};

enum { REG_ID_VALUE = 0x44504143, REG_VERSION_VALUE = 0x00020001 };

enum { STATUS_BUSY = 1 << 0, STATUS_FULL = 1 << 1, STATUS_ERROR = 1 << 2, STATUS_BUS_IDLE = 1 << 3, STATUS_ABORTING = 1 << 4 };

enum { IRQ_DONE = 1 << 0, IRQ_ERROR = 1 << 1, IRQ_REFUSED = 1 << 2, IRQ_ABORTED = 1 << 3 };

enum { ERROR_WRITE = 1 << 2, ERROR_MORE = 1 << 3, ERROR_LIST = 1 << 16 };

enum {
    REFUSED_FULL = 1 << 0,
    REFUSED_CMD_ADDR = 1 << 1,
    REFUSED_IMAGE_ADDR = 1 << 2,
    REFUSED_LOGITS_ADDR = 1 << 3,
    REFUSED_STOPPED = 1 << 4
};

typedef enum {
    ERROR_NONE,
    ERROR_RESPONSE,
    ERROR_PROTOCOL,
    ERROR_ALIGN,
    ERROR_EMPTY,
    ERROR_RANGE,
    ERROR_NO_LIST,
    ERROR_ENDLESS,
    ERROR_COMMAND,
    ERROR_TIMEOUT
} error_code;

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

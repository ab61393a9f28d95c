/* The registers: who is there, a START, the interrupt and what it says, ABORT, counters. */
#include "dpacs_access.h"
#include "dpacs_text.h"

enum { POLLS = 1000000 /* of an ABORT, which takes as long as what the memory still owes */ };

static const uint32_t all_interrupts = IRQ_DONE | IRQ_ERROR | IRQ_REFUSED | IRQ_ABORTED;

dpacs_status dpacs_read32(dpacs *d, uint32_t offset, uint32_t *value) {
    return dpacs_back_end(d, d->ops.read32(d->ops.context, offset, value), "a register cannot be read");
}

dpacs_status dpacs_write32(dpacs *d, uint32_t offset, uint32_t value) {
    return dpacs_back_end(d, d->ops.write32(d->ops.context, offset, value), "a register cannot be written");
}

dpacs_status dpacs_open(dpacs *d, const dpacs_ops *ops) {
    uint32_t id = 0;
    *d = (dpacs){.ops = *ops};
    dpacs_status status = dpacs_read32(d, REG_ID, &id);
    if (status == DPACS_OK) status = dpacs_read32(d, REG_VERSION, &d->version);
    if (status == DPACS_OK) status = dpacs_read32(d, REG_GEOMETRY, &d->geometry);
    if (status == DPACS_OK) status = dpacs_read32(d, REG_CAPACITY, &d->capacity);
    if (status != DPACS_OK) return status;
    if (id != REG_ID_VALUE) {
        (void)dpacs_fail(d, DPACS_NO_DEVICE, "no DPACS there: register ID reads ");
        dpacs_say_hex(d->text, id);
        return DPACS_NO_DEVICE;
    }
    if (d->version >> 16 != REG_VERSION_VALUE >> 16 || d->version < REG_VERSION_VALUE) {
        (void)dpacs_fail(d, DPACS_NO_DEVICE, "register map ");
        dpacs_say_hex(d->text, d->version);
        dpacs_say(d->text, ", expected ");
        dpacs_say_hex(d->text, REG_VERSION_VALUE);
        return DPACS_NO_DEVICE;
    }
    return DPACS_OK;
}

/* The high words keep what they were: most memories lie in one place. */
dpacs_status dpacs_set_high(dpacs *d, int which, uint64_t address) {
    uint8_t high = (uint8_t)(address >> 32);
    if (d->high[which] == high) return DPACS_OK;
    dpacs_status status = dpacs_write32(d, REG_CMD_ADDR_HIGH + 4 * (uint32_t)which, high);
    if (status == DPACS_OK) d->high[which] = high;
    return status;
}

static dpacs_status set_address(dpacs *d, int which, uint64_t address) {
    dpacs_status status = dpacs_set_high(d, which, address);
    return status == DPACS_OK ? dpacs_write32(d, REG_CMD_ADDR + 4 * (uint32_t)which, (uint32_t)address) : status;
}

/* IRQ_ENABLE every time: a reset of the accelerator alone would have cleared it. */
dpacs_status dpacs_begin(dpacs *d, uint64_t commands, uint64_t image, uint64_t logits) {
    dpacs_status status = dpacs_write32(d, REG_IRQ_ENABLE, IRQ_DONE | IRQ_ERROR | IRQ_REFUSED);
    if (status == DPACS_OK) status = set_address(d, 0, commands);
    if (status == DPACS_OK) status = set_address(d, 1, image);
    if (status == DPACS_OK) status = set_address(d, 2, logits);
    return status == DPACS_OK ? dpacs_write32(d, REG_START, 1) : status;
}

dpacs_status dpacs_start(dpacs *d, uint64_t commands, uint64_t image, uint64_t logits) {
    d->text[0] = '\0';
    d->started_alone = true;
    return dpacs_begin(d, commands, image, logits);
}

dpacs_status dpacs_read_fault(dpacs *d) {
    uint32_t record = 0, low = 0, high = 0;
    d->text[0] = '\0';
    dpacs_status status = dpacs_read32(d, REG_ERROR, &record);
    if (status == DPACS_OK) status = dpacs_read32(d, REG_ERROR_ADDR, &low);
    if (status == DPACS_OK) status = dpacs_read32(d, REG_ERROR_ADDR_HIGH, &high);
    d->fault = (dpacs_fault){.code = (int)(record >> 4 & 0xf),
                             .resp = (int)(record & 3),
                             .layer = (int)(record >> 8 & 0xff),
                             .write = (record & ERROR_WRITE) != 0,
                             .more = (record & ERROR_MORE) != 0,
                             .list = (record & ERROR_LIST) != 0,
                             .address = (uint64_t)high << 32 | low};
    return status;
}

static dpacs_status stopped(dpacs *d) {
    static const char *const faults[16] = {[ERROR_PROTOCOL] = "RLAST, RID or BID was wrong",
                                           [ERROR_ALIGN] = "what is to be read is not aligned",
                                           [ERROR_EMPTY] = "nothing is to be read",
                                           [ERROR_RANGE] = "what is to be read or written goes beyond the addresses",
                                           [ERROR_NO_LIST] = "the list of commands is empty",
                                           [ERROR_ENDLESS] = "the list of commands has no end",
                                           [ERROR_COMMAND] = "the build cannot execute a command",
                                           [ERROR_TIMEOUT] = "nothing moves any more"};
    const dpacs_fault *f = &d->fault;
    dpacs_status status = dpacs_read_fault(d);
    if (status != DPACS_OK) return status;
    if (f->code == ERROR_RESPONSE) {
        dpacs_say(d->text, f->write ? "memory answered a write with code " : "memory answered a read with code ");
        dpacs_say_number(d->text, (uint32_t)f->resp, 1);
    } else {
        dpacs_say(d->text, faults[f->code] != NULL ? faults[f->code] : "unknown error");
    }
    dpacs_say(d->text, f->list ? " in the list of commands" : " in layer L");
    if (!f->list) dpacs_say_number(d->text, (uint32_t)f->layer, 2);
    dpacs_say(d->text, " (address ");
    dpacs_say_hex(d->text, f->address);
    dpacs_say(d->text, ")");
    return DPACS_STOPPED;
}

static dpacs_status refused(dpacs *d) {
    static const struct {
        uint32_t bit;
        const char *words;
    } reasons[] = {{REFUSED_FULL, " the queue is full"},
                   {REFUSED_CMD_ADDR, " CMD_ADDR is not aligned"},
                   {REFUSED_IMAGE_ADDR, " IMAGE_ADDR is not aligned"},
                   {REFUSED_LOGITS_ADDR, " LOGITS_ADDR is not aligned"},
                   {REFUSED_STOPPED, " it is stopped"}};
    dpacs_status status = dpacs_read32(d, REG_REFUSED, &d->refused);
    if (status != DPACS_OK) return status;
    dpacs_say(d->text, "a job was not queued:");
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if ((d->refused & reasons[i].bit) != 0) dpacs_say(d->text, reasons[i].words);
    return DPACS_REFUSED;
}

/* The interrupt is cleared before the jobs are counted: one that ends in between interrupts again. */
dpacs_status dpacs_wait(dpacs *d) {
    uint32_t cause = 0, jobs_done = 0;
    d->text[0] = '\0';
    dpacs_status status = dpacs_back_end(d, d->ops.wait(d->ops.context), "no interrupt");
    if (status == DPACS_OK) status = dpacs_read32(d, REG_IRQ_STATUS, &cause);
    if (status == DPACS_OK) status = dpacs_write32(d, REG_IRQ_STATUS, cause);
    if (status != DPACS_OK) return status;
    if ((cause & IRQ_ERROR) != 0) return stopped(d);
    if ((cause & IRQ_REFUSED) != 0) return refused(d);
    status = dpacs_read32(d, REG_JOBS_DONE, &jobs_done);
    return status == DPACS_OK ? dpacs_count(d, jobs_done) : status;
}

dpacs_status dpacs_abort(dpacs *d) {
    uint32_t state = STATUS_ABORTING, jobs_done = 0;
    d->text[0] = '\0';
    dpacs_status status = dpacs_write32(d, REG_ABORT, 1);
    for (int i = 0; i < POLLS && status == DPACS_OK && (state & STATUS_ABORTING) != 0; i++)
        status = dpacs_read32(d, REG_STATUS, &state);
    if (status == DPACS_OK && (state & STATUS_ABORTING) != 0)
        return dpacs_fail(d, DPACS_TIMEOUT, "ABORT does not end: the memory owes data; reset the bus");
    if (status == DPACS_OK) status = dpacs_write32(d, REG_IRQ_STATUS, all_interrupts);
    if (status == DPACS_OK) status = dpacs_read32(d, REG_JOBS_DONE, &jobs_done);
    if (status != DPACS_OK) return status;
    /* what was done before is done; without open jobs of ours the register is somebody else's */
    if (d->queued != d->done) status = dpacs_count(d, jobs_done);
    d->jobs_done = jobs_done;
    dpacs_lose_open_jobs(d);
    return status;
}

void dpacs_was_reset(dpacs *d) {
    for (int i = 0; i < 3; i++) d->high[i] = 0;
    d->jobs_done = 0;
    dpacs_lose_open_jobs(d);
}

dpacs_status dpacs_counter(dpacs *d, int which, uint64_t *value) {
    uint32_t low = 0, high = 0, offset = REG_COUNTERS + 8 * (uint32_t)which;
    d->text[0] = '\0';
    if (which < 0 || which >= COUNTERS) return dpacs_fail(d, DPACS_BAD_ARGUMENT, "no such counter");
    dpacs_status status = dpacs_read32(d, offset, &low);
    if (status == DPACS_OK) status = dpacs_read32(d, offset + 4, &high);
    *value = (uint64_t)high << 32 | low;
    return status;
}

dpacs_status dpacs_read_counters(dpacs *d, dpacs_counters *c) {
    uint64_t *const into[COUNTERS] = {[COUNTER_BUSY] = &c->busy,
                                      [COUNTER_MACS] = &c->macs,
                                      [COUNTER_WEIGHT_BEATS] = &c->weight_beats,
                                      [COUNTER_OTHER_BEATS] = &c->other_beats,
                                      [COUNTER_ARRAY] = &c->array,
                                      [COUNTER_WAIT_WEIGHTS] = &c->wait_weights,
                                      [COUNTER_WAIT_MASKS] = &c->wait_masks,
                                      [COUNTER_CONFLICTS] = &c->wait_inputs};
    dpacs_status status = DPACS_OK;
    for (int i = 0; i < COUNTERS && status == DPACS_OK; i++) status = dpacs_counter(d, i, into[i]);
    return status;
}

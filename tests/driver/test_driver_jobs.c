/* libdpacs against registers without an accelerator: jobs, what is done, lost, refused and wrong, and what it says. */
#include <criterion/criterion.h>
#include <string.h>

#include "driver_rig.h"

TestSuite(driver_jobs, .timeout = 60);

enum { LIST = 256 };

Test(driver_jobs, queues_until_it_is_full) {
    driver_rig *r = driver_rig_loaded();
    uint32_t job = 77;
    r->f.finish = 3;
    for (uint32_t i = 0; i < 4; i++) driver_rig_queue(r, i);
    driver_rig_expect(r, dpacs_queue(&r->d, r->image, &job), DPACS_FULL, "as many jobs are at work as may be");
    cr_expect_eq(job, 77);
    cr_expect_eq(r->f.jobs, 4);
    driver_rig_expect(r, dpacs_load(&r->d, &r->n), DPACS_BAD_ARGUMENT, "a job is open");
    for (uint32_t i = 0; i < 4; i++) {
        cr_expect_eq(r->f.job[i].commands, r->f.base + LIST);
        cr_expect_eq(r->f.job[i].image, r->f.base + 0x2000 + 128 * i);
        cr_expect_eq(r->f.job[i].logits, r->f.base + 0x3000 + 64 * i);
        cr_expect_eq(memcmp(r->f.memory + 0x2000 + 128 * i, r->image, 100), 0);
        cr_expect(r->f.sync[1 + i].at == 0x2000 + 128 * i && r->f.sync[1 + i].bytes == 100 && r->f.sync[1 + i].to_device);
    }
    cr_expect_eq(r->f.irq_enable, IRQ_DONE | IRQ_ERROR | IRQ_REFUSED);
    cr_expect_eq(r->f.high_writes, 3); /* dpacs_load's */
    cr_expect_eq(dpacs_wait(&r->d), DPACS_OK);
    cr_expect_eq(r->d.done, 3);
    cr_expect_eq(r->f.irq, 0);
    driver_rig_queue(r, 4); /* in the first slot again */
    cr_expect_eq(r->f.job[4].image, r->f.base + 0x2000);
    /* where a block works in the image's place */
    r = driver_rig_new();
    r->n.open = 1;
    cr_assert_eq(driver_rig_open(r), DPACS_OK);
    cr_assert_eq(dpacs_load(&r->d, &r->n), DPACS_OK);
    driver_rig_queue(r, 0);
    driver_rig_expect(r, dpacs_queue(&r->d, r->image, &job), DPACS_FULL, "");
}

Test(driver_jobs, never_queues_more_than_the_accelerator_does) {
    driver_rig *r = driver_rig_new();
    uint32_t job;
    r->n.slots = r->n.open = 8;
    cr_assert_eq(driver_rig_open(r), DPACS_OK);
    cr_assert_eq(dpacs_load(&r->d, &r->n), DPACS_OK, "%s", r->d.text);
    for (uint32_t i = 0; i < DPACS_OPEN; i++) driver_rig_queue(r, i);
    driver_rig_expect(r, dpacs_queue(&r->d, r->image, &job), DPACS_FULL, "");
}

Test(driver_jobs, refuses_images_that_are_to_be_pruned_in_place_and_negative) {
    driver_rig *r = driver_rig_new();
    uint32_t job;
    r->n.not_negative = 1;
    cr_assert_eq(driver_rig_open(r), DPACS_OK);
    cr_assert_eq(dpacs_load(&r->d, &r->n), DPACS_OK);
    driver_rig_expect(r, dpacs_queue(&r->d, r->image, &job), DPACS_BAD_ARGUMENT, "negative value");
    for (int i = 0; i < 99; i++) r->image[i] = 127;
    r->image[99] = -1;
    driver_rig_expect(r, dpacs_queue(&r->d, r->image, &job), DPACS_BAD_ARGUMENT, "negative value");
    cr_expect_eq(r->f.jobs, 0);
    r->image[99] = 0;
    driver_rig_queue(r, 0);
}

Test(driver_jobs, reads_logits) {
    driver_rig *r = driver_rig_loaded();
    int32_t logits[4] = {0, 0, 0, 99};
    const uint8_t in_memory[12] = {1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x78, 0x56, 0x34, 0x12};
    driver_rig_expect(r, dpacs_logits(&r->d, 0, logits), DPACS_BAD_ARGUMENT, "no such job");
    driver_rig_queue(r, 0);
    driver_rig_queue(r, 1);
    memcpy(r->f.memory + 0x3040, in_memory, sizeof in_memory);
    r->f.finish = 1; /* it waits twice */
    cr_expect_eq(dpacs_logits(&r->d, 1, logits), DPACS_OK);
    cr_expect(logits[0] == 1 && logits[1] == -1 && logits[2] == 0x12345678 && logits[3] == 99);
    cr_expect_eq(r->d.done, 2);
    const int last = r->f.syncs - 1;
    cr_expect(r->f.sync[last].at == 0x3040 && r->f.sync[last].bytes == 12 && !r->f.sync[last].to_device);
    r->f.finish = 0; /* and does not where the job is done */
    cr_expect_eq(dpacs_logits(&r->d, 0, logits), DPACS_OK);
    for (uint32_t i = 2; i < 5; i++) driver_rig_queue(r, i);
    driver_rig_expect(r, dpacs_logits(&r->d, 0, logits), DPACS_BAD_ARGUMENT, "belongs to a later one"); /* job 4 has its slot */
    cr_expect_eq(dpacs_logits(&r->d, 1, logits), DPACS_OK);
    driver_rig_expect(r, dpacs_logits(&r->d, 5, logits), DPACS_BAD_ARGUMENT, "no such job");
    driver_rig_expect(r, dpacs_logits(&r->d, 4, logits), DPACS_TIMEOUT, "no interrupt");
}

/* What an earlier call said is gone when the next one is DPACS_OK. */
Test(driver_jobs, says_nothing_where_all_is_well) {
    driver_rig *r = driver_rig_loaded();
    int32_t logits[3];
    uint64_t value;
    uint32_t job;
    r->f.finish = 1;
    for (int call = 0; call < 7; call++) {
        driver_rig_expect(r, dpacs_counter(&r->d, -1, &value), DPACS_BAD_ARGUMENT, "no such counter");
        dpacs_status status = call == 0   ? dpacs_queue(&r->d, r->image, &job)
                              : call == 1 ? dpacs_logits(&r->d, job, logits)
                              : call == 2 ? dpacs_abort(&r->d)
                              : call == 3 ? dpacs_load(&r->d, &r->n)
                              : call == 4 ? dpacs_read_counters(&r->d, &(dpacs_counters){0})
                              : call == 5 ? dpacs_start(&r->d, 0, 0, 0)
                                          : dpacs_wait(&r->d);
        cr_expect_eq(status, DPACS_OK, "call %d: %s", call, r->d.text);
        cr_expect_str_eq(r->d.text, "", "call %d", call);
    }
    cr_expect_eq(dpacs_load(&r->d, &r->n), DPACS_OK); /* and jobs of the network before it have no logits any more */
    cr_expect_null(r->d.network.bytes);
    driver_rig_expect(r, dpacs_logits(&r->d, job, logits), DPACS_BAD_ARGUMENT, "no such job");
}

Test(driver_jobs, counts_no_more_than_was_queued) {
    driver_rig *r = driver_rig_loaded();
    driver_rig_queue(r, 0);
    r->f.finish = 2;
    driver_rig_expect(r, dpacs_wait(&r->d), DPACS_IO, "more jobs are done than were queued");
    r = driver_rig_loaded(); /* unless somebody has started some beneath it */
    cr_assert_eq(dpacs_start(&r->d, 0x40, 0x80, 0x1300000000), DPACS_OK);
    cr_expect_eq(r->f.job[0].logits, 0x1300000000);
    driver_rig_queue(r, 0);
    cr_expect_eq(r->f.job[1].logits, r->f.base + 0x3000);
    r->f.finish = 2;
    cr_expect_eq(dpacs_wait(&r->d), DPACS_OK);
    cr_expect_eq(r->d.jobs_done, 2);
}

static uint32_t record(int code, int resp, int layer, uint32_t flags) {
    return (uint32_t)code << 4 | (uint32_t)resp | (uint32_t)layer << 8 | flags;
}

Test(driver_jobs, says_what_stopped_it) {
    static const struct {
        uint32_t flags;
        int code, resp, layer;
        const char *words;
    } faults[] = {
        {0, ERROR_RESPONSE, 2, 7, "memory answered a read with code 2 in layer L07 (address 0x1200000040)"},
        {ERROR_WRITE, ERROR_RESPONSE, 3, 130, "memory answered a write with code 3 in layer L130 (address 0x1200000040)"},
        {ERROR_LIST, ERROR_RESPONSE, 2, 7, "memory answered a read with code 2 in the list of commands (address"},
        {0, ERROR_PROTOCOL, 0, 0, "RLAST, RID or BID was wrong in layer L00"},
        {0, ERROR_ALIGN, 0, 1, "what is to be read is not aligned in layer L01"},
        {0, ERROR_EMPTY, 0, 1, "nothing is to be read in layer"},
        {ERROR_MORE, ERROR_RANGE, 0, 1, "goes beyond the addresses in layer"},
        {ERROR_LIST, ERROR_NO_LIST, 0, 1, "the list of commands is empty in the list"},
        {ERROR_LIST, ERROR_ENDLESS, 0, 1, "the list of commands has no end in the list"},
        {ERROR_LIST, ERROR_COMMAND, 0, 1, "the build cannot execute a command in the list"},
        {0, ERROR_TIMEOUT, 0, 1, "nothing moves any more in layer"},
        {0, 15, 0, 1, "unknown error in layer"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        driver_rig *r = driver_rig_loaded();
        driver_rig_queue(r, 0);
        r->f.irq = IRQ_ERROR | IRQ_DONE;
        r->f.error = record(faults[i].code, faults[i].resp, faults[i].layer, faults[i].flags);
        r->f.error_address = 0x1200000040;
        driver_rig_expect(r, dpacs_wait(&r->d), DPACS_STOPPED, faults[i].words);
        const dpacs_fault *f = &r->d.fault;
        cr_expect(f->code == faults[i].code && f->resp == faults[i].resp && f->layer == faults[i].layer &&
                  f->address == 0x1200000040);
        cr_expect(f->write == ((faults[i].flags & ERROR_WRITE) != 0) && f->list == ((faults[i].flags & ERROR_LIST) != 0) &&
                  f->more == ((faults[i].flags & ERROR_MORE) != 0));
        cr_expect_eq(r->f.irq, 0);
    }
}

Test(driver_jobs, says_why_a_job_was_refused) {
    driver_rig *r = driver_rig_loaded();
    driver_rig_queue(r, 0);
    r->f.irq = IRQ_REFUSED;
    r->f.refused = 0x1f;
    driver_rig_expect(
        r, dpacs_wait(&r->d), DPACS_REFUSED,
        "a job was not queued: the queue is full CMD_ADDR is not aligned IMAGE_ADDR is not aligned LOGITS_ADDR is not aligned "
        "it is stopped");
    cr_expect_eq(r->d.refused, 0x1f);
    r->f.irq = IRQ_REFUSED;
    r->f.refused = REFUSED_FULL;
    driver_rig_expect(r, dpacs_wait(&r->d), DPACS_REFUSED, "the queue is full");
    cr_expect_null(strstr(r->d.text, "aligned"));
}

Test(driver_jobs, aborts) {
    driver_rig *r = driver_rig_loaded();
    int32_t logits[3];
    for (uint32_t i = 0; i < 3; i++) driver_rig_queue(r, i);
    r->f.jobs_done = 1;
    r->f.irq = IRQ_DONE | IRQ_ERROR | IRQ_ABORTED;
    cr_expect_eq(dpacs_abort(&r->d), DPACS_OK, "%s", r->d.text);
    cr_expect_eq(r->f.aborts, 1);
    cr_expect_eq(r->f.irq, 0);
    cr_expect_eq(dpacs_logits(&r->d, 0, logits), DPACS_OK); /* it was done before */
    driver_rig_expect(r, dpacs_logits(&r->d, 1, logits), DPACS_LOST, "the job was aborted");
    driver_rig_expect(r, dpacs_logits(&r->d, 2, logits), DPACS_LOST, "the job was aborted");
    r->f.finish = 1;
    driver_rig_queue(r, 3);
    cr_expect_eq(dpacs_logits(&r->d, 3, logits), DPACS_OK, "%s", r->d.text);
    r->f.abort_polls = -1;
    driver_rig_queue(r, 4);
    driver_rig_expect(r, dpacs_abort(&r->d), DPACS_TIMEOUT, "ABORT does not end");
}

/* What somebody else has left there counts for nobody. */
Test(driver_jobs, opens_what_was_in_use) {
    driver_rig *r = driver_rig_new();
    int32_t logits[3];
    r->f.jobs_done = 12345;
    r->f.finish = 1;
    cr_assert_eq(driver_rig_open(r), DPACS_OK);
    cr_assert_eq(dpacs_abort(&r->d), DPACS_OK, "%s", r->d.text);
    cr_assert_eq(dpacs_load(&r->d, &r->n), DPACS_OK);
    driver_rig_queue(r, 0);
    cr_expect_eq(dpacs_logits(&r->d, 0, logits), DPACS_OK, "%s", r->d.text);
}

Test(driver_jobs, knows_of_a_reset) {
    driver_rig *r = driver_rig_loaded();
    int32_t logits[3];
    r->f.finish = 1;
    driver_rig_queue(r, 0);
    cr_expect_eq(dpacs_wait(&r->d), DPACS_OK);
    driver_rig_queue(r, 1);
    memset(r->f.high, 0, sizeof r->f.high);
    r->f.jobs_done = r->f.irq_enable = 0;
    dpacs_was_reset(&r->d);
    driver_rig_expect(r, dpacs_logits(&r->d, 1, logits), DPACS_LOST, "");
    driver_rig_queue(r, 2);
    cr_expect_eq(r->f.job[2].commands, r->f.base + LIST);
    cr_expect_eq(r->f.job[2].image, r->f.base + 0x2000 + 2 * 128);
    cr_expect_eq(r->f.job[2].logits, r->f.base + 0x3000 + 2 * 64);
    cr_expect_eq(dpacs_logits(&r->d, 2, logits), DPACS_OK, "%s", r->d.text);
}

Test(driver_jobs, reads_counters) {
    driver_rig *r = driver_rig_loaded();
    dpacs_counters c;
    uint64_t value;
    for (int i = 0; i < COUNTERS; i++) r->f.counter[i] = (uint64_t)(i + 1) << 32 | (uint64_t)(100 + i);
    cr_expect_eq(dpacs_read_counters(&r->d, &c), DPACS_OK);
    const uint64_t got[] = {c.busy, c.macs, c.weight_beats, c.other_beats, c.array, c.wait_weights, c.wait_masks, c.wait_inputs};
    for (int i = 0; i < COUNTERS; i++) cr_expect_eq(got[i], r->f.counter[i], "counter %d", i);
    driver_rig_expect(r, dpacs_counter(&r->d, COUNTERS, &value), DPACS_BAD_ARGUMENT, "no such counter");
    driver_rig_expect(r, dpacs_counter(&r->d, -1, &value), DPACS_BAD_ARGUMENT, "no such counter");
}

Test(driver_jobs, closes) {
    driver_rig *r = driver_rig_loaded();
    cr_expect_eq(dpacs_close(&r->d), DPACS_OK);
    cr_expect(r->f.aborts == 0 && r->f.releases == 1 && r->f.irq_enable == 0);
    r = driver_rig_loaded();
    driver_rig_queue(r, 0);
    cr_expect_eq(dpacs_close(&r->d), DPACS_OK);
    cr_expect(r->f.aborts == 1 && r->f.releases == 1 && r->f.irq_enable == 0);
}

static dpacs_status whole_run(driver_rig *r) {
    int32_t logits[3];
    dpacs_counters c;
    uint32_t job;
    dpacs_status status = driver_rig_open(r);
    if (status == DPACS_OK) status = dpacs_load(&r->d, &r->n);
    if (status == DPACS_OK) status = dpacs_queue(&r->d, r->image, &job);
    if (status == DPACS_OK) status = dpacs_logits(&r->d, 0, logits);
    if (status == DPACS_OK) status = dpacs_read_counters(&r->d, &c);
    if (status == DPACS_OK) status = dpacs_queue(&r->d, r->image, &job);
    if (status == DPACS_OK) status = dpacs_abort(&r->d);
    r->f.irq = IRQ_ERROR;
    if (status == DPACS_OK) status = dpacs_wait(&r->d);
    if (status == DPACS_STOPPED) r->f.irq = IRQ_REFUSED;
    if (status == DPACS_STOPPED) status = dpacs_wait(&r->d);
    return status == DPACS_REFUSED ? dpacs_close(&r->d) : status;
}

/* Whatever fails of the back end, the call says so. */
Test(driver_jobs, every_access_that_fails_is_seen) {
    driver_rig *r = driver_rig_new();
    r->f.finish = 1;
    cr_assert_eq(whole_run(r), DPACS_OK, "%s", r->d.text);
    const int calls = r->f.calls;
    cr_assert_gt(calls, 50);
    for (int i = 0; i < calls; i++) {
        r = driver_rig_new();
        r->f.finish = 1;
        r->f.fail_at = i;
        dpacs_status status = whole_run(r);
        cr_expect(status == DPACS_IO || status == DPACS_NO_MEMORY, "call %d of %d: status %d", i, calls, (int)status);
        cr_expect_neq(r->d.text[0], '\0', "call %d says nothing", i);
        cr_expect_geq(r->f.calls, i + 1);
    }
}

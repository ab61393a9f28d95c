#include "axi_master.h"

#include <criterion/criterion.h>
#include <string.h>

enum { PATIENCE = 20000 };

uint8_t axi_content(uint32_t address) { return (uint8_t)(address * 7 + address / 256); }

void axi_master_open(axi_master *m, axi_mem_options options) {
    dp_error err;
    memset(m, 0, sizeof *m);
    static uint8_t bytes[READ_BYTES];
    for (uint32_t i = 0; i < READ_BYTES; i++) bytes[i] = axi_content(READ_AT + i);
    cr_assert_eq(axi_mem_create(&m->mem, &options, SIZE, &err), DP_OK);
    cr_assert_eq(axi_mem_map(m->mem, WRITE_AT, WRITE_BYTES, true, NULL, &err), DP_OK);
    cr_assert_eq(axi_mem_map(m->mem, READ_AT, READ_BYTES, false, bytes, &err), DP_OK);
    m->out.bus[0].w_data = m->data;
    m->out.bus[0].ar_kind = m->out.bus[0].aw_kind = DUT_AXI_USUAL(6);
}

void axi_master_close(axi_master *m) { axi_mem_destroy(m->mem); }

void axi_master_drive(axi_master *m) { axi_mem_drive(m->mem, &m->in); }
void axi_master_sample(axi_master *m) {
    (void)axi_mem_sample(m->mem, &m->out);
    m->cycle++;
}

void axi_master_ask(axi_master *m, uint64_t address, int beats, uint8_t id) {
    m->out.bus[0].ar_valid = true;
    m->out.bus[0].ar_addr = address;
    m->out.bus[0].ar_len = (uint8_t)(beats - 1);
    m->out.bus[0].ar_id = id;
    bool taken = false;
    for (int i = 0; i < PATIENCE && !taken; i++) {
        axi_master_drive(m);
        taken = m->in.bus[0].ar_ready;
        axi_master_sample(m);
    }
    m->out.bus[0].ar_valid = false;
    cr_assert(taken, "AR was never taken");
}

bool axi_master_take(axi_master *m, dut_in *beat) {
    m->out.bus[0].r_ready = true;
    for (int i = 0; i < PATIENCE; i++) {
        axi_master_drive(m);
        *beat = m->in;
        axi_master_sample(m);
        if (beat->bus[0].r_valid) return true;
    }
    return false;
}

void axi_master_expect_beat(axi_master *m, uint32_t address, bool last, uint8_t id) {
    dut_in beat;
    cr_assert(axi_master_take(m, &beat), "no beat");
    cr_assert_eq(beat.bus[0].r_last, last);
    cr_assert_eq(beat.bus[0].r_id, id);
    cr_assert_eq(beat.bus[0].r_resp, 0);
    for (uint32_t i = 0; i < DUT_BEAT; i++) cr_assert_eq(beat.bus[0].r_data[i], axi_content(address + i));
}

int axi_master_write(axi_master *m, uint64_t address, int beats, uint64_t strobe, int last_beat) {
    int beat = 0;
    bool addressed = false;
    m->out.bus[0].aw_valid = m->out.bus[0].w_valid = m->out.bus[0].b_ready = true;
    m->out.bus[0].aw_addr = address;
    m->out.bus[0].aw_len = (uint8_t)(beats - 1);
    m->out.bus[0].w_strb = strobe;
    for (int i = 0; i < PATIENCE; i++) {
        for (uint32_t k = 0; k < DUT_BEAT; k++) m->data[k] = axi_content((uint32_t)address + (uint32_t)beat * DUT_BEAT + k);
        m->out.bus[0].w_last = beat == last_beat;
        axi_master_drive(m);
        bool aw = m->out.bus[0].aw_valid && m->in.bus[0].aw_ready, w = m->out.bus[0].w_valid && m->in.bus[0].w_ready,
             b = m->in.bus[0].b_valid;
        axi_master_sample(m);
        addressed |= aw;
        if (addressed) m->out.bus[0].aw_valid = false;
        beat += w;
        if (beat == beats) m->out.bus[0].w_valid = false;
        if (b) return m->in.bus[0].b_resp;
    }
    m->out.bus[0].aw_valid = m->out.bus[0].w_valid = false;
    return -1;
}

void axi_master_expect_clean(const axi_master *m) { cr_assert_str_eq(axi_mem_look(m->mem)->failure, ""); }
void axi_master_expect_failure(const axi_master *m, const char *what) {
    cr_assert_not_null(strstr(axi_mem_look(m->mem)->failure, what), "'%s' expected, got '%s'", what,
                       axi_mem_look(m->mem)->failure);
}

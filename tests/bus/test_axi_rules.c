/* The memory against a master that breaks one rule at a time. */
#include <criterion/criterion.h>
#include <string.h>

#include "axi_master.h"

/* Rules that a master can break. */
typedef struct {
    uint64_t address;
    int beats;
    const char *failure;
} bad_read;

Test(axi_rules, finds_reads_that_break_the_rules) {
    static const bad_read cases[] = {
        {READ_AT + 0x20, 1, "not a multiple of 64"},
        {READ_AT + 0xfc0, 2, "crosses 4 KiB"},
        {SIZE, 1, "behind the memory"},
        {0xffffffc0, 1, "behind the memory"},
        {(uint64_t)1 << 32 | READ_AT, 1, "behind the memory"},
        {READ_AT + READ_BYTES, 1, "read outside"},
        {0, 1, "read outside"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        axi_master m;
        axi_master_open(&m, axi_mem_defaults());
        axi_master_ask(&m, cases[i].address, cases[i].beats, 0);
        axi_master_expect_failure(&m, cases[i].failure);
        axi_master_close(&m);
    }
}

Test(axi_rules, finds_writes_to_where_nothing_may_be_written) {
    static const struct {
        uint32_t address;
        const char *failure;
    } cases[] = {{READ_AT, "read-only byte"}, {WRITE_AT + WRITE_BYTES, "guard byte"}, {WRITE_AT - 64, "guard byte"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        axi_master m;
        axi_master_open(&m, axi_mem_defaults());
        (void)axi_master_write(&m, cases[i].address, 1, 1, 0);
        axi_master_expect_failure(&m, cases[i].failure);
        axi_master_close(&m);
    }
}

Test(axi_rules, finds_a_wrong_wlast) {
    static const char *const failures[] = {"WLAST before", "WLAST missing"};
    for (int i = 0; i < 2; i++) {
        axi_master m;
        axi_master_open(&m, axi_mem_defaults());
        (void)axi_master_write(&m, WRITE_AT, 2, ~(uint64_t)0, i == 0 ? 0 : 5);
        axi_master_expect_failure(&m, failures[i]);
        axi_master_close(&m);
    }
}

/* Size, burst, lock, cache, protection and quality of service are always the same. */
Test(axi_rules, finds_another_kind_of_burst) {
    static const uint32_t kinds[] = {DUT_AXI_KIND(5, 1, 0, 3, 2, 0), DUT_AXI_KIND(6, 2, 0, 3, 2, 0),
                                     DUT_AXI_KIND(6, 1, 1, 3, 2, 0), DUT_AXI_KIND(6, 1, 0, 2, 2, 0),
                                     DUT_AXI_KIND(6, 1, 0, 3, 3, 0), DUT_AXI_KIND(6, 1, 0, 3, 2, 1)};
    for (size_t i = 0; i < 2 * sizeof kinds / sizeof *kinds; i++) {
        axi_master m;
        axi_master_open(&m, axi_mem_defaults());
        m.out.bus[0].ar_kind = m.out.bus[0].aw_kind = kinds[i / 2];
        if (i % 2 == 0)
            axi_master_ask(&m, READ_AT, 1, 0);
        else
            (void)axi_master_write(&m, WRITE_AT, 1, 1, 0);
        axi_master_expect_failure(&m, "AxSIZE, AxBURST");
        axi_master_close(&m);
    }
}

/* A request that changes or goes away before it is taken. */
static void break_stability(axi_master *m, int which) {
    switch (which) {
    case 0: m->out.bus[0].ar_valid = false; break;
    case 1: m->out.bus[0].ar_addr += 64; break;
    case 2: m->out.bus[0].ar_len++; break;
    case 3: m->out.bus[0].aw_valid = false; break;
    case 4: m->out.bus[0].aw_addr += 64; break;
    case 5: m->out.bus[0].w_valid = false; break;
    case 6: m->data[63] ^= 1; break;
    case 7: m->out.bus[0].w_strb = 1; break;
    case 8: m->out.bus[0].ar_id ^= 1; break;
    case 9: m->out.bus[0].ar_kind ^= 1; break;
    case 10: m->out.bus[0].aw_id ^= 1; break;
    case 11: m->out.bus[0].aw_kind ^= 1; break;
    default: break;
    }
}

Test(axi_rules, finds_requests_that_do_not_stand) {
    static const char *const failures[] = {"ARVALID",   "AR changed", "AR changed", "AWVALID",    "AW changed", "WVALID",
                                           "W changed", "W changed",  "AR changed", "AR changed", "AW changed", "AW changed",
                                           ""};
    for (int which = 0; which < 13; which++) {
        const bool reads = which < 3 || which == 8 || which == 9, addresses = which < 5 || which > 7;
        axi_master m;
        axi_master_open(&m, axi_mem_defaults());
        for (axi_channel channel = AXI_AR; channel <= AXI_W; channel++)
            if (reads == (channel == AXI_AR)) axi_mem_inject(m.mem, (axi_fault){.kind = AXI_FAULT_WITHHOLD, .channel = channel});
        if (!reads && addresses) axi_mem_inject(m.mem, (axi_fault){.kind = AXI_FAULT_WITHHOLD, .channel = AXI_AW});
        m.out.bus[0].ar_valid = reads;
        m.out.bus[0].aw_valid = m.out.bus[0].w_valid = m.out.bus[0].w_last = !reads;
        m.out.bus[0].ar_addr = READ_AT;
        m.out.bus[0].aw_addr = WRITE_AT;
        m.out.bus[0].w_strb = ~(uint64_t)0;
        axi_master_drive(&m);
        bool open = addresses || !m.in.bus[0].w_ready;
        axi_master_sample(&m);
        cr_assert(open);
        break_stability(&m, which);
        axi_master_drive(&m);
        axi_master_sample(&m);
        if (which < 12)
            axi_master_expect_failure(&m, failures[which]);
        else
            axi_master_expect_clean(&m);
        axi_master_close(&m);
    }
}

Test(axi_rules, finds_a_guard_byte_that_changed) {
    static const uint32_t places[] = {0, READ_AT - 1, READ_AT + READ_BYTES, WRITE_AT - 1, WRITE_AT + WRITE_BYTES, SIZE - 1};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        axi_master m;
        axi_master_open(&m, axi_mem_defaults());
        cr_assert(axi_mem_verify(m.mem));
        *axi_mem_at(m.mem, places[i]) ^= 1;
        cr_assert_not(axi_mem_verify(m.mem));
        axi_master_close(&m);
    }
}

Test(axi_rules, refuses_areas_that_overlap_or_do_not_fit) {
    axi_master m;
    dp_error err;
    axi_master_open(&m, axi_mem_defaults());
    cr_assert_eq(axi_mem_map(m.mem, READ_AT - 1, 2, false, NULL, &err), DP_BAD_INPUT);
    cr_assert_eq(axi_mem_map(m.mem, READ_AT + READ_BYTES - 1, 2, false, NULL, &err), DP_BAD_INPUT);
    cr_assert_eq(axi_mem_map(m.mem, SIZE - 1, 2, false, NULL, &err), DP_BAD_INPUT);
    cr_assert_eq(axi_mem_map(m.mem, READ_AT + READ_BYTES, 1, false, NULL, &err), DP_OK);
    axi_master_close(&m);
}

/* The memory against a master that keeps the rules: order, latency, bandwidth, stalls, and faults on request. */
#include <criterion/criterion.h>

#include "axi_master.h"

Test(axi_mem, first_beat_comes_after_the_latency) {
    for (int latency = 1; latency <= 200; latency += 33) {
        axi_master m;
        dut_in beat;
        axi_mem_options options = axi_mem_defaults();
        options.latency = latency;
        axi_master_open(&m, options);
        axi_master_ask(&m, READ_AT, 1, 0);
        uint64_t asked = m.cycle - 1;
        cr_assert(axi_master_take(&m, &beat));
        cr_assert_eq(m.cycle - 1 - asked, (uint64_t)latency);
        axi_master_close(&m);
    }
}

Test(axi_mem, reads_come_in_order_with_id_and_last) {
    axi_master m;
    axi_master_open(&m, axi_mem_defaults());
    axi_master_ask(&m, READ_AT + 0x40, 3, 1);
    axi_master_ask(&m, READ_AT + 0x1000, 1, 0);
    axi_master_expect_beat(&m, READ_AT + 0x40, false, 1);
    axi_master_expect_beat(&m, READ_AT + 0x80, false, 1);
    axi_master_expect_beat(&m, READ_AT + 0xc0, true, 1);
    axi_master_expect_beat(&m, READ_AT + 0x1000, true, 0);
    axi_master_expect_clean(&m);
    axi_master_close(&m);
}

/* Reads as fast as the memory lets; writes too where asked. Returns beats moved in `cycles` cycles after the first. */
static int stream(axi_master *m, int cycles, bool writes, int *written) {
    int beats = 0, started = 0;
    uint32_t next = 0;
    bool addressed = false;
    m->out.bus[0].r_ready = m->out.bus[0].b_ready = true;
    m->out.bus[0].ar_valid = true;
    m->out.bus[0].ar_addr = READ_AT;
    m->out.bus[0].ar_len = 15;
    m->out.bus[0].aw_valid = m->out.bus[0].w_valid = m->out.bus[0].w_last = writes;
    m->out.bus[0].aw_addr = WRITE_AT;
    m->out.bus[0].w_strb = ~(uint64_t)0;
    *written = 0;
    while (cycles > 0) {
        axi_master_drive(m);
        bool ar = m->in.bus[0].ar_ready, r = m->in.bus[0].r_valid, aw = writes && !addressed && m->in.bus[0].aw_ready,
             w = writes && m->in.bus[0].w_ready, b = m->in.bus[0].b_valid;
        axi_master_sample(m);
        if (ar) next = (next + 0x400) % READ_BYTES;
        m->out.bus[0].ar_addr = READ_AT + next;
        addressed = (addressed || aw) && !b;
        m->out.bus[0].aw_valid = writes && !addressed;
        m->out.bus[0].w_valid = writes && !(w || (addressed && !m->out.bus[0].w_valid));
        *written += w && started;
        beats += r && started;
        started |= r;
        cycles -= started;
    }
    return beats;
}

Test(axi_mem, sustains_three_beats_in_four_cycles) {
    axi_master m;
    int written;
    axi_master_open(&m, axi_mem_defaults());
    int beats = stream(&m, 4000, false, &written);
    cr_assert(beats >= 2998 && beats <= 3002, "%d beats in 4000 cycles", beats);
    axi_master_expect_clean(&m);
    axi_master_close(&m);
}

Test(axi_mem, sustains_the_bandwidth_it_is_given) {
    static const int bandwidths[] = {1, 7, 16, 33, 63, 64};
    for (size_t i = 0; i < sizeof bandwidths / sizeof *bandwidths; i++) {
        axi_master m;
        int written;
        axi_mem_options options = axi_mem_defaults();
        options.bandwidth = bandwidths[i];
        axi_master_open(&m, options);
        int beats = stream(&m, 6400, false, &written), want = 100 * bandwidths[i];
        cr_assert(beats >= want - 2 && beats <= want + 2, "%d bytes a cycle: %d beats in 6400 cycles", bandwidths[i], beats);
        axi_master_expect_clean(&m);
        axi_master_close(&m);
    }
}

Test(axi_mem, writes_share_the_bandwidth_and_are_not_starved) {
    axi_master m;
    int written;
    axi_mem_options options = axi_mem_defaults();
    options.latency = 1;
    axi_master_open(&m, options);
    int beats = stream(&m, 4000, true, &written);
    cr_assert(beats + written >= 2900 && beats + written <= 3002, "%d beats read, %d written in 4000 cycles", beats, written);
    cr_assert_gt(written, 100);
    axi_master_expect_clean(&m);
    axi_master_close(&m);
}

/* What holds up a read is data, not the address that was sent before it. */
Test(axi_mem, a_write_without_data_holds_up_no_read) {
    axi_master m;
    dut_in beat;
    axi_master_open(&m, axi_mem_defaults());
    m.out.bus[0].aw_valid = true;
    m.out.bus[0].aw_addr = WRITE_AT;
    axi_master_drive(&m);
    axi_master_sample(&m);
    m.out.bus[0].aw_valid = false;
    axi_master_ask(&m, READ_AT, 1, 0);
    cr_assert(axi_master_take(&m, &beat));
    cr_expect_not(beat.bus[0].w_ready, "both directions in a cycle");
    axi_master_close(&m);
}

Test(axi_mem, stalls_as_often_as_it_is_told) {
    axi_master m;
    int stalled = 0;
    axi_mem_options options = axi_mem_defaults();
    options.stall = 1;
    axi_master_open(&m, options);
    for (int i = 0; i < 10000; i++) {
        axi_master_drive(&m);
        stalled += !m.in.bus[0].ar_ready;
        axi_master_sample(&m);
    }
    cr_assert(stalled > 60 && stalled < 140, "%d of 10000 cycles", stalled);
    axi_master_close(&m);
}

Test(axi_mem, limits_outstanding_reads) {
    axi_master m;
    axi_mem_options options = axi_mem_defaults();
    options.reads = 4;
    options.latency = 1000;
    axi_master_open(&m, options);
    for (int i = 0; i < 4; i++) axi_master_ask(&m, READ_AT, 1, 0);
    axi_master_drive(&m);
    cr_assert_not(m.in.bus[0].ar_ready);
    axi_master_sample(&m);
    cr_assert_eq(axi_mem_look(m.mem)->reads_waiting, 4);
    axi_master_close(&m);
}

Test(axi_mem, holds_a_beat_until_it_is_taken) {
    axi_master m;
    axi_master_open(&m, axi_mem_defaults());
    axi_master_ask(&m, READ_AT, 1, 0);
    m.out.bus[0].r_ready = false;
    for (int i = 0; i < 500; i++) {
        bool was = m.in.bus[0].r_valid;
        axi_master_drive(&m);
        cr_assert(!was || m.in.bus[0].r_valid, "RVALID was withdrawn");
        axi_master_sample(&m);
    }
    cr_assert(m.in.bus[0].r_valid);
    axi_master_expect_beat(&m, READ_AT, true, 0);
    axi_master_close(&m);
}

Test(axi_mem, stores_what_the_strobes_say) {
    axi_master m;
    axi_master_open(&m, axi_mem_defaults());
    cr_assert_eq(axi_master_write(&m, WRITE_AT, 2, 0xf0, 1), 0);
    for (uint32_t i = 0; i < 2 * DUT_BEAT; i++) {
        bool stored = i % DUT_BEAT >= 4 && i % DUT_BEAT < 8;
        cr_assert_eq(*axi_mem_at(m.mem, WRITE_AT + i), stored ? axi_content(WRITE_AT + i) : 0);
    }
    axi_master_expect_clean(&m);
    cr_assert(axi_mem_verify(m.mem));
    axi_master_close(&m);
}

Test(axi_mem, stalls_lose_nothing_and_repeat_with_their_seed) {
    uint64_t cycles[3];
    for (int run = 0; run < 3; run++) {
        axi_master m;
        axi_mem_options options = axi_mem_defaults();
        options.stall = 60;
        options.seed = run < 2 ? 5 : 6;
        axi_master_open(&m, options);
        for (uint32_t i = 0; i < 20; i++) {
            axi_master_ask(&m, READ_AT + i * 128, 2, (uint8_t)(i & 1));
            axi_master_expect_beat(&m, READ_AT + i * 128, false, i & 1);
            axi_master_expect_beat(&m, READ_AT + i * 128 + 64, true, i & 1);
            cr_assert_eq(axi_master_write(&m, WRITE_AT + i * 64, 1, ~(uint64_t)0, 0), 0);
        }
        cycles[run] = m.cycle;
        axi_master_expect_clean(&m);
        axi_master_close(&m);
    }
    cr_assert_eq(cycles[0], cycles[1]);
    cr_assert_neq(cycles[0], cycles[2]);
}

/* Four bursts of each of two IDs: beats of an ID in order, those of both mixed, all of them there. */
Test(axi_mem, mixes_ids_and_keeps_the_order_of_each) {
    enum { BURSTS = 4, BEATS = 4 };
    int turns = 0, overtaken = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        axi_master m;
        axi_mem_options options = axi_mem_defaults();
        options.disorder = 50;
        options.seed = seed;
        axi_master_open(&m, options);
        for (uint32_t i = 0; i < 2 * BURSTS; i++) axi_master_ask(&m, READ_AT + 0x100 * i, BEATS, i < BURSTS ? 1 : 4);
        uint32_t seen[2] = {0, 0};
        int before = -1;
        for (int i = 0; i < 2 * BURSTS * BEATS; i++) {
            dut_in beat;
            cr_assert(axi_master_take(&m, &beat));
            int id = beat.bus[0].r_id == 4;
            cr_assert(id || beat.bus[0].r_id == 1);
            uint32_t n = seen[id]++, address = READ_AT + 0x100 * ((uint32_t)id * BURSTS + n / BEATS) + 64 * (n % BEATS);
            cr_assert_eq(beat.bus[0].r_data[0], axi_content(address));
            cr_assert_eq(beat.bus[0].r_data[9], axi_content(address + 9));
            cr_assert_eq(beat.bus[0].r_last, n % BEATS == BEATS - 1);
            turns += before >= 0 && id != before;
            overtaken += id == 1 && seen[0] < BURSTS * BEATS;
            before = id;
        }
        cr_assert_eq(seen[0], seen[1]);
        cr_assert_eq(axi_mem_look(m.mem)->reads_waiting, 0);
        axi_master_expect_clean(&m);
        axi_master_close(&m);
    }
    cr_assert(turns > 100 && overtaken > 100, "%d turns, %d beats before an older burst's", turns, overtaken);
}

Test(axi_mem, answers_writes_late_in_disorder) {
    uint64_t least = UINT64_MAX, most = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        axi_master m;
        axi_mem_options options = axi_mem_defaults();
        options.disorder = 1;
        options.seed = seed;
        axi_master_open(&m, options);
        m.out.bus[0].aw_id = 5;
        cr_assert_eq(axi_master_write(&m, WRITE_AT, 1, 1, 0), 0);
        cr_assert_eq(m.in.bus[0].b_id, 5);
        if (m.cycle < least) least = m.cycle;
        if (m.cycle > most) most = m.cycle;
        axi_master_close(&m);
    }
    cr_assert(least >= 80 && most > 2 * least, "%d to %d cycles", (int)least, (int)most);
}

Test(axi_mem, answers_decerr_beside_its_areas_where_asked) {
    axi_master m;
    dut_in beat;
    axi_mem_options options = axi_mem_defaults();
    options.decode = true;
    options.base = 0x7000000000;
    axi_master_open(&m, options);
    static const uint64_t reads[] = {0x7000000000, 0x7000000000 + READ_AT + READ_BYTES, 0x7000000000 + SIZE, 0x6ffffff000, 0};
    for (size_t i = 0; i < sizeof reads / sizeof *reads; i++) {
        axi_master_ask(&m, reads[i], 2, 0);
        for (int k = 0; k < 2; k++) {
            cr_assert(axi_master_take(&m, &beat));
            cr_assert(beat.bus[0].r_resp == 3 && beat.bus[0].r_last == (k == 1));
        }
    }
    axi_master_ask(&m, options.base + READ_AT, 1, 0);
    axi_master_expect_beat(&m, READ_AT, true, 0);
    cr_assert_eq(axi_master_write(&m, options.base + WRITE_AT, 1, 1, 0), 0);
    cr_assert_eq(axi_master_write(&m, options.base + READ_AT, 1, 1, 0), 3);
    cr_assert_eq(axi_master_write(&m, options.base + WRITE_AT + WRITE_BYTES, 1, 1, 0), 3);
    cr_assert_eq(axi_master_write(&m, 64, 1, 1, 0), 3);
    axi_master_expect_clean(&m);
    cr_assert(axi_mem_verify(m.mem));
    axi_master_close(&m);
}

Test(axi_mem, injects_wrong_last_and_ids) {
    axi_master m;
    dut_in beat;
    axi_master_open(&m, axi_mem_defaults());
    for (int k = 0; k < 4; k++) {
        axi_mem_inject(m.mem, (axi_fault){.kind = k < 2 ? AXI_FAULT_LAST : AXI_FAULT_READ_ID, .nth = (uint64_t)(2 * k + k % 2)});
        axi_master_ask(&m, READ_AT, 2, 6);
        for (int i = 0; i < 2; i++) {
            cr_assert(axi_master_take(&m, &beat));
            cr_assert_eq(beat.bus[0].r_last, (i == 1) != (k < 2 && i == k));
            cr_assert_eq(beat.bus[0].r_id, k >= 2 && i == k - 2 ? 7 : 6);
        }
    }
    axi_mem_inject(m.mem, (axi_fault){.kind = AXI_FAULT_WRITE_ID, .nth = 1});
    cr_assert_eq(axi_master_write(&m, WRITE_AT, 1, 1, 0), 0);
    cr_assert_eq(m.in.bus[0].b_id, 0);
    cr_assert_eq(axi_master_write(&m, WRITE_AT, 1, 1, 0), 0);
    cr_assert_eq(m.in.bus[0].b_id, 1);
    axi_master_close(&m);
}

Test(axi_mem, injects_a_flipped_bit) {
    axi_master m;
    dut_in beat;
    axi_master_open(&m, axi_mem_defaults());
    axi_mem_inject(m.mem, (axi_fault){.kind = AXI_FAULT_FLIP, .nth = 1, .bit = 509});
    axi_master_ask(&m, READ_AT, 3, 0);
    axi_master_expect_beat(&m, READ_AT, false, 0);
    cr_assert(axi_master_take(&m, &beat));
    cr_assert_eq(beat.bus[0].r_data[63], axi_content(READ_AT + 127) ^ 0x20);
    axi_master_expect_beat(&m, READ_AT + 128, true, 0);
    axi_master_close(&m);
}

Test(axi_mem, injects_a_dropped_beat) {
    axi_master m;
    dut_in beat;
    axi_master_open(&m, axi_mem_defaults());
    axi_mem_inject(m.mem, (axi_fault){.kind = AXI_FAULT_DROP, .nth = 1});
    axi_master_ask(&m, READ_AT, 2, 0);
    axi_master_ask(&m, READ_AT + 0x400, 1, 1);
    axi_master_expect_beat(&m, READ_AT, false, 0);
    axi_master_expect_beat(&m, READ_AT + 0x400, true, 1);
    cr_assert_not(axi_master_take(&m, &beat));
    axi_master_close(&m);
}

Test(axi_mem, injects_error_responses) {
    axi_master m;
    dut_in beat;
    axi_master_open(&m, axi_mem_defaults());
    axi_mem_inject(m.mem, (axi_fault){.kind = AXI_FAULT_READ_ERROR, .nth = 1});
    axi_master_ask(&m, READ_AT, 1, 0);
    axi_master_ask(&m, READ_AT, 1, 0);
    axi_master_expect_beat(&m, READ_AT, true, 0);
    cr_assert(axi_master_take(&m, &beat));
    cr_assert_eq(beat.bus[0].r_resp, 2);
    axi_mem_inject(m.mem, (axi_fault){.kind = AXI_FAULT_WRITE_ERROR, .nth = 1});
    cr_assert_eq(axi_master_write(&m, WRITE_AT, 1, 1, 0), 0);
    cr_assert_eq(axi_master_write(&m, WRITE_AT, 1, 1, 0), 2);
    axi_master_close(&m);
}

Test(axi_mem, withholds_a_channel_for_ever) {
    for (axi_channel channel = AXI_AW; channel <= AXI_B; channel++) {
        axi_master m;
        axi_master_open(&m, axi_mem_defaults());
        axi_mem_inject(m.mem, (axi_fault){.kind = AXI_FAULT_WITHHOLD, .channel = channel, .nth = 1});
        cr_assert_eq(axi_master_write(&m, WRITE_AT, 1, 1, 0), 0);
        cr_assert_eq(axi_master_write(&m, WRITE_AT, 1, 1, 0), -1);
        axi_master_close(&m);
    }
}

/* What counts as progress, and when its absence is a hang. */
#include <criterion/criterion.h>
#include <string.h>

#include "watchdog.h"

enum { LIMIT = 100 };

/* Idle cycles after `from` until the watchdog barks. */
static uint64_t idle(watchdog *dog, uint64_t from) {
    static const dut_out nothing;
    uint64_t cycle = from;
    while (watchdog_sample(dog, cycle, false, &nothing)) cycle++;
    return cycle - from;
}

Test(watchdog, barks_after_its_limit) {
    watchdog dog;
    watchdog_init(&dog, LIMIT);
    cr_assert_eq(idle(&dog, 0), LIMIT);
}

Test(watchdog, bus_transfers_are_progress) {
    static const dut_out nothing;
    watchdog dog;
    watchdog_init(&dog, LIMIT);
    for (uint64_t cycle = 0; cycle < 10 * LIMIT; cycle++)
        cr_assert(watchdog_sample(&dog, cycle, cycle % (LIMIT - 1) == 0, &nothing));
    watchdog_init(&dog, LIMIT);
    cr_assert(watchdog_sample(&dog, 50, true, &nothing));
    cr_assert_eq(idle(&dog, 50), LIMIT);
}

Test(watchdog, every_record_is_progress) {
    static const struct {
        dut_out out;
        const char *words;
    } records[] = {
        {{.conv_valid = true}, "(a tile of a convolution)"},
        {{.mask_valid = true}, "(a spatial mask decision)"},
        {{.score_valid = true}, "(a channel score)"},
        {{.groups_valid = true}, "(a channel mask)"},
        {{.logit_valid = true}, "(logits)"},
        {{.done_valid = true}, "(the end of a convolution)"},
        {{.fetch_valid = true}, "(the end of a weight fetch)"},
        {{.pool_valid = true}, "(a pooled tile)"},
        {{.irq = false}, "(a transfer on the memory bus)"},
    };
    enum { RECORDS = sizeof records / sizeof *records };
    for (int i = 0; i < RECORDS; i++) {
        watchdog dog;
        char text[256];
        watchdog_init(&dog, LIMIT);
        cr_assert(watchdog_sample(&dog, LIMIT - 1, i == RECORDS - 1, &records[i].out));
        cr_assert_eq(idle(&dog, LIMIT - 1), LIMIT);
        watchdog_describe(&dog, text, sizeof text);
        cr_expect_not_null(strstr(text, records[i].words), "%s", text);
    }
}

Test(watchdog, an_interrupt_or_register_access_is_not) {
    const dut_out polled = {.irq = true, .axil_rvalid = true, .axil_arready = true};
    watchdog dog;
    watchdog_init(&dog, LIMIT);
    cr_assert_not(watchdog_sample(&dog, LIMIT, false, &polled));
}

Test(watchdog, a_kick_is_progress) {
    watchdog dog;
    watchdog_init(&dog, LIMIT);
    watchdog_kick(&dog, 70, "a start");
    cr_assert_eq(idle(&dog, 70), LIMIT);
}

Test(watchdog, says_what_was_last) {
    watchdog dog;
    char text[256];
    watchdog_init(&dog, LIMIT);
    watchdog_describe(&dog, text, sizeof text);
    cr_assert_not_null(strstr(text, "no tile yet"));
    (void)watchdog_sample(&dog, 7, false, &(dut_out){.fetch_valid = true, .fetch_layer = 4, .fetch_stage = 1});
    (void)watchdog_sample(&dog, 8, false, &(dut_out){.conv_valid = true, .conv_layer = 3, .conv_stage = 2});
    watchdog_describe(&dog, text, sizeof text);
    cr_assert_not_null(strstr(text, "since cycle 8"));
    cr_assert_not_null(strstr(text, "last tile L03 stage 2"));
    cr_assert_not_null(strstr(text, "up to L04 stage 1"));
}

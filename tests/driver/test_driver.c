/* libdpacs against registers without an accelerator (fake_device.h): whom it takes for a device, and which networks it loads. test_driver_jobs.c has the rest. */
#include <criterion/criterion.h>
#include <string.h>
#include <zlib.h>

#include "driver_rig.h"
#include "plan_command.h"

TestSuite(driver, .timeout = 60);

enum { LIST = 256 };

Test(driver, opens_what_is_there) {
    driver_rig *r = driver_rig_new();
    cr_expect_eq(driver_rig_open(r), DPACS_OK);
    cr_expect_eq(r->d.geometry, r->f.geometry);
    cr_expect_str_eq(r->d.text, "");
    r->f.id = 0xffffffff;
    driver_rig_expect(r, driver_rig_open(r), DPACS_NO_DEVICE, "no DPACS there: register ID reads 0xffffffff");
    r->f.id = REG_ID_VALUE;
    const uint32_t others[] = {REG_VERSION_VALUE - 1, REG_VERSION_VALUE + 0x10000, 0};
    for (int i = 0; i < 3; i++) {
        r->f.version = others[i];
        driver_rig_expect(r, driver_rig_open(r), DPACS_NO_DEVICE, "register map 0x");
        cr_expect_not_null(strstr(r->d.text, ", expected 0x00020001"), "%s", r->d.text);
    }
    r->f.version = REG_VERSION_VALUE + 3; /* a later one of the same major has all that is used */
    cr_expect_eq(driver_rig_open(r), DPACS_OK);
}

static uint64_t pointer(const uint8_t *command, int low, int high) {
    uint64_t address = (uint64_t)command[high] << 32;
    for (int i = 0; i < 4; i++) address |= (uint64_t)command[low + i] << 8 * i;
    return address;
}

/* Addresses in the commands, and nothing else. */
Test(driver, loads_and_relocates) {
    driver_rig *r = driver_rig_loaded();
    cr_assert_eq(r->f.memory[0], r->bytes[0]);
    for (int i = 0; i < 3; i++) {
        const uint8_t *from = r->bytes + LIST + i * PLAN_COMMAND_BYTES;
        uint8_t *to = r->f.memory + LIST + i * PLAN_COMMAND_BYTES;
        cr_expect_eq(pointer(to, PLAN_AT_WEIGHT_ADDR, PLAN_AT_WEIGHT_HIGH),
                     r->f.base + pointer(from, PLAN_AT_WEIGHT_ADDR, PLAN_AT_WEIGHT_HIGH));
        cr_expect_eq(pointer(to, PLAN_AT_AUX_ADDR, PLAN_AT_AUX_HIGH),
                     r->f.base + pointer(from, PLAN_AT_AUX_ADDR, PLAN_AT_AUX_HIGH));
        memcpy(to + PLAN_AT_WEIGHT_ADDR, from + PLAN_AT_WEIGHT_ADDR, 8);
        to[PLAN_AT_WEIGHT_HIGH] = to[PLAN_AT_AUX_HIGH] = 0;
    }
    cr_expect_eq(memcmp(r->f.memory, r->bytes, r->n.size), 0);
    for (int i = 0; i < 3; i++) cr_expect_eq(r->f.high[i], 0x12);
    cr_expect_eq(r->f.high_writes, 3);
    cr_expect_eq(r->f.releases, 0);
    cr_expect(r->f.syncs == 1 && r->f.sync[0].at == 0 && r->f.sync[0].bytes == r->n.size && r->f.sync[0].to_device);
    /* another one takes its place, and gives its memory back */
    cr_expect_eq(dpacs_load(&r->d, &r->n), DPACS_OK);
    cr_expect_eq(r->f.allocations, 2);
    cr_expect_eq(r->f.releases, 1);
}

/* One rule at a time. */
typedef struct {
    size_t field;
    uint32_t value;
    const char *words;
} breach;

#define FIELD(name) offsetof(dpacs_network, name)
static const breach breaches[] = {{FIELD(geometry), 0, "planned for another build"},
                                  {FIELD(capacity), 0, "planned for another build"},
                                  {FIELD(slots), 0, "slots"},
                                  {FIELD(slots), 3, "slots"},
                                  {FIELD(slots), 16, "slots"},
                                  {FIELD(open), 0, "open jobs"},
                                  {FIELD(open), 5, "open jobs"},
                                  {FIELD(image_at), 0x2020, "an image is not aligned to 64"},
                                  {FIELD(image_stride), 144, "an image is not aligned to 64"},
                                  {FIELD(image_stride), 64, "an image does not fit its slot"},
                                  {FIELD(image_bytes), 0, "an image does not fit its slot"},
                                  {FIELD(image_bytes), 129, "an image does not fit its slot"},
                                  {FIELD(logits_at), 0x3020, "logits are not aligned to 64"},
                                  {FIELD(logits_at), 0x3024, "logits are not aligned to 64"},
                                  {FIELD(logits_stride), 96, "logits are not aligned to 64"},
                                  {FIELD(logits), 17, "logits do not fit their slot"},
                                  {FIELD(logits), 0x80000000, "logits do not fit their slot"},
                                  {FIELD(image_at), 0xfc0, "overlap"},
                                  {FIELD(image_at), 0x2fc0, "overlap"},
                                  {FIELD(logits_at), 0x2000, "overlap"},
                                  {FIELD(logits_at), 0x40, "overlap"},
                                  {FIELD(memory_bytes), 0x30c0, "end after the memory"},
                                  {FIELD(logits_at), 0x7fc0, "end after the memory"},
                                  {FIELD(image_at), 0xffffff00, "end after the memory"},
                                  {FIELD(commands_at), 320, "at a multiple of 256"},
                                  {FIELD(commands), 1, "2 to 4095"},
                                  {FIELD(commands), 4096, "2 to 4095"},
                                  {FIELD(commands), 2, "does not end with its end"},
                                  {FIELD(commands), 4, "does not end with its end"},
                                  {FIELD(commands), 61, "ends after the network"},
                                  {FIELD(memory_bytes), FAKE_MEMORY + 64, "no memory"}};

Test(driver, refuses_layouts_that_break_a_rule) {
    for (size_t i = 0; i < sizeof breaches / sizeof *breaches; i++) {
        driver_rig *r = driver_rig_new();
        cr_assert_eq(driver_rig_open(r), DPACS_OK);
        memcpy((uint8_t *)&r->n + breaches[i].field, &breaches[i].value, sizeof breaches[i].value);
        dpacs_status want = strcmp(breaches[i].words, "no memory") == 0 ? DPACS_NO_MEMORY : DPACS_BAD_NETWORK;
        driver_rig_expect(r, dpacs_load(&r->d, &r->n), want, breaches[i].words);
        uint32_t job;
        driver_rig_expect(r, dpacs_queue(&r->d, r->image, &job), DPACS_BAD_ARGUMENT, "no network is loaded");
        cr_expect_eq(r->f.jobs, 0);
    }
}

Test(driver, takes_what_touches_and_does_not_overlap) {
    driver_rig *r = driver_rig_new();
    r->n.image_at = r->n.size;
    r->n.logits_at = r->n.size + 4 * 128;
    r->n.memory_bytes = r->n.logits_at + 4 * 64;
    cr_assert_eq(driver_rig_open(r), DPACS_OK);
    cr_expect_eq(dpacs_load(&r->d, &r->n), DPACS_OK, "%s", r->d.text);
    r->n.logits_at = r->n.size;
    r->n.image_at = r->n.size + 4 * 64;
    cr_expect_eq(dpacs_load(&r->d, &r->n), DPACS_OK, "%s", r->d.text);
    r->n.slots = r->n.open = 1;
    cr_expect_eq(dpacs_load(&r->d, &r->n), DPACS_OK, "%s", r->d.text);
    r->n.slots = 4;
    r->n.image_at -= 64;
    driver_rig_expect(r, dpacs_load(&r->d, &r->n), DPACS_BAD_NETWORK, "overlap");
}

Test(driver, refuses_commands_that_point_beside_the_network) {
    static const struct {
        int at;
        uint8_t value;
        const char *words;
    } spoiled[] = {{PLAN_AT_WEIGHT_ADDR, 0x20, "not aligned"},       {PLAN_AT_AUX_ADDR, 1, "not aligned"},
                   {PLAN_AT_WEIGHT_ADDR + 1, 0x10, "points beside"}, {PLAN_AT_AUX_ADDR + 3, 1, "points beside"},
                   {PLAN_AT_WEIGHT_HIGH, 1, "points beside"},        {PLAN_AT_AUX_HIGH, 1, "points beside"},
                   {PLAN_AT_OP, 0, "does not end with its end"}};
    for (size_t i = 0; i < sizeof spoiled / sizeof *spoiled; i++) {
        driver_rig *r = driver_rig_new();
        cr_assert_eq(driver_rig_open(r), DPACS_OK);
        r->bytes[LIST + PLAN_COMMAND_BYTES + spoiled[i].at] = spoiled[i].value;
        driver_rig_expect(r, dpacs_load(&r->d, &r->n), DPACS_BAD_NETWORK, spoiled[i].words);
    }
}

Test(driver, refuses_memory_that_is_no_good) {
    static const struct {
        uint64_t base;
        size_t bytes;
        const char *words;
    } memories[] = {{0x1240000040, FAKE_MEMORY, "multiple of 4096"},
                    {0x1240000000, 0x7fff, "smaller than the network"},
                    {(uint64_t)1 << 40, FAKE_MEMORY, "40 bits"},
                    {((uint64_t)1 << 40) - 0x7000, FAKE_MEMORY, "40 bits"},
                    {~(uint64_t)0xfff, FAKE_MEMORY, "40 bits"}};
    for (size_t i = 0; i < sizeof memories / sizeof *memories; i++) {
        driver_rig *r = driver_rig_new();
        cr_assert_eq(driver_rig_open(r), DPACS_OK);
        r->f.base = memories[i].base;
        r->f.memory_bytes = memories[i].bytes;
        driver_rig_expect(r, dpacs_load(&r->d, &r->n), DPACS_BAD_NETWORK, memories[i].words);
        cr_expect_eq(r->f.releases, 1);
    }
    driver_rig *r = driver_rig_new();
    cr_assert_eq(driver_rig_open(r), DPACS_OK);
    r->f.base = ((uint64_t)1 << 40) - 0x8000; /* up to the last byte */
    cr_expect_eq(dpacs_load(&r->d, &r->n), DPACS_OK, "%s", r->d.text);
}

Test(driver, parses_what_was_planned) {
    static uint8_t file[DPACS_HEADER + FAKE_NETWORK + 1];
    const size_t size = DPACS_HEADER + FAKE_NETWORK;
    driver_rig *r = driver_rig_new();
    dpacs_network n;
    char text[DPACS_TEXT];
    memset(file, 0xa5, sizeof file);
    dpacs_header(&r->n, file);
    memcpy(file + DPACS_HEADER, r->bytes, FAKE_NETWORK);
    cr_assert_eq(dpacs_parse(&n, file, size, text), DPACS_OK, "%s", text);
    cr_expect_eq(n.bytes, file + DPACS_HEADER);
    const uint32_t crc = (uint32_t)crc32(crc32(0, NULL, 0), file + 16, (unsigned)(size - 16)); /* another one's, and the magic */
    const uint8_t begins[] = {'D',
                              'P',
                              'A',
                              'C',
                              'S',
                              'I',
                              'M',
                              'G',
                              1,
                              0,
                              0,
                              0,
                              (uint8_t)crc,
                              (uint8_t)(crc >> 8),
                              (uint8_t)(crc >> 16),
                              (uint8_t)(crc >> 24),
                              0,
                              0x10,
                              0,
                              0};
    cr_expect_eq(memcmp(file, begins, sizeof begins), 0);
    for (int i = 76; i < DPACS_HEADER; i++) cr_expect_eq(file[i], 0);
    n.bytes = r->n.bytes;
    cr_expect_eq(memcmp(&n, &r->n, sizeof n), 0);
    for (size_t bit = 0; bit < 8 * size; bit += bit < 8 * DPACS_HEADER ? 1 : 101) {
        file[bit / 8] = (uint8_t)(file[bit / 8] ^ 1 << bit % 8);
        cr_expect_eq(dpacs_parse(&n, file, size, text), DPACS_BAD_NETWORK, "bit %d", (int)bit);
        cr_expect_null(n.bytes);
        file[bit / 8] = (uint8_t)(file[bit / 8] ^ 1 << bit % 8);
    }
    cr_expect_eq(dpacs_parse(&n, file, size - 1, text), DPACS_BAD_NETWORK);
    cr_expect_not_null(strstr(text, "cut off"), "%s", text);
    cr_expect_eq(dpacs_parse(&n, file, size + 1, text), DPACS_BAD_NETWORK);
    cr_expect_eq(dpacs_parse(&n, file, DPACS_HEADER - 1, text), DPACS_BAD_NETWORK);
    cr_expect_not_null(strstr(text, "not a planned network"), "%s", text);
    cr_expect_eq(dpacs_parse(&n, file, 0, text), DPACS_BAD_NETWORK);
}

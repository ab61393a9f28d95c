/* A planned network in a file, or in a program's data: a header, little-endian, and the bytes. */
#include <string.h>

#include "dpacs_text.h"

enum { FORMAT = 1, AT_FORMAT = 8, AT_CRC = 12, AT_FIELDS = 16 };
static const uint8_t magic[8] = {'D', 'P', 'A', 'C', 'S', 'I', 'M', 'G'};

/* In the order in which they lie in the header; the rest is 0. */
static const size_t fields[] = {
    offsetof(dpacs_network, size),         offsetof(dpacs_network, geometry),    offsetof(dpacs_network, capacity),
    offsetof(dpacs_network, memory_bytes), offsetof(dpacs_network, commands_at), offsetof(dpacs_network, commands),
    offsetof(dpacs_network, image_at),     offsetof(dpacs_network, image_bytes), offsetof(dpacs_network, image_stride),
    offsetof(dpacs_network, logits_at),    offsetof(dpacs_network, logits),      offsetof(dpacs_network, logits_stride),
    offsetof(dpacs_network, slots),        offsetof(dpacs_network, open),        offsetof(dpacs_network, not_negative)};
enum { FIELDS = sizeof fields / sizeof *fields };

static uint32_t get32(const uint8_t *from) {
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static void put32(uint8_t *to, uint32_t value) {
    for (int i = 0; i < 4; i++) to[i] = (uint8_t)(value >> 8 * i);
}

/* CRC-32 as zlib's, four bits at a time: no table that would have to be made. */
static uint32_t crc(uint32_t value, const uint8_t *bytes, size_t size) {
    static const uint32_t nibble[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    value = ~value;
    for (size_t i = 0; i < size; i++) {
        value ^= bytes[i];
        value = value >> 4 ^ nibble[value & 15];
        value = value >> 4 ^ nibble[value & 15];
    }
    return ~value;
}

/* Of all but itself and what lies before it. */
static uint32_t checksum(const uint8_t *header, const uint8_t *bytes, size_t size) {
    return crc(crc(0, header + AT_FIELDS, DPACS_HEADER - AT_FIELDS), bytes, size);
}

void dpacs_header(const dpacs_network *n, uint8_t header[DPACS_HEADER]) {
    memset(header, 0, DPACS_HEADER);
    memcpy(header, magic, sizeof magic);
    put32(header + AT_FORMAT, FORMAT);
    for (int i = 0; i < FIELDS; i++) {
        uint32_t value;
        memcpy(&value, (const uint8_t *)n + fields[i], sizeof value);
        put32(header + AT_FIELDS + 4 * i, value);
    }
    put32(header + AT_CRC, checksum(header, n->bytes, n->size));
}

static dpacs_status wrong(char *text, const char *words) {
    text[0] = '\0';
    dpacs_say(text, words);
    return DPACS_BAD_NETWORK;
}

dpacs_status dpacs_parse(dpacs_network *n, const void *bytes, size_t size, char *text) {
    const uint8_t *header = bytes;
    *n = (dpacs_network){.bytes = NULL};
    if (size < DPACS_HEADER || memcmp(header, magic, sizeof magic) != 0) return wrong(text, "not a planned network");
    if (get32(header + AT_FORMAT) != FORMAT) return wrong(text, "a planned network of another format: plan it again");
    for (int i = 0; i < FIELDS; i++) {
        uint32_t value = get32(header + AT_FIELDS + 4 * i);
        memcpy((uint8_t *)n + fields[i], &value, sizeof value);
    }
    if (size - DPACS_HEADER != n->size) return wrong(text, "a planned network that is cut off, or too long");
    if (get32(header + AT_CRC) != checksum(header, header + DPACS_HEADER, n->size))
        return wrong(text, "a planned network whose checksum is wrong");
    n->bytes = header + DPACS_HEADER;
    text[0] = '\0';
    return DPACS_OK;
}

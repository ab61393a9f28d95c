#include "cli_fault.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "option.h"

static const char kinds[] = "flip|drop|read-error|write-error|last|read-id|write-id|withhold";
static const char channels[] = "ar|r|aw|w|b";
static const char *const kind_names[] = {"flip", "drop", "read-error", "write-error", "last", "read-id", "write-id", "withhold"};
static const char *const channel_names[] = {"ar", "r", "aw", "w", "b"};

enum { PARTS = 3, PART = 24, BITS = 8 * DUT_BEAT };

/* "a:b:c" -> parts; returns their number, 0 if there are too many or one is too long. */
static int split(const char *text, char parts[PARTS][PART]) {
    int count = 0;
    while (count < PARTS) {
        size_t length = strcspn(text, ":");
        if (length >= PART) return 0;
        memcpy(parts[count], text, length);
        parts[count++][length] = '\0';
        if (text[length] == '\0') return count;
        text += length + 1;
    }
    return 0;
}

axi_fault cli_fault(const struct argp_state *state, const char *text) {
    char parts[PARTS][PART] = {"", "", ""};
    axi_fault fault = {.kind = AXI_FAULT_NONE};
    int count = split(text, parts);
    if (count < 2)
        argp_error(state,
                   "--fault %s: expected flip:N[:BIT], withhold:CHANNEL[:N], or KIND:N of drop, read-error, write-error, last, "
                   "read-id, write-id",
                   text);
    fault.kind = (axi_fault_kind)(AXI_FAULT_FLIP + option_choice(state, "--fault", parts[0], kinds));
    const char *nth = parts[1];
    if (fault.kind == AXI_FAULT_WITHHOLD) {
        fault.channel = (axi_channel)option_choice(state, "--fault withhold", parts[1], channels);
        nth = count > 2 ? parts[2] : "0";
    } else if (fault.kind == AXI_FAULT_FLIP && count > 2) {
        fault.bit = (int)option_int(state, "--fault flip, bit", parts[2], 0, BITS - 1);
    } else if (count > 2) {
        argp_error(state, "--fault %s: expected two parts", text);
    }
    fault.nth = (uint64_t)option_int(state, "--fault, number", nth, 0, INT64_MAX);
    return fault;
}

void cli_fault_describe(const axi_fault *fault, char *text, size_t size) {
    const char *kind = kind_names[fault->kind == AXI_FAULT_NONE ? 0 : fault->kind - AXI_FAULT_FLIP];
    if (fault->kind == AXI_FAULT_WITHHOLD)
        (void)snprintf(text, size, "%s:%s:%" PRIu64, kind, channel_names[fault->channel], fault->nth);
    else if (fault->kind == AXI_FAULT_FLIP)
        (void)snprintf(text, size, "%s:%" PRIu64 ":%d", kind, fault->nth, fault->bit);
    else
        (void)snprintf(text, size, "%s:%" PRIu64, kind, fault->nth);
}

// The packed structs of rtl/dp_pkg.sv in C++: commands, runs and tokens, field by field from the lowest bit.
#ifndef DPACS_RTL_PKG_H
#define DPACS_RTL_PKG_H

#include <cstddef>

#include "plan_layout.h"
#include "unit.h"

enum Op : uint8_t { OpEnd, OpImage, OpConv, OpMask, OpGroups };

// Bits of Command::flags.
constexpr uint32_t Kernel3 = PLAN_KERNEL3;
constexpr uint32_t Stride2 = PLAN_STRIDE2;
constexpr uint32_t Relu = PLAN_RELU;
constexpr uint32_t ReluPruned = PLAN_RELU_PRUNED;
constexpr uint32_t Residual = PLAN_RESIDUAL;
constexpr uint32_t InMasked = PLAN_IN_MASKED;
constexpr uint32_t OutMasked = PLAN_OUT_MASKED;
constexpr uint32_t InGrouped = PLAN_IN_GROUPED;
constexpr uint32_t OutGrouped = PLAN_OUT_GROUPED;
constexpr uint32_t Score = PLAN_SCORE;
constexpr uint32_t PoolMax = PLAN_POOL_MAX;
constexpr uint32_t Head = PLAN_HEAD;
constexpr uint32_t ImageSrc = PLAN_IMAGE_SRC;
constexpr uint32_t Produces = PLAN_PRODUCES;
constexpr uint32_t MaskWait = PLAN_MASK_WAIT;
constexpr uint32_t MaskRelease = PLAN_MASK_RELEASE;
constexpr uint32_t PrevMasked = PLAN_PREV_MASKED;
constexpr uint32_t Pooled = PLAN_POOLED;
constexpr uint32_t OwnFetch = PLAN_OWN_FETCH;
constexpr uint32_t Kernel7 = PLAN_KERNEL7;
constexpr uint32_t Patches = PLAN_PATCHES;
constexpr uint32_t Dual = PLAN_DUAL;
constexpr uint32_t MaxPool = PLAN_MAX_POOL;
constexpr uint32_t Chain = PLAN_CHAIN;
constexpr uint32_t LateY = PLAN_LATE_Y;
constexpr uint32_t LateX = PLAN_LATE_X;

// cmd_t: a descriptor as it lies in memory.
struct __attribute__((packed)) Command {
    uint8_t op, layer, stage, pad2;
    uint32_t flags;
    uint8_t src_ring, dst_ring;
    uint16_t src_base, dst_base;
    uint8_t src_w, src_h, dst_w, dst_h;
    uint16_t src_slices, dst_slices;
    uint8_t score_keep, src_tw, dst_tw, in_buf, out_buf, prev_buf;
    uint16_t cin, cout, out_slices, rows, wf_beats;
    uint8_t aux_beats, group8, groups, keep;
    uint16_t rec_beats;
    uint32_t mask_bias, weight_addr, aux_addr;
    uint16_t all_rows;
    uint8_t weight_high, aux_high;
    uint16_t reserved[2];

    uint64_t weight() const { return uint64_t{weight_high} << 32 | weight_addr; }
    uint64_t aux() const { return uint64_t{aux_high} << 32 | aux_addr; }
    bool has(uint32_t flag) const { return (flags & flag) != 0; }
};
static_assert(sizeof(Command) == PLAN_COMMAND_BYTES, "a command is a beat");
// As rtl/dp_pkg.sv says, by way of csrc/plan/plan_layout.h.
#define AT(field, name) static_assert(offsetof(Command, field) == PLAN_AT_##name, #field)
AT(op, OP);
AT(layer, LAYER);
AT(stage, STAGE);
AT(pad2, PAD2);
AT(flags, FLAGS);
AT(src_ring, SRC_RING);
AT(dst_ring, DST_RING);
AT(src_base, SRC_BASE);
AT(dst_base, DST_BASE);
AT(src_w, SRC_W);
AT(src_h, SRC_H);
AT(dst_w, DST_W);
AT(dst_h, DST_H);
AT(src_slices, SRC_SLICES);
AT(dst_slices, DST_SLICES);
AT(score_keep, SCORE_KEEP);
AT(src_tw, SRC_TW);
AT(dst_tw, DST_TW);
AT(in_buf, IN_BUF);
AT(out_buf, OUT_BUF);
AT(prev_buf, PREV_BUF);
AT(cin, CIN);
AT(cout, COUT);
AT(out_slices, OUT_SLICES);
AT(rows, ROWS);
AT(wf_beats, WF_BEATS);
AT(aux_beats, AUX_BEATS);
AT(group8, GROUP8);
AT(groups, GROUPS);
AT(keep, KEEP);
AT(rec_beats, REC_BEATS);
AT(mask_bias, MASK_BIAS);
AT(weight_addr, WEIGHT_ADDR);
AT(aux_addr, AUX_ADDR);
AT(all_rows, ALL_ROWS);
AT(weight_high, WEIGHT_HIGH);
AT(aux_high, AUX_HIGH);
AT(reserved, RESERVED);
#undef AT

template <class Port> void set_command(Port &port, const Command &command, unsigned low_byte = 0) {
    memcpy(reinterpret_cast<uint8_t *>(&port) + low_byte, &command, sizeof command);
}

template <class Port> Command get_command(const Port &port, unsigned low_byte = 0) {
    Command command;
    memcpy(&command, reinterpret_cast<const uint8_t *>(&port) + low_byte, sizeof command);
    return command;
}

inline bool operator==(const Command &a, const Command &b) { return memcmp(&a, &b, sizeof a) == 0; }

// Packs and unpacks structs that list their fields with `fields(visit)`, visit(name, width) from the lowest bit on.
template <class Port, class Struct> void pack(Port &port, Struct value) {
    unsigned low = 0;
    value.fields([&](const char *, uint32_t &field, unsigned width) {
        set_bits(port, low, width, field);
        low += width;
    });
}

template <class Struct, class Port> Struct unpack(const Port &port) {
    Struct value;
    unsigned low = 0;
    value.fields([&](const char *, uint32_t &field, unsigned width) {
        field = static_cast<uint32_t>(get_bits(port, low, width));
        low += width;
    });
    return value;
}

// The name of the first field that differs, or null.
template <class Struct> const char *difference(Struct a, Struct b) {
    std::vector<uint32_t> values;
    const char *found = nullptr;
    size_t index = 0;
    a.fields([&](const char *, uint32_t &field, unsigned) { values.push_back(field); });
    b.fields([&](const char *name, uint32_t &field, unsigned) {
        if (found == nullptr && values[index] != field) found = name;
        index++;
    });
    return found;
}

enum RunKind : uint32_t { RunRecord, RunBias, RunGroups, RunMaskW, RunMaskRows, RunImage };

struct Run {
    uint32_t kind = 0, first = 0, slice_last = 0, kernel3 = 0, layer = 0, lane = 0, entry = 0, row = 0, aux = 0, beats = 0;
    template <class Visit> void fields(Visit visit) {
        visit("beats", beats, 16);
        visit("aux", aux, 16);
        visit("row", row, 16);
        visit("entry", entry, 5);
        visit("lane", lane, 4);
        visit("layer", layer, 8);
        visit("kernel3", kernel3, 1);
        visit("slice_last", slice_last, 1);
        visit("first", first, 1);
        visit("kind", kind, 3);
    }
};

struct Token {
    uint32_t mac = 0, first = 0, carry = 0, split = 9, out = 0, slice_end = 0, row_end = 0, conv = 0, residual = 0, dual = 0,
             last_slice = 0, relu = 0, window = 0, lanes = 0, pop = 0, pair = 0, second = 0, skip = 0, src_y = 0, src_x = 0,
             slice = 0, slice9 = 0, words = 0, row = 0, y = 0, x = 0, out_slice = 0, out_lanes = 0, dst_addr = 0, dst_bank = 0,
             dst_words = 0, entry = 0;
    template <class Visit> void fields(Visit visit) {
        visit("entry", entry, 5);
        visit("dst_words", dst_words, 4);
        visit("dst_bank", dst_bank, 4);
        visit("dst_addr", dst_addr, 16);
        visit("out_lanes", out_lanes, 8);
        visit("out_slice", out_slice, 8);
        visit("x", x, 8);
        visit("y", y, 8);
        visit("row", row, 16);
        visit("words", words, 4);
        visit("slice9", slice9, 4);
        visit("slice", slice, 16);
        visit("src_x", src_x, 9);
        visit("src_y", src_y, 9);
        visit("skip", skip, 4);
        visit("second", second, 1);
        visit("pair", pair, 1);
        visit("pop", pop, 1);
        visit("lanes", lanes, 9);
        visit("window", window, 1);
        visit("relu", relu, 1);
        visit("last_slice", last_slice, 1);
        visit("dual", dual, 1);
        visit("residual", residual, 1);
        visit("conv", conv, 2);
        visit("row_end", row_end, 1);
        visit("slice_end", slice_end, 1);
        visit("out", out, 1);
        visit("split", split, 4);
        visit("carry", carry, 1);
        visit("first", first, 1);
        visit("mac", mac, 1);
    }
};

// Where the map memory keeps word `slice` of position (y, x) (docs/architecture.md); a line buffer counts tile rows modulo `ring`.
struct Place {
    unsigned bank, addr;
    bool operator==(const Place &other) const { return bank == other.bank && addr == other.addr; }
};

inline Place place_of(unsigned y, unsigned x, unsigned slice, unsigned base, unsigned tile_width, unsigned slices,
                      unsigned ring = 0) {
    unsigned tile_row = ring == 0 ? y / 3 : y / 3 % ring;
    return {(x % 3 + 3 * (y % 3) + slice) % 9, (base + (tile_row * tile_width + x / 3) * slices + slice) & 0xffff};
}

#endif

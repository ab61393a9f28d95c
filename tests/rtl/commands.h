// Commands that dp_command_check lets pass, random within its rules, for a build of tests/rtl (parallel, Po 8, 1024 map words, 64 rows, 32x32 masks).
#ifndef DPACS_RTL_COMMANDS_H
#define DPACS_RTL_COMMANDS_H

#include "pkg.h"

constexpr unsigned CheckPo = 8, CheckMapWords = 1024, CheckRows = 64, CheckMaskW = 32;

inline Command random_command(Rng &rng, unsigned op) {
    Command c = {};
    set_random(c, 512, rng);
    c.op = static_cast<uint8_t>(op);
    c.pad2 = 0;
    c.flags &= 2 * PLAN_LATE_X - 1;
    c.reserved[0] = c.reserved[1] = 0;
    c.src_base = static_cast<uint16_t>(rng.below(CheckMapWords)), c.dst_base = static_cast<uint16_t>(rng.below(CheckMapWords));
    for (uint8_t *size : {&c.src_w, &c.src_h, &c.dst_w, &c.dst_h}) *size = static_cast<uint8_t>(rng.range(1, 255));
    if (op == OpMask)
        c.src_w = static_cast<uint8_t>(rng.range(1, CheckMaskW)), c.src_h = static_cast<uint8_t>(rng.range(1, CheckMaskW));
    c.in_buf = static_cast<uint8_t>(rng.below(6));
    c.prev_buf = static_cast<uint8_t>(rng.percent(30) ? 0xff : rng.below(6));
    unsigned lanes = c.has(Dual) ? 2 * CheckPo : CheckPo;
    c.out_slices = static_cast<uint16_t>(rng.range(1, 255));
    c.cout = static_cast<uint16_t>(lanes * c.out_slices - rng.below(lanes));
    if (op == OpImage) c.cin = static_cast<uint16_t>(rng.range(1, 512));
    c.rows = static_cast<uint16_t>(rng.range(1, CheckRows));
    c.all_rows = static_cast<uint16_t>(rng.range(0, CheckRows));
    c.aux_beats = static_cast<uint8_t>(rng.range(2, 255));
    c.rec_beats = static_cast<uint16_t>(rng.range(c.aux_beats, 65535));
    c.group8 = static_cast<uint8_t>(rng.range(1, 255));
    c.groups = static_cast<uint8_t>(rng.range(1, 64));
    return c;
}

#endif

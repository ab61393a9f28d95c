// verilate: dp_command_check -GParallel=1 -GPrune=1 -GPo=8 -GMapWords=1024 -GWeightRows=64 -GMaskW=32
// verilate: dp_command_check_dense=dp_command_check -GParallel=0 -GPrune=0 -GPo=8 -GMapWords=1024 -GWeightRows=64 -GMaskW=32
// Commands within the rules pass; each rule broken alone is seen.
#include "Vdp_command_check.h"
#include "Vdp_command_check_dense.h"
#include "commands.h"

struct Breach {
    const char *name;
    unsigned ops; // bits
    void (*apply)(Command &, Rng &);
};

constexpr unsigned Image = 1 << OpImage, Conv = 1 << OpConv, Mask = 1 << OpMask, Groups = 1 << OpGroups;
static const Breach breaches[] = {
    {"operation", Image | Conv | Mask | Groups, [](Command &c, Rng &r) { c.op = static_cast<uint8_t>(r.range(5, 255)); }},
    {"reserved byte", Image | Conv | Mask | Groups, [](Command &c, Rng &r) { c.pad2 = static_cast<uint8_t>(r.range(1, 255)); }},
    {"reserved flag", Image | Conv | Mask | Groups, [](Command &c, Rng &r) { c.flags |= 1u << r.range(26, 31); }},
    {"reserved end", Image | Conv | Mask | Groups,
     [](Command &c, Rng &r) { c.reserved[r.below(2)] = static_cast<uint16_t>(1u << r.below(16)); }},
    {"src_w 0", Conv | Mask, [](Command &c, Rng &) { c.src_w = 0; }},
    {"src_h 0", Conv | Mask, [](Command &c, Rng &) { c.src_h = 0; }},
    {"dst_w 0", Conv | Image, [](Command &c, Rng &) { c.dst_w = 0; }},
    {"dst_h 0", Conv | Image, [](Command &c, Rng &) { c.dst_h = 0; }},
    {"cin 0", Image, [](Command &c, Rng &) { c.cin = 0; }},
    {"src_base", Conv, [](Command &c, Rng &r) { c.src_base = static_cast<uint16_t>(r.range(CheckMapWords, 65535)); }},
    {"dst_base", Conv | Image, [](Command &c, Rng &r) { c.dst_base = static_cast<uint16_t>(r.range(CheckMapWords, 65535)); }},
    {"cout 0", Conv, [](Command &c, Rng &) { c.cout = 0; }},
    {"out_slices 0", Conv, [](Command &c, Rng &) { c.out_slices = 0; }},
    {"a slice too few", Conv,
     [](Command &c, Rng &) { c.cout = static_cast<uint16_t>((c.has(Dual) ? 16 : 8) * c.out_slices + 1); }},
    {"a slice too many", Conv,
     [](Command &c, Rng &) { c.cout = static_cast<uint16_t>((c.has(Dual) ? 16 : 8) * (c.out_slices - 1)); }},
    {"rows 0", Conv, [](Command &c, Rng &) { c.rows = 0; }},
    {"too many rows", Conv, [](Command &c, Rng &r) { c.rows = static_cast<uint16_t>(r.range(CheckRows + 1, 65535)); }},
    {"too many rows of a chain", Conv,
     [](Command &c, Rng &r) { c.all_rows = static_cast<uint16_t>(r.range(CheckRows + 1, 65535)); }},
    {"no parameters", Conv, [](Command &c, Rng &r) { c.aux_beats = static_cast<uint8_t>(r.below(2)); }},
    {"parameters beyond the record", Conv, [](Command &c, Rng &) { c.rec_beats = static_cast<uint16_t>(c.aux_beats - 1); }},
    {"group8 0", Conv, [](Command &c, Rng &r) { c.group8 = 0, c.flags |= r.below(2) ? InGrouped : OutGrouped; }},
    {"no groups scored", Conv, [](Command &c, Rng &) { c.groups = 0, c.flags |= Score; }},
    {"too many groups scored", Conv,
     [](Command &c, Rng &r) { c.groups = static_cast<uint8_t>(r.range(65, 255)), c.flags |= Score; }},
    {"no groups", Groups, [](Command &c, Rng &) { c.groups = 0; }},
    {"too many groups", Groups, [](Command &c, Rng &r) { c.groups = static_cast<uint8_t>(r.range(65, 255)); }},
    {"wide mask", Mask, [](Command &c, Rng &r) { c.src_w = static_cast<uint8_t>(r.range(CheckMaskW + 1, 255)); }},
    {"high mask", Mask, [](Command &c, Rng &r) { c.src_h = static_cast<uint8_t>(r.range(CheckMaskW + 1, 255)); }},
    {"mask pair", Mask, [](Command &c, Rng &r) { c.in_buf = static_cast<uint8_t>(r.range(6, 255)); }},
    {"mask before", Mask, [](Command &c, Rng &r) { c.prev_buf = static_cast<uint8_t>(r.range(6, 254)); }},
    {"mask without weights", Mask, [](Command &c, Rng &) { c.rows = 0, c.flags &= ~OwnFetch; }},
};

template <class Top> static bool bad(Top &top, const Command &c) {
    set_command(top.cmd_i, c);
    top.valid_i = 0;
    top.eval();
    cr_assert(!top.bad_o, "nothing is there, and it is wrong");
    top.valid_i = 1;
    top.eval();
    return top.bad_o;
}

Test(dp_command_check, every_rule) {
    VerilatedContext context;
    Vdp_command_check top(&context, "unit");
    Trial trial(1, 0, 0);
    for (int i = 0; i < 2000; i++) {
        unsigned op = trial.rng.below(5);
        Command c = random_command(trial.rng, op);
        CHECK(trial, !bad(top, c), "command %d of operation %u is refused", i, op);
        for (const Breach &b : breaches) {
            if (!(b.ops >> op & 1)) continue;
            Command broken = c;
            b.apply(broken, trial.rng);
            CHECK(trial, bad(top, broken), "%s passes (operation %u)", b.name, op);
        }
    }
    top.final();
}

// A list's end is an end whatever else is in it.
Test(dp_command_check, the_end_has_no_fields) {
    VerilatedContext context;
    Vdp_command_check top(&context, "unit");
    Trial trial(2, 0, 0);
    for (int i = 0; i < 100; i++) {
        Command c = {};
        set_random(c, 512, trial.rng);
        c.op = OpEnd;
        CHECK(trial, !bad(top, c), "an end is refused");
    }
    top.final();
}

Test(dp_command_check, what_a_serial_dense_build_lacks) {
    VerilatedContext context;
    Vdp_command_check_dense top(&context, "unit");
    Trial trial(3, 0, 0);
    constexpr uint32_t pruning = InGrouped | OutGrouped | Score | MaskWait;
    for (int i = 0; i < 1000; i++) {
        Command c = random_command(trial.rng, OpConv);
        c.flags &= ~(pruning | Dual);
        c.cout = static_cast<uint16_t>(CheckPo * c.out_slices - trial.rng.below(CheckPo));
        CHECK(trial, !bad(top, c), "a plain convolution is refused");
        for (uint32_t flag : {InGrouped, OutGrouped, Score, MaskWait, Dual}) {
            Command with = c;
            with.flags |= flag;
            if (flag == Dual) with.cout = static_cast<uint16_t>(2 * CheckPo * c.out_slices);
            CHECK(trial, bad(top, with), "flag %x passes", flag);
        }
        CHECK(trial, bad(top, random_command(trial.rng, OpMask)) && bad(top, random_command(trial.rng, OpGroups)),
              "a mask passes");
        CHECK(trial, !bad(top, random_command(trial.rng, OpImage)), "an image is refused");
    }
    top.final();
}

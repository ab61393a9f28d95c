// What the unit tests of dispatcher and slices share: random convolutions, alone or chained, with their channels, and where the weights,
// parameters and results of each output slice lie.
#ifndef DPACS_RTL_CONVS_H
#define DPACS_RTL_CONVS_H

#include "chain.h"

constexpr unsigned Po = 16, Slots = 9, Entries = 32;

struct Shape {
    bool parallel;
    unsigned pi, rows; // of the weight ring
};

// The first weight row and the parameter entry of the next slice.
struct Ring {
    unsigned row, entry;
};

// A convolution on its way: its command, what lies before its slices in the ring, and how many come before them in its chain.
struct Conv {
    Shape shape;
    Command command;
    Ring ring;
    unsigned before;
    unsigned w, h; // of its own output, before any max-pool

    bool paired() const { // two slices take turns at every position
        const Command &c = command;
        return shape.parallel && c.has(Residual) && !c.has(Kernel3) && c.src_slices <= Slots && !c.has(Score);
    }
    unsigned lanes() const { return command.has(Dual) ? 2 * Po : Po; } // channels of an output slice
    unsigned words() const { return lanes() / shape.pi; }
};

struct Slice {
    bool pair, second, last;
    unsigned out, lanes, row, entry;
    unsigned word, words; // results, those of a pair together
    unsigned needs; // slices of the chain, or convolution, whose weights must have arrived
};

inline Slice slice_of(const Conv &conv, unsigned out) {
    const Command &c = conv.command;
    Slice s = {};
    s.pair = conv.paired() && (out | 1) < c.out_slices;
    s.second = s.pair && out % 2 == 1;
    s.last = out + 1 == c.out_slices;
    s.out = out;
    s.lanes = std::min<unsigned>(conv.lanes(), c.cout - out * conv.lanes());
    s.row = (conv.ring.row + out * c.rows) % conv.shape.rows;
    s.entry = (conv.ring.entry + out) % Entries;
    s.word = (out - s.second) * conv.words();
    s.words = std::min<unsigned>(conv.words() << s.pair, c.dst_slices - s.word);
    s.needs = conv.before + out + 1 + (s.pair && !s.second);
    return s;
}

inline unsigned kernel_of(const Command &c) { return c.has(Kernel7) ? 7 : c.has(Kernel3) || c.has(Patches) ? 3 : 1; }

// Channels and slices for a command whose flags and shapes are there.
inline void add_channels(Rng &rng, Conv &conv, bool dual) {
    Command &c = conv.command;
    unsigned bytes = c.has(Patches) ? kernel_of(c) * kernel_of(c) * c.cin : c.cin;
    c.src_slices = static_cast<uint16_t>((bytes + conv.shape.pi - 1) / conv.shape.pi);
    unsigned taps = c.has(Kernel3) && !conv.shape.parallel ? 9 : 1, words = c.has(Kernel3) || !conv.shape.parallel ? 1 : Slots;
    c.rows = static_cast<uint16_t>(taps * ((c.src_slices + words - 1) / words));
    if (c.has(Patches)) c.rows = conv.shape.parallel && c.src_slices <= Slots ? 1 : c.src_slices;
    c.dst_base = static_cast<uint16_t>(rng.below(500));
    c.dst_slices = static_cast<uint16_t>((c.cout + conv.shape.pi - 1) / conv.shape.pi);
    if (dual && conv.shape.parallel && !c.has(Kernel3) && c.src_slices <= 4 && rng.percent(70)) c.flags |= Dual;
    c.out_slices = static_cast<uint16_t>((c.cout + conv.lanes() - 1) / conv.lanes());
    c.all_rows = static_cast<uint16_t>(c.rows * c.out_slices);
}

// The ring behind a convolution.
inline Ring behind(const Conv &conv) {
    const Command &c = conv.command;
    return {(conv.ring.row + c.rows * c.out_slices) % conv.shape.rows, (conv.ring.entry + c.out_slices) % Entries};
}

// A chain of convolutions whose weights fit in the ring.
inline std::vector<Conv> random_convs(Rng &rng, const Shape &shape, unsigned count, Ring ring) {
    for (;;) {
        std::vector<Conv> convs;
        unsigned rows = 0, slices = 0;
        Ring next = ring;
        for (const Command &command : random_chain(rng, count, 6)) {
            Conv conv = {shape, command, next, slices, command.dst_w, command.dst_h};
            Command &c = conv.command;
            if (rng.percent(40)) c.flags |= Residual;
            if (rng.percent(30)) c.flags |= Relu;
            if (rng.percent(30)) c.flags |= ReluPruned;
            c.cin = static_cast<uint16_t>(1 + rng.below(c.has(Kernel3) ? 20 : rng.percent(50) || !shape.parallel ? 40 : 170));
            c.cout = static_cast<uint16_t>(1 + rng.below(rng.percent(50) ? 40 : 100));
            add_channels(rng, conv, true);
            rows += c.all_rows;
            slices += c.out_slices;
            next = behind(conv);
            convs.push_back(conv);
        }
        if (rows <= shape.rows && slices <= Entries) return convs;
    }
}

#endif

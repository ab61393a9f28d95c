// What the unit tests of the chain schedule share: random chains, and which rows of their convolutions may be worked on next.
#ifndef DPACS_RTL_CHAIN_H
#define DPACS_RTL_CHAIN_H

#include "pkg.h"

constexpr unsigned MaxChain = 3;

inline unsigned stride_of(const Command &c) { return c.has(Stride2) ? 2 : 1; }

// The middle of a window in the source.
inline unsigned centre_row(const Command &c, unsigned y) { return y * stride_of(c) + (c.has(LateY) ? 1 : 0); }
inline unsigned centre_column(const Command &c, unsigned x) { return x * stride_of(c) + (c.has(LateX) ? 1 : 0); }

// Windows that begin a row or column later (padding as TensorFlow has it, on even maps), in half of the places where there may be such.
inline void choose_padding(Command &c) {
    if (!c.has(Kernel3) || !c.has(Stride2) || (c.src_h / 2 + c.src_w / 2) % 2 != 0) return;
    c.flags |= (c.src_h % 2 == 0 ? LateY : 0) | (c.src_w % 2 == 0 ? LateX : 0);
}

// The shapes of a random chain of `count` convolutions whose first one reads a map of at most `most` rows and columns: kernels, strides, maps
// and the line buffers between them (docs/architecture.md).
inline std::vector<Command> random_chain(Rng &rng, unsigned count, unsigned most) {
    std::vector<Command> chain(count);
    unsigned w = 1 + rng.below(most), h = 1 + rng.below(most);
    for (unsigned k = 0; k < count; k++) {
        Command &c = chain[k];
        c.op = OpConv;
        c.stage = static_cast<uint8_t>(k);
        c.flags = (rng.percent(50) ? Kernel3 : 0) | (rng.percent(25) ? Stride2 : 0) | (k + 1 < count ? Chain : 0);
        c.src_w = static_cast<uint8_t>(w);
        c.src_h = static_cast<uint8_t>(h);
        choose_padding(c);
        w = (w + stride_of(c) - 1) / stride_of(c);
        h = (h + stride_of(c) - 1) / stride_of(c);
        c.dst_w = static_cast<uint8_t>(w);
        c.dst_h = static_cast<uint8_t>(h);
        c.src_tw = static_cast<uint8_t>((c.src_w + 2) / 3);
        c.dst_tw = static_cast<uint8_t>((c.dst_w + 2) / 3);
        if (k == 0) continue;
        unsigned tiles = c.has(Kernel3) ? 2 : 1;
        c.src_ring = chain[k - 1].dst_ring = static_cast<uint8_t>((c.src_h + 2u) / 3 > tiles ? tiles : 0);
    }
    return chain;
}

// First row that a row of a convolution reads, and the one behind the last.
inline unsigned source_begin(const Command &c, unsigned y) {
    unsigned centre = centre_row(c, y);
    return c.has(Kernel3) && centre > 0 ? centre - 1 : centre;
}
inline unsigned source_end(const Command &c, unsigned y) {
    return std::min<unsigned>(c.src_h, centre_row(c, y) + (c.has(Kernel3) ? 2 : 1));
}

// The rows of a chain that have been given out so far.
class ChainRows {
  public:
    explicit ChainRows(std::vector<Command> commands) : chain(std::move(commands)) {}

    unsigned next(unsigned conv) const { return given[conv]; }
    bool finished() const {
        for (unsigned k = 0; k < chain.size(); k++)
            if (given[k] < chain[k].dst_h) return false;
        return true;
    }

    // The next row of a convolution has what it reads, with `more` rows given out behind it, and overwrites nothing that is still to be read.
    bool may(unsigned conv, unsigned more) const {
        unsigned y = given[conv];
        if (y >= chain[conv].dst_h) return false;
        if (conv > 0 && given[conv - 1] < std::min<unsigned>(chain[conv].src_h, source_end(chain[conv], y) + more)) return false;
        if (conv + 1 == chain.size() || chain[conv].dst_ring == 0) return true;
        unsigned lost = y + 1 - std::min(y + 1, 3u * chain[conv].dst_ring); // rows below are overwritten
        unsigned read = given[conv + 1]; // the reader's next row
        return read >= chain[conv + 1].dst_h || source_begin(chain[conv + 1], read) >= lost;
    }

    void give(unsigned conv) { given[conv]++; }

    // The one that comes first among the convolutions that are there; -1: none.
    int choice(unsigned there) const {
        for (unsigned k = there; k-- > 0;)
            if (may(k, k > 0 ? 1 : 0)) return static_cast<int>(k);
        return -1;
    }

    std::vector<Command> chain;

  private:
    unsigned given[MaxChain] = {};
};

template <class Port> void set_commands(Port &port, const std::vector<Command> &chain) {
    for (size_t k = 0; k < chain.size(); k++) set_command(port, chain[k], static_cast<unsigned>(k * sizeof(Command)));
}

#endif

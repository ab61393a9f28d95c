// Work for the dispatcher: the positions of random convolutions and chains, and the array cycles that nested loops make of them.
#ifndef DPACS_RTL_WORK_H
#define DPACS_RTL_WORK_H

#include "convs.h"

// What the position stream offers.
struct Item {
    bool end, final, last;
    unsigned conv, y, x;
    bool kept;
    unsigned taps;
};

// What must be there before a token goes: patches loaded, slices of weights, rows of its convolution's source.
struct Need {
    size_t patches;
    unsigned slices, conv, rows;
};

struct Work {
    bool chained = false;
    std::vector<Conv> convs = {};
    std::vector<Item> items = {};
    std::vector<Token> tokens = {};
    std::vector<Need> needs = {}; // of the tokens
    size_t patches = 0; // used so far
    uint64_t macs[MaxChain] = {};
};

inline bool is_packed(const Conv &conv) {
    return conv.shape.parallel && conv.command.has(Patches) && conv.command.src_slices > Slots;
}

inline Conv random_gang(Rng &rng, const Shape &shape, bool head, Ring ring) {
    Conv conv = {shape, {}, ring, 0, 1 + rng.below(6), 1 + rng.below(5)};
    Command &c = conv.command;
    c.op = OpConv;
    if (head) c.flags |= Head;
    if (rng.percent(50) && !head) c.flags |= Kernel3;
    if (rng.percent(30) && !head) c.flags |= Stride2;
    if (rng.percent(50) && !head) c.flags |= Residual;
    if (rng.percent(20) && !head) c.flags |= Score;
    if (rng.percent(30)) c.flags |= Relu;
    if (rng.percent(30)) c.flags |= ReluPruned;
    if (rng.percent(30)) c.flags |= ImageSrc;
    c.src_w = static_cast<uint8_t>(c.has(Stride2) ? 2 * conv.w - rng.below(2) : conv.w);
    c.src_h = static_cast<uint8_t>(c.has(Stride2) ? 2 * conv.h - rng.below(2) : conv.h);
    c.cin = static_cast<uint16_t>(1 + rng.below(c.has(Kernel3) ? 20 : shape.parallel ? rng.percent(50) ? 30 : 170 : 40));
    c.cout = static_cast<uint16_t>(1 + rng.below(rng.percent(50) ? 40 : 100));
    if (!head && rng.percent(40)) { // a stem by patches of at most 15 words
        c.flags = (c.flags & ~(Kernel3 | Residual)) | Patches | ImageSrc | (rng.percent(50) ? Kernel7 : 0);
        c.cin = rng.percent(50) || (c.has(Kernel7) && shape.pi == 8) ? 1 : 3;
    }
    choose_padding(c);
    if (!head && !c.has(Residual) && rng.percent(30)) c.flags |= MaxPool;
    c.dst_w = static_cast<uint8_t>(c.has(MaxPool) ? (conv.w + 1) / 2 : conv.w);
    c.dst_h = static_cast<uint8_t>(c.has(MaxPool) ? (conv.h + 1) / 2 : conv.h);
    c.dst_tw = static_cast<uint8_t>((c.dst_w + 2) / 3);
    add_channels(rng, conv, !head);
    return conv;
}

// Taps of a patch that count: all of them, or serially those in the image.
inline unsigned patch_taps(const Conv &conv, const Item &p) {
    const Command &c = conv.command;
    int k = static_cast<int>(kernel_of(c)), stride = static_cast<int>(stride_of(c));
    unsigned count = 0;
    for (int tap = 0; tap < k * k; tap++) {
        int y = static_cast<int>(p.y) * stride + tap / k - k / 2, x = static_cast<int>(p.x) * stride + tap % k - k / 2;
        count += conv.shape.parallel || (y >= 0 && x >= 0 && y < c.src_h && x < c.src_w);
    }
    return count;
}

inline void set_slice(Token &t, const Slice &s) {
    t.pair = s.pair;
    t.second = s.second;
    t.entry = s.entry;
    t.out_slice = s.out;
    t.out_lanes = s.lanes;
    t.last_slice = s.last;
}

// What all cycles of a result have in common, and the last of them, which brings it.
inline void complete(Work &work, const Item &p, const Slice &s, size_t begin) {
    const Conv &conv = work.convs[p.conv];
    const Command &c = conv.command;
    bool by_rows = p.conv > 0 || (c.has(ImageSrc) && !c.has(Patches)), patches = c.has(Patches);
    for (size_t i = begin; i < work.tokens.size(); i++) {
        Token &t = work.tokens[i];
        t.y = p.y;
        t.x = p.x;
        t.conv = p.conv;
        t.residual = c.has(Residual);
        t.dual = c.has(Dual);
        t.relu = c.has(Relu) || (c.has(ReluPruned) && !p.kept);
        set_slice(t, s);
        work.needs.push_back({patches ? work.patches + 1 : 0, s.needs, p.conv, by_rows ? source_end(c, p.y) : 0});
    }
    work.patches += patches;
    if (c.has(Head)) return;
    Token &last = work.tokens.back();
    unsigned shift = c.has(MaxPool) ? 1 : 0;
    Place place = place_of(p.y >> shift, p.x >> shift, s.word, c.dst_base, c.dst_tw, c.dst_slices, c.dst_ring);
    last.out = 1;
    last.pop = patches;
    last.dst_addr = place.addr;
    last.dst_bank = place.bank;
    last.dst_words = s.words;
    last.row_end = work.chained && p.final && s.last;
    last.slice_end = last.row_end && p.last;
}

// The cycles of one result.
inline void add_result(Work &work, const Item &p, const Slice &s) {
    const Conv &conv = work.convs[p.conv];
    const Command &c = conv.command;
    bool parallel = conv.shape.parallel, kernel3 = c.has(Kernel3), patches = c.has(Patches);
    unsigned centre_y = centre_row(c, p.y), centre_x = centre_column(c, p.x), pi = conv.shape.pi;
    unsigned words = parallel && !kernel3 ? Slots : 1;
    size_t begin = work.tokens.size();
    for (unsigned slice = 0, cycle = 0; slice < c.src_slices; slice += words, cycle++) {
        unsigned n = std::min<unsigned>(words, c.src_slices - slice);
        for (unsigned tap = 0; tap < (kernel3 && !parallel ? 9 : 1); tap++) {
            if (kernel3 && !parallel && (p.taps >> tap & 1) == 0) continue;
            Token t;
            t.mac = 1;
            t.window = parallel && kernel3;
            t.lanes = t.window ? p.taps : (1u << n) - 1;
            if (c.has(Dual)) t.split = 4, t.lanes |= t.lanes << 4;
            unsigned dy = t.window ? 0 : !kernel3 ? 1 : tap / 3, dx = t.window ? 0 : !kernel3 ? 1 : tap % 3;
            t.src_y = centre_y + 2 + dy;
            t.src_x = centre_x + 2 + dx;
            t.slice = slice;
            t.slice9 = slice % 9;
            t.words = n;
            t.skip = patches && !parallel ? slice : 0;
            t.row = (s.row + (kernel3 && !parallel ? slice * 9 + tap : cycle)) % conv.shape.rows;
            work.tokens.push_back(t);
            if (!patches) work.macs[p.conv] += std::min(n * pi, c.cin - slice * pi) * s.lanes * (t.window ? 9 : 1);
        }
    }
    if (patches) work.macs[p.conv] += patch_taps(conv, p) * c.cin * s.lanes;
    if (work.tokens.size() == begin) { // nothing to multiply: the result is made of bias alone
        work.tokens.push_back({});
        work.tokens.back().mac = 1;
    }
    complete(work, p, s, begin);
    if (!c.has(Head)) work.tokens[begin].first = 1;
}

// Patches of more than nine words: word after word into nine slots a cycle, however the patches end.
inline void add_packed(Work &work, const std::vector<Item> &positions, const Slice &s) {
    const Conv &conv = work.convs[0];
    const Command &c = conv.command;
    unsigned length = c.src_slices, cycle = 0;
    bool carry = false;
    for (size_t n = 0; n < positions.size(); n++) {
        const Item &p = positions[n];
        size_t begin = work.tokens.size(), end = (n + 1) * length; // the word behind the patch
        for (bool last = false; !last; cycle++) {
            Token t;
            t.mac = 1;
            t.skip = cycle * Slots - n * length;
            t.first = t.skip == 0;
            t.carry = carry;
            last = (cycle + 1) * Slots >= end;
            carry = (cycle + 1) * Slots > end;
            if (carry) t.split = end - cycle * Slots;
            t.lanes = 0x1ff;
            t.src_y = p.y * stride_of(c) + 3;
            t.src_x = p.x * stride_of(c) + 3;
            t.words = Slots;
            t.row = (s.row + cycle % length) % conv.shape.rows;
            work.tokens.push_back(t);
        }
        work.macs[0] += patch_taps(conv, p) * c.cin * s.lanes;
        complete(work, p, s, begin);
        if (carry && n + 1 < positions.size()) work.needs.back().patches++; // the cycle goes on with the next one
    }
}

// A convolution alone: passes over all positions, each for a slice or a pair.
inline Work gang(const Conv &conv, const std::vector<Item> &positions) {
    Work work;
    work.convs = {conv};
    for (unsigned out = 0; out < conv.command.out_slices;) {
        size_t begin = work.tokens.size();
        unsigned slices = slice_of(conv, out).pair ? 2 : 1;
        if (is_packed(conv))
            add_packed(work, positions, slice_of(conv, out));
        else
            for (const Item &p : positions)
                for (unsigned i = 0; i < slices; i++) add_result(work, p, slice_of(conv, out + i));
        work.items.insert(work.items.end(), positions.begin(), positions.end());
        work.items.push_back({true, false, false, 0, 0, 0, false, 0});
        for (unsigned i = 0; i < slices; i++, out++) {
            Token end;
            set_slice(end, slice_of(conv, out));
            end.slice_end = 1;
            end.out = conv.command.has(Head);
            work.tokens.push_back(end);
            work.needs.push_back({0, slice_of(conv, out).needs, 0, 0});
        }
        if (conv.command.has(Head)) work.tokens[begin].first = 1;
    }
    return work;
}

inline Item random_item(Rng &rng, unsigned conv, unsigned y, unsigned x) {
    unsigned taps = rng.percent(20) ? 0 : rng.percent(40) ? 0x1ff : static_cast<unsigned>(rng.bits(9));
    return {false, false, false, conv, y, x, rng.percent(50), taps};
}

inline Work random_conv_work(Rng &rng, const Shape &shape, bool head, Ring &ring) {
    Conv conv = random_gang(rng, shape, head, ring);
    unsigned kept = head || conv.command.has(Patches) || rng.percent(30) ? 100 : rng.percent(20) ? 0 : 60;
    std::vector<Item> positions;
    for (unsigned y = 0; y < conv.h; y++)
        for (unsigned x = 0; x < conv.w; x++)
            if (rng.percent(kept)) positions.push_back(random_item(rng, 0, y, x));
    ring = behind(conv);
    return gang(conv, positions);
}

// A chain: its rows in any order in which a row's source rows have been begun; at a position all slices.
inline Work random_chain_work(Rng &rng, const Shape &shape, Ring &ring) {
    Work work;
    work.chained = true;
    work.convs = random_convs(rng, shape, 2 + rng.below(2), ring);
    ring = behind(work.convs.back());
    ChainRows rows({});
    for (const Conv &conv : work.convs) rows.chain.push_back(conv.command);
    unsigned kept = rng.percent(30) ? 100 : rng.percent(30) ? 20 : 60;
    while (!rows.finished()) {
        unsigned k = rng.below(static_cast<unsigned>(work.convs.size()));
        if (rng.percent(60)) k = static_cast<unsigned>(rows.choice(static_cast<unsigned>(work.convs.size())));
        const Conv &conv = work.convs[k];
        unsigned y = rows.next(k);
        bool last = y + 1 == conv.h; // behind the last one of the convolution before
        if (!rows.may(k, 0) || (k > 0 && last && rows.next(k - 1) < work.convs[k - 1].h)) continue;
        rows.give(k);
        size_t begin = work.items.size();
        for (unsigned x = 0; x < conv.w; x++)
            if (rng.percent(kept)) work.items.push_back(random_item(rng, k, y, x));
        if (work.items.size() > begin) {
            work.items.back().final = true;
        } else { // an end token, which has a turn of its own
            work.items.push_back({true, false, last, k, 0, 0, false, 0});
            Token end;
            end.row_end = 1;
            end.slice_end = last;
            end.conv = k;
            work.tokens.push_back(end);
            work.needs.push_back({0, conv.before + conv.command.out_slices, k, 0});
            continue;
        }
        for (size_t i = begin; i < work.items.size(); i++) {
            work.items[i].last = last;
            for (unsigned out = 0; out < conv.command.out_slices; out++) add_result(work, work.items[i], slice_of(conv, out));
        }
    }
    return work;
}

#endif

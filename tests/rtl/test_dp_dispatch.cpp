// verilate: dp_dispatch_p=dp_dispatch -GParallel=1 -GPi=8 -GPo=16 -GWeightRows=24
// verilate: dp_dispatch_p16=dp_dispatch -GParallel=1 -GPi=16 -GPo=16 -GWeightRows=24
// verilate: dp_dispatch_s=dp_dispatch -GParallel=0 -GPi=8 -GPo=16 -GWeightRows=64
// Every array cycle of random convolutions, maps and patches, slices one by one and in pairs, against nested loops, the counted work, and each thing that a cycle has
// to wait for.
#include "Vdp_dispatch_p.h"
#include "Vdp_dispatch_p16.h"
#include "Vdp_dispatch_s.h"
#include "pkg.h"

constexpr unsigned Po = 16, Slots = 9;
constexpr unsigned WriteBehindRead =
    5; // an output is written when the identity of the fifth token after it is read (dp_datapath), a pair a cycle later

struct Shape {
    bool parallel;
    unsigned pi, rows;
};

struct Position {
    bool end;
    unsigned y, x;
    bool kept;
    unsigned taps;
};

// What the engine carries from one convolution to the next: the first weight row and the parameter entry of the next slice.
struct Ring {
    unsigned row, entry;
};

struct Work {
    Shape shape;
    Command command;
    unsigned w, h; // of the convolution's output, before any max-pool
    unsigned lanes, words; // of an output slice
    std::vector<Position> positions; // of one output slice
    std::vector<Token> tokens;
    std::vector<size_t> patches; // of a token: patches that must be loaded before it goes
    uint64_t macs;
};

static unsigned kernel_of(const Command &c) { return c.has(Kernel7) ? 7 : c.has(Kernel3) || c.has(Patches) ? 3 : 1; }

// Two slices take turns at every position.
static bool is_paired(const Work &work) {
    const Command &c = work.command;
    return work.shape.parallel && c.has(Residual) && !c.has(Kernel3) && c.src_slices <= Slots && !c.has(Score);
}

static bool is_packed(const Work &work) {
    return work.shape.parallel && work.command.has(Patches) && work.command.src_slices > Slots;
}

// A stem by patches: the kernels and channels whose patches have at most 15 words.
static void make_patches(Rng &rng, Command &c, const Shape &shape) {
    do {
        c.flags = (c.flags & ~(Kernel3 | Kernel7 | Residual)) | Patches | ImageSrc | (rng.percent(50) ? Kernel7 : 0);
        c.cin = rng.percent(50) ? 1 : 3;
        c.src_slices = static_cast<uint16_t>((kernel_of(c) * kernel_of(c) * c.cin + shape.pi - 1) / shape.pi);
    } while (c.src_slices > 15);
    c.rows = shape.parallel && c.src_slices <= Slots ? 1 : c.src_slices;
}

static Work random_conv(Rng &rng, const Shape &shape, bool head) {
    Work work = {};
    Command &c = work.command;
    c.op = OpConv;
    if (rng.percent(50) && !head) c.flags |= Kernel3;
    if (rng.percent(30) && !head) c.flags |= Stride2;
    if (rng.percent(50) && !head) c.flags |= Residual;
    if (rng.percent(20) && !head) c.flags |= Score;
    if (rng.percent(30)) c.flags |= Relu;
    if (rng.percent(30)) c.flags |= ReluPruned;
    if (rng.percent(30)) c.flags |= ImageSrc;
    if (head) c.flags |= Head;
    work.w = 1 + rng.below(6);
    work.h = 1 + rng.below(5);
    c.src_w = static_cast<uint8_t>(c.has(Stride2) ? 2 * work.w - rng.below(2) : work.w);
    c.src_h = static_cast<uint8_t>(c.has(Stride2) ? 2 * work.h - rng.below(2) : work.h);
    c.cin = static_cast<uint16_t>(1 + rng.below(c.has(Kernel3) ? 20 : shape.parallel ? rng.percent(50) ? 30 : 170 : 40));
    c.cout = static_cast<uint16_t>(1 + rng.below(rng.percent(50) ? 40 : 100));
    c.src_slices = static_cast<uint16_t>((c.cin + shape.pi - 1) / shape.pi);
    c.dst_base = static_cast<uint16_t>(rng.below(500));
    unsigned taps = c.has(Kernel3) && !shape.parallel ? 9 : 1, words = c.has(Kernel3) || !shape.parallel ? 1 : 9;
    c.rows = static_cast<uint16_t>(taps * ((c.src_slices + words - 1) / words));
    if (!head && rng.percent(40)) make_patches(rng, c, shape);
    if (!head && !c.has(Residual) && rng.percent(30)) c.flags |= MaxPool;
    c.dst_w = static_cast<uint8_t>(c.has(MaxPool) ? (work.w + 1) / 2 : work.w);
    c.dst_h = static_cast<uint8_t>(c.has(MaxPool) ? (work.h + 1) / 2 : work.h);
    c.dst_tw = static_cast<uint8_t>((c.dst_w + 2) / 3);
    c.dst_slices = static_cast<uint16_t>((c.cout + shape.pi - 1) / shape.pi);
    if (shape.parallel && !head && !c.has(Kernel3) && c.src_slices <= 4 && rng.percent(70)) c.flags |= Dual;
    work.shape = shape;
    work.lanes = c.has(Dual) ? 2 * Po : Po;
    work.words = work.lanes / shape.pi;
    c.out_slices = static_cast<uint16_t>((c.cout + work.lanes - 1) / work.lanes);
    return work;
}

// Taps of a patch that count: all of them, or serially those in the image.
static unsigned patch_taps(const Work &work, const Position &p) {
    const Command &c = work.command;
    int k = static_cast<int>(kernel_of(c)), stride = c.has(Stride2) ? 2 : 1;
    unsigned count = 0;
    for (int tap = 0; tap < k * k; tap++) {
        int y = static_cast<int>(p.y) * stride + tap / k - k / 2, x = static_cast<int>(p.x) * stride + tap % k - k / 2;
        count += work.shape.parallel || (y >= 0 && x >= 0 && y < c.src_h && x < c.src_w);
    }
    return count;
}

// What all cycles of a position have in common, and the last of them, which brings the result; `slices` are written together.
static void finish_position(Work &work, const Position &p, size_t begin, unsigned out, unsigned slices = 1) {
    const Command &c = work.command;
    for (size_t i = begin; i < work.tokens.size(); i++) {
        Token &t = work.tokens[i];
        t.y = p.y;
        t.x = p.x;
        t.relu = c.has(Relu) || (c.has(ReluPruned) && !p.kept);
    }
    if (c.has(Head)) return;
    Token &last = work.tokens.back();
    unsigned y = c.has(MaxPool) ? p.y / 2 : p.y, x = c.has(MaxPool) ? p.x / 2 : p.x;
    Place place = place_of(y, x, out * work.words, c.dst_base, c.dst_tw, c.dst_slices);
    last.out = 1;
    last.pop = c.has(Patches);
    last.dst_addr = place.addr;
    last.dst_bank = place.bank;
    last.dst_words = std::min<unsigned>(slices * work.words, c.dst_slices - out * work.words);
}

// The cycles of one position.
static void add_position(Work &work, const Position &p, const Ring &ring, unsigned out) {
    const Command &c = work.command;
    bool parallel = work.shape.parallel, kernel3 = c.has(Kernel3), patches = c.has(Patches);
    unsigned centre_y = p.y << (c.has(Stride2) ? 1 : 0), centre_x = p.x << (c.has(Stride2) ? 1 : 0), pi = work.shape.pi;
    unsigned words = parallel && !kernel3 ? Slots : 1, lanes = std::min<unsigned>(work.lanes, c.cout - out * work.lanes);
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
            t.row = (ring.row + (kernel3 && !parallel ? slice * 9 + tap : cycle)) % work.shape.rows;
            work.tokens.push_back(t);
            if (!patches) work.macs += std::min(n * pi, c.cin - slice * pi) * lanes * (t.window ? 9 : 1);
        }
    }
    if (patches) work.macs += patch_taps(work, p) * c.cin * lanes;
    if (work.tokens.size() == begin) { // nothing to multiply: the result is made of bias alone
        work.tokens.push_back({});
        work.tokens.back().mac = 1;
    }
    finish_position(work, p, begin, out);
    if (!c.has(Head)) work.tokens[begin].first = 1;
}

// Patches of more than nine words: word after word into nine slots a cycle, however the patches end.
static void add_packed(Work &work, const Ring &ring, unsigned out) {
    const Command &c = work.command;
    unsigned length = c.src_slices, lanes = std::min<unsigned>(work.lanes, c.cout - out * work.lanes), cycle = 0;
    bool carry = false;
    for (size_t n = 0; n < work.positions.size(); n++) {
        const Position &p = work.positions[n];
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
            t.src_y = (p.y << (c.has(Stride2) ? 1 : 0)) + 3;
            t.src_x = (p.x << (c.has(Stride2) ? 1 : 0)) + 3;
            t.words = Slots;
            t.row = (ring.row + cycle % length) % work.shape.rows;
            work.tokens.push_back(t);
        }
        work.macs += patch_taps(work, p) * c.cin * lanes;
        finish_position(work, p, begin, out);
    }
}

// Slices `out` and the next one at a position; they are written where the first one would be.
static void add_pair(Work &work, const Position &p, const Ring &ring, unsigned out) {
    for (unsigned second = 0; second < 2; second++) {
        size_t begin = work.tokens.size();
        add_position(work, p, {(ring.row + second) % work.shape.rows, ring.entry}, out + second);
        finish_position(work, p, begin, out, 2);
        for (size_t i = begin; i < work.tokens.size(); i++) work.tokens[i].pair = 1, work.tokens[i].second = second;
    }
}

// One pass over the positions: a slice or a pair.
static void add_pass(Work &work, Ring &ring, unsigned out) {
    const Command &c = work.command;
    size_t begin = work.tokens.size();
    unsigned slices = is_paired(work) && out + 1 < c.out_slices ? 2 : 1;
    if (is_packed(work))
        add_packed(work, ring, out);
    else
        for (const Position &p : work.positions) slices == 2 ? add_pair(work, p, ring, out) : add_position(work, p, ring, out);
    if (c.has(Head)) work.tokens[begin].first = 1;
    Token end;
    end.slice_end = 1;
    end.out = c.has(Head);
    end.pair = slices == 2;
    for (; end.second < slices; end.second++) work.tokens.push_back(end);
    size_t patch = out * work.positions.size(), of_slice = patch + work.positions.size();
    for (size_t i = begin; i < work.tokens.size(); i++) {
        Token &t = work.tokens[i];
        t.entry = (ring.entry + t.second) % 8;
        t.out_slice = out + t.second;
        t.out_lanes = std::min<unsigned>(work.lanes, c.cout - t.out_slice * work.lanes);
        t.last_slice = t.out_slice + 1 == c.out_slices;
        bool goes_on = is_packed(work) && t.split != Slots && patch + 1 < of_slice;
        work.patches.push_back(!c.has(Patches) || !t.mac ? 0 : patch + 1 + goes_on);
        patch += t.pop;
    }
    ring.row = (ring.row + slices * c.rows) % work.shape.rows;
    ring.entry = (ring.entry + slices) % 8;
}

static void add_slices(Work &work, Ring &ring) {
    for (unsigned out = 0; out < work.command.out_slices; out += is_paired(work) ? 2 : 1) add_pass(work, ring, out);
}

static Work random_work(Rng &rng, const Shape &shape, bool head, Ring &ring) {
    Work work = random_conv(rng, shape, head);
    bool all = head || work.command.has(Patches);
    unsigned kept = rng.percent(30) ? 100 : rng.percent(20) ? 0 : 60;
    for (unsigned y = 0; y < work.h; y++)
        for (unsigned x = 0; x < work.w; x++) {
            unsigned taps = rng.percent(20) ? 0 : rng.percent(40) ? 0x1ff : static_cast<unsigned>(rng.bits(9));
            if (all || rng.percent(kept)) work.positions.push_back({false, y, x, rng.percent(50), taps});
        }
    add_slices(work, ring);
    return work;
}

// Fields that nobody reads in a token of this kind are made equal.
static Token comparable(Token got, const Token &want, bool patches) {
    if (want.slice_end || want.lanes == 0) {
        Token t = want;
        t.mac = got.mac, t.first = want.slice_end ? want.first : got.first, t.out = got.out, t.slice_end = got.slice_end;
        t.last_slice = got.last_slice, t.entry = got.entry, t.out_slice = got.out_slice, t.out_lanes = got.out_lanes;
        if (want.mac) t.lanes = got.lanes, t.y = got.y, t.x = got.x, t.relu = got.relu;
        if (want.mac && want.out) t.dst_addr = got.dst_addr, t.dst_bank = got.dst_bank, t.dst_words = got.dst_words;
        return t;
    }
    if (!want.out) got.dst_addr = got.dst_bank = got.dst_words = 0;
    if (!patches) got.skip = 0;
    return got;
}

// Pairs alone never wait for a bank: not behind a last slice that stands alone, either in this convolution or the one before it.
static bool all_in_pairs(const Work &work) { return is_paired(work) && work.command.out_slices % 2 == 0; }

static unsigned banks(const Token &t) {
    unsigned set = 0;
    for (unsigned i = 0; i < t.dst_words; i++) set |= 1u << (t.dst_bank + i) % 9;
    return set;
}

template <class Top> class Bench {
  public:
    explicit Bench(Trial &t) : trial(t), unit(t) {
        unit->halt_i = unit->start_i = unit->pos_valid_i = unit->weights_i = unit->consumer_busy_i = 0;
        unit->image_rows_i = unit->patch_loaded_i = 0;
        set_random(unit->cmd_i, 512, trial.rng);
        unit.reset();
    }

    void run(const Work &w) {
        work = &w;
        next = slice = macs = waits = ready = rows = 0;
        loaded = known = 0;
        patches = w.command.has(Patches) ? w.positions.size() * w.command.out_slices : 0;
        outs.clear();
        Source<Position> source;
        for (unsigned out = 0; out < w.command.out_slices; out += is_paired(w) ? 2 : 1) {
            for (const Position &p : w.positions) source.items.push_back(p);
            source.items.push_back({true, 0, 0, false, 0});
        }
        set_command(unit->cmd_i, w.command);
        unit->weights_i = unit->pos_valid_i = 0;
        unit->start_i = 1;
        unit.edge();
        unit->start_i = 0;
        unsigned began = unit.cycles;
        while (next < w.tokens.size()) cycle(source);
        CHECK(trial, macs == w.macs, "%u macs, want %lu", macs, (unsigned long)w.macs);
        CHECK(trial, unit->done_o, "not done after the last token");
        bool by_rows = w.command.has(ImageSrc) && !w.command.has(Patches),
             conflicts = w.command.has(Residual) && !all_in_pairs(w);
        if (trial.idle == 0 && trial.stall == 0 && !by_rows)
            CHECK(trial, unit.cycles - began <= w.tokens.size() + (conflicts ? waits : 0) + 5,
                  "%u cycles for %zu tokens and %u waits", unit.cycles - began, w.tokens.size(), waits);
    }

  private:
    void cycle(Source<Position> &source) {
        unit->pos_valid_i = source.offer(trial);
        if (unit->pos_valid_i) {
            const Position &p = source.front();
            unit->pos_end_i = p.end;
            unit->pos_y_i = p.y;
            unit->pos_x_i = p.x;
            unit->pos_kept_i = p.kept;
            unit->pos_taps_i = p.taps;
        }
        if (slice + ready < work->command.out_slices && ready < 8 && trial.sends()) ready++;
        unsigned rows_before = rows;
        if (rows < work->command.src_h && trial.sends()) rows++;
        unsigned more = static_cast<unsigned>(std::min<size_t>(patches - loaded, 1 + trial.rng.below(16)));
        unit->patch_loaded_i = more > 0 && trial.sends();
        unit->patch_count_i = more;
        unit->weights_i = ready;
        unit->image_rows_i = rows;
        unit->consumer_busy_i = !trial.takes();
        unit.settle();
        Token token = unpack<Token>(unit->token_o);
        if (token.mac || token.slice_end)
            check(token, rows_before);
        else
            CHECK(trial, !token.out, "a result without a cycle");
        CHECK(trial, !unit->weights_take_o || (unit->weights_i && !unit->consumer_busy_i), "a slice ended while it had to wait");
        CHECK(trial, !unit->wait_weights_o || ready < (is_paired(*work) ? 2 : 1), "waits for weights that are there");
        CHECK(trial, !unit->wait_input_o || work->command.has(Residual | ImageSrc), "waits for an input that is there");
        CHECK(trial, !unit->wait_consumer_o || unit->consumer_busy_i, "waits for a consumer that is free");
        CHECK(trial,
              unit->issue_o + unit->weights_take_o + unit->wait_weights_o + unit->wait_input_o + unit->wait_consumer_o <= 1,
              "more than one thing in a cycle");
        if (unit->weights_take_o) ready--, slice++;
        macs += unit->macs_o;
        waits += unit->wait_input_o;
        known = loaded;
        if (unit->patch_loaded_i) loaded += more;
        source.step(unit->pos_ready_o);
        unit.edge();
    }

    void check(const Token &token, unsigned rows_before) {
        const Token &want = work->tokens[next];
        const char *field = difference(comparable(token, want, work->command.has(Patches)), want);
        CHECK(trial, field == nullptr, "token %zu (y %u x %u slice %u): %s differs", next, want.y, want.x, want.slice, field);
        const Command &c = work->command;
        unsigned centre = want.y << (c.has(Stride2) ? 1 : 0);
        CHECK(trial, known >= work->patches[next], "token %zu went with %zu patches, needs %zu", next, known,
              work->patches[next]);
        if (c.has(ImageSrc) && !c.has(Patches) && want.mac)
            CHECK(trial, rows_before >= std::min<unsigned>(c.src_h, centre + 2), "row %u with %u image rows", want.y,
                  rows_before);
        unsigned now = unit.cycles;
        while (!outs.empty() && outs.front().cycle < now) outs.pop_front();
        for (const Out &write : outs)
            if (want.out && c.has(Residual) && !want.second && write.cycle == now)
                CHECK(trial, (write.banks & banks(want)) == 0, "residual read of token %zu meets a write", next);
        if (want.out && want.pair == want.second) outs.push_back({now + WriteBehindRead + want.pair, banks(want)});
        next++;
    }

    struct Out { // the cycle of the token whose identity is read when this is written
        unsigned cycle, banks;
    };
    Trial &trial;
    Unit<Top> unit;
    const Work *work = nullptr;
    std::deque<Out> outs;
    size_t next = 0;
    size_t patches = 0, loaded = 0, known = 0; // in all, so far, and as the token on the port could know
    unsigned slice = 0, ready = 0, rows = 0, macs = 0, waits = 0;
};

template <class Top> static void run(Trial &trial, const Shape &shape) {
    Bench<Top> bench(trial);
    Ring ring = {0, 0};
    for (int i = 0; i < 15; i++) bench.run(random_work(trial.rng, shape, i % 5 == 4, ring));
}

Test(dp_dispatch, parallel) {
    for_trials(2, [](Trial &trial) {
        run<Vdp_dispatch_p>(trial, {true, 8, 24});
        run<Vdp_dispatch_p16>(trial, {true, 16, 24});
    });
}

Test(dp_dispatch, serial) {
    for_trials(2, [](Trial &trial) { run<Vdp_dispatch_s>(trial, {false, 8, 64}); });
}

// 7x7 of three channels on words of 16 bytes: 147 bytes are ten words, so nine patches take ten cycles.
Test(dp_dispatch, ten_cycles_for_nine_patches) {
    Trial trial(1, 0, 0);
    Bench<Vdp_dispatch_p16> bench(trial);
    Ring ring = {0, 0};
    Work work = {};
    work.shape = {true, 16, 24};
    work.w = work.h = 3;
    work.lanes = Po;
    work.words = 1;
    work.command.flags = Kernel7 | Patches | ImageSrc;
    work.command.src_w = work.command.src_h = work.command.dst_w = work.command.dst_h = 3;
    work.command.dst_tw = 1;
    work.command.cin = 3;
    work.command.cout = 2 * Po;
    work.command.src_slices = work.command.rows = 10;
    work.command.dst_slices = work.command.out_slices = 2;
    for (unsigned i = 0; i < 9; i++) work.positions.push_back({false, i / 3, i % 3, true, 0x1ff});
    add_slices(work, ring);
    CHECK(trial, work.tokens.size() == 22, "%zu tokens", work.tokens.size());
    for (unsigned i = 0; i < 22; i++) {
        const Token &t = work.tokens[i];
        unsigned cycle = i % 11; // of a pass; the last one ends it
        if (cycle == 10) continue;
        CHECK(trial, t.skip == (10 - cycle) % 10 && t.split == (cycle == 0 ? 9 : cycle), "cycle %u: skip %u split %u", cycle,
              t.skip, t.split);
        CHECK(trial, t.first == (cycle == 0) && t.carry == (cycle > 1) && t.out == (cycle > 0), "cycle %u: first %u carry %u",
              cycle, t.first, t.carry);
    }
    CHECK(trial, work.macs == 9 * 147 * 2 * Po, "%lu macs", (unsigned long)work.macs);
    bench.run(work);
}

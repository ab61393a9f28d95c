// verilate: dp_datapath_p=dp_datapath -GParallel=1 -GPi=8 -GPo=16 -GWeightRows=32 -GPatchBytes=80
// verilate: dp_datapath_s=dp_datapath -GParallel=0 -GPi=8 -GPo=16 -GWeightRows=32
// verilate: dp_datapath_late=dp_datapath -GParallel=1 -GPi=8 -GPo=16 -GWeightRows=32 -GPatchBytes=80 -GLatency=4
// The feed-forward pipeline among random memories: every result of random tokens, with gaps, identities and dead lanes; two slices at
// once or in turn, patches, one at a time or one behind the other, and convolutions of a chain that mix.
#include "Vdp_datapath_late.h"
#include "Vdp_datapath_p.h"
#include "Vdp_datapath_s.h"
#include "pkg.h"

constexpr unsigned Pi = 8, Po = 16, Most = 2 * Po, Slots = 9, Entries = 32, Rows = 32, Depth = 300;
constexpr unsigned WriteAfter =
    5; // cycles from a token to its result, and the array's; its identity is read one behind it (`last`)

// The source maps of the convolutions of a chain: a whole one, line buffers for 3x3 and for 1x1.
constexpr struct {
    unsigned base, w, h, slices, ring;
    unsigned tile_width() const { return (w + 2) / 3; }
} Maps[3] = {{40, 7, 6, 12, 0}, {120, 10, 20, 5, 2}, {170, 5, 11, 9, 1}};

struct Memories {
    int8_t map[9][Depth][Pi];
    std::vector<int8_t> weight; // (Rows, Po, row bytes)
    int16_t mult[Entries][Most];
    uint8_t shift[Entries][Most];
    int32_t res_mult[Entries][Most];
    int64_t bias[Entries][Most];
};

static Memories random_memories(Rng &rng, unsigned row_bytes) {
    Memories m;
    for (auto &bank : m.map)
        for (auto &word : bank)
            for (int8_t &byte : word) byte = rng.int8();
    for (unsigned i = 0; i < Rows * Po * row_bytes; i++) m.weight.push_back(rng.int8());
    for (unsigned e = 0; e < Entries; e++)
        for (unsigned o = 0; o < Most; o++) {
            m.mult[e][o] = static_cast<int16_t>(rng.bits(11));
            m.shift[e][o] = static_cast<uint8_t>(14 + rng.below(8));
            m.res_mult[e][o] = static_cast<int32_t>(rng.bits(18));
            m.bias[e][o] = static_cast<int64_t>(rng.bits(24)) - (1 << 23);
        }
    return m;
}

// What the convolution of a result is.
struct Mode {
    bool residual, dual, pair;
    unsigned patch_words; // 0: the source is a map; holds while its tokens are in flight
    unsigned conv;
};

template <class Top> class Bench {
  public:
    Bench(Trial &t, bool p, unsigned array_latency)
        : trial(t), rng(t.rng), unit(t), parallel(p), latency(array_latency), row_bytes((p ? Slots : 1) * Pi),
          lanes_out(p ? Most : Po), m(random_memories(t.rng, row_bytes)) {
        pack(unit->token_i, Token());
        unit->weight_we_i = 0;
        unit.reset();
        load_weights();
    }

    // Results of one convolution, or of a chain's where no mode is given.
    void run(const Mode *of_run, unsigned results) {
        mode = of_run != nullptr ? *of_run : Mode();
        for (unsigned k = 0; k < 3; k++) {
            Command c = {};
            c.op = OpConv;
            c.flags = mode.patch_words > 0 ? Patches : 0;
            c.src_base = static_cast<uint16_t>(Maps[k].base);
            c.src_tw = static_cast<uint8_t>(Maps[k].tile_width());
            c.src_ring = static_cast<uint8_t>(Maps[k].ring);
            c.src_slices = static_cast<uint16_t>(mode.patch_words > 0 ? mode.patch_words : Maps[k].slices);
            set_command(unit->cmds_i, c, static_cast<unsigned>(k * sizeof c));
        }
        patches.assign(mode.patch_words > 0 ? results + 2 : 0, {});
        front = issued = 0;
        for (auto &patch : patches)
            for (unsigned b = 0; b < mode.patch_words * Pi; b++) patch.push_back(rng.int8());
        if (mode.patch_words > Slots)
            packed_results(results);
        else
            for (unsigned r = 0; r < results; r++) {
                if (of_run == nullptr)
                    mode = {rng.percent(50), parallel && rng.percent(40), parallel && rng.percent(40), 0, rng.below(3)};
                mode.pair ? pair_of_results() : result();
            }
        for (int i = 0; i < 16; i++) cycle(Token());
        CHECK(trial, want.empty(), "%zu results are missing", want.size());
        CHECK(trial, patches.empty() || front == results, "%zu patches of %u were used", front, results);
    }

  private:
    struct Result {
        unsigned cycle; // of its last token
        Token token;
        std::vector<int> y;
        std::vector<int32_t> acc;
    };

    using Sums = std::vector<int32_t>; // (lanes_out)

    // Two slices of a position, in a cycle each.
    void pair_of_results() {
        Token first = random_token();
        for (unsigned second = 0; second < 2; second++) {
            Token t = random_token();
            Sums sums(lanes_out);
            t.dst_bank = first.dst_bank;
            t.dst_addr = first.dst_addr;
            t.dst_words = first.dst_words;
            t.first = t.out = t.pair = 1;
            t.second = second;
            for (unsigned slot = 0; slot < Slots; slot++)
                if (t.lanes >> slot & 1) add(sums, t, slot, operand(t, slot));
            send(t, sums);
        }
    }

    // One result, in one or more cycles with gaps.
    void result() {
        unsigned cycles = mode.dual ? 1 : mode.patch_words == 0 ? 1 + rng.below(4) : parallel ? 1 : mode.patch_words;
        Sums sums(lanes_out);
        for (unsigned i = 0; i < cycles; i++) {
            Token t = random_token();
            t.first = i == 0;
            t.out = i + 1 == cycles;
            t.skip = mode.patch_words > 0 ? i : rng.below(9);
            t.pop = t.out && mode.patch_words > 0;
            for (unsigned slot = 0; slot < (parallel ? Slots : 1); slot++)
                if (t.lanes >> slot & 1) add(sums, t, slot, operand(t, slot));
            send(t, sums);
        }
    }

    // Patch after patch into nine slots a cycle, wherever they end.
    void packed_results(unsigned results) {
        std::vector<Sums> sums(results + 1, Sums(lanes_out));
        bool carry = false;
        for (unsigned c = 0; issued < results; c++) {
            Token t = random_token();
            unsigned end = static_cast<unsigned>(issued + 1) * mode.patch_words - c * Slots; // the slot behind the patch
            t.lanes = 0x1ff;
            t.skip = mode.patch_words - end;
            t.first = t.skip == 0;
            t.carry = carry;
            t.out = t.pop = end <= Slots;
            carry = end < Slots;
            if (carry) t.split = end;
            for (unsigned slot = 0; slot < Slots; slot++) {
                unsigned at = c * Slots + slot, patch = at / mode.patch_words;
                add(sums[patch], t, slot, &patches[patch][at % mode.patch_words * Pi]);
            }
            send(t, sums[issued]);
        }
    }

    // After some gaps.
    void send(const Token &t, const Sums &sums) {
        while (!trial.sends()) cycle(Token());
        if (t.out) finish(t, sums);
        if (t.out) want.back().cycle = unit.cycles;
        issued += t.pop;
        cycle(t);
    }

    unsigned words_out() const { return (mode.dual ? Most : Po) / Pi; } // of a slice

    Token random_token() {
        Token t;
        unsigned lanes = words_out() * Pi, written = words_out() * (mode.pair ? 2 : 1);
        bool map = mode.patch_words == 0;
        const auto &source = Maps[mode.conv];
        t.mac = 1;
        t.window = parallel && map && !mode.dual && source.ring != 1 && rng.percent(50);
        t.residual = mode.residual;
        t.dual = mode.dual;
        t.conv = mode.conv;
        t.slice = rng.below(source.slices);
        t.slice9 = t.slice % 9;
        t.words = t.window || !parallel ? 1 : 1 + rng.below(std::min(mode.dual ? 4u : Slots, source.slices - t.slice));
        t.src_y = rng.below(source.h) + (t.window ? 2 : 3);
        t.src_x = rng.below(source.w) + (t.window ? 2 : 3);
        t.lanes = t.window ? live_taps(t, source.h, source.w) & static_cast<uint32_t>(rng.next())
                           : (1u << (map ? t.words : mode.patch_words)) - 1;
        if (mode.dual) t.split = 4, t.lanes |= t.lanes << 4;
        if (!parallel) t.lanes = 1;
        if (rng.percent(10)) t.lanes = 0;
        t.row = rng.below(Rows);
        t.relu = rng.percent(30);
        t.out_lanes = lanes - (rng.percent(50) ? 0 : rng.below(lanes));
        t.dst_bank = rng.below(9);
        t.dst_addr = rng.below(Depth - written);
        t.dst_words = rng.percent(80) ? written : 1 + rng.below(written);
        t.entry = rng.below(Entries);
        t.y = rng.below(256);
        t.x = rng.below(256);
        return t;
    }

    // Taps inside the map.
    static unsigned live_taps(const Token &t, unsigned h, unsigned w) {
        unsigned live = 0;
        for (unsigned tap = 0; tap < 9; tap++) {
            unsigned y = t.src_y + tap / 3, x = t.src_x + tap % 3; // plus 3
            if (y >= 3 && x >= 3 && y < h + 3 && x < w + 3) live |= 1u << tap;
        }
        return live;
    }

    // The word in a slot.
    const int8_t *operand(const Token &t, unsigned slot) const {
        unsigned word = mode.dual && slot >= 4 ? slot - 4 : slot;
        if (mode.patch_words > 0) return &patches[issued][(t.skip + word) * Pi];
        unsigned y = t.src_y - 3 + (t.window ? slot / 3 : 0), x = t.src_x - 3 + (t.window ? slot % 3 : 0);
        const auto &source = Maps[mode.conv];
        Place at = place_of(y, x, t.slice + (t.window ? 0 : word), source.base, source.tile_width(), source.slices, source.ring);
        return m.map[at.bank][at.addr];
    }

    void add(Sums &sums, const Token &t, unsigned slot, const int8_t *word) {
        for (unsigned o = 0; o < Po; o++)
            for (unsigned c = 0; c < Pi; c++)
                sums[mode.dual && slot >= 4 ? Po + o : o] += word[c] * m.weight[(t.row * Po + o) * row_bytes + slot * Pi + c];
    }

    void finish(const Token &t, const Sums &sums) {
        Result r = {0, t, {}, sums};
        for (unsigned o = 0; o < lanes_out; o++) {
            unsigned word = o / Pi + (t.second ? words_out() : 0);
            bool identity = mode.residual && word < t.dst_words;
            int64_t id = identity ? m.map[(t.dst_bank + word) % 9][t.dst_addr + word][o % Pi] : 0;
            int64_t sum = int64_t{sums[o]} * m.mult[t.entry][o] + m.bias[t.entry][o] + id * m.res_mult[t.entry][o];
            int64_t y = std::min<int64_t>(127, std::max<int64_t>(t.relu ? 0 : -128, sum >> m.shift[t.entry][o]));
            r.y.push_back(o < t.out_lanes ? static_cast<int>(y) : 0);
            if (o >= t.out_lanes) r.acc[o] = 0;
        }
        want.push_back(r);
    }

    void load_weights() {
        unit->weight_we_i = 1;
        for (unsigned row = 0; row < Rows; row++)
            for (unsigned octet = 0; octet < Po / 8; octet++)
                for (unsigned granule = 0; granule < row_bytes / 8; granule++) {
                    unit->weight_row_i = row;
                    unit->weight_lane_i = octet;
                    unit->weight_granule_i = granule;
                    for (unsigned i = 0; i < 8; i++)
                        memcpy(reinterpret_cast<int8_t *>(&unit->weight_data_i) + 8 * i,
                               &m.weight[(row * Po + octet * 8 + i) * row_bytes + granule * 8], 8);
                    unit.edge();
                }
        unit->weight_we_i = 0;
    }

    void cycle(const Token &t) {
        pack(unit->token_i, t);
        if (front < patches.size()) memcpy(&unit->patch_i, patches[front].data(), patches[front].size());
        if (front + 1 < patches.size()) memcpy(&unit->next_i, patches[front + 1].data(), patches[front + 1].size());
        unit.settle();
        if (unit->wr_valid_o) check();
        CHECK(trial, mode.patch_words == 0 || unit->a_en_o == 0, "reads the map although it takes patches");
        front += unit->patch_pop_o;
        answer();
        last = t;
    }

    // The memories: what is asked for before the edge is there after it.
    void answer() {
        unsigned a = unit->a_en_o, bank = unit->res_bank_o, addr = unit->res_addr_o, words = unit->res_words_o;
        bool identity = unit->res_valid_o, quant = unit->quant_re_o;
        unsigned e = unit->quant_entry_o;
        CHECK(trial, identity == (last.residual && last.out && !last.second), "identity read: %d", identity);
        auto a_addr = unit->a_addr_o;
        unit.edge();
        for (unsigned b = 0; b < 9; b++) {
            unsigned at = static_cast<unsigned>(get_bits(a_addr, b * 16, 16));
            for (unsigned c = 0; (a >> b & 1) != 0 && c < Pi; c++) // beyond the map there is no word
                set_bits(unit->a_rdata_i, (b * Pi + c) * 8, 8, at < Depth ? static_cast<uint8_t>(m.map[b][at][c]) : rng.bits(8));
        }
        for (unsigned o = 0; quant && o < lanes_out; o++) {
            uint32_t low = static_cast<uint16_t>(m.mult[e][o]) | uint32_t{m.shift[e][o]} << 16;
            set_bits(unit->quant_i, o * 128, 64, low | static_cast<uint64_t>(m.res_mult[e][o]) << 32);
            set_bits(unit->quant_i, o * 128 + 64, 64, static_cast<uint64_t>(m.bias[e][o]));
        }
        for (unsigned i = 0; identity && i < words * Pi; i++)
            set_bits(unit->b_rdata_i, ((bank + i / Pi) % 9 * Pi + i % Pi) * 8, 8,
                     static_cast<uint8_t>(m.map[(bank + i / Pi) % 9][addr + i / Pi][i % Pi]));
    }

    void check() {
        CHECK(trial, !want.empty(), "a result out of nowhere");
        const Result &r = want.front();
        CHECK(trial, unit.cycles == r.cycle + WriteAfter + latency, "a result %u cycles after its token", unit.cycles - r.cycle);
        const char *field = difference(unpack<Token>(unit->token_o), r.token);
        CHECK(trial, field == nullptr, "%s of the token differs", field);
        for (unsigned o = 0; o < lanes_out; o++) {
            int64_t acc_o = get_signed(unit->acc_o, o * 32, 32), y = get_signed(unit->y_o, o * 8, 8);
            CHECK(trial, acc_o == r.acc[o], "lane %u window %u dual %d patches of %u words: accumulator %ld, want %d", o,
                  r.token.window, mode.dual, mode.patch_words, (long)acc_o, r.acc[o]);
            CHECK(trial, y == r.y[o], "lane %u: %ld, want %d", o, (long)y, r.y[o]);
        }
        want.pop_front();
    }

    Trial &trial;
    Rng &rng;
    Unit<Top> unit;
    bool parallel;
    unsigned latency, row_bytes, lanes_out;
    Memories m;
    Mode mode = {};
    Token last; // a cycle ago
    std::vector<std::vector<int8_t>> patches;
    size_t front = 0, issued = 0; // the patch on the port; that of the next token
    std::deque<Result> want;
};

template <class Top> static void run(Trial &trial, bool parallel, unsigned latency) {
    Bench<Top> bench(trial, parallel, latency);
    auto one = [&](const Mode &mode, unsigned results) { bench.run(&mode, results); };
    for (int i = 0; i < 2; i++)
        for (bool residual : {false, true})
            for (int kind = 0; kind < (parallel ? 4 : 1); kind++) one({residual, (kind & 1) != 0, (kind & 2) != 0, 0, 0}, 60);
    bench.run(nullptr, 500);
    for (unsigned words = 1; words <= 4; words++) {
        one({false, false, false, words, 0}, 20);
        if (parallel) one({false, true, false, words, 0}, 20);
    }
    bench.run(nullptr, 100);
    if (!parallel) return;
    for (unsigned words = 5; words <= 10; words++) one({false, false, false, words, 0}, 40);
}

Test(dp_datapath, parallel) {
    for (unsigned idle : {0u, 30u, 90u}) {
        Trial trial(1 + idle, idle, 0);
        run<Vdp_datapath_p>(trial, true, 1);
    }
}

Test(dp_datapath, serial) {
    for (unsigned idle : {0u, 30u, 90u}) {
        Trial trial(2 + idle, idle, 0);
        run<Vdp_datapath_s>(trial, false, 1);
    }
}

Test(dp_datapath, later_array) {
    for (unsigned idle : {0u, 30u, 90u}) {
        Trial trial(3 + idle, idle, 0);
        run<Vdp_datapath_late>(trial, true, 4);
    }
}

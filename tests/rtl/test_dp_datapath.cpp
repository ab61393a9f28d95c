// verilate: dp_datapath_p=dp_datapath -GParallel=1 -GPi=8 -GPo=16
// verilate: dp_datapath_s=dp_datapath -GParallel=0 -GPi=8 -GPo=16
// The feed-forward pipeline among random memories: every result of random tokens, with gaps, identities and dead lanes.
#include "Vdp_datapath_p.h"
#include "Vdp_datapath_s.h"
#include "pkg.h"

constexpr unsigned Pi = 8, Po = 16, W = 7, H = 6, Slices = 12, TileWidth = 3, Base = 40, Rows = 32, Depth = 300;

struct Memories {
    int8_t map[9][Depth][Pi];
    std::vector<int8_t> weight; // (Rows, Po, row bytes)
    int16_t mult[4][Po];
    uint8_t shift[4][Po];
    int32_t res_mult[4][Po];
    int64_t bias[4][Po];
};

static Memories random_memories(Rng &rng, unsigned row_bytes) {
    Memories m;
    for (auto &bank : m.map)
        for (auto &word : bank)
            for (int8_t &byte : word) byte = rng.int8();
    for (unsigned i = 0; i < Rows * Po * row_bytes; i++) m.weight.push_back(rng.int8());
    for (unsigned e = 0; e < 4; e++)
        for (unsigned o = 0; o < Po; o++) {
            m.mult[e][o] = static_cast<int16_t>(rng.bits(11));
            m.shift[e][o] = static_cast<uint8_t>(14 + rng.below(8));
            m.res_mult[e][o] = static_cast<int32_t>(rng.bits(18));
            m.bias[e][o] = static_cast<int64_t>(rng.bits(24)) - (1 << 23);
        }
    return m;
}

template <class Top> class Bench {
  public:
    Bench(Trial &t, bool p)
        : trial(t), rng(t.rng), unit(t), parallel(p), row_bytes((p ? 9 : 1) * Pi), m(random_memories(t.rng, row_bytes)), acc(Po) {
        pack(unit->token_i, Token());
        unit.reset();
    }

    void run(bool residual, unsigned results) {
        Command c = {};
        c.op = OpConv;
        c.flags = residual ? Residual : 0;
        c.src_base = Base;
        c.src_tw = TileWidth;
        c.src_slices = Slices;
        set_command(unit->cmd_i, c);
        for (unsigned r = 0; r < results; r++) {
            unsigned cycles = 1 + rng.below(4);
            for (unsigned i = 0; i < cycles; i++) {
                while (!trial.sends()) cycle(Token());
                Token t = random_token();
                t.first = i == 0;
                t.out = i + 1 == cycles;
                model(t, residual);
                cycle(t);
            }
        }
        for (int i = 0; i < 12; i++) cycle(Token());
        CHECK(trial, want.empty(), "%zu results are missing", want.size());
    }

  private:
    struct Result {
        Token token;
        std::vector<int> y;
        std::vector<int32_t> acc;
    };

    Token random_token() {
        Token t;
        t.mac = 1;
        t.window = parallel && rng.percent(50);
        t.slice = rng.below(Slices);
        t.slice9 = t.slice % 9;
        t.words = t.window || !parallel ? 1 : 1 + rng.below(std::min(9u, Slices - t.slice));
        t.src_y = rng.below(H) + (t.window ? 2 : 3);
        t.src_x = rng.below(W) + (t.window ? 2 : 3);
        t.lanes = t.window ? live_taps(t) & static_cast<uint32_t>(rng.next()) : (1u << t.words) - 1;
        if (rng.percent(10)) t.lanes = 0;
        t.row = rng.below(Rows);
        t.relu = rng.percent(30);
        t.out_lanes = rng.percent(50) ? Po : 1 + rng.below(Po);
        t.dst_bank = rng.below(9);
        t.dst_addr = rng.below(Depth - 2);
        t.dst_words = rng.percent(80) ? 2 : 1;
        t.entry = rng.below(4);
        t.y = rng.below(256);
        t.x = rng.below(256);
        return t;
    }

    // Taps inside the map.
    static unsigned live_taps(const Token &t) {
        unsigned live = 0;
        for (unsigned tap = 0; tap < 9; tap++) {
            unsigned y = t.src_y + tap / 3, x = t.src_x + tap % 3; // plus 3
            if (y >= 3 && x >= 3 && y < H + 3 && x < W + 3) live |= 1u << tap;
        }
        return live;
    }

    void model(const Token &t, bool residual) {
        if (t.first) std::fill(acc.begin(), acc.end(), 0);
        for (unsigned group = 0; group < (parallel ? 9u : 1u); group++) {
            if ((t.lanes >> group & 1) == 0) continue;
            unsigned y = t.src_y - 3 + (t.window ? group / 3 : 0), x = t.src_x - 3 + (t.window ? group % 3 : 0);
            Place at = place_of(y, x, t.slice + (t.window ? 0 : group), Base, TileWidth, Slices);
            for (unsigned o = 0; o < Po; o++)
                for (unsigned c = 0; c < Pi; c++)
                    acc[o] += m.map[at.bank][at.addr][c] * m.weight[(t.row * Po + o) * row_bytes + group * Pi + c];
        }
        if (!t.out) return;
        Result r = {t, {}, acc};
        for (unsigned o = 0; o < Po; o++) {
            int64_t id = residual && o / Pi < t.dst_words ? m.map[(t.dst_bank + o / Pi) % 9][t.dst_addr + o / Pi][o % Pi] : 0;
            int64_t sum = static_cast<int64_t>(acc[o]) * m.mult[t.entry][o] + m.bias[t.entry][o] + id * m.res_mult[t.entry][o];
            int64_t y = std::min<int64_t>(127, std::max<int64_t>(t.relu ? 0 : -128, sum >> m.shift[t.entry][o]));
            r.y.push_back(o < t.out_lanes ? static_cast<int>(y) : 0);
            if (o >= t.out_lanes) r.acc[o] = 0;
        }
        want.push_back(r);
    }

    void cycle(const Token &t) {
        pack(unit->token_i, t);
        for (unsigned o = 0; o < Po; o++) {
            unsigned e = unit->quant_entry_o;
            uint32_t low = static_cast<uint16_t>(m.mult[e][o]) | uint32_t{m.shift[e][o]} << 16;
            set_bits(unit->quant_i, o * 128, 64, low | static_cast<uint64_t>(m.res_mult[e][o]) << 32);
            set_bits(unit->quant_i, o * 128 + 64, 64, static_cast<uint64_t>(m.bias[e][o]));
        }
        unit.settle();
        if (unit->wr_valid_o) check();
        answer();
    }

    // The memories: what is asked for before the edge is there after it.
    void answer() {
        unsigned a = unit->a_en_o, row = unit->weight_row_o, bank = unit->res_bank_o, addr = unit->res_addr_o,
                 words = unit->res_words_o;
        bool weights = unit->weight_re_o, identity = unit->res_valid_o;
        auto a_addr = unit->a_addr_o;
        unit.edge();
        for (unsigned b = 0; b < 9; b++) {
            unsigned at = static_cast<unsigned>(get_bits(a_addr, b * 16, 16));
            for (unsigned c = 0; (a >> b & 1) != 0 && c < Pi; c++) // beyond the map there is no word
                set_bits(unit->a_rdata_i, (b * Pi + c) * 8, 8, at < Depth ? static_cast<uint8_t>(m.map[b][at][c]) : rng.bits(8));
        }
        for (unsigned i = 0; identity && i < words * Pi; i++)
            set_bits(unit->b_rdata_i, ((bank + i / Pi) % 9 * Pi + i % Pi) * 8, 8,
                     static_cast<uint8_t>(m.map[(bank + i / Pi) % 9][addr + i / Pi][i % Pi]));
        if (weights) memcpy(&unit->weight_i, &m.weight[row * Po * row_bytes], Po * row_bytes);
    }

    void check() {
        CHECK(trial, !want.empty(), "a result out of nowhere");
        const Result &r = want.front();
        const char *field = difference(unpack<Token>(unit->token_o), r.token);
        CHECK(trial, field == nullptr, "%s of the token differs", field);
        for (unsigned o = 0; o < Po; o++) {
            int64_t acc_o = get_signed(unit->acc_o, o * 32, 32), y = get_signed(unit->y_o, o * 8, 8);
            CHECK(trial, acc_o == r.acc[o], "lane %u window %u: accumulator %ld, want %d", o, r.token.window, (long)acc_o,
                  r.acc[o]);
            CHECK(trial, y == r.y[o], "lane %u: %ld, want %d", o, (long)y, r.y[o]);
        }
        want.pop_front();
    }

    Trial &trial;
    Rng &rng;
    Unit<Top> unit;
    bool parallel;
    unsigned row_bytes;
    Memories m;
    std::vector<int32_t> acc;
    std::deque<Result> want;
};

template <class Top> static void run(Trial &trial, bool parallel) {
    Bench<Top> bench(trial, parallel);
    for (int i = 0; i < 4; i++) bench.run(i % 2 == 1, 60);
}

Test(dp_datapath, parallel) {
    for (unsigned idle : {0u, 30u, 90u}) {
        Trial trial(1 + idle, idle, 0);
        run<Vdp_datapath_p>(trial, true);
    }
}

Test(dp_datapath, serial) {
    for (unsigned idle : {0u, 30u, 90u}) {
        Trial trial(2 + idle, idle, 0);
        run<Vdp_datapath_s>(trial, false);
    }
}

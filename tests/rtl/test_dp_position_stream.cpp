// verilate: dp_position_stream @builds
// Every position of random convolutions and chains with the taps that count, from random masks: all rows of each convolution in order, each
// row in one piece, when what it reads has been given out.
#include UNIT_HEADER
#include "chain.h"

constexpr unsigned GEOMETRY;
constexpr unsigned Buffers = 6;

namespace {

struct Position {
    bool end, final;
    unsigned y, x;
    bool kept;
    unsigned taps;
};

class Bench {
  public:
    explicit Bench(Trial &t) : trial(t), unit(t) {
        unit->start_i = unit->ready_i = 0;
        unit.reset();
    }

    void chain(unsigned count) {
        ChainRows rows(random_chain(trial.rng, count, some_size()));
        for (Command &c : rows.chain) mask(c);
        unsigned there = 1, began = unit.cycles, most = 5; // cycles, where nothing stands in the way
        start(rows.chain[0], true);
        while (!rows.finished()) {
            unsigned conv = next_conv(rows, there), y = rows.next(conv);
            rows.give(conv);
            std::vector<Position> row = row_of(rows.chain[conv], y);
            most += row.empty() ? 4 : static_cast<unsigned>(row.size()) + 1;
            row.empty() ? row.push_back({true, false, 0, 0, false, 0}) : void(row.back().final = true);
            for (const Position &p : row) take(p, conv, rows.next(conv) == rows.chain[conv].dst_h, rows, there);
        }
        if (trial.idle == 0 && trial.stall == 0)
            CHECK(trial, unit.cycles - began <= most, "%u cycles, expected at most %u", unit.cycles - began, most);
        no_more();
    }

    void gang() {
        Command c = random_chain(trial.rng, 1, some_size())[0];
        mask(c);
        if (trial.rng.percent(30)) c.flags |= Residual;
        if (trial.rng.percent(30)) c.flags |= Score;
        c.src_slices = static_cast<uint16_t>(1 + trial.rng.below(15));
        c.out_slices = static_cast<uint16_t>(1 + trial.rng.below(5));
        unsigned h = c.dst_h, w = c.dst_w;
        if (trial.rng.percent(20)) {
            c.flags |= MaxPool;
            c.dst_h = static_cast<uint8_t>((h + 1) / 2);
            c.dst_w = static_cast<uint8_t>((w + 1) / 2);
        }
        ChainRows rows({c});
        start(c, false);
        CHECK(trial, unit->h_o == h && unit->w_o == w, "a map of %d x %d, want %u x %u", unit->h_o, unit->w_o, h, w);
        bool pairs = Parallel != 0 && c.has(Residual) && !c.has(Kernel3 | Score) && c.src_slices <= 9;
        unsigned there = 1, passes = pairs ? (c.out_slices + 1u) / 2 : c.out_slices;
        c.dst_h = static_cast<uint8_t>(h);
        c.dst_w = static_cast<uint8_t>(w);
        for (unsigned pass = 0; pass < passes; pass++) {
            for (unsigned y = 0; y < h; y++)
                for (const Position &p : row_of(c, y)) take(p, 0, true, rows, there);
            take({true, false, 0, 0, false, 0}, 0, true, rows, there);
        }
        no_more();
    }

  private:
    // Mostly small maps, which meet more edges in the same time.
    unsigned some_size() { return trial.rng.percent(95) ? 12 : MaskW; }

    // What masks a convolution has; the masks themselves.
    void mask(Command &c) {
        if (trial.rng.percent(60)) c.flags |= OutMasked;
        if (trial.rng.percent(30)) c.flags |= ReluPruned;
        if (trial.rng.percent(60)) c.flags |= InMasked;
        c.in_buf = static_cast<uint8_t>(trial.rng.below(Buffers));
        c.out_buf = static_cast<uint8_t>(trial.rng.below(Buffers));
    }

    void start(const Command &c, bool chained) {
        for (auto &buffer : masks)
            for (uint64_t &row : buffer) row = trial.rng.percent(20) ? 0 : trial.rng.percent(20) ? full : trial.rng.next() & full;
        set_random(unit->cmds_i, 3 * 512, trial.rng);
        set_command(unit->cmds_i, c);
        unit->chained_i = chained;
        unit->count_i = 1;
        unit->ready_i = 0;
        unit->start_i = 1;
        unit.edge();
        unit->start_i = 0;
        look();
    }

    bool bit(unsigned buffer, unsigned y, unsigned x) const { return (masks[buffer][y] >> x & 1) != 0; }

    std::vector<Position> row_of(const Command &c, unsigned y) const {
        std::vector<Position> row;
        for (unsigned x = 0; x < c.dst_w; x++) {
            bool kept = !c.has(OutMasked | ReluPruned) || bit(c.out_buf, y, x);
            if (c.has(OutMasked) && !kept) continue;
            unsigned taps = 0;
            for (int tap = 0; tap < 9; tap++) {
                int sy = static_cast<int>(centre_row(c, y)) + tap / 3 - 1,
                    sx = static_cast<int>(centre_column(c, x)) + tap % 3 - 1;
                if (sy < 0 || sx < 0 || sy >= c.src_h || sx >= c.src_w) continue;
                if (!c.has(InMasked) || bit(c.in_buf, static_cast<unsigned>(sy), static_cast<unsigned>(sx))) taps |= 1u << tap;
            }
            row.push_back({false, false, y, x, kept, taps});
        }
        return row;
    }

    // The convolution of the row that comes next, which must be one that may; commands come meanwhile.
    unsigned next_conv(const ChainRows &rows, unsigned &there) {
        while (!unit->valid_o) step(rows, there);
        unsigned conv = unit->conv_o;
        CHECK(trial, conv < there && rows.may(conv, conv > 0 ? 1 : 0), "a row of convolution %u: %u %u %u rows so far", conv,
              rows.next(0), rows.next(1), rows.next(2));
        return conv;
    }

    void take(const Position &p, unsigned conv, bool last, const ChainRows &rows, unsigned &there) {
        while (!unit->valid_o || !unit->ready_i) step(rows, there);
        CHECK(trial, unit->conv_o == conv && unit->end_o == p.end && unit->last_o == last,
              "convolution %d end %d last %d, want %u %d %d", unit->conv_o, unit->end_o, unit->last_o, conv, p.end, last);
        CHECK(trial, unit->final_o == p.final, "(%u,%u) of %u: final %d", p.y, p.x, conv, unit->final_o);
        if (!p.end)
            CHECK(trial, unit->y_o == p.y && unit->x_o == p.x && unit->kept_o == p.kept && unit->taps_o == p.taps,
                  "(%d,%d) kept %d taps %x, want (%u,%u) %d %x", unit->y_o, unit->x_o, unit->kept_o, unit->taps_o, p.y, p.x,
                  p.kept, p.taps);
        step(rows, there);
    }

    // To the next cycle.
    void step(const ChainRows &rows, unsigned &there) {
        unit.edge();
        if (there < rows.chain.size() && trial.sends()) {
            set_command(unit->cmds_i, rows.chain[there], static_cast<unsigned>(there * sizeof(Command)));
            unit->count_i = ++there;
        }
        unit->ready_i = trial.takes();
        look();
    }

    // The masks answer combinationally; beyond the map they may hold anything.
    void look() {
        unit.settle();
        set_bits(unit->it_row_i, 0, MaskW, mask_row(unit->it_buf_o, unit->it_y_o));
        set_bits(unit->win_above_i, 0, MaskW, mask_row(unit->win_buf_o, unit->win_y_o - 1u));
        set_bits(unit->win_row_i, 0, MaskW, mask_row(unit->win_buf_o, unit->win_y_o));
        set_bits(unit->win_below_i, 0, MaskW, mask_row(unit->win_buf_o, unit->win_y_o + 1u));
        unit.settle();
    }

    uint64_t mask_row(unsigned buffer, unsigned y) {
        return buffer < Buffers && y < MaskW ? masks[buffer][y] : trial.rng.bits(MaskW);
    }

    void no_more() {
        for (int i = 0; i < 5; i++) {
            unit->ready_i = 1;
            look();
            CHECK(trial, !unit->valid_o, "a position too many");
            unit.edge();
        }
        unit->ready_i = 0;
    }

    Trial &trial;
    Unit<TOP> unit;
    static constexpr uint64_t full = ~uint64_t{0} >> (64 - MaskW);
    uint64_t masks[Buffers][MaskW];
};

} // namespace

Test(SUITE, convolutions_and_chains) {
    for_trials(2, [](Trial &trial) {
        Bench bench(trial);
        for (int i = 0; i < 30; i++) trial.rng.percent(40) ? bench.gang() : bench.chain(2 + trial.rng.below(2));
    });
}

// verilate: dp_mask_rows @builds
// Given masks of many heights, queued ahead of their beats: every row once, in order, never while the mask unit writes.
#include UNIT_HEADER
#include "pkg.h"

constexpr unsigned GEOMETRY;

namespace {

struct Mask {
    unsigned pair, rows;
    bool pooled;
};

struct Beat {
    uint64_t row[8];
};

class Bench {
  public:
    explicit Bench(Trial &t) : trial(t), rng(t.rng), unit(t) {
        unit->start_i = unit->valid_i = unit->busy_i = 0;
        unit.reset();
    }

    void run(unsigned masks) {
        for (unsigned i = 0; i < masks || !queue.empty(); unit.edge()) {
            unit->start_i = i < masks && queue.size() < 4 && trial.sends();
            if (unit->start_i) i += start(i);
            unit->valid_i = beats.offer(trial);
            if (unit->valid_i)
                for (unsigned r = 0; r < 8; r++) set_bits(unit->data_i, r * 64, 64, beats.front().row[r]);
            unit->busy_i = !trial.takes();
            unit.settle();
            CHECK(trial, !unit->busy_i || (!unit->we_o && !unit->ready_o), "wrote together with the mask unit");
            bool end = unit->we_o && check_row();
            CHECK(trial, unit->done_o == end, "done %d at row %u", unit->done_o, y);
            if (!unit->we_o) CHECK(trial, !unit->ready_o, "a beat was taken without a write");
            if (end)
                queue.pop_front(), y = 0;
            else
                y += unit->we_o;
            beats.step(unit->ready_o);
        }
        CHECK(trial, beats.items.empty(), "beats left over");
    }

  private:
    // Returns whether a given mask was queued; computed ones pass by.
    bool start(unsigned index) {
        Mask mask = {index % 3, 1 + rng.below(64), rng.percent(50)};
        Command c = {};
        bool given = rng.percent(80);
        c.flags = (given ? OwnFetch : 0u) | (mask.pooled ? Pooled : 0u);
        c.in_buf = static_cast<uint8_t>(2 * mask.pair);
        c.src_h = static_cast<uint8_t>(mask.rows);
        set_command(unit->cmd_i, c);
        if (!given) return false;
        queue.push_back(mask);
        for (unsigned r = 0; r < mask.rows; r += 8) {
            Beat beat;
            for (uint64_t &row : beat.row) row = rng.next();
            beats.items.push_back(beat);
        }
        return true;
    }

    // Returns whether it is the mask's last row.
    bool check_row() {
        CHECK(trial, !queue.empty() && unit->valid_i, "a row out of nowhere");
        const Mask &mask = queue.front();
        CHECK(trial, unit->pair_o == mask.pair && unit->pooled_o == mask.pooled && unit->y_o == y, "pair %d row %d, want %u %u",
              unit->pair_o, unit->y_o, mask.pair, y);
        CHECK(trial, unit->row_o == (beats.front().row[y % 8] & (~uint64_t{0} >> (64 - MaskW))), "row %u differs", y);
        bool end = y + 1 == mask.rows;
        CHECK(trial, unit->ready_o == (end || y % 8 == 7), "ready %d at row %u of %u", unit->ready_o, y, mask.rows);
        return end;
    }

    Trial &trial;
    Rng &rng;
    Unit<TOP> unit;
    std::deque<Mask> queue;
    Source<Beat> beats;
    unsigned y = 0;
};

} // namespace

Test(SUITE, given_masks) {
    for_trials(2, [](Trial &trial) {
        Bench bench(trial);
        bench.run(20);
    });
}

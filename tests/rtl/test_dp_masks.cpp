// verilate: dp_masks @builds
// Spatial masks of small maps, computed and given at once: every decision, every stored row, and no position read before it is final.
#include UNIT_HEADER
#include "pkg.h"

constexpr unsigned GEOMETRY;
constexpr unsigned RowBeats = (9 * Pi + 63) / 64, RowsBeat = 8; // of weights; given rows in a beat
constexpr unsigned NoBuffer = 0xff;

namespace {

struct Mask {
    unsigned w, h;
    std::vector<uint64_t> row = std::vector<uint64_t>(64, 0); // bit x of row y
    bool at(unsigned y, unsigned x) const { return (row[y] >> x & 1) != 0; }
};

// 2x2 max-pooling inside the map.
static Mask pooled(const Mask &mask) {
    Mask out;
    out.w = (mask.w + 1) / 2;
    out.h = (mask.h + 1) / 2;
    for (unsigned y = 0; y < mask.h; y++)
        for (unsigned x = 0; x < mask.w; x++)
            if (mask.at(y, x)) out.row[y / 2] |= uint64_t{1} << x / 2;
    return out;
}

struct Problem {
    Command command;
    Mask producer; // kept positions of the producing convolution
    std::vector<int8_t> x, wm; // (h, w, channels), (channels)
    Mask want;
    std::vector<unsigned> order; // positions that the producer retires, in its order
};

// Mostly small, and all columns and rows of the mask memory now and then; never both, which takes long.
static unsigned random_size(Rng &rng) { return 1 + rng.below(rng.percent(15) ? MaskW : 6); }

static Problem random_problem(Rng &rng, unsigned pair, unsigned prev_pair, const Mask &prev) {
    Problem p = {};
    Command &c = p.command;
    c.op = OpMask;
    c.layer = static_cast<uint8_t>(rng.below(50));
    unsigned producer = rng.below(3); // a dense one, none, or one that skips positions of this map
    p.want.w = producer == 2 ? prev.w : random_size(rng);
    p.want.h = producer == 2 ? prev.h : random_size(rng);
    c.src_w = static_cast<uint8_t>(p.want.w);
    c.src_h = static_cast<uint8_t>(p.want.h);
    c.src_tw = static_cast<uint8_t>((c.src_w + 2) / 3);
    static const unsigned slices[] = {1, 2, 8, 9, 10, 18, 20};
    c.src_slices = static_cast<uint16_t>(slices[rng.below(7)]);
    c.rows = static_cast<uint16_t>((c.src_slices + 8) / 9);
    c.src_base = static_cast<uint16_t>(rng.below(100));
    c.in_buf = static_cast<uint8_t>(2 * pair);
    c.out_buf = static_cast<uint8_t>(c.in_buf + 1);
    if (rng.percent(50)) c.flags |= Pooled;
    if (producer > 0) c.flags |= PrevMasked;
    c.prev_buf = static_cast<uint8_t>(producer == 2 ? 2 * prev_pair : NoBuffer);
    unsigned channels = c.src_slices * Pi;
    for (unsigned i = 0; i < c.src_w * c.src_h * channels; i++) p.x.push_back(rng.int8());
    for (unsigned i = 0; i < channels; i++) p.wm.push_back(rng.int8());
    c.mask_bias = static_cast<uint32_t>(rng.range(-30000, 30000));
    if (rng.percent(20)) { // on the threshold
        std::fill(p.wm.begin(), p.wm.end(), 0);
        c.mask_bias = static_cast<uint32_t>(rng.range(-1, 1));
    }
    for (unsigned y = 0; y < c.src_h; y++)
        for (unsigned x = 0; x < c.src_w; x++) {
            int32_t sum = static_cast<int32_t>(c.mask_bias);
            for (unsigned i = 0; i < channels; i++) sum += p.x[(y * c.src_w + x) * channels + i] * p.wm[i];
            if (sum > 0) p.want.row[y] |= uint64_t{1} << x;
            bool written = producer == 0 || (producer == 2 && prev.at(y, x));
            if (written) p.order.push_back(y * c.src_w + x);
        }
    return p;
}

class Bench {
  public:
    explicit Bench(Trial &t) : trial(t), rng(t.rng), unit(t, 1000000) {
        unit->load_i = unit->weight_we_i = unit->row_valid_i = unit->last_i = unit->start_i = unit->rd_ready_i = 0;
        unit->retired_i = 0;
        unit->it_buf_i = unit->it_y_i = unit->win_buf_i = unit->win_y_i = 0;
        unit.reset();
    }

    // Mask `index` of a sequence: given or computed, in the pair whose turn it is.
    void step(unsigned index, bool given) {
        unsigned pair = index % 3;
        if (given)
            give(pair);
        else
            compute(pair);
    }

  private:
    void store(unsigned pair, const Mask &mask, bool pool) {
        mem[2 * pair] = mask;
        if (pool) mem[2 * pair + 1] = pooled(mask);
        look(2 * pair);
        if (pool) look(2 * pair + 1);
    }

    void load_command(const Command &command) {
        set_command(unit->load_cmd_i, command);
        unit->load_i = 1;
        unit.edge();
        unit->load_i = 0;
        set_random(unit->load_cmd_i, 512, rng);
    }

    // A given mask, row by row, while nothing else writes.
    void give(unsigned pair) {
        Command c = {};
        c.op = OpMask;
        c.flags = OwnFetch | (rng.percent(50) ? Pooled : 0u);
        c.in_buf = static_cast<uint8_t>(2 * pair);
        c.src_w = static_cast<uint8_t>(random_size(rng));
        c.src_h = static_cast<uint8_t>(random_size(rng));
        Mask mask;
        mask.w = c.src_w;
        mask.h = c.src_h;
        for (unsigned y = 0; y < c.src_h; y++) mask.row[y] = rng.bits(c.src_w);
        load_command(c);
        unsigned sent = 0, beats = (c.src_h + RowsBeat - 1u) / RowsBeat;
        bool offered = false, done = false;
        while (sent < beats || !done) {
            for (unsigned y = 0; y < RowsBeat && sent < beats; y++)
                set_bits(unit->data_i, y * 64, 64, mask.row[sent * RowsBeat + y]);
            offered = sent < beats && (offered || trial.sends());
            unit->row_valid_i = offered;
            unit->last_i = sent + 1 == beats;
            unit.settle();
            if (unit->row_valid_i && unit->row_ready_o) sent++, offered = false;
            if (unit->rows_done_o) {
                CHECK(trial, unit->rows_pair_o == pair, "rows of pair %d done, want %u", unit->rows_pair_o, pair);
                done = true;
            }
            unit.edge();
        }
        unit->row_valid_i = 0;
        store(pair, mask, c.has(Pooled));
    }

    void load_weights(const Problem &p) {
        load_command(p.command);
        unsigned beats = p.command.rows * RowBeats;
        for (unsigned beat = 0; beat < beats;) {
            bool send = trial.sends();
            unsigned byte = beat % RowBeats * 64, row = beat / RowBeats;
            for (unsigned i = 0; i < 64; i++) {
                size_t channel = row * 9 * Pi + byte + i;
                bool there = byte + i < 9 * Pi && channel < p.wm.size();
                set_bits(unit->data_i, i * 8, 8, there ? static_cast<uint8_t>(p.wm[channel]) : rng.bits(8));
            }
            unit->weight_we_i = send;
            unit->last_i = beat + 1 == beats;
            unit.edge();
            beat += send;
        }
        unit->weight_we_i = 0;
    }

    void compute(unsigned pair) {
        unsigned prev = (pair + 2) % 3;
        Problem p = random_problem(rng, pair, prev, mem[2 * prev]);
        const Command &c = p.command;
        load_weights(p);
        unit.settle();
        CHECK(trial, unit->idle_o, "not idle before the start");
        set_command(unit->start_cmd_i, c);
        unit->retired_i = 0;
        unit->start_i = 1;
        unit.edge();
        unit->start_i = 0;
        set_random(unit->start_cmd_i, 512, rng);
        bool done = false;
        std::vector<unsigned> seen(c.src_w * c.src_h, 0);
        while (!done) {
            if (unit->retired_i < p.order.size() && trial.sends()) unit->retired_i++;
            unit->rd_ready_i = trial.takes();
            unit.settle();
            observe(p, seen);
            done = unit->unit_done_o;
            if (done) CHECK(trial, unit->unit_pair_o == pair, "pair %d is done, want %u", unit->unit_pair_o, pair);
            bool read = unit->rd_valid_o && unit->rd_ready_i;
            Place first = {unit->rd_bank_o, unit->rd_addr_o};
            unsigned words = unit->rd_words_o;
            unit.edge();
            if (read)
                answer(p, first, words);
            else if (rng.percent(30)) // another one reads
                set_random(unit->rd_data_i, 9 * Pi * 8, rng);
        }
        for (unsigned s : seen) CHECK(trial, s == 1, "a position was decided %u times", s);
        store(pair, p.want, c.has(Pooled));
    }

    void observe(const Problem &p, std::vector<unsigned> &seen) {
        if (!unit->obs_valid_o) return;
        unsigned y = unit->obs_y_o, x = unit->obs_x_o;
        CHECK(trial, y < p.command.src_h && x < p.command.src_w && unit->obs_layer_o == p.command.layer, "decision at (%u,%u)", y,
              x);
        CHECK(trial, unit->obs_keep_o == p.want.at(y, x), "(%u,%u) of %ux%u: keep %d", y, x, p.command.src_h, p.command.src_w,
              unit->obs_keep_o);
        seen[y * p.command.src_w + x]++;
    }

    // The map: words of one position in consecutive banks. What the producer has not retired yet is still another value.
    void answer(const Problem &p, Place first, unsigned words) {
        set_random(unit->rd_data_i, 9 * Pi * 8, rng);
        const Command &c = p.command;
        for (unsigned at = 0; at < c.src_w * c.src_h; at++)
            for (unsigned s = 0; s < c.src_slices; s += Words) {
                if (!(place_of(at / c.src_w, at % c.src_w, s, c.src_base, c.src_tw, c.src_slices) == first)) continue;
                CHECK(trial, words == std::min(Words, c.src_slices - s), "%u words from %u of %u", words, s, c.src_slices);
                size_t turn = static_cast<size_t>(std::find(p.order.begin(), p.order.end(), at) - p.order.begin());
                bool final = turn == p.order.size() || turn < unit->retired_i;
                CHECK(trial, final, "position %u was read with %d retired", at, unit->retired_i);
                for (unsigned i = 0; i < words * Pi; i++)
                    set_bits(unit->rd_data_i, ((first.bank + i / Pi) % 9 * Pi + i % Pi) * 8, 8,
                             static_cast<uint8_t>(p.x[at * c.src_slices * Pi + s * Pi + i]));
                return;
            }
        CHECK(trial, false, "a read of bank %u address %u, where no position starts", first.bank, first.addr);
    }

    // Both ways to read rows.
    void look(unsigned buffer) {
        for (unsigned y = 0; y < mem[buffer].h; y++) {
            unit->it_buf_i = unit->win_buf_i = buffer;
            unit->it_y_i = unit->win_y_i = y;
            unit.settle();
            CHECK(trial, unit->it_row_o == mem[buffer].row[y], "buffer %u row %u: %lx, want %lx", buffer, y,
                  (unsigned long)unit->it_row_o, (unsigned long)mem[buffer].row[y]);
            CHECK(trial, unit->win_row_o == mem[buffer].row[y], "buffer %u window row %u", buffer, y);
            if (y > 0) CHECK(trial, unit->win_above_o == mem[buffer].row[y - 1], "buffer %u above row %u", buffer, y);
            if (y + 1 < mem[buffer].h)
                CHECK(trial, unit->win_below_o == mem[buffer].row[y + 1], "buffer %u below row %u", buffer, y);
        }
    }

    Trial &trial;
    Rng &rng;
    Unit<TOP> unit;
    Mask mem[6];
};

} // namespace

Test(SUITE, computed) {
    for_trials(2, [](Trial &trial) {
        Bench bench(trial);
        for (unsigned i = 0; i < 15; i++) bench.step(i, i < 3); // the first ones give every pair a mask to be the producer's
    });
}

Test(SUITE, given_and_computed) {
    for_trials(2, [](Trial &trial) {
        Bench bench(trial);
        for (unsigned i = 0; i < 20; i++) bench.step(i, i < 3 || trial.rng.percent(50));
    });
}

// verilate: dp_map_mem @builds
// Nine banks, two ports: random traffic on every client, images as maps and linear, against nine arrays, with the priorities of port B.
#include UNIT_HEADER
#include "unit.h"

constexpr unsigned GEOMETRY;
// Traffic keeps to the first addresses and to as many from every power of two on: a bit of an address that is lost leads to a wrong word.
constexpr unsigned Place = 16;

namespace {

struct Word {
    uint64_t half[Pi / 8];
};

// A run of words over consecutive banks: each word one further than the one before it, or (linear) only those that wrap to bank 0.
struct Access {
    bool valid;
    unsigned addr, bank, words;
    bool linear;
    unsigned addr_of(unsigned i) const { return addr + (linear ? (bank + i) / 9 : i); }
    unsigned banks() const {
        unsigned set = 0;
        for (unsigned i = 0; valid && i < words; i++) set |= 1u << (bank + i) % 9;
        return set;
    }
};

class Bench {
  public:
    explicit Bench(Trial &t) : trial(t), rng(t.rng), unit(t) {
        for (auto &bank : memory) bank.resize(Depth);
        for (unsigned from = Place; from < Depth; from *= 2) places.push_back(from);
        unit->res_valid_i = unit->mask_valid_i = unit->img_valid_i = unit->wr_valid_i = unit->a_en_i = 0;
        unit.reset();
        for (unsigned from : places)
            for (unsigned addr = from; addr < from + Place; addr++)
                for (unsigned bank = 0; bank < 9; bank++) {
                    write({true, addr, bank, 1, false});
                    memory[bank][addr] = written[0];
                    unit.edge();
                }
    }

    void cycle() {
        Access wr = random_access(trial.sends(), most), res = random_access(trial.sends(), most);
        if (wr.banks() & res.banks()) res.valid = false; // the dispatcher's promise
        if (!mask.valid) mask = random_access(trial.sends(), 9);
        if (!img.valid) {
            img = random_access(trial.sends(), 64 / bytes);
            img.linear = rng.percent(50);
            if (img.linear) img.addr = places[rng.below(static_cast<unsigned>(places.size()))] + rng.below(Place - 1);
            for (Word &w : image) w = random_word();
        }
        write(wr);
        drive(res);
        drive_port_a();
        unit.settle();
        bool mask_ready = (mask.banks() & (wr.banks() | res.banks())) == 0;
        bool img_ready = (img.banks() & (wr.banks() | res.banks() | mask.banks())) == 0;
        CHECK(trial, !mask.valid || unit->mask_ready_o == mask_ready, "mask ready %d", unit->mask_ready_o);
        CHECK(trial, !img.valid || unit->img_ready_o == img_ready, "image ready %d", unit->img_ready_o);
        read(res, expect_b);
        if (mask.valid && mask_ready) read(mask, expect_b);
        commit(wr, img_ready);
        unit.edge();
        check("A", unit->a_rdata_o, expect_a);
        check("B", unit->b_rdata_o, expect_b);
        if (mask_ready) mask.valid = false;
        if (img_ready) img.valid = false;
    }

  private:
    struct Expected {
        bool known;
        Word word;
    };

    Word random_word() {
        Word w;
        for (uint64_t &half : w.half) half = rng.next();
        return w;
    }

    Access random_access(bool valid, unsigned words) {
        unsigned n = 1 + rng.below(words);
        return {valid, places[rng.below(static_cast<unsigned>(places.size()))] + rng.below(Place - n + 1), rng.below(9), n,
                false};
    }

    template <class Port> void set_word(Port &port, unsigned index, const Word &word) {
        for (unsigned h = 0; h < bytes / 8; h++) set_bits(port, (index * bytes + h * 8) * 8, 64, word.half[h]);
    }

    void write(const Access &wr) {
        unit->wr_valid_i = wr.valid;
        unit->wr_addr_i = wr.addr;
        unit->wr_bank_i = wr.bank;
        unit->wr_words_i = wr.words;
        for (unsigned i = 0; i < most; i++) {
            written[i] = random_word();
            set_word(unit->wr_data_i, i, written[i]);
        }
    }

    void drive(const Access &res) {
        unit->res_valid_i = res.valid;
        unit->res_addr_i = res.addr;
        unit->res_bank_i = res.bank;
        unit->res_words_i = res.words;
        unit->mask_valid_i = mask.valid;
        unit->mask_addr_i = mask.addr;
        unit->mask_bank_i = mask.bank;
        unit->mask_words_i = mask.words;
        unit->img_valid_i = img.valid;
        unit->img_addr_i = img.addr;
        unit->img_bank_i = img.bank;
        unit->img_words_i = img.words;
        unit->img_linear_i = img.linear;
        for (unsigned i = 0; i < 64 / bytes; i++) set_word(unit->img_data_i, i, image[i]);
    }

    // Port A: any bank at any address; what is read keeps its place until the bank is read again.
    void drive_port_a() {
        unit->a_en_i = trial.sends() ? rng.below(512) : 0;
        for (unsigned b = 0; b < 9; b++) {
            unsigned addr = random_access(true, 1).addr;
            set_bits(unit->a_addr_i, b * 16, 16, addr);
            if (unit->a_en_i >> b & 1) expect_a[b] = {true, memory[b][addr]};
        }
    }

    void read(const Access &access, Expected *expected) {
        for (unsigned i = 0; access.valid && i < access.words; i++) {
            unsigned bank = (access.bank + i) % 9;
            expected[bank] = {true, memory[bank][access.addr + i]};
        }
    }

    void commit(const Access &wr, bool img_ready) {
        for (unsigned i = 0; wr.valid && i < wr.words; i++) memory[(wr.bank + i) % 9][wr.addr + i] = written[i];
        for (unsigned i = 0; img.valid && img_ready && i < img.words; i++) memory[(img.bank + i) % 9][img.addr_of(i)] = image[i];
    }

    template <class Port> void check(const char *name, const Port &port, const Expected *expected) {
        for (unsigned b = 0; b < 9; b++)
            for (unsigned h = 0; expected[b].known && h < bytes / 8; h++)
                CHECK(trial, get_bits(port, (b * bytes + h * 8) * 8, 64) == expected[b].word.half[h], "port %s bank %u cycle %u",
                      name, b, unit.cycles);
    }

    Trial &trial;
    Rng &rng;
    Unit<TOP> unit;
    static constexpr unsigned bytes = Pi, most = WordsOut;
    std::vector<unsigned> places = {0};
    std::vector<Word> memory[9];
    Word written[8] = {}, image[8] = {};
    Access mask = {}, img = {};
    Expected expect_a[9] = {}, expect_b[9] = {};
};

} // namespace

Test(SUITE, all_clients) {
    for_trials(1, [](Trial &trial) {
        Bench bench(trial);
        for (int i = 0; i < 1500; i++) bench.cycle();
    });
}

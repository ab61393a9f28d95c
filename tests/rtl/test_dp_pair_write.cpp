// verilate: dp_pair_write @builds
// Random results, alone, behind max-pool and in pairs with gaps between the two: what is written, where, and in which cycle.
#include UNIT_HEADER
#include "pkg.h"

constexpr unsigned GEOMETRY;
constexpr bool Pairs = OutLanes > Po; // parallel builds

namespace {

struct Write {
    Token token;
    std::vector<uint8_t> data; // (bytes that count)
};

class Bench {
  public:
    explicit Bench(Trial &t) : trial(t), unit(t) {
        pack(unit->token_i, Token());
        unit->valid_i = unit->pooled_valid_i = 0;
        unit.reset();
    }

    void cycle() {
        Token token = random_token();
        std::vector<uint8_t> data = random_lanes(), pooled = random_lanes();
        bool valid = trial.sends() && !(behind && !token.pair); // nothing stands alone right behind a pair
        // max-pool hands on what it does not pool; what it does comes less often, or later than the row
        bool pooled_valid = token.pair ? valid : !behind && trial.rng.percent(valid ? 80 : 10);
        bool alone = pooled_valid && !token.pair;
        pack(unit->token_i, token);
        unit->valid_i = valid;
        unit->pooled_valid_i = pooled_valid;
        memcpy(&unit->data_i, data.data(), OutLanes);
        memcpy(&unit->pooled_i, pooled.data(), OutLanes);
        unit.settle();
        CHECK(trial, unit->valid_o == (behind || alone), "write %d, want %d", unit->valid_o, behind || alone);
        if (behind) check(both);
        if (alone) check({token, pooled});
        behind = valid && token.pair && token.second;
        unsigned lanes = token.dual ? OutLanes : Po;
        data.resize(lanes);
        if (valid && token.pair && !token.second) first = data;
        if (behind) {
            both = {token, first};
            both.data.insert(both.data.end(), data.begin(), data.end());
        }
        if (valid && token.pair) half = !token.second, dual = token.dual;
        unit.edge();
    }

  private:
    // The second of a pair comes before anything else does.
    Token random_token() {
        Token t;
        t.fields([&](const char *, uint32_t &field, unsigned width) { field = static_cast<uint32_t>(trial.rng.bits(width)); });
        t.pair = Pairs && (half || trial.rng.percent(50));
        t.second = half;
        if (half) t.dual = dual;
        return t;
    }

    std::vector<uint8_t> random_lanes() {
        std::vector<uint8_t> lanes(OutLanes);
        for (uint8_t &byte : lanes) byte = static_cast<uint8_t>(trial.rng.bits(8));
        return lanes;
    }

    void check(const Write &want) {
        const Token &t = want.token;
        CHECK(trial, unit->addr_o == t.dst_addr && unit->bank_o == t.dst_bank && unit->words_o == t.dst_words,
              "%d words at %d in bank %d", unit->words_o, unit->addr_o, unit->bank_o);
        CHECK(trial, unit->conv_o == t.conv && unit->last_slice_o == t.last_slice, "convolution %d, last %d", unit->conv_o,
              unit->last_slice_o);
        CHECK(trial, memcmp(&unit->data_o, want.data.data(), want.data.size()) == 0, "data of a %s differ",
              t.pair ? "pair" : "result");
    }

    Trial &trial;
    Unit<TOP> unit;
    bool half = false, dual = false; // the first of a pair has come
    bool behind = false; // its second, a cycle ago
    std::vector<uint8_t> first;
    Write both;
};

} // namespace

Test(SUITE, results_and_pairs) {
    for_trials(2, [](Trial &trial) {
        Bench bench(trial);
        for (int i = 0; i < 2000; i++) bench.cycle();
    });
}

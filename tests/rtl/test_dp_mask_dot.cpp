// verilate: dp_mask_dot @builds
// Dot products of up to as many words as are multiplied in a cycle, starting in any bank: one in every cycle, or with gaps.
#include UNIT_HEADER
#include "unit.h"

constexpr unsigned GEOMETRY;
constexpr unsigned Latency = 3; // dp_pkg::MaskLatency

namespace {

class Bench {
  public:
    explicit Bench(Trial &t) : trial(t), unit(t, 100000) { unit->valid_i = 0; }

    void multiply(unsigned bank, unsigned words, bool extreme) {
        set_random(unit->data_i, 9 * Pi * 8, trial.rng);
        set_random(unit->weight_i, Words * Pi * 8, trial.rng);
        for (unsigned i = 0; extreme && i < 9 * Pi; i++) {
            set_bits(unit->data_i, i * 8, 8, 0x80);
            if (i < Words * Pi) set_bits(unit->weight_i, i * 8, 8, 0x80);
        }
        int64_t sum = 0;
        for (unsigned i = 0; i < words * Pi; i++)
            sum += get_signed(unit->data_i, ((bank + i / Pi) % 9 * Pi + i % Pi) * 8, 8) * get_signed(unit->weight_i, i * 8, 8);
        unit->bank_i = bank;
        unit->words_i = words;
        cycle(true, sum);
    }

    void cycle(bool valid, int64_t sum) {
        unit->valid_i = valid;
        unit.edge();
        flight.push_back({valid, sum});
        if (flight.size() < Latency) return;
        unit.settle();
        if (flight.front().valid)
            CHECK(trial, static_cast<int32_t>(unit->sum_o) == flight.front().sum, "%d, want %ld",
                  static_cast<int32_t>(unit->sum_o), (long)flight.front().sum);
        flight.pop_front();
    }

  private:
    struct Flight {
        bool valid;
        int64_t sum;
    };
    Trial &trial;
    Unit<TOP> unit;
    std::deque<Flight> flight;
};

} // namespace

Test(SUITE, every_bank_and_length) {
    for_trials(2, [](Trial &trial) {
        Bench bench(trial);
        for (unsigned round = 0; round < 20; round++)
            for (unsigned bank = 0; bank < 9; bank++)
                for (unsigned words = 1; words <= Words; words++) {
                    while (!trial.sends()) bench.cycle(false, 0);
                    bench.multiply(bank, words, round == 0);
                }
        for (unsigned i = 0; i < Latency; i++) bench.cycle(false, 0);
    });
}

// verilate: dp_macs -GPo=4 -GRowBytes=72
// verilate: dp_macs_144=dp_macs -GPo=2 -GRowBytes=144
// verilate: dp_macs_16=dp_macs -GPo=3 -GRowBytes=16 -GSlots=1
// Accumulated dot products with gaps, restarts and the extremes of int8; two sums in a cycle, side by side or one result behind the
// other.
#include "Vdp_macs.h"
#include "Vdp_macs_144.h"
#include "Vdp_macs_16.h"
#include "unit.h"

template <class Top> class Bench {
  public:
    Bench(Trial &t, unsigned lanes, unsigned row_bytes, unsigned slot_count)
        : trial(t), array(t), po(lanes), bytes(row_bytes), slots(slot_count), acc(po), second(po) {
        array->carry_i = 0;
        array->split_i = slots;
    }

    void random_operands() {
        set_random(array->act_i, bytes * 8, trial.rng);
        set_random(array->weight_i, po * bytes * 8, trial.rng);
        for (unsigned b = 0; trial.rng.percent(10) && b < bytes; b++) {
            set_bits(array->act_i, b * 8, 8, 0x80);
            for (unsigned o = 0; o < po; o++)
                set_bits(array->weight_i, (o * bytes + b) * 8, 8, trial.rng.percent(50) ? 0x80 : 0x7f);
        }
    }

    // Slots from `from` to below `to`.
    int32_t dot(unsigned o, unsigned from, unsigned to) {
        uint32_t sum = 0;
        for (unsigned b = from * bytes / slots; b < to * bytes / slots; b++)
            sum +=
                static_cast<uint32_t>(get_signed(array->act_i, b * 8, 8) * get_signed(array->weight_i, (o * bytes + b) * 8, 8));
        return static_cast<int32_t>(sum);
    }

    // One cycle of what is on the ports, or a gap.
    void cycle(bool enable, bool first, bool carry, unsigned split) {
        array->en_i = enable;
        array->first_i = first;
        array->carry_i = carry;
        array->split_i = split;
        for (unsigned o = 0; enable && o < po; o++) {
            acc[o] = (first ? 0 : carry ? second[o] : acc[o]) + dot(o, 0, split);
            second[o] = dot(o, split, slots);
        }
        array.edge();
        for (unsigned o = 0; o < po; o++) {
            CHECK(trial, get_signed(array->acc_o, o * 32, 32) == acc[o], "lane %u cycle %u split %u: %ld, want %d", o,
                  array.cycles, split, (long)get_signed(array->acc_o, o * 32, 32), acc[o]);
            CHECK(trial, get_signed(array->second_o, o * 32, 32) == (slots > 1 ? second[o] : 0),
                  "lane %u cycle %u split %u: second %ld, want %d", o, array.cycles, split,
                  (long)get_signed(array->second_o, o * 32, 32), second[o]);
        }
    }

    void any_order() {
        for (int i = 0; i < 500; i++) {
            random_operands();
            bool first = i == 0 || trial.rng.percent(20), carry = !first && slots > 1 && trial.rng.percent(30);
            unsigned split = slots > 1 && trial.rng.percent(50) ? trial.rng.below(slots + 1) : slots;
            cycle(i == 0 || trial.sends(), first, carry, split);
        }
    }

    // Results of `words` words each follow each other without gaps: each is one filter's dot product with its own operands, whatever
    // slots they took.
    void one_behind_the_other(unsigned words, unsigned results) {
        unsigned word = bytes / slots;
        std::vector<std::vector<int8_t>> filter(po), stream(results + 1);
        for (auto &f : filter)
            for (unsigned b = 0; b < words * word; b++) f.push_back(trial.rng.int8());
        for (auto &s : stream)
            for (unsigned b = 0; b < words * word; b++) s.push_back(trial.rng.int8());
        unsigned done = 0;
        bool carried = false;
        for (unsigned row = 0; done < results; row++) {
            for (unsigned slot = 0; slot < slots; slot++)
                for (unsigned b = 0; b < word; b++) {
                    unsigned at = row * slots + slot;
                    uint8_t value = static_cast<uint8_t>(stream[std::min<size_t>(at / words, results)][at % words * word + b]);
                    set_bits(array->act_i, (slot * word + b) * 8, 8, value);
                    for (unsigned o = 0; o < po; o++)
                        set_bits(array->weight_i, (o * bytes + slot * word + b) * 8, 8,
                                 static_cast<uint8_t>(filter[o][at % words * word + b]));
                }
            while (row > 0 && !trial.sends()) cycle(false, false, false, slots);
            unsigned end = (done + 1) * words - row * slots; // the slot behind the result
            bool crosses = end < slots;
            cycle(true, row * slots == done * words, carried, crosses ? end : slots);
            carried = crosses;
            if (end > slots) continue;
            for (unsigned o = 0; o < po; o++) {
                int32_t want = 0;
                for (unsigned b = 0; b < words * word; b++) want += stream[done][b] * filter[o][b];
                CHECK(trial, get_signed(array->acc_o, o * 32, 32) == want, "result %u of %u words, lane %u: %ld, want %d", done,
                      words, o, (long)get_signed(array->acc_o, o * 32, 32), want);
            }
            done++;
        }
    }

  private:
    Trial &trial;
    Unit<Top> array;
    unsigned po, bytes, slots;
    std::vector<int32_t> acc, second;
};

Test(dp_macs, windows) {
    for_trials(1, [](Trial &trial) {
        Bench<Vdp_macs>(trial, 4, 72, 9).any_order();
        Bench<Vdp_macs_144>(trial, 2, 144, 9).any_order();
    });
}

Test(dp_macs, slices) {
    for_trials(1, [](Trial &trial) { Bench<Vdp_macs_16>(trial, 3, 16, 1).any_order(); });
}

Test(dp_macs, results_without_gaps) {
    for_trials(1, [](Trial &trial) {
        for (unsigned words = 10; words <= 15; words++) {
            Bench<Vdp_macs>(trial, 4, 72, 9).one_behind_the_other(words, 40);
            Bench<Vdp_macs_144>(trial, 2, 144, 9).one_behind_the_other(words, 40);
        }
    });
}

// What the unit tests of the RTL share: a Verilated unit with its clock, seeded random traffic, and ports of any width as bits.
#ifndef DPACS_RTL_UNIT_H
#define DPACS_RTL_UNIT_H

#include <criterion/criterion.h>
#include <verilated.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <deque>
#include <memory>
#include <vector>

// splitmix64: the same sequence on every machine.
class Rng {
  public:
    explicit Rng(uint64_t seed) : state(seed) {}
    uint64_t next() {
        uint64_t z = (state += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    uint64_t bits(unsigned n) { return n == 0 ? 0 : next() >> (64 - n); }
    unsigned below(unsigned n) { return static_cast<unsigned>((next() >> 32) % n); }
    int range(int low, int high) { return low + static_cast<int>(below(static_cast<unsigned>(high - low + 1))); }
    bool percent(unsigned p) { return below(100) < p; }
    int8_t int8() { return static_cast<int8_t>(next() >> 56); }

  private:
    uint64_t state;
};

// One run of a unit: a seed, and in how many of a hundred cycles its producers idle and its consumers stall.
struct Trial {
    Rng rng;
    unsigned idle, stall;
    char name[64];

    Trial(unsigned seed, unsigned idle_percent, unsigned stall_percent) : rng(seed), idle(idle_percent), stall(stall_percent) {
        snprintf(name, sizeof name, "seed %u idle %u%% stall %u%%", seed, idle, stall);
    }
    bool sends() { return !rng.percent(idle); }
    bool takes() { return !rng.percent(stall); }
};

// Ends the test with the trial that replays it. (Criterion reports every passing assertion to its parent; this does not.)
#define CHECK(trial, condition, format, ...)                                                                                     \
    do {                                                                                                                         \
        if (!(condition)) cr_assert_fail("%s: " format, (trial).name, ##__VA_ARGS__);                                            \
    } while (0)

// Idle x backpressure: every combination, each with `seeds` seeds.
template <class Run> void for_trials(unsigned seeds, Run run) {
    for (unsigned idle : {0u, 50u, 90u})
        for (unsigned stall : {0u, 50u, 90u})
            for (unsigned s = 0; s < seeds; s++) {
                Trial trial(1 + s + 1000 * idle + 100000 * stall, idle, stall);
                run(trial);
            }
}

// A unit and its clock. A cycle: set inputs, settle(), look at outputs, edge().
template <class Top> class Unit {
  public:
    explicit Unit(Trial &trial_of_unit, unsigned most_cycles = 100000) : trial(trial_of_unit), budget(most_cycles) {
        context.randReset(2);
        context.randSeed(static_cast<int>(trial.rng.below(1000000)) + 1);
        top.reset(new Top(&context, "unit"));
    }
    ~Unit() { top->final(); }
    Top *operator->() { return top.get(); }
    const Top *operator->() const { return top.get(); }
    Top &operator*() { return *top; }
    void reset() {
        top->rst_ni = 0;
        for (int i = 0; i < 2; i++) edge();
        top->rst_ni = 1;
    }
    void settle() {
        top->clk_i = 0;
        top->eval();
    }
    void edge() {
        settle();
        top->clk_i = 1;
        top->eval();
        CHECK(trial, ++cycles < budget, "no end after %u cycles", budget);
    }
    // A failed assertion of the unit is what the test is after, and no end of the program.
    void expect_stop() { context.fatalOnError(false); }
    bool stopped() { return context.gotFinish() || context.errorCount() > 0; }
    unsigned cycles = 0;

  private:
    Trial &trial;
    unsigned budget;
    VerilatedContext context;
    std::unique_ptr<Top> top;
};

// A producer: once offered, an item stays until it is taken.
template <class T> class Source {
  public:
    std::deque<T> items;
    bool offer(Trial &trial) { return offered = offered || (!items.empty() && trial.sends()); }
    const T &front() const { return items.front(); }
    bool step(bool ready) {
        if (!offered || !ready) return false;
        items.pop_front();
        offered = false;
        return true;
    }

  private:
    bool offered = false;
};

// The promise of a stream: once valid, it stays valid until it is taken.
class Hold {
  public:
    bool step(bool valid, bool ready) {
        bool kept = valid || !open;
        open = valid && !ready;
        return kept;
    }

  private:
    bool open = false;
};

// `width` (at most 64) bits of a port from bit `low` on; every Verilated port is little-endian memory.
template <class Port> uint64_t get_bits(const Port &port, unsigned low, unsigned width) {
    unsigned __int128 window = 0;
    size_t first = low / 8;
    memcpy(&window, reinterpret_cast<const uint8_t *>(&port) + first, std::min(sizeof window, sizeof port - first));
    window >>= low % 8;
    return static_cast<uint64_t>(window) & (width == 64 ? ~uint64_t{0} : (uint64_t{1} << width) - 1);
}

template <class Port> int64_t get_signed(const Port &port, unsigned low, unsigned width) {
    return static_cast<int64_t>(get_bits(port, low, width) << (64 - width)) >> (64 - width);
}

template <class Port> void set_bits(Port &port, unsigned low, unsigned width, uint64_t value) {
    unsigned __int128 window = 0;
    size_t first = low / 8, size = std::min(sizeof window, sizeof port - first);
    memcpy(&window, reinterpret_cast<uint8_t *>(&port) + first, size);
    unsigned __int128 mask = ((static_cast<unsigned __int128>(1) << width) - 1) << (low % 8);
    window = (window & ~mask) | ((static_cast<unsigned __int128>(value) << (low % 8)) & mask);
    memcpy(reinterpret_cast<uint8_t *>(&port) + first, &window, size);
}

template <class Port> void set_random(Port &port, unsigned width, Rng &rng) {
    for (unsigned b = 0; b < width; b += 64) set_bits(port, b, std::min(64u, width - b), rng.next());
}

#endif

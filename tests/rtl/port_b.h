// What results do at port B of the map memory, counted from the cycle in which their tokens are sent: the identity is read with the first of a
// pair or with the result itself, and the write comes four cycles and the array's latency later, that of a pair one more after its second
// (test_dp_datapath).
#ifndef DPACS_RTL_PORT_B_H
#define DPACS_RTL_PORT_B_H

#include "pkg.h"

struct Result {
    bool residual, pair, second;
    unsigned bank, words; // of one output slice, although fewer may lie at the map's end
};

class PortB {
  public:
    explicit PortB(unsigned array_latency) : WriteAfter(4 + array_latency) {}

    // The result has to wait in this cycle: its identity's banks are being written, or a pair will be when it is. (Next to a pair all
    // banks count as taken.)
    bool meets(unsigned cycle, const Result &r) const {
        for (const Write &write : writes) {
            if (!r.pair && write.pair && write.cycle == cycle + WriteAfter) return true;
            bool overlap = r.pair || write.pair || (banks(r.bank, r.words) & write.banks) != 0;
            if (r.residual && !r.second && write.cycle == cycle && overlap) return true;
        }
        return false;
    }

    void send(unsigned cycle, const Result &r) {
        while (!writes.empty() && writes.front().cycle < cycle) writes.pop_front();
        if (r.pair == r.second) writes.push_back({cycle + WriteAfter + r.pair, r.pair, banks(r.bank, r.words)});
    }

  private:
    const unsigned WriteAfter;
    struct Write {
        unsigned cycle;
        bool pair;
        unsigned banks;
    };

    static unsigned banks(unsigned first, unsigned words) {
        unsigned set = 0;
        for (unsigned i = 0; i < words; i++) set |= 1u << (first + i) % 9;
        return set;
    }

    std::deque<Write> writes;
};

#endif

// verilate: dp_dst_place
// verilate: dp_dst_place_late=dp_dst_place -GLatency=4
// Random results of convolutions that mix, in maps and line buffers: where each goes, and exactly when it waits for reads and writes of those
// before it.
#include "Vdp_dst_place.h"
#include "Vdp_dst_place_late.h"
#include "port_b.h"

constexpr unsigned Convs = 3;

// What the dispatcher offers in a cycle.
struct Offer {
    unsigned conv;
    bool last_cycle; // it brings a result
    bool pair, second;
    unsigned y, x, word;
};

template <class Top> class Bench {
  public:
    Bench(Trial &t, unsigned latency) : trial(t), unit(t), port(latency) {
        set_random(unit->cmd_i, 512, trial.rng);
        unit->issue_i = unit->last_cycle_i = 0;
        unit.reset();
    }

    // Convolutions that mix as those of a chain do, or one with max-pool, or a head, which has no results.
    void run(unsigned results, uint32_t flags) {
        for (unsigned k = 0; k < Convs; k++) {
            Command &c = commands[k];
            set_random(c, 512, trial.rng);
            c.flags = flags | (flags == 0 && trial.rng.percent(60) ? Residual : 0);
            c.dst_tw = static_cast<uint8_t>(1 + trial.rng.below(20));
            c.dst_slices = static_cast<uint16_t>(1 + trial.rng.below(30));
            c.dst_ring = static_cast<uint8_t>(flags == 0 ? trial.rng.below(3) : 0);
            words[k] = 1u << trial.rng.below(3);
            pairs[k] = flags == 0 && words[k] <= 4 && trial.rng.percent(50);
        }
        mixed = flags == 0;
        for (unsigned sent = 0; sent < results;) sent += result(random_offer());
        for (int i = 0; i < 12; i++) cycle(nullptr); // the next convolution comes when all is written
    }

    // The next result, with cycles before it that bring none; one of a pair is followed by the other.
    unsigned result(Offer offer) {
        while (!trial.sends()) cycle(nullptr);
        while (!offer.pair && trial.rng.percent(30)) { // each of a pair has one cycle
            offer.last_cycle = false;
            cycle(&offer);
        }
        offer.last_cycle = true;
        while (!cycle(&offer)) waits++;
        if (!offer.pair || offer.second) return 1;
        offer.second = true;
        return 1 + result(offer);
    }

    unsigned waits = 0;

  private:
    Offer random_offer() {
        if (!mixed || trial.rng.percent(10)) conv = trial.rng.below(Convs);
        if (!mixed) conv = 0;
        const Command &c = commands[conv];
        return {conv,
                true,
                pairs[conv] && trial.rng.percent(90),
                false,
                trial.rng.below(60),
                trial.rng.below(3u * c.dst_tw),
                trial.rng.below(c.dst_slices)};
    }

    // Returns whether it was sent.
    bool cycle(const Offer *offer) {
        Offer o = offer != nullptr ? *offer : random_offer();
        const Command &c = commands[o.conv];
        set_command(unit->cmd_i, c);
        unit->last_cycle_i = o.last_cycle;
        unit->pair_i = o.pair;
        unit->second_i = o.second;
        unit->y_i = o.y;
        unit->x_i = o.x;
        unit->word_i = o.word;
        unit->word9_i = o.word % 9;
        unit->words_i = words[o.conv];
        unit->issue_i = 0;
        unit.settle();
        unsigned shift = c.has(MaxPool) ? 1 : 0;
        Place place = place_of(o.y >> shift, o.x >> shift, o.word, c.dst_base, c.dst_tw, c.dst_slices, c.dst_ring);
        CHECK(trial, unit->addr_o == place.addr && unit->bank_o == place.bank, "(%u,%u) word %u: bank %d address %d, want %u %u",
              o.y, o.x, o.word, unit->bank_o, unit->addr_o, place.bank, place.addr);
        Result r = {c.has(Residual), o.pair, o.second, place.bank, words[o.conv]};
        bool waits_now = o.last_cycle && port.meets(unit.cycles, r);
        CHECK(trial, unit->conflict_o == waits_now, "conflict %d: residual %d pair %d bank %u words %u", unit->conflict_o,
              r.residual, r.pair, r.bank, r.words);
        bool sent = offer != nullptr && !waits_now && trial.takes();
        unit->issue_i = sent;
        if (sent && o.last_cycle && !c.has(Head)) port.send(unit.cycles, r);
        unit.edge();
        return sent;
    }

    Trial &trial;
    Unit<Top> unit;
    PortB port;
    Command commands[Convs];
    unsigned words[Convs], conv = 0;
    bool pairs[Convs], mixed = true;
};

template <class Top> static void run(unsigned latency) {
    unsigned waits = 0;
    for_trials(2, [&](Trial &trial) {
        Bench<Top> bench(trial, latency);
        for (int i = 0; i < 10; i++) {
            bench.run(200, 0);
            if (i % 3 == 0) bench.run(50, trial.rng.percent(50) ? Head : MaxPool);
        }
        waits += bench.waits;
    });
    cr_assert_gt(waits, 1000);
}

Test(dp_dst_place, places_and_conflicts) { run<Vdp_dst_place>(1); }
Test(dp_dst_place, of_a_later_array) { run<Vdp_dst_place_late>(4); }

// verilate: dp_patches_8=dp_patches -GPi=8 -GBytes=32
// verilate: dp_patches_8_160=dp_patches -GPi=8 -GBytes=160
// verilate: dp_patches_16=dp_patches -GPi=16 -GBytes=160
// verilate: dp_patches_32=dp_patches -GPi=32 -GBytes=160
// Stems of every kind over images of many sizes, while the image loads and after: every patch against a naive one, on time where it was
// announced, and no word read before it is there.
#include "Vdp_patches_16.h"
#include "Vdp_patches_32.h"
#include "Vdp_patches_8.h"
#include "Vdp_patches_8_160.h"
#include "pkg.h"

constexpr unsigned Depth = 4096; // words of a bank

struct Stem {
    unsigned h, w, channels, kernel, stride, passes;
    unsigned load; // words in a hundred cycles; 0: the image is there
    unsigned out_h() const { return (h + stride - 1) / stride; }
    unsigned out_w() const { return (w + stride - 1) / stride; }
};

template <class Top, unsigned Pi, unsigned Bytes> class Bench {
  public:
    explicit Bench(Trial &t) : trial(t), rng(t.rng), unit(t, 2000000), banks(9 * Depth * Pi) {
        unit->start_i = unit->pop_i = 0;
        unit.reset();
    }

    // Pops in `pops` of ten cycles, or as the trial says. Returns the cycles from the first patch to the last.
    unsigned run(const Stem &s, unsigned pops = 0) {
        start(s);
        unsigned patches = s.passes * s.out_h() * s.out_w(), first_cycle = 0, popped = 0;
        for (; popped < patches; unit.edge()) {
            load(s);
            answer_reads();
            unit.settle(); // loaded_o
            bool due = popped < ripe(4);
            if (due) check_patch(s, popped, unit->patch_o, "current");
            if (popped + 1 < ripe(5)) check_patch(s, popped + 1, unit->next_o, "next");
            unit->pop_i = due && (pops == 0 ? trial.takes() : unit.cycles % 10 < pops);
            unit.settle();
            note_reads();
            note_announced(s);
            if (unit->pop_i && popped++ == 0) first_cycle = unit.cycles;
        }
        CHECK(trial, announced[0] == patches, "%u patches announced of %u", announced[0], patches);
        unsigned taken = unit.cycles - first_cycle;
        unit->pop_i = 0;
        for (int i = 0; i < 20; i++, unit.edge()) {
            unit.settle();
            CHECK(trial, unit->a_en_o == 0 && !unit->loaded_o, "goes on after the last patch");
        }
        return taken;
    }

  private:
    void start(const Stem &s) {
        image.clear();
        for (unsigned i = 0; i < s.h * s.w * s.channels; i++) image.push_back(static_cast<uint8_t>(rng.next() | 1)); // never 0
        for (auto &byte : banks) byte = static_cast<uint8_t>(rng.next());
        base = rng.below(Depth - words_of_image() / 9 - 2);
        words = 0;
        if (s.load == 0)
            while (words < words_of_image()) store_word();
        memset(announced, 0, sizeof announced);
        Command c = {};
        c.op = OpConv;
        c.flags = Patches | (s.kernel == 7 ? Kernel7 : Kernel3) | (s.stride == 2 ? Stride2 : 0u);
        c.cin = static_cast<uint16_t>(s.channels);
        c.src_h = static_cast<uint8_t>(s.h);
        c.src_w = static_cast<uint8_t>(s.w);
        c.dst_h = static_cast<uint8_t>(rng.next()); // may be those of a pooled map
        c.dst_w = static_cast<uint8_t>(rng.next());
        c.src_base = static_cast<uint16_t>(base);
        c.out_slices = static_cast<uint16_t>(s.passes);
        set_command(unit->cmd_i, c);
        unit->image_done_i = 0;
        unit->words_i = 0;
        unit->start_i = 1;
        unit.edge();
        unit->start_i = 0;
    }

    unsigned words_of_image() const { return (static_cast<unsigned>(image.size()) + Pi - 1) / Pi; }
    uint8_t *bank_word(unsigned bank, unsigned addr) { return &banks[(bank * Depth + addr % Depth) * Pi]; }
    void store_word() {
        uint8_t *to = bank_word(words % 9, base + words / 9);
        for (unsigned i = 0; i < Pi && words * Pi + i < image.size(); i++) to[i] = image[words * Pi + i];
        words++;
    }
    void load(const Stem &s) {
        if (words < words_of_image() && rng.percent(s.load)) store_word();
        unit->image_done_i = words == words_of_image() && (s.load == 0 || rng.percent(50)); // a little later
        unit->words_i = unit->image_done_i ? rng.bits(16) : words;
    }

    // A bank answers in the cycle after its read; otherwise others use the port.
    void note_reads() {
        for (unsigned b = 0; b < 9; b++) {
            bool read = unit->a_en_o >> b & 1;
            const uint8_t *from = read ? bank_word(b, static_cast<unsigned>(get_bits(unit->a_addr_o, b * 16, 16))) : nullptr;
            for (unsigned i = 0; i < Pi; i++) rdata[b * Pi + i] = read ? from[i] : static_cast<uint8_t>(rng.next());
        }
    }
    void answer_reads() { memcpy(&unit->a_rdata_i, rdata, sizeof rdata); }

    // announced[i]: how many patches i cycles ago.
    void note_announced(const Stem &s) {
        for (unsigned i = 7; i > 0; i--) announced[i] = announced[i - 1];
        if (!unit->loaded_o) return;
        CHECK(trial, unit->loaded_count_o >= 1 && unit->loaded_count_o <= 16, "%d patches loaded", unit->loaded_count_o);
        announced[0] += unit->loaded_count_o;
        CHECK(trial, announced[0] <= s.passes * s.out_h() * s.out_w(), "%u patches announced", announced[0]);
    }
    // How many patches were announced by the cycle `ago` cycles before this one (which is not yet noted).
    unsigned ripe(unsigned ago) const { return announced[ago - 1]; }

    template <class Port> void check_patch(const Stem &s, unsigned index, const Port &port, const char *which) {
        unsigned at = index % (s.out_h() * s.out_w()), y = at / s.out_w(), x = at % s.out_w();
        uint8_t want[Bytes] = {};
        for (unsigned i = 0; i < s.kernel * s.kernel * s.channels; i++) {
            int iy = static_cast<int>(y * s.stride + i / (s.kernel * s.channels)) - static_cast<int>(s.kernel / 2);
            int ix = static_cast<int>(x * s.stride + i / s.channels % s.kernel) - static_cast<int>(s.kernel / 2);
            if (iy >= 0 && ix >= 0 && iy < static_cast<int>(s.h) && ix < static_cast<int>(s.w))
                want[i] = image[(static_cast<unsigned>(iy) * s.w + static_cast<unsigned>(ix)) * s.channels + i % s.channels];
        }
        const uint8_t *got = reinterpret_cast<const uint8_t *>(&port);
        for (unsigned i = 0; i < Bytes; i++)
            CHECK(trial, got[i] == want[i], "%ux%ux%u K %u stride %u base %u: %s patch %u (%u,%u) byte %u is %u, want %u", s.h,
                  s.w, s.channels, s.kernel, s.stride, base, which, index, y, x, i, got[i], want[i]);
    }

    Trial &trial;
    Rng &rng;
    Unit<Top> unit;
    std::vector<uint8_t> image, banks; // banks: (9, Depth, Pi)
    unsigned base = 0, words = 0;
    unsigned announced[8] = {};
    uint8_t rdata[9 * Pi] = {};
};

// `bytes`: of the largest patch
static Stem random_stem(Rng &rng, unsigned bytes, unsigned most) {
    Stem s = {1 + rng.below(most), 1 + rng.below(most), rng.percent(50) ? 1u : 3u, 3, 1 + rng.below(2), 1 + rng.below(3), 0};
    if (bytes >= 147 && rng.percent(50)) s.kernel = 7;
    if (rng.percent(15)) s.h = 1;
    if (rng.percent(15)) s.w = 1;
    s.load = rng.percent(40) ? 0 : 1 + rng.below(60);
    return s;
}

template <class Top, unsigned Pi, unsigned Bytes> static void random_stems() {
    for_trials(2, [](Trial &trial) {
        if (trial.idle != 0) return; // nothing to send
        Bench<Top, Pi, Bytes> bench(trial);
        for (int i = 0; i < 15; i++) bench.run(random_stem(trial.rng, Bytes, i < 10 ? 20 : 70));
    });
}

Test(dp_patches, random_stems_8) { random_stems<Vdp_patches_8, 8, 32>(); }
Test(dp_patches, random_stems_8_160) { random_stems<Vdp_patches_8_160, 8, 160>(); }
Test(dp_patches, random_stems_16) { random_stems<Vdp_patches_16, 16, 160>(); }
Test(dp_patches, random_stems_32) { random_stems<Vdp_patches_32, 32, 160>(); }

template <class Top, unsigned Pi, unsigned Bytes> static void known_stems(const std::vector<Stem> &stems) {
    for (unsigned stall : {0u, 30u}) {
        Trial trial(1 + stall, 0, stall);
        Bench<Top, Pi, Bytes> bench(trial);
        for (const Stem &s : stems) bench.run(s);
    }
}

Test(dp_patches, known_stems) {
    const std::vector<Stem> small = {
        {28, 28, 1, 3, 1, 2, 0}, {32, 32, 3, 3, 1, 2, 0}, {28, 28, 1, 3, 1, 2, 20}, {32, 32, 3, 3, 1, 2, 40}};
    known_stems<Vdp_patches_8, 8, 32>(small);
    known_stems<Vdp_patches_16, 16, 160>(small);
    known_stems<Vdp_patches_16, 16, 160>({{224, 224, 3, 7, 2, 1, 80}});
    known_stems<Vdp_patches_32, 32, 160>({{224, 224, 3, 7, 2, 1, 30}});
}

Test(dp_patches, largest_images) {
    known_stems<Vdp_patches_16, 16, 160>({{255, 255, 1, 7, 2, 1, 0}, {2, 255, 3, 3, 1, 1, 0}, {255, 3, 3, 7, 1, 1, 0}});
    known_stems<Vdp_patches_32, 32, 160>({{255, 255, 3, 7, 2, 1, 0}});
    // one byte more to the end of the row than the seven bits that count them
    known_stems<Vdp_patches_8, 8, 32>({{3, 127, 1, 3, 1, 1, 0}});
    known_stems<Vdp_patches_16, 16, 160>({{3, 125, 1, 7, 1, 1, 0}, {3, 127, 1, 3, 1, 1, 0}});
}

// Takes `pops` of ten cycles for a patch as long as the groups are full; `percent` is what the rest may add.
template <class Top, unsigned Pi, unsigned Bytes> static void in_time(const Stem &s, unsigned pops, unsigned percent) {
    Trial trial(7, 0, 0);
    Bench<Top, Pi, Bytes> bench(trial);
    unsigned cycles = bench.run(s, pops), patches = s.passes * s.out_h() * s.out_w();
    fprintf(stderr, "%ux%ux%u K %u: %u patches in %u cycles\n", s.h, s.w, s.channels, s.kernel, patches, cycles);
    CHECK(trial, cycles * 100 <= patches * percent, "%u patches take %u cycles", patches, cycles);
}

Test(dp_patches, throughput) {
    in_time<Vdp_patches_16, 16, 160>({224, 224, 3, 7, 2, 1, 0}, 9, 115);
    in_time<Vdp_patches_32, 32, 160>({224, 224, 3, 7, 2, 1, 0}, 9, 115);
    in_time<Vdp_patches_16, 16, 160>({224, 224, 3, 7, 2, 1, 0}, 10, 101);
    in_time<Vdp_patches_16, 16, 160>({32, 32, 3, 3, 1, 4, 0}, 10, 101);
    in_time<Vdp_patches_8, 8, 32>({32, 32, 3, 3, 1, 4, 0}, 10, 101);
    in_time<Vdp_patches_8, 8, 32>({28, 28, 1, 3, 1, 4, 0}, 10, 101);
}

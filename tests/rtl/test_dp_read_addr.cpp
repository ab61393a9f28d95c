// verilate: dp_read_addr
// Enables and addresses of all banks for tokens that read a window or a run of words, of maps and line buffers.
#include "Vdp_read_addr.h"
#include "pkg.h"

struct Map {
    int w, h;
    unsigned tile_width, slices, base, ring;
};

static void drive(Vdp_read_addr &top, const Map &map, const Token &token) {
    pack(top.token_i, token);
    top.base_i = map.base - (map.tile_width + 1) * map.slices;
    top.tw_i = map.tile_width;
    top.slices_i = map.slices;
    top.ring_i = map.ring;
    top.eval();
}

static Map random_map(Rng &rng, bool windows) {
    int w = rng.range(1, 20);
    return {w,
            rng.range(1, 20),
            static_cast<unsigned>(w + 2) / 3,
            1 + rng.below(20),
            rng.below(0x4000),
            windows ? 2 * rng.below(2) : rng.below(3)};
}

Test(dp_read_addr, windows) {
    Trial trial(1, 0, 0);
    Vdp_read_addr top;
    for (int i = 0; i < 3000; i++) {
        Map map = random_map(trial.rng, true);
        int y = trial.rng.range(-1, map.h - 1), x = trial.rng.range(-1, map.w - 1);
        Token token;
        token.window = 1;
        token.mac = trial.sends();
        token.src_y = static_cast<uint32_t>(y + 3);
        token.src_x = static_cast<uint32_t>(x + 3);
        token.slice = trial.rng.below(map.slices);
        token.slice9 = token.slice % 9;
        drive(top, map, token);
        CHECK(trial, top.en_o == (token.mac ? 0x1ff : 0), "enables %x", top.en_o);
        for (int tap = 0; tap < 9; tap++) {
            int ty = y + tap / 3, tx = x + tap % 3;
            if (ty < 0 || tx < 0 || ty >= map.h || tx >= map.w) continue;
            Place want = place_of(static_cast<unsigned>(ty), static_cast<unsigned>(tx), token.slice, map.base, map.tile_width,
                                  map.slices, map.ring);
            CHECK(trial, get_bits(top.addr_o, want.bank * 16, 16) == want.addr, "(%d,%d) tap %d", y, x, tap);
        }
    }
}

Test(dp_read_addr, runs) {
    Trial trial(2, 0, 0);
    Vdp_read_addr top;
    for (int i = 0; i < 3000; i++) {
        Map map = random_map(trial.rng, false);
        unsigned y = trial.rng.below(static_cast<unsigned>(map.h)), x = trial.rng.below(static_cast<unsigned>(map.w));
        Token token;
        token.mac = !trial.rng.percent(10);
        token.src_y = y + 3;
        token.src_x = x + 3;
        token.slice = trial.rng.below(map.slices);
        token.slice9 = token.slice % 9;
        token.words = 1 + trial.rng.below(std::min(9u, map.slices - token.slice));
        drive(top, map, token);
        unsigned enables = 0;
        for (unsigned word = 0; token.mac && word < token.words; word++) {
            Place want = place_of(y, x, token.slice + word, map.base, map.tile_width, map.slices, map.ring);
            if (word == 0) CHECK(trial, top.bank_o == want.bank, "(%u,%u) starts in bank %d", y, x, top.bank_o);
            CHECK(trial, get_bits(top.addr_o, want.bank * 16, 16) == want.addr, "(%u,%u) word %u", y, x, word);
            enables |= 1u << want.bank;
        }
        CHECK(trial, top.en_o == enables, "enables %x, want %x", top.en_o, enables);
    }
}

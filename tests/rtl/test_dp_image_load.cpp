// verilate: dp_image_load -GPi=8
// verilate: dp_image_load_16=dp_image_load -GPi=16
// verilate: dp_image_load_32=dp_image_load -GPi=32
// Images of few and many channels and odd sizes. As a map: every position once, word by word at its place, zero beyond its channels.
// For patches: byte after byte. Rows, or words, are reported when complete.
#include "Vdp_image_load.h"
#include "Vdp_image_load_16.h"
#include "Vdp_image_load_32.h"
#include "pkg.h"

struct Image {
    unsigned w, h, channels, base, slices;
    bool linear;
    std::vector<uint8_t> bytes;
};

static Image random_image(Rng &rng, unsigned pi, unsigned channels, bool linear) {
    Image image = {1 + rng.below(13), 1 + rng.below(7), channels, rng.below(1000), (channels + pi - 1) / pi, linear, {}};
    if (linear) image.slices = rng.below(100); // means nothing
    for (unsigned i = 0; i < image.w * image.h * channels; i++) image.bytes.push_back(static_cast<uint8_t>(rng.next()));
    return image;
}

template <class Top> static void start(Trial &trial, Unit<Top> &unit, const Image &image) {
    Command command = {};
    command.op = OpImage;
    command.flags = image.linear ? Patches : 0;
    command.cin = static_cast<uint16_t>(image.channels);
    command.dst_w = static_cast<uint8_t>(image.w);
    command.dst_h = static_cast<uint8_t>(image.h);
    command.dst_tw = static_cast<uint8_t>((image.w + 2) / 3);
    command.dst_base = static_cast<uint16_t>(image.base);
    command.dst_slices = static_cast<uint16_t>(image.slices);
    set_command(unit->cmd_i, command);
    unit->start_i = 1;
    unit->valid_i = unit->img_ready_i = 0;
    unit.edge();
    unit->start_i = 0;
    set_random(unit->cmd_i, 512, trial.rng); // the port serves other commands from now on
}

// One write: the words of position `position` from `slice` on. Returns how many.
template <class Top>
static unsigned check_write(Trial &trial, Unit<Top> &unit, const Image &im, unsigned pi, unsigned position, unsigned slice) {
    unsigned y = position / im.w, x = position % im.w, words = unit->img_words_o;
    CHECK(trial, y < im.h, "a position beyond the image");
    Place place = place_of(y, x, slice, im.base, (im.w + 2) / 3, im.slices);
    CHECK(trial, unit->img_bank_o == place.bank && unit->img_addr_o == place.addr, "(%u,%u) word %u at bank %d address %d", y, x,
          slice, unit->img_bank_o, unit->img_addr_o);
    CHECK(trial, words >= 1 && words * pi <= 64 && slice + words <= im.slices, "(%u,%u): %u words from %u on", y, x, words,
          slice);
    for (unsigned i = 0; i < words * pi; i++) {
        unsigned c = slice * pi + i, want = c < im.channels ? im.bytes[position * im.channels + c] : 0;
        CHECK(trial, get_bits(unit->img_data_o, i * 8, 8) == want, "%ux%ux%u (%u,%u) channel %u", im.h, im.w, im.channels, y, x,
              c);
    }
    return words;
}

template <class Top> static void load(Trial &trial, Unit<Top> &unit, unsigned pi, const Image &image) {
    Source<unsigned> beats; // index of the beat's first byte
    for (unsigned i = 0; i < image.bytes.size(); i += 64) beats.items.push_back(i);
    start(trial, unit, image);
    Hold hold;
    unsigned position = 0, slice = 0;
    while (position < image.w * image.h) {
        unit->valid_i = beats.offer(trial);
        for (unsigned i = 0; unit->valid_i && i < 64; i++) {
            unsigned at = beats.front() + i;
            set_bits(unit->data_i, i * 8, 8, at < image.bytes.size() ? image.bytes[at] : trial.rng.next() & 0xff);
        }
        unit->img_ready_i = trial.takes();
        unit.settle();
        CHECK(trial, !unit->img_valid_o || !unit->img_linear_o, "a linear write of a map");
        CHECK(trial, hold.step(unit->img_valid_o, unit->img_ready_i), "a write vanished");
        CHECK(trial, unit->rows_done_o == position / image.w, "%d rows done at position %u", unit->rows_done_o, position);
        CHECK(trial, unit->busy_o, "not busy at position %u", position);
        unsigned words = unit->img_valid_o ? check_write(trial, unit, image, pi, position, slice) : 0;
        if (unit->img_ready_i) slice += words;
        if (slice == image.slices) slice = 0, position++;
        beats.step(unit->ready_o);
        unit.edge();
    }
    unit->valid_i = 0;
    unit.settle();
    CHECK(trial, beats.items.empty(), "%zu beats left over", beats.items.size());
    CHECK(trial, !unit->img_valid_o && !unit->busy_o && unit->rows_done_o == image.h, "after the image: %d rows",
          unit->rows_done_o);
}

// Beat after beat, as they come (what lies behind the image, too): word i into bank i % 9 at base + i / 9.
template <class Top> static void load_linear(Trial &trial, Unit<Top> &unit, unsigned pi, const Image &image) {
    Source<std::vector<uint8_t>> beats;
    for (unsigned i = 0; i < image.bytes.size(); i += 64) {
        beats.items.push_back({});
        for (unsigned k = i; k < i + 64; k++)
            beats.items.back().push_back(k < image.bytes.size() ? image.bytes[k] : static_cast<uint8_t>(trial.rng.next()));
    }
    auto want = beats.items;
    start(trial, unit, image);
    Hold hold;
    unsigned words = 64 / pi;
    for (unsigned beat = 0; beat < want.size();) {
        unit->valid_i = beats.offer(trial);
        for (unsigned i = 0; unit->valid_i && i < 64; i++) set_bits(unit->data_i, i * 8, 8, beats.front()[i]);
        unit->img_ready_i = trial.takes();
        unit.settle();
        CHECK(trial, hold.step(unit->img_valid_o, unit->img_ready_i), "a write vanished");
        CHECK(trial, unit->words_done_o == beat * words, "%d words done after %u beats", unit->words_done_o, beat);
        CHECK(trial, unit->busy_o, "not busy at beat %u", beat);
        unsigned first = beat * words;
        if (unit->img_valid_o) {
            CHECK(trial, unit->img_linear_o && unit->img_words_o == words, "%d words, linear %d", unit->img_words_o,
                  unit->img_linear_o);
            CHECK(trial, unit->img_bank_o == first % 9 && unit->img_addr_o == image.base + first / 9,
                  "word %u at bank %d address %d", first, unit->img_bank_o, unit->img_addr_o);
            for (unsigned i = 0; i < 64; i++)
                CHECK(trial, get_bits(unit->img_data_o, i * 8, 8) == want[beat][i], "beat %u byte %u", beat, i);
            beat += unit->img_ready_i;
        }
        beats.step(unit->ready_o);
        unit.edge();
    }
    unit->valid_i = 0;
    unit.settle();
    CHECK(trial, !unit->img_valid_o && !unit->busy_o && unit->words_done_o == want.size() * words, "after the image: %d words",
          unit->words_done_o);
}

template <class Top> static void run(Trial &trial, unsigned pi) {
    Unit<Top> unit(trial);
    unit->start_i = unit->valid_i = unit->img_ready_i = 0;
    unit.reset();
    for (unsigned channels : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u, 16u, 63u, 64u, 65u, 100u, 136u}) {
        load(trial, unit, pi, random_image(trial.rng, pi, channels, false));
        for (int i = 0; i < 3; i++)
            load_linear(trial, unit, pi, random_image(trial.rng, pi, trial.rng.percent(50) ? 1 : 3, true));
    }
}

Test(dp_image_load, all_channel_counts) {
    for_trials(2, [](Trial &trial) { run<Vdp_image_load>(trial, 8); });
}

Test(dp_image_load, wider_words) {
    for_trials(1, [](Trial &trial) {
        run<Vdp_image_load_16>(trial, 16);
        run<Vdp_image_load_32>(trial, 32);
    });
}

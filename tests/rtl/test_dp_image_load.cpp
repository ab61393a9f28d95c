// verilate: dp_image_load -GPi=8
// verilate: dp_image_load_16=dp_image_load -GPi=16
// Images of few and many channels and odd sizes: every position once, word by word at its place, zero beyond its channels; rows
// reported when complete.
#include "Vdp_image_load.h"
#include "Vdp_image_load_16.h"
#include "pkg.h"

struct Image {
    unsigned w, h, channels, base, slices;
    bool columns; // a word holds a pixel between its neighbours
    std::vector<uint8_t> bytes;

    // Byte `i` of the words of (y, x).
    unsigned stored(unsigned y, unsigned x, unsigned i) const {
        unsigned across = columns ? x + i / channels : x + 1, channel = columns ? i % channels : i; // one pixel to the right
        bool there = i < (columns ? 3 * channels : channels) && across >= 1 && across <= w;
        return there ? bytes[(y * w + across - 1) * channels + channel] : 0;
    }
};

static Image random_image(Rng &rng, unsigned pi, unsigned channels, bool columns) {
    Image image = {1 + rng.below(13),
                   1 + rng.below(7),
                   channels,
                   rng.below(1000),
                   (channels * (columns ? 3 : 1) + pi - 1) / pi,
                   columns,
                   {}};
    for (unsigned i = 0; i < image.w * image.h * channels; i++) image.bytes.push_back(static_cast<uint8_t>(rng.next()));
    return image;
}

template <class Top> static void start(Trial &trial, Unit<Top> &unit, const Image &image) {
    Command command = {};
    command.op = OpImage;
    command.flags = image.columns ? Columns : 0;
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
        unsigned c = slice * pi + i, want = im.stored(y, x, c);
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

template <class Top> static void run(Trial &trial, unsigned pi) {
    Unit<Top> unit(trial);
    unit->start_i = unit->valid_i = unit->img_ready_i = 0;
    unit.reset();
    for (unsigned channels : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u, 16u, 63u, 64u, 65u, 100u, 136u})
        load(trial, unit, pi, random_image(trial.rng, pi, channels, false));
    for (unsigned channels = 1; channels <= pi / 3; channels++)
        load(trial, unit, pi, random_image(trial.rng, pi, channels, true));
}

Test(dp_image_load, all_channel_counts) {
    for_trials(2, [](Trial &trial) { run<Vdp_image_load>(trial, 8); });
}

Test(dp_image_load, wider_words) {
    for_trials(1, [](Trial &trial) { run<Vdp_image_load_16>(trial, 16); });
}

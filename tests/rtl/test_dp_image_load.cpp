// verilate: dp_image_load -GPi=8
// verilate: dp_image_load_16=dp_image_load -GPi=16
// Images of 1 to 8 channels and odd sizes: every position once, at its place, zero beyond its channels; rows reported when complete.
#include "Vdp_image_load.h"
#include "Vdp_image_load_16.h"
#include "pkg.h"

template <class Top> static void load(Trial &trial, Unit<Top> &unit, unsigned pi, unsigned channels, unsigned w, unsigned h) {
    Command command = {};
    command.op = OpImage;
    command.cin = static_cast<uint16_t>(channels);
    command.dst_w = static_cast<uint8_t>(w);
    command.dst_h = static_cast<uint8_t>(h);
    command.dst_tw = static_cast<uint8_t>((w + 2) / 3);
    unsigned base = trial.rng.below(1000), written = 0;
    command.dst_base = static_cast<uint16_t>(base);
    std::vector<uint8_t> bytes;
    for (unsigned i = 0; i < w * h * channels; i++) bytes.push_back(static_cast<uint8_t>(trial.rng.next()));
    Source<unsigned> beats; // index of the beat's first byte
    for (unsigned i = 0; i < bytes.size(); i += 64) beats.items.push_back(i);
    set_command(unit->cmd_i, command);
    unit->start_i = 1;
    unit->valid_i = unit->img_ready_i = 0;
    unit.edge();
    unit->start_i = 0;
    set_random(unit->cmd_i, 512, trial.rng); // the port serves other commands from now on
    Hold hold;
    while (written < w * h || !beats.items.empty()) {
        unit->valid_i = beats.offer(trial);
        for (unsigned i = 0; unit->valid_i && i < 64; i++) {
            unsigned at = beats.front() + i;
            set_bits(unit->data_i, i * 8, 8, at < bytes.size() ? bytes[at] : trial.rng.next() & 0xff);
        }
        unit->img_ready_i = trial.takes();
        unit.settle();
        CHECK(trial, hold.step(unit->img_valid_o, unit->img_ready_i), "a write vanished");
        CHECK(trial, unit->rows_done_o == written / w, "%d rows done with %u of %ux%u positions", unit->rows_done_o, written, w, h);
        if (unit->img_valid_o) {
            CHECK(trial, written < w * h, "a position beyond the image");
            unsigned y = written / w, x = written % w;
            Place place = place_of(y, x, 0, base, (w + 2) / 3, 1);
            CHECK(trial, unit->img_bank_o == place.bank && unit->img_addr_o == place.addr, "(%u,%u) at bank %d address %d", y, x,
                  unit->img_bank_o, unit->img_addr_o);
            for (unsigned c = 0; c < pi; c++) {
                unsigned want = c < channels ? bytes[written * channels + c] : 0;
                CHECK(trial, get_bits(unit->img_data_o, c * 8, 8) == want, "channels %u %ux%u (%u,%u) channel %u", channels, w, h, y, x, c);
            }
            written += unit->img_ready_i;
        }
        beats.step(unit->ready_o);
        unit.edge();
    }
    unit->valid_i = 0;
    unit.settle();
    CHECK(trial, !unit->img_valid_o && unit->rows_done_o == h, "after %ux%u: %d rows", w, h, unit->rows_done_o);
}

template <class Top> static void run(Trial &trial, unsigned pi) {
    Unit<Top> unit(trial);
    unit->start_i = unit->valid_i = unit->img_ready_i = 0;
    unit.reset();
    for (unsigned channels = 1; channels <= 8; channels++)
        load(trial, unit, pi, channels, 1 + trial.rng.below(13), 1 + trial.rng.below(9));
}

Test(dp_image_load, all_channel_counts) {
    for_trials(3, [](Trial &trial) { run<Vdp_image_load>(trial, 8); });
}

Test(dp_image_load, wider_words) {
    for_trials(1, [](Trial &trial) { run<Vdp_image_load_16>(trial, 16); });
}

// verilate: dp_weight_ring -GPo=16 -GRowBytes=72 -GRows=16
// Granules of eight lanes into rows, and rows out, against an array of bytes; a row is kept until the next read.
#include "Vdp_weight_ring.h"
#include "unit.h"

constexpr unsigned Po = 16, RowBytes = 72, Rows = 16;

class Bench {
  public:
    explicit Bench(Trial &t) : trial(t), rng(t.rng), ring(t), memory(Rows * Po * RowBytes), want(Po * RowBytes) {
        ring->re_i = 0;
        for (unsigned row = 0; row < Rows; row++)
            for (unsigned lane = 0; lane < Po / 8; lane++)
                for (unsigned granule = 0; granule < RowBytes / 8; granule++) {
                    write(true, row, lane, granule);
                    ring.edge();
                }
    }

    void cycle() {
        bool read = trial.takes();
        unsigned row = rng.below(Rows);
        ring->re_i = read;
        ring->raddr_i = row;
        for (unsigned i = 0; read && i < Po * RowBytes; i++) want[i] = memory[row * Po * RowBytes + i];
        seen = seen || read;
        write(trial.sends(), rng.below(Rows), rng.below(Po / 8), rng.below(RowBytes / 8));
        ring.edge();
        CHECK(trial, !seen || memcmp(&ring->rdata_o, want.data(), want.size()) == 0, "row %u differs", row);
    }

  private:
    void write(bool enable, unsigned row, unsigned lane, unsigned granule) {
        ring->we_i = enable;
        ring->row_i = row;
        ring->lane_i = lane;
        ring->granule_i = granule;
        set_random(ring->data_i, 512, rng);
        for (unsigned i = 0; enable && i < 64; i++)
            memory[(row * Po + lane * 8 + i / 8) * RowBytes + granule * 8 + i % 8] =
                static_cast<uint8_t>(get_bits(ring->data_i, i * 8, 8));
    }

    Trial &trial;
    Rng &rng;
    Unit<Vdp_weight_ring> ring;
    std::vector<uint8_t> memory, want;
    bool seen = false;
};

Test(dp_weight_ring, rows) {
    for_trials(1, [](Trial &trial) {
        Bench bench(trial);
        for (int i = 0; i < 500; i++) bench.cycle();
    });
}

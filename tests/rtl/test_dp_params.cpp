// verilate: dp_params @builds
// Parameters of the slices in flight against arrays: every lane's requantization at once, saliency weights beat by beat.
#include UNIT_HEADER
#include "unit.h"

constexpr unsigned GEOMETRY;
constexpr unsigned WfEntries = ScoreEntries, WfBeats = 8; // saliency weights have fewer entries, in turn

namespace {

struct Beat {
    uint64_t word[8];
};

class Bench {
    static constexpr unsigned Lanes = Po / 8;

  public:
    explicit Bench(Trial &t) : trial(t), rng(t.rng), params(t) {
        params->wf_re_i = params->quant_re_i = 0;
        for (unsigned e = 0; e < Entries; e++)
            for (unsigned lane = 0; lane < Lanes; lane++)
                for (unsigned beat = 0; beat < WfBeats; beat++) {
                    if (beat < 2) write(true, e, lane, beat), params.edge();
                    write(false, e, lane, beat), params.edge();
                }
    }

    void cycle() {
        bool is_quant = rng.percent(50);
        unsigned entry = rng.below(Entries), lane = rng.below(Lanes), beat = rng.below(WfBeats);
        bool reads = first || rng.percent(70);
        first = false;
        params->quant_re_i = reads;
        params->quant_entry_i = entry;
        for (unsigned i = 0; reads && i < Po * 2; i++) want_quant[i] = quant[entry][i / 16][i / 8 % 2].word[i % 8];
        params->wf_re_i = trial.takes();
        params->wf_entry_i = entry % WfEntries;
        params->wf_lane_i = lane;
        params->wf_beat_i = beat;
        if (params->wf_re_i) want = wf[entry % WfEntries][lane][beat], seen = true;
        if (trial.sends())
            write(is_quant, rng.below(Entries), rng.below(Lanes), rng.below(is_quant ? 2 : WfBeats));
        else
            params->quant_we_i = params->wf_we_i = 0;
        params.edge();
        params->quant_we_i = params->wf_we_i = 0;
        for (unsigned i = 0; i < Po * 2; i++) // until the next read
            CHECK(trial, get_bits(params->quant_o, i * 64, 64) == want_quant[i], "entry %u lane %u", entry, i / 2);
        for (unsigned i = 0; seen && i < 8; i++)
            CHECK(trial, get_bits(params->wf_o, i * 64, 64) == want.word[i], "weight beat %u", beat);
    }

  private:
    void write(bool is_quant, unsigned entry, unsigned lane, unsigned beat) {
        Beat data;
        for (unsigned i = 0; i < 8; i++) set_bits(params->data_i, i * 64, 64, data.word[i] = rng.next());
        params->quant_we_i = is_quant;
        params->wf_we_i = !is_quant;
        params->entry_i = entry;
        params->lane_i = lane;
        params->beat_i = beat;
        (is_quant ? quant[entry][lane][beat] : wf[entry % WfEntries][lane][beat]) = data;
    }

    Trial &trial;
    Rng &rng;
    Unit<TOP> params;
    Beat quant[Entries][Lanes][2], wf[WfEntries][Lanes][WfBeats], want = {};
    uint64_t want_quant[Po * 2];
    bool seen = false, first = true;
};

} // namespace

Test(SUITE, entries) {
    for_trials(1, [](Trial &trial) {
        Bench bench(trial);
        for (int i = 0; i < 500; i++) bench.cycle();
    });
}

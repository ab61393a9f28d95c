// verilate: dp_requant @builds
// The arithmetic of docs/numerics.md, lane by lane: floor shifts, clamps and ReLU at their edges, and 56-bit sums.
#include UNIT_HEADER
#include "unit.h"

constexpr unsigned GEOMETRY;

namespace {

struct Lane {
    int32_t acc;
    int16_t mult;
    uint8_t shift;
    int32_t res_mult;
    int64_t bias;
    int8_t id;
};

struct Vector {
    Lane lane[Po];
    bool residual, relu, raw;
    unsigned lanes;
};

static int64_t sum_of(const Lane &l, bool residual) {
    return static_cast<int64_t>(l.acc) * l.mult + l.bias + (residual ? static_cast<int64_t>(l.id) * l.res_mult : 0);
}

// Floor division by a power of two, then the clamp.
static int8_t output_of(const Lane &l, bool residual, bool relu) {
    int64_t sum = sum_of(l, residual), unit = int64_t{1} << l.shift;
    int64_t y = sum >= 0 ? sum / unit : -((-sum + unit - 1) / unit);
    return static_cast<int8_t>(std::min<int64_t>(127, std::max<int64_t>(relu ? 0 : -128, y)));
}

// Values anywhere, at the ends of their ranges, and such that the result lies near a given int8.
static Lane random_lane(Rng &rng) {
    Lane l = {static_cast<int32_t>(rng.bits(32)),
              static_cast<int16_t>(rng.bits(15)),
              static_cast<uint8_t>(rng.bits(5)),
              static_cast<int32_t>(rng.bits(31)),
              static_cast<int64_t>(rng.bits(48)) - (int64_t{1} << 47) + 1,
              rng.int8()};
    switch (rng.below(4)) {
    case 0: // extremes
        l.acc = rng.percent(50) ? INT32_MIN : INT32_MAX;
        l.mult = 32767;
        l.res_mult = INT32_MAX;
        l.id = rng.percent(50) ? -128 : 127;
        l.bias = rng.percent(50) ? (int64_t{1} << 47) - 1 : 1 - (int64_t{1} << 47);
        break;
    case 1: { // around an edge
        static const int edges[] = {-129, -128, -127, -1, 0, 1, 126, 127, 128};
        int64_t target = edges[rng.below(9)] * (int64_t{1} << l.shift) + rng.range(-1, 1);
        l.acc = rng.range(-1000, 1000);
        l.mult = static_cast<int16_t>(rng.below(100));
        l.res_mult = rng.range(0, 1000);
        l.bias = target - static_cast<int64_t>(l.acc) * l.mult;
        if (rng.percent(50)) l.bias -= static_cast<int64_t>(l.id) * l.res_mult;
        break;
    }
    case 2: // the published arithmetic
        l.acc = rng.range(-200000, 200000);
        l.mult = 1;
        l.bias = 0;
        l.shift = 10;
        l.res_mult = 1 << 10;
        break;
    default: break;
    }
    return l;
}

static Vector random_vector(Rng &rng) {
    Vector v;
    for (Lane &l : v.lane) l = random_lane(rng);
    v.residual = rng.percent(50);
    v.relu = rng.percent(50);
    v.raw = rng.percent(50);
    v.lanes = rng.percent(50) ? Po : 1 + rng.below(Po);
    return v;
}

static void drive_scale(TOP &top, const Vector &v, bool enable) {
    top.en_i = enable;
    top.residual_i = v.residual;
    top.lanes_e_i = v.lanes;
    for (unsigned i = 0; i < Po; i++) {
        const Lane &l = v.lane[i];
        set_bits(top.acc_i, i * 32, 32, static_cast<uint32_t>(l.acc));
        set_bits(top.id_i, i * 8, 8, static_cast<uint8_t>(l.id));
        set_bits(top.quant_i, i * 128, 64, static_cast<uint16_t>(l.mult) | uint64_t{l.shift} << 16 | uint64_t(l.res_mult) << 32);
        set_bits(top.quant_i, i * 128 + 64, 64, static_cast<uint64_t>(l.bias));
    }
}

// `raw`: the vector whose sums left last as logits.
static void check(Trial &trial, TOP &top, const Vector &v, const Vector *raw) {
    for (unsigned i = 0; i < Po; i++) {
        const Lane &l = v.lane[i];
        int want = i < v.lanes ? output_of(l, v.residual, v.relu) : 0, got = static_cast<int>(get_signed(top.y_o, i * 8, 8));
        CHECK(trial, got == want, "lane %u acc %d mult %d shift %d bias %ld id %d*%d residual %d relu %d: %d, want %d", i, l.acc,
              l.mult, l.shift, (long)l.bias, l.id, l.res_mult, v.residual, v.relu, got, want);
        uint32_t logit = i < RawLanes ? static_cast<uint32_t>(get_bits(top.raw_o, i * 32, 32)) : 0;
        CHECK(trial,
              raw == nullptr || i >= raw->lanes || i >= RawLanes ||
                  logit == static_cast<uint32_t>(sum_of(raw->lane[i], raw->residual)),
              "lane %u logit %x", i, logit);
        CHECK(trial, get_signed(top.acc_o, i * 32, 32) == (i < v.lanes ? l.acc : 0), "lane %u accumulator", i);
    }
}

} // namespace

// A vector enters when the producer sends, is scaled, a cycle later clamped, and then holds until the next one.
Test(SUITE, every_edge) {
    for_trials(1, [](Trial &trial) {
        Unit<TOP> unit(trial);
        std::deque<Vector> stage_f, done, raw;
        for (int i = 0; i < 16000 / Po; i++) {
            bool send = trial.sends();
            Vector v = random_vector(trial.rng);
            drive_scale(*unit, v, send);
            unit->en_f_i = !stage_f.empty();
            unit->relu_i = stage_f.empty() ? trial.rng.percent(50) : stage_f.front().relu;
            unit->raw_i = stage_f.empty() ? trial.rng.percent(50) : stage_f.front().raw;
            unit->lanes_i = stage_f.empty() ? trial.rng.below(Po) : stage_f.front().lanes;
            unit.edge();
            if (!stage_f.empty()) done.assign(1, stage_f.front());
            if (!stage_f.empty() && stage_f.front().raw) raw.assign(1, stage_f.front());
            stage_f.clear();
            if (send) stage_f.push_back(v);
            if (!done.empty()) check(trial, *unit, done.front(), raw.empty() ? nullptr : &raw.front());
        }
    });
}

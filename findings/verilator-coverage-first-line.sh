#!/bin/sh
# `verilator_coverage --write-info` doubles the count of the first line of each block.
#
# Expected: a block that ran ten times: 10 for each of its lines in the lcov file, as in the .dat
#           file.
# Happens:  20 for its first line, 10 for the others: the point itself and the list of its lines,
#           which begins with the same one, are added up.
# Packages: verilator 5.006-3 (Debian 12).
# Matters:  counts in genhtml's pages; sums and thresholds over lines. Read the .dat file instead: a
#           line a point. (To see it fail: write the block on the line of its `always_ff` alone,
#           which then has one line.)
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
module top (input logic clk, output logic [7:0] x, output logic [7:0] y);
  always_ff @(posedge clk) begin
    x <= x + 8'd1;
    y <= y - 8'd1;
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
    for (int i = 0; i < 20; i++) {
        top.clk = i % 2;
        top.eval();
    }
    context.coveragep()->write("coverage.dat");
}
END
verilator --cc --exe --build --coverage-line -Mdir made top.sv main.cpp >log 2>&1 || { cat log; exit 1; }
made/Vtop
verilator_coverage --write-info coverage.info coverage.dat >/dev/null

see "points and counts in the .dat file" "$(sed -n "s/^C '.*' //p" coverage.dat | xargs)" 10
see "line,count in the lcov file" "$(sed -n 's/^DA://p' coverage.info | xargs)" "2,20 3,10 4,10"
exit $failed

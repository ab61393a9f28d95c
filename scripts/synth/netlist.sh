#!/bin/sh
# Writes the netlist that Yosys makes of a hardware build: netlist.sh FILE NAME=VALUE…, the parameters of dp_top.
# Word level: flat, memories inferred, constants folded, operators still whole (`synth` up to its gates). Called by make.
set -eu
out=$1
shift
parameters=
for each; do parameters="$parameters -set ${each%%=*} ${each#*=}"; done
yosys -QT -p "read_verilog -sv $(tr '\n' ' ' <rtl/files.f); chparam$parameters dp_top; hierarchy -check -top dp_top; \
    synth -flatten -noalumacc -run begin:fine; write_verilog -noattr $out.new" >"$out.log" 2>&1 || { tail -n 20 "$out.log" >&2; exit 1; }
mv "$out.new" "$out"

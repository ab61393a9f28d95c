#!/bin/sh
# Builds one unit test of the RTL: build-unit.sh tests/rtl/test_X.cpp PROGRAM
# The units come from the source's comment lines "// verilate: [NAME=]MODULE [-GP=V]…"; each becomes class VNAME (default VMODULE).
# Modules are looked up in the directories of rtl/files.f, so that only those a unit reads are its dependencies.
# shellcheck disable=SC2086 # lists of options and files are split on purpose
set -eu
source=$1 program=$2 compiler=${CXX:-g++}
include=$(${VERILATOR:-verilator} --getenv VERILATOR_ROOT)/include
mkdir -p build/obj
objects=$(mktemp -d build/obj/unit.XXXXXX)
trap 'rm -rf "$objects"' EXIT
: >"$objects/began"
paths=$(sed 's,/[^/]*$,,' rtl/files.f | sort -u | sed 's/^/-y /')
flags="-std=c++17 -O1 -g -fPIC -w -MMD -MP -isystem $include -isystem $include/vltstd"
root=$PWD

sed -n 's,^// verilate: *,,p' "$source" >"$objects/units"
[ -s "$objects/units" ] || { echo "$source: no line \"// verilate: MODULE\" names a unit" >&2; exit 1; }
while read -r unit parameters; do
    name=${unit%%=*} module=${unit#*=} model=$objects/${unit%%=*}
    file=$(grep "/$module\.sv\$" rtl/files.f) || { echo "$source: no module $module in rtl/files.f" >&2; exit 1; }
    ${VERILATOR:-verilator} --cc rtl/lint.vlt rtl/dp_pkg.sv "$file" $paths --top-module "$module" --prefix "V$name" -Mdir "$model" \
        $parameters -O3 --assert --x-assign unique --x-initial unique +define+DP_PROPERTIES -Wno-fatal
    # In one piece: what takes time is Verilator's headers. From within, so that equal sources are equal commands, wherever the folder is.
    for part in "$model"/*.cpp; do echo "#include \"${part##*/}\""; done >"$model.cpp"
    (cd "$objects" && $compiler $flags -I"$name" -c -o "$name.o" "$name.cpp")
    flags="$flags -I$name"
done <"$objects/units"
(cd "$objects" && $compiler $flags -I"$root/csrc/base" -I"$root/csrc/plan" -I"$root/driver/core" -I"$root/tb/dut" -I"$root/tests/rtl" -c -o test.o "$root/$source")
$compiler -o "$program" "$objects"/*.o build/libverilated.a -lcriterion -lz -lpthread -Wl,--as-needed -latomic

# As old as its beginning: what was edited meanwhile makes it out of date.
touch -r "$objects/began" "$program"

# What it was made from, for make: the RTL that Verilator read and the tests' headers; rules without a recipe for files that go away.
# shellcheck disable=SC1003  # a backslash
files=$(cat "$objects"/*/V*__ver.d "$objects/test.d" | tr -s ' \\' '[\n*]' | sed -E "s,^($root|[.][.]/[.][.]/[.][.])/,," | grep -E '^(rtl|csrc|driver|tb|tests)/.*\.(sv|svh|vlt|h)$' | sort -u)
{
    echo "$program:" $files
    printf '%s:\n' $files
} >"$program.d"

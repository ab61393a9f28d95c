#!/bin/sh
# Builds one unit test of the RTL: build-unit.sh tests/rtl/test_X.cpp PROGRAM
# The units come from the source's comment lines "// verilate: [NAME=]MODULE [-GP=V]…"; each becomes class VNAME (default VMODULE).
# Modules are looked up in the directories of rtl/files.f, so that only those a unit reads are its dependencies.
set -eu
source=$1 program=$2
include=$(${VERILATOR:-verilator} --getenv VERILATOR_ROOT)/include
objects=build/obj/units/$(basename "$program")
paths=$(sed 's,[^/]*$,,' rtl/files.f | sort -u | sed 's/^/-y /')
rm -rf "$objects" && mkdir -p "$objects"
flags="-std=c++17 -O1 -g -fPIC -w -MMD -MP -Icsrc -Itb -Itests -I$objects -isystem $include -isystem $include/vltstd"

sed -n 's,^// verilate: *,,p' "$source" >"$objects/units"
[ -s "$objects/units" ] || { echo "$source: no line \"// verilate: MODULE\" names a unit" >&2; exit 1; }
while read -r unit parameters; do
    name=${unit%%=*} module=${unit#*=}
    file=$(grep "/$module\.sv\$" rtl/files.f) || { echo "$source: no module $module in rtl/files.f" >&2; exit 1; }
    # shellcheck disable=SC2086 # lists of options
    ${VERILATOR:-verilator} --cc rtl/lint.vlt rtl/dp_pkg.sv "$file" $paths --top-module "$module" --prefix "V$name" -Mdir "$objects" \
        $parameters -O3 --assert --x-assign unique --x-initial unique -Wno-fatal
done <"$objects/units"

for file in "$objects"/*.cpp "$source"; do
    # shellcheck disable=SC2086
    g++ $flags -c -o "$objects/$(basename "$file" .cpp).o" "$file"
done
# C helpers of the tests and the benches come from the libraries.
g++ -o "$program" "$objects"/*.o build/libtests.a build/libtb.a build/libdpacs.a build/libverilated.a \
    -lcriterion -ljansson -lz -lm -ldl -lpthread

# What it was made from, for make: the RTL that Verilator read, and the headers outside of build/.
{
    printf '%s:' "$program"
    cat "$objects"/V*__ver.d "$objects/$(basename "$source" .cpp).d" | tr ' \\' '\n\n' |
        grep -E '^(rtl|csrc|tb|tests)/.*\.(sv|vlt|h)$' | sort -u | tr '\n' ' '
    echo
} >"$program.d"

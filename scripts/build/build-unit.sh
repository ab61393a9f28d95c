#!/bin/sh
# Builds one unit test of the RTL: build-unit.sh tests/rtl/test_X.cpp PROGRAM
# The units come from the source's comment lines "// verilate: [NAME=]MODULE [-GP=V]…"; each becomes class VNAME (default VMODULE).
# "// verilate: MODULE @builds" stands for all sizes that the hardware builds have of it (build/units.txt), and the source is compiled once for
# each of them: with UNIT_HEADER, TOP (the class), SUITE (MODULE_V…, unlike in each) and GEOMETRY (P = V, …).
# Modules are looked up in the directories of rtl/files.f, so that only those a unit reads are its dependencies.
# PROGRAM.met gets what it was built for: a line a unit and size.
# shellcheck disable=SC2086 # lists of options and files are split on purpose
set -eu
source=$1 program=$2 compiler=${CXX:-g++}
mkdir -p build/obj
objects=$(mktemp -d build/obj/unit.XXXXXX)
trap 'rm -rf "$objects"' EXIT
: >"$objects/began"
root=$PWD
paths=$(sed 's,/[^/]*$,,' rtl/files.f | sort -u | sed 's/^/-y /')
# The headers that all have in common are compiled before (dut.mk).
flags="-include $root/build/obj/unit/unit.h $(cat build/obj/unit/flags)"

sed -n 's,^// verilate: *,,p' "$source" >"$objects/lines"
[ -s "$objects/lines" ] || { echo "$source: no line \"// verilate: MODULE\" names a unit" >&2; exit 1; }
# NAME MODULE P=V…
while read -r unit parameters; do
    if [ "$parameters" = @builds ]; then
        grep "^$unit " build/units.txt | sed 's/ *|.*//' | while read -r module values; do
            echo "$(echo "$module $values" | sed -E 's/[^ =]*=//g; s/ /_/g') $module $values"
        done >"$objects/sizes"
        [ -s "$objects/sizes" ] || { echo "$source: all builds have one size of $unit, or none: @builds names no other" >&2; exit 1; }
        sed 's/$/ @/' "$objects/sizes"
    else
        echo "${unit%%=*} ${unit#*=} $(echo " $parameters" | sed 's/ -G/ /g')"
    fi
done <"$objects/lines" >"$objects/units"
cut -d' ' -f2- "$objects/units" | tr -d @ | tr -s ' ' >"$objects/met"

each=
while read -r name module parameters; do
    model=$objects/$name
    case $parameters in *@) every_size=1 ;; *) every_size= ;; esac
    file=$(grep "/$module\.sv\$" rtl/files.f) || { echo "$source: no module $module in rtl/files.f" >&2; exit 1; }
    parameters=${parameters%@}
    options=$(echo " $parameters" | sed 's/ \([A-Z]\)/ -G\1/g')
    ${VERILATOR:-verilator} --cc rtl/lint.vlt rtl/dp_pkg.sv "$file" $paths --top-module "$module" --prefix "V$name" -Mdir "$model" \
        $options -O3 --assert --x-assign unique --x-initial unique +define+DP_PROPERTIES -Wno-fatal
    # In one piece: what takes time is headers. From within, so that equal sources are equal commands, wherever the folder is.
    for part in "$model"/*.cpp; do echo "#include \"${part##*/}\""; done >"$model.cpp"
    (cd "$objects" && $compiler $flags -I"$name" -c -o "$name.o" "$name.cpp")
    if [ -n "$every_size" ]; then
        each=1
        geometry=$(echo $parameters | sed 's/=/ = /g; s/ \([A-Z]\)/, \1/g')
        (cd "$objects" && $compiler $flags -I"$name" -I"$root/csrc/base" -I"$root/csrc/plan" -I"$root/driver/core" -I"$root/tb/dut" -I"$root/tests/rtl" \
            "-DUNIT_HEADER=\"V$name.h\"" "-DTOP=V$name" "-DSUITE=$name" "-DGEOMETRY=$geometry" -c -o "test.$name.o" "$root/$source")
    else
        flags="$flags -I$name"
    fi
done <"$objects/units"
[ -n "$each" ] || (cd "$objects" && $compiler $flags -I"$root/csrc/base" -I"$root/csrc/plan" -I"$root/driver/core" -I"$root/tb/dut" -I"$root/tests/rtl" \
    -c -o test.o "$root/$source")
$compiler -o "$program" "$objects"/*.o build/libverilated.a -lcriterion -lz -lpthread -Wl,--as-needed -latomic

# As old as its beginning: what was edited meanwhile makes it out of date.
touch -r "$objects/began" "$program"
mv "$objects/met" "$program.met"

# What it was made from, for make: the RTL that Verilator read and the tests' headers; rules without a recipe for files that go away.
# shellcheck disable=SC1003  # a backslash
files=$(cat "$objects"/*/V*__ver.d "$objects"/test*.d | tr -s ' \\' '[\n*]' | sed -E "s,^($root|[.][.]/[.][.]/[.][.])/,," | grep -E '^(rtl|csrc|driver|tb|tests)/.*\.(sv|svh|vlt|h)$' | sort -u)
{
    echo "$program:" $files
    printf '%s:\n' $files
} >"$program.d"

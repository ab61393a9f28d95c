#!/bin/sh
# Makes docs/figures/debug-*.png: GTKWave, without a display, on a healthy convolution and on a failure: screenshot-waves.sh [DIRECTORY]
# The failure comes from a copy of the tree, in build/wrong, in which one line of the RTL is wrong: the residual is not added.
set -eu
cd "$(dirname "$0")/../.."
out=${1:-docs/figures} wrong=build/wrong
scripts/build/install-deps.sh build shots
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# FST SAVEFILE PNG
shoot() {
    sed 's/^\[size\].*/[size] 1600 1360/' "$2" >"$work/shot.gtkw"
    echo "exec touch $work/loaded" >"$work/loaded.tcl"
    rm -f "$work/loaded"
    fst=$(basename "$1")
    ln -sf "$PWD/$1" "$work/$fst"
    # shellcheck disable=SC2016 # for the inner shell
    (cd "$work" && HOME=$work xvfb-run -a -s "-screen 0 1600x1360x24" sh -c 'gtkwave -S loaded.tcl "$0" shot.gtkw >log 2>&1 & pid=$!
        n=0; while [ ! -e loaded ] && [ $n -lt 60 ]; do sleep 0.5; n=$((n + 1)); done
        sleep 2; import -window root -colors 48 -strip png8:shot.png; kill $pid' "$fst")
    [ -s "$work/shot.png" ] || { cat "$work/log" >&2; exit 1; }
    mv "$work/shot.png" "$3"
    echo "$3"
}

make build/dpacs build/dut/serial-small.so build/dut/serial-small.trace.so
mkdir -p "$out"
env -u DISPLAY -u WAYLAND_DISPLAY scripts/waves/waves.sh run models/fmnist-s50c50.dpm serial b2.conv1 >/dev/null
shoot build/waves/fmnist-s50c50-serial-small-img0.fst build/waves/views/overview.gtkw "$out/debug-overview.png"

rm -rf $wrong
mkdir -p $wrong
git ls-files -z | xargs -0 cp --parents -t $wrong
sed -i "s/ + 56'(id) \* 56'(res_mult);/;/" $wrong/rtl/post/dp_requant.sv
cmp -s rtl/post/dp_requant.sv $wrong/rtl/post/dp_requant.sv && { echo "screenshot-waves.sh: the line to break is not in dp_requant.sv" >&2; exit 1; }
make -C $wrong build/dpacs build/dut/serial-small.so build/dut/serial-small.trace.so
(cd $wrong && build/dpacs sim --count 1) || [ $? = 1 ]
shoot $wrong/build/failures/last/wave.fst $wrong/build/failures/last/wave.gtkw "$out/debug-failure.png"
rm -rf $wrong

#!/bin/sh
# Opens GTKWave: waves.sh failure DIR                  on a failure bundle
#                waves.sh run MODEL ARCH [LAYER]       on a run of one image, zoomed to a convolution (b2.conv1) if one is named
# VIEW names the view of a run (overview), or the one that is open on a failure (that of what is wrong). Without a display it prints the command. Exit code 2: bad usage or input.
set -eu
here=$(dirname "$0") dpacs=${DPACS:-build/dpacs}
fail() { echo "waves: $*" >&2; exit 2; }

views=$(for view in "$here"/../../waves/*.view; do basename "$view" .view; done | grep -vx failure | paste -sd' ')
case " ${VIEW:+$views} " in
"  " | *" ${VIEW:-} "*) ;;
*) fail "VIEW=$VIEW: no such view ($views)" ;;
esac

case ${1:-} in
failure)
    dir=${2%/}
    [ -f "$dir/failure.json" ] || fail "$dir: no failure bundle (there is no failure.json in it)"
    fst=$dir/wave.fst save=$dir/wave.gtkw
    [ -f "$fst" ] || fail "$fst: no such file; this failure has no waveform"
    if [ -n "${VIEW:-}" ]; then
        mkdir -p build/waves
        save=build/waves/failure-$VIEW.gtkw
        "$here/gtkw.py" --fst "$fst" --failure "$dir/failure.json" --view "$VIEW" -o "$save"
    fi
    [ -f "$save" ] || "$here/gtkw.py" --fst "$fst" --failure "$dir/failure.json" -o "$save"
    echo "failure: $dir"
    ;;
run)
    model=$2 arch=$3 layer=${4:-} view=${VIEW:-overview}
    timeline=build/waves/timeline.json
    mkdir -p build/waves
    code=0
    out=$("$dpacs" sim "$model" --arch "$arch" --count 1 --wave all --no-baseline --timeline "$timeline" 2>&1) || code=$?
    fst=$(printf '%s\n' "$out" | sed -n 's/^wave: //p')
    [ -f "$fst" ] || { printf '%s\n' "$out" >&2; exit $code; }
    [ $code = 0 ] || { printf '%s\n' "$out"; echo "waves: the run failed: its waveform shows why" >&2; }
    set -- --fst "$fst" --model "$model" -o build/waves/views
    [ -z "$layer" ] || set -- "$@" --layer "$layer" "$timeline"
    rm -rf build/waves/views
    "$here/gtkw.py" "$@"
    save=build/waves/views/$view.gtkw
    ;;
*) fail "usage: waves.sh failure DIR | run MODEL ARCH [LAYER]" ;;
esac

if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    exec gtkwave "$fst" "$save"
fi
echo "No display. Open it with: gtkwave $fst $save"

#!/bin/sh
# Runs one image with a waveform and opens it in GTKWave: waves.sh MODEL parallel|serial
set -eu
build/dpacs sim "$1" --arch "$2" --count 1 --wave all --no-baseline || echo "the run failed: its waveform shows why" >&2
# shellcheck disable=SC2012 # names that dpacs made
wave=$(ls -t build/waves/*.fst | head -n 1)
view=
[ -e "waves/$2.gtkw" ] && view=waves/$2.gtkw
if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    # shellcheck disable=SC2086
    exec gtkwave "$wave" $view
fi
echo "No display. Open it with: gtkwave $wave $view"

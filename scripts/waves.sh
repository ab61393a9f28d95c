#!/bin/sh
# Runs one image with a waveform and opens it in GTKWave: waves.sh MODEL parallel|serial
set -eu
build/dpacs sim "$1" --arch "$2" --count 1 --wave all --no-baseline || echo "the run failed: its waveform shows why" >&2
# shellcheck disable=SC2012 # names that dpacs made
wave=$(ls -t build/waves/*.fst | head -n 1)
view=waves/overview.gtkw
# GTKWave drops what a view names and a trace lacks without a word.
fst2vcd "$wave" 2>/dev/null | awk '/^\$scope/ {d[++n] = $3} /^\$upscope/ {n--} /^\$enddefinitions/ {exit}
    /^\$var/ {p = ""; for (i = 1; i <= n; i++) p = p d[i] "."; print p $5 ($6 == "$end" ? "" : $6)}' | sort -u >build/waves/signals
missing=$(grep '^dp_top' "$view" | sort -u | comm -23 - build/waves/signals)
[ -z "$missing" ] || { printf '%s names signals that %s lacks:\n%s\n' "$view" "$wave" "$missing" >&2; exit 1; }
if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    exec gtkwave "$wave" "$view"
fi
echo "No display. Open it with: gtkwave $wave $view"

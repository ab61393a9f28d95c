#!/bin/sh
# Does GTKWave show all that the views ask for, by name, and decode it? Without a display:
#     check-waves.sh FST [VIEWS [RTL]]       makes all views and one of a failure for this dump, and loads each
#     check-waves.sh --loaded FST SAVEFILE   loads this one
# Exit code: 0 all there, 1 something is missing or not decoded, 2 a view names what the dump or the RTL lacks (scripts/waves/gtkw.py).
set -eu
here=$(dirname "$0")
work=$(mktemp -d)
# A display that nobody sees; X chooses a free number, so that several checks run at once.
Xvfb -displayfd 1 -screen 0 1600x1000x24 -nolisten tcp >"$work/display" 2>"$work/xvfb" &
xvfb=$!
trap 'kill $xvfb || :; rm -rf "$work"' EXIT
n=0
while [ ! -s "$work/display" ]; do
    n=$((n + 1))
    if [ $n = 300 ] || ! kill -0 $xvfb; then
        cat "$work/xvfb"
        exit 1
    fi
    sleep 0.1
done
DISPLAY=:$(cat "$work/display")
export DISPLAY HOME="$work" # with nobody's settings

# What GTKWave has after loading: one line a signal, "flags label = value at the middle of the dump".
cat >"$work/list.tcl" <<'END'
gtkwave::setMarker [expr {([gtkwave::getMinTime] + [gtkwave::getMaxTime]) / 2}]
for {set i 0} {$i < [gtkwave::getTotalNumTraces]} {incr i} {
    puts [format "TRACE %x %s = %s" [gtkwave::getTraceFlagsFromIndex $i] [gtkwave::getTraceNameFromIndex $i] \
        [gtkwave::getTraceValueAtMarkerFromIndex $i]]
}
flush stdout
gtkwave::/File/Quit
END

# Compares what a save file names with what GTKWave made of it.
loaded() {
    fst=$1 save=$2
    timeout 120 gtkwave -S "$work/list.tcl" "$fst" "$save" >"$work/log" 2>&1 || {
        cat "$work/log"
        return 1
    }
    sed -n 's/^[+#]{\([^}]*\)} .*/\1/p' "$save" >"$work/wanted"
    # 1e00000: beginnings and ends of groups, 20000: rows below an analog trace, 200: text
    sed -n 's/^TRACE //p' "$work/log" | grep -vE '^(200|c00200|800200|1000200|1401200|20000) ' >"$work/there" || :
    sed 's/^[^ ]* \(.*\) = .*/\1/' "$work/there" >"$work/names"
    if ! diff "$work/wanted" "$work/names" >"$work/diff"; then
        echo "$save: GTKWave does not show (<), or shows besides (>):"
        grep '^[<>]' "$work/diff"
        return 1
    fi
    # A signal with a translate file shows a name of it (within closed groups GTKWave has no values).
    sed -n 's/^^[0-9]* //p' "$save" | sort -u | (cd "$(dirname "$save")" && xargs -r cat) | cut -d' ' -f2- | sort -u >"$work/values"
    if sed -n 's/^2022 .* = \(.\)/\1/p' "$work/there" | sort -u | grep -vxF -f "$work/values" >"$work/raw"; then
        echo "$save: not decoded:"
        grep -F -f "$work/raw" "$work/there" | grep '^2022 '
        return 1
    fi
    echo "  ok    $(basename "$save"): $(wc -l <"$work/wanted") signals, $(grep -c '^2022 .* = .' "$work/there") of them decoded"
}

if [ "${1:-}" = --loaded ]; then
    loaded "$2" "$3"
    exit
fi
fst=$1 views=${2:-$here/../../waves} rtl=${3:-$here/../../rtl}
# the last time stands at byte 17 of an FST file; a cycle is 10
last=$(od -An -t u8 --endian=big -j 17 -N 8 "$fst")
printf '{"cycle": %d, "record": "mask", "channel": 1, "slice": 0, "run": {"model": ""}}\n' $((last / 20)) >"$work/failure.json"
"$here/gtkw.py" --fst "$fst" --views "$views" --rtl "$rtl" -o "$work/views"
"$here/gtkw.py" --fst "$fst" --views "$views" --rtl "$rtl" --failure "$work/failure.json" -o "$work/views/failure.gtkw"
failed=0
for view in "$views"/*.view; do
    save=$work/views/$(basename "$view" .view).gtkw
    loaded "$fst" "$save" || failed=1
    groups=$(grep -c '^group ' "$view")
    if [ "$(grep -cE '^@(c00200|800200)$' "$save")" -lt "$groups" ]; then
        echo "$view: some of its $groups groups are not in this hardware build"
        failed=1
    fi
done
exit $failed

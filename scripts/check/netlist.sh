#!/bin/bash
# The netlists that Yosys makes of serial-small and parallel-small, in place of the RTL: the first COUNT test images of every trained
# network, every tile compared with golden; and the cycles of every layer are those of the RTL. Exit code 0 or 1.
set -u
count=${COUNT:-2}
out=build/netlist
mkdir -p "$out"
status=0
printf '%-16s %-22s %8s %10s %10s\n' network build images tiles cycles
for model in models/*.dpm; do
    for build in serial-small parallel-small; do
        name=$(basename "$model" .dpm)
        for which in $build $build.netlist; do
            build/dpacs sim "$model" --build "$which" --count "$count" --no-baseline --wave off --no-snapshots \
                --json "$out/$name-$which.json" >"$out/$name-$which.log" 2>&1 ||
                { cat "$out/$name-$which.log"; echo "make netlist: $name on $which failed" >&2; status=1; continue 2; }
        done
        same=$(jq -s '(.[0].cycles == .[1].cycles) and (.[0].tiles_checked == .[1].tiles_checked) and
            ([.[0].layers[].cycles] == [.[1].layers[].cycles])' "$out/$name-$build.json" "$out/$name-$build.netlist.json")
        jq -r --arg name "$name" --arg build "$build.netlist" '[$name, $build, .images, .tiles_checked, .cycles] | @tsv' \
            "$out/$name-$build.netlist.json" | xargs printf '%-16s %-22s %8d %10d %10d\n'
        [ "$same" = true ] || { echo "make netlist: $name: other cycles or tiles than the RTL of $build" >&2; status=1; }
    done
done
exit $status

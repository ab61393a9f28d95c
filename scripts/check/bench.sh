#!/bin/bash
# Measures what docs/results.md states: cycles against the limit, speed of the simulation, speed of the golden reference.
#     [RUNS=3] bench.sh
# Generated networks get another seed (weights and masks) in every run; the table holds medians. Times are wall clock on one core:
# a busy machine shows. Every run checks every tile; one that fails ends the script.
set -eu
runs=${RUNS:-3}
out=build/bench
rm -rf "$out" && mkdir -p "$out"

median() { sort -g | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }

sim() { # JSON MODEL BUILD COUNT [option…]
    local json=$1 model=$2 build=$3 count=$4
    shift 4
    build/dpacs sim "$model" --build "$build" --count "$count" --no-baseline --wave off --json "$json" "$@" >"$json.log" 2>&1 ||
        { cat "$json.log"; echo "bench: $model on $build failed" >&2; exit 1; }
}

row() { # LABEL BUILD JSON…: medians of cycles, limit, their ratio, MACs, simulated MACs and cycles a second
    local label=$1 build=$2 f
    shift 2
    for f in '.cycles / .images' '.limit_cycles / .images' '.cycles / .limit_cycles' '.macs / .images / 1e6' \
        '.macs / .sim_seconds / 1e6' '.cycles / .sim_seconds / 1e3'; do
        jq -r "$f" "$@" | median
    done | xargs printf "%-28s %-16s %10.0f %10.0f %7.3f %9.1f %9.0f %7.0f\n" "$label" "$build"
}

header() { printf '%-28s %-16s %10s %10s %7s %9s %9s %7s\n' network build cycles limit ratio MMAC MMAC/s kHz; }

generated() { # LABEL NET BUILD KEEP COUNT
    local i
    for i in $(seq "$runs"); do
        build/dpacs gen "$2" --keep-spatial "$4" --keep-channel "$4" --seed "$i" -o "$out/net.dpm" >/dev/null
        sim "$out/$i.json" "$out/net.dpm" "$3" "$5" --images random --seed "$i"
    done
    row "$1" "$3" "$out"/[0-9]*.json
}

echo "Per image, every tile compared; MMAC/s and kHz are the simulation's, golden reference and checks included. Medians of $runs runs."
header
for arch in parallel serial; do
    for i in $(seq "$runs"); do sim "$out/$i.json" models/fmnist-s50c50.dpm $arch-small 20; done
    row "fmnist-s50c50" $arch-small "$out"/[0-9]*.json
    cp "$out/1.json" "$out/pruned-$arch"
    for i in $(seq "$runs"); do sim "$out/$i.json" models/fmnist-s50c50.dpm $arch-small 20 --dense; done
    row "fmnist-s50c50 --dense" $arch-small-dense "$out"/[0-9]*.json
    cp "$out/1.json" "$out/dense-$arch"
done
for net in block:56x56x64 block:14x14x256; do
    for build in parallel-ref serial-ref; do
        for keep in 1 0.5 0.25; do generated "$net keep $keep" $net $build $keep 4; done
    done
done

echo
echo "s50-c50 against the dense baseline, first 20 test images:"
for arch in parallel serial; do
    jq -rn --slurpfile p "$out/pruned-$arch" --slurpfile d "$out/dense-$arch" --arg arch $arch '
        ($d[0].cycles / $p[0].cycles) as $found | ($d[0].limit_cycles / $p[0].limit_cycles) as $limit
        | "\($arch): \($found * 1000 | round / 1000) times fewer cycles, the limits say \($limit * 1000 | round / 1000): \((($found / $limit - 1) * 1000 | round) / 10) %"'
done

echo
build/dpacs gen resnet18 -o "$out/resnet18.dpm" >/dev/null
TIMEFORMAT='%R %U'
for i in $(seq "$runs"); do { time build/dpacs ref "$out/resnet18.dpm" --images random --count 1 >/dev/null; } 2>>"$out/times"; done
echo "golden reference, dense ResNet-18 at 224x224, loading included: $(cut -d' ' -f1 "$out/times" | median) s"

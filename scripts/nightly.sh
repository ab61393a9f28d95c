#!/bin/sh
# A longer comparison: every trained network, both variations, with and without assertions, without and with stalls, several seeds.
#     [COUNT=images] nightly.sh [SEED…]
# Each run checks every tile against the golden reference; a table and the number of failures end it.
set -u
count=${COUNT:-20}
[ $# -gt 0 ] || set -- 1 2 3
out=build/nightly
rm -rf "$out" && mkdir -p "$out"
failed=0 runs=0 first=0

run() { # MODEL BUILD SEED STALL
    runs=$((runs + 1))
    name=$(basename "$1" .dpm)-$2-seed$3-stall$4
    if build/dpacs sim "$1" --build "$2" --first "$first" --count "$count" --seed "$3" --stall "$4" --no-baseline \
        --json "$out/$name.json" >"$out/$name.log" 2>&1; then
        result=$(jq -r '"\(.tiles_checked) tiles equal, \(.correct)/\(.images) correct, \(.cycles) cycles"' "$out/$name.json")
    else
        result="FAILED with status $?, see $out/$name.log"
        failed=$((failed + 1))
    fi
    printf '%-48s images %d-%d: %s\n' "$name" "$first" $((first + count - 1)) "$result"
}

for seed; do
    for model in models/*.dpm; do
        for arch in parallel serial; do
            run "$model" $arch-small "$seed" 0
            run "$model" $arch-small "$seed" 30
            run "$model" $arch-small.check "$seed" 10
        done
        # The next network sees other images.
        first=$(((first + count) % (10000 - count)))
    done
done

echo "$runs runs, $failed failed"
[ "$failed" = 0 ]

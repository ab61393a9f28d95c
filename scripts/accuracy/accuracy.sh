#!/bin/sh
# The accuracy of the trained networks on the hardware: all test images through the RTL, every tile compared, then a table.
#     [COUNT=10000] [PART=250] [JOBS=2] [OUT=build/accuracy] [IMAGES=DIR] [MODELS='models/*.dpm'] [SERIAL='models/fmnist-s50c50.dpm'] accuracy.sh
# PART images are a case of `dpacs sweep`: whatever ends it, the next start goes on with the first case that is missing.
# Exit code 0: every tile is equal, and so are the accuracies of hardware, golden reference and PyTorch. 1: something differs.
set -eu
count=${COUNT:-10000} part=${PART:-250} out=${OUT:-build/accuracy} jobs=${JOBS:-2}
results=$out/results.jsonl
dpacs=${DPACS:-build/dpacs}
mkdir -p "$out" || exit 2
# shellcheck disable=SC2086 # a list, and a pattern of the shell
set -- ${MODELS:-models/fmnist-*.dpm}
models=$(echo "$@" | tr ' ' ,)
serial=$(echo "${SERIAL:-models/fmnist-s50c50.dpm}" | tr ' ' ,)

# First, since it is quick and finds that there are no images, or not so many. What is newer than model and program stays.
for model; do
    ref=$out/ref-$(basename "$model" .dpm).json
    if [ -z "${IMAGES:-}" ] && [ -n "$(find "$ref" -newer "$model" -newer "$dpacs" 2>/dev/null)" ] &&
        grep -q "\"images\": $count," "$ref"; then continue; fi
    echo "golden reference: $model"
    "$dpacs" ref "$model" --count "$count" ${IMAGES:+--images "$IMAGES"} --json "$ref" >/dev/null || exit
done

sweep() { # ARCH MODELS [option…]
    arch=$1 list=$2
    shift 2
    "$dpacs" sweep --models "$list" --arch "$arch" --build small --total "$count" --count "$part" ${IMAGES:+--images "$IMAGES"} \
        --jobs "$jobs" -o "$results" "$@"
}
status=0
sweep parallel "$models" || status=$?
[ $status -le 1 ] || exit $status
sweep serial "$serial" || status=$?
[ $status -le 1 ] || exit $status
{ sweep parallel "$models" --dry-run && sweep serial "$serial" --dry-run; } >"$out/plan.txt"
# shellcheck disable=SC2086 # none, or one
scripts/accuracy/accuracy.py "$results" --plan "$out/plan.txt" --images "$count" ${IMAGES:+--no-torch} -o "$out"

#!/bin/sh
# The published table on our hardware: runs what is missing of it, then prints it. Results and table land in build/table/.
#     [NETS=resnet18,…] [SIZE=ref] [SCHEDULE=gang] [BANDWIDTH=48] [CLOCK=187.48] [JOBS=2] [OUT=build/table] table.sh
# Exit code 0: every cell is there and bit-exact. Whatever ends it, the next start goes on.
set -u
nets=${NETS:-resnet18,resnet34,resnet50,resnet101}
out=${OUT:-build/table}
results=$out/results.jsonl
mkdir -p "$out" || exit 2

sweep() { build/dpacs sweep --preset table --nets "$nets" --build "${SIZE:-ref}" --schedule "${SCHEDULE:-gang}" \
    ${BANDWIDTH:+--bandwidth "$BANDWIDTH"} --jobs "${JOBS:-2}" -o "$results" "$@"; }

sweep
status=$?
[ "$status" -le 1 ] || exit "$status"
sweep --dry-run >"$out/plan.txt" || exit
scripts/table/table.py "$results" --plan "$out/plan.txt" --nets "$nets" ${CLOCK:+--clock "$CLOCK"} -o "$out" || exit
exit "$status"

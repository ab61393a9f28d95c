#!/bin/sh
# Holds the cycle model against the cycles that the RTL counts, layer by layer: a sweep, or results of an earlier one.
#     [NETS=resnet18,resnet50] [KEEP=dense,1,0.5,0.25] [SCHEDULE=gang] [SIZE=ref] [JOBS=2] check-model.sh [RESULTS.jsonl]
# A line a case: cycles and model of the run, layers, those that differ, and the largest difference. Exit code 0: there is none.
set -eu
results=${1:-}
if [ -z "$results" ]; then
    results=build/model/results.jsonl
    mkdir -p build/model
    rm -f "$results" # a finished case would not run again with another model
    build/dpacs sweep --nets "${NETS:-resnet18,resnet50}" --keep "${KEEP:-dense,1,0.5,0.25}" --mask block,resolution \
        --schedule "${SCHEDULE:-gang}" --build "${SIZE:-ref}" --jobs "${JOBS:-2}" -o "$results" >&2
fi
jq -rn '
    def off: .model_cycles - .cycles;
    [inputs | select(.status == "ok" and .case.stall == 0)] as $runs
    | ($runs[] | .case as $case | .result
        | [.layers[] | select(off != 0)] as $wrong
        | [.model, .build, "keep \($case.keep_spatial):\($case.keep_channel)", $case.scope, .schedule, "cycles \(.cycles)", "model \(.model_cycles)",
           "\($wrong | length) of \(.layers | length) layers differ",
           ($wrong | max_by(off | fabs) | if . then "\(.name) \(off)" else "" end)] | join("  ")),
      "\($runs | length) runs, \([$runs[].result.layers[]] | length) layers, \([$runs[].result.layers[] | select(off != 0)] | length) differ",
      (if $runs == [] or any($runs[].result; .cycles != .model_cycles or any(.layers[]; off != 0)) then "differ" | halt_error(1) else empty end)
' "$results"

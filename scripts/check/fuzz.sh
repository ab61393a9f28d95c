#!/bin/bash
# Runs the fuzzers that `make fuzz` has built, one after another, for so many seconds each: fuzz.sh SECONDS NAME…
# A table of what they did; a finding is kept in build/fuzz/findings and makes exit code 1. What they learnt stays in
# build/fuzz/corpus, where the next run goes on from.
set -u
seconds=$1
shift
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "make fuzz: SECONDS=$seconds: expected a number of seconds" >&2; exit 2; }
mkdir -p build/fuzz/findings
status=0
printf '%-12s %12s %9s %9s  %s\n' fuzzer executions /s edges findings
for name; do
    program=build/fuzz/fuzz/fuzz_$name corpus=build/fuzz/corpus/$name log=build/fuzz/$name.log
    mkdir -p "$corpus"
    "$program" -max_total_time="$seconds" -max_len=8192 -timeout=25 -rss_limit_mb=3000 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/findings/$name-" "$corpus" "tests/fuzz/corpus/$name" >"$log" 2>&1
    code=$?
    found=-
    [ "$code" = 0 ] || { found=$(sed -n 's/^.*Test unit written to //p' "$log" | tail -n 1) status=1; }
    awk -v name="$name" -v found="${found:-ended with $code: $log}" '
        / cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") edges = $(i + 1) }
        /^stat::number_of_executed_units/ { runs = $2 }
        /^stat::average_exec_per_sec/ { rate = $2 }
        END { printf "%-12s %12d %9d %9d  %s\n", name, runs, rate, edges, found }' "$log"
    [ "$code" = 0 ] || grep -m 3 -E '^fuzzer: |ERROR: |SUMMARY: ' "$log" | sed 's/^/    /'
    [ "$code" != 130 ] || exit 130
done
exit $status

#!/bin/sh
# Runs Criterion programs one after another (each runs its tests in parallel) and adds up: run-tests.sh PROGRAM…
# The last line is "N passed, N failed" or "N passed, N failed, N skipped". A program that crashes, hangs, or brings no test is a failure.
set -u
: "${TIMEOUT:=1800}" # seconds for one program
export DPACS_DUT_DIR="${DPACS_DUT_DIR:-$PWD/build/dut}"
export DPACS="${DPACS:-$PWD/build/dpacs}"
if [ -n "${VECTORS_DIR:-}" ]; then
    VECTORS_DIR=$(cd "$VECTORS_DIR" && pwd) || { echo "run-tests.sh: VECTORS_DIR is not a directory" >&2; exit 2; }
    export VECTORS_DIR
fi

passed=0 failed=0 skipped=0 number=0
for program; do
    number=$((number + 1))
    tap=$program.tap log=$program.run.log began=$(date +%s)
    rm -f "$tap"
    timeout "$TIMEOUT" "$program" --tap="$tap" >"$log" 2>&1
    status=$?
    [ -e "$tap" ] || : >"$tap"
    p=$(grep -v '# SKIP' "$tap" | grep -c '^ok ')
    f=$(grep -c '^not ok ' "$tap")
    s=$(grep -c '^ok .*# SKIP' "$tap")
    remark=
    if [ $((p + f + s)) = 0 ]; then
        f=1 remark=", no test ran (status $status)"
    elif [ "$status" != 0 ] && [ "$f" = 0 ]; then
        f=1 remark=", ended with status $status"
    fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    printf '[%2d/%d] %-32s %4d passed, %d failed, %d skipped (%d s)%s\n' \
        "$number" $# "${program#build/tests/}" "$p" "$f" "$s" $(($(date +%s) - began)) "$remark"
    if [ "$f" != 0 ]; then
        [ "$status" = 124 ] && echo "    stopped after $TIMEOUT s"
        sed 's/^/    /' "$log" | tail -n 200
    fi
done

if [ "$skipped" = 0 ]; then
    echo "$passed passed, $failed failed"
else
    echo "$passed passed, $failed failed, $skipped skipped"
fi
[ "$failed" = 0 ] && [ "$passed" != 0 ]

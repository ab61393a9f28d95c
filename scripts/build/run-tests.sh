#!/bin/bash
# Runs Criterion programs one after another (each runs its tests in parallel) and adds up: run-tests.sh PROGRAM…
# The last line is "N passed, N failed" or "N passed, N failed, N skipped"; before it stands why each test was skipped. A program that
# crashes, hangs, or brings no test is a failure; so is AFTERWARDS, which looks at all results, if it fails. Ctrl-C ends the running one
# with all that it has started; exit code 130 then.
set -u
: "${TIMEOUT:=1800}" # seconds for one program
export DPACS_DUT_DIR="${DPACS_DUT_DIR:-$PWD/build/dut}"
export DPACS="${DPACS:-$PWD/build/dpacs}"
if [ -n "${VECTORS_DIR:-}" ]; then
    VECTORS_DIR=$(cd "$VECTORS_DIR" && pwd) || { echo "run-tests.sh: VECTORS_DIR is not a directory" >&2; exit 2; }
    export VECTORS_DIR
fi

# Each program has a session of its own, so that it can be ended with all that it has started: Criterion's tests are groups of their own.
running=
session_of() { # PID…: those in the session that is running
    local pid line
    for pid; do
        read -r line 2>/dev/null <"/proc/$pid/stat" || continue
        # shellcheck disable=SC2086 # fields; the name before them may hold anything
        set -- ${line##*) }
        [ "$4" = "$running" ] && echo "$pid"
    done
}
end_running() { # SIGNAL
    local pids
    [ -n "$running" ] || return
    pids=$(cd /proc && session_of [0-9]*)
    # shellcheck disable=SC2086 # a list
    [ -z "$pids" ] || kill "-$1" $pids 2>/dev/null
}
interrupted() {
    trap '' INT TERM HUP
    end_running TERM
    sleep 0.3
    end_running KILL
    echo "interrupted in ${program:-}: $passed passed, $failed failed, $skipped skipped before"
    exit 130
}

passed=0 failed=0 skipped=0 number=0 reasons=
trap interrupted INT TERM HUP
for program; do
    number=$((number + 1))
    tap=$program.tap log=$program.run.log began=$(date +%s)
    rm -f "$tap"
    # A shell's background jobs ignore SIGINT, and so would the tests.
    env --default-signal=INT,QUIT setsid timeout -k 5 "$TIMEOUT" "$program" --tap="$tap" >"$log" 2>&1 </dev/null &
    running=$!
    wait "$running"
    status=$?
    end_running KILL # what is left of it
    running=
    [ -e "$tap" ] || : >"$tap"
    p=$(grep -v '# SKIP' "$tap" | grep -c '^ok ')
    f=$(grep -c '^not ok ' "$tap")
    # Of a test that runs tests in Python, some of them: lines in the log.
    why=$(sed -n 's/^ok - \([^ ]*\)  *# SKIP \(.*\)/    \1: \2/p' "$tap"; sed -n 's/^skipped: /    /p' "$log")
    s=$(printf '%s' "$why" | grep -c .)
    remark=
    if [ $((p + f + s)) = 0 ]; then
        f=1 remark=", no test ran (status $status)"
    elif [ "$status" != 0 ] && [ "$f" = 0 ]; then
        f=1 remark=", ended with status $status"
    fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    [ "$s" = 0 ] || reasons+=$why$'\n'
    printf '[%2d/%d] %-32s %4d passed, %d failed, %d skipped (%d s)%s\n' \
        "$number" $# "${program#*tests/}" "$p" "$f" "$s" $(($(date +%s) - began)) "$remark"
    if [ "$f" != 0 ]; then
        [ "$status" = 124 ] && echo "    stopped after $TIMEOUT s"
        sed 's/^/    /' "$log" | tail -n 200
    fi
done

[ -z "${AFTERWARDS:-}" ] || "$AFTERWARDS" || failed=$((failed + 1))
if [ "$skipped" = 0 ]; then
    echo "$passed passed, $failed failed"
else
    printf 'skipped, and why:\n%s' "$reasons"
    echo "$passed passed, $failed failed, $skipped skipped"
fi
[ "$failed" = 0 ] && [ "$passed" != 0 ]

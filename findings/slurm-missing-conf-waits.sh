#!/bin/sh
# Slurm's commands wait a minute for a configuration file that is not there.
#
# Expected: sbatch, squeue, sinfo and scancel with a SLURM_CONF that names no file fail at once, as
#           with any wrong path; so does a machine that has the programs and no cluster.
# Happens:  they say that they retry every second for 60 seconds, on standard error alone, and fail
#           only then, with exit code 1. `sinfo --version` waits as well, though it needs no cluster.
# Packages: slurm-client 22.05.8-4+deb12u3 (Debian 12).
# Matters:  a script that asks `squeue` whether there is a cluster, and a typing error in SLURM_CONF,
#           look like a hang; where standard error is captured nobody sees why. Look whether the
#           file is there first, or give the command a time limit. (To see it fail: name an empty
#           file below; that is an error at once.)
set -eu
debian() { # PACKAGE VERSION
    [ "$(dpkg-query -W -f '${Version}' "$1" 2>/dev/null)" = "$2" ] ||
        { echo "skipped: needs Debian's $1 $2"; exit 77; }
}
failed=0
see() { # WHAT FOUND DESCRIBED
    echo "$1: $2"
    [ "$2" = "$3" ] || { echo "    described: $3"; failed=1; }
}
debian slurm-client 22.05.8-4+deb12u3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SLURM_CONF="$work/missing.conf"

ended() { # SECONDS COMMAND…: how it ended within so many seconds
    limit=$1
    shift
    timeout "$limit" "$@" >"$work/out" 2>"$work/err" </dev/null && code=0 || code=$?
    [ "$code" = 124 ] && echo "still waiting after $limit s" || echo "exit code $code"
}
for command in squeue sinfo; do
    see "$command" "$(ended 15 $command)" "still waiting after 15 s"
    see "    and says" "$(grep -o 'retrying in 1sec up to 60sec' "$work/err" | head -n 1)" "retrying in 1sec up to 60sec"
done
see "sinfo --version" "$(ended 15 sinfo --version)" "still waiting after 15 s"
began=$(date +%s)
see "squeue, as long as it likes" "$(ended 120 squeue)" "exit code 1"
took=$(($(date +%s) - began))
see "    after 55 to 75 s" "$([ "$took" -ge 55 ] && [ "$took" -le 75 ] && echo yes || echo "$took s")" yes
exit $failed

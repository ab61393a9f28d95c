#!/bin/sh
# Without a display GTKWave prints its usage and exits with 0.
#
# Expected: an exit code other than 0 when nothing was opened and no script was run.
# Happens:  "Could not initialize GTK!", its usage, and exit code 0; a Tcl script given with -S does
#           not run.
# Packages: gtkwave 3.3.118-0.1~deb12u1 (Debian 12).
# Matters:  a check of waveform views in CI is green though nothing was checked. Let the Tcl script
#           leave a proof that it ran, and look for that. (To see it fail: run under xvfb-run.)
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
debian gtkwave 3.3.118-0.1~deb12u1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# shellcheck disable=SC2016 # VCD has dollars
printf '$var wire 1 ! clk $end\n$enddefinitions $end\n#0\n0!\n#5\n1!\n' >dump.vcd
printf 'exec touch proof\ngtkwave::/File/Quit\n' >script.tcl
code=0
# shellcheck disable=SC2086 # a command, or nothing
env -u DISPLAY -u WAYLAND_DISPLAY HOME="$work" timeout 60 ${RUNNER:-} gtkwave -S script.tcl dump.vcd >out 2>&1 </dev/null || code=$?
see "exit code" $code 0
see "the script ran" "$([ -e proof ] && echo yes || echo no)" no
see "what was said" "$(sed -n 1p out | cut -c1-25)" "Could not initialize GTK!"
exit $failed

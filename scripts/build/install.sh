#!/bin/sh
# install.sh install PREFIX BUILD…    puts the program, its parts, manual and completion below PREFIX (install.mk says where)
# install.sh uninstall PREFIX         removes them
set -eu
verb=$1 prefix=$2
shift 2
parts=$prefix/lib/dpacs
manual=$prefix/share/man/man1/dpacs.1 completion=$prefix/share/bash-completion/completions/dpacs

if [ "$verb" = uninstall ]; then
    rm -rf "$parts"
    rm -f "$prefix/bin/dpacs" "$manual" "$completion"
    exit 0
fi

rm -rf "$parts" # so that no build of an older version stays
install -d "$parts/dut" "$parts/scripts/waves"
install -D build/dpacs "$prefix/bin/dpacs"
for build; do install -m 755 "build/dut/$build.so" "$parts/dut"; done
install -D -m 644 -t "$parts/models" models/*.dpm
# What makes the view of a failure: the scripts, the views, and the RTL whose enums name the states.
install -m 755 scripts/waves/gtkw.py "$parts/scripts/waves"
install -m 644 scripts/waves/gtkw_sources.py "$parts/scripts/waves"
install -D -m 644 -t "$parts/waves" waves/*.view
find rtl -name '*.sv' -exec sh -c 'install -D -m 644 "$1" "$0/$1"' "$parts" {} \;
install -D -m 644 build/dpacs.1 "$manual"
install -D -m 644 build/dpacs.bash "$completion"
echo "installed: $prefix/bin/dpacs, $# hardware builds"

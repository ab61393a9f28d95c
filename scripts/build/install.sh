#!/bin/sh
# install.sh install PREFIX BUILD…    puts the program, its parts, libdpacs, manual and completion below PREFIX (install.mk says where)
# install.sh uninstall PREFIX         removes them
set -eu
verb=$1 prefix=$2
shift 2
parts=$prefix/lib/dpacs
library=$prefix/lib/libdpacs.a headers=$prefix/include/dpacs package=$prefix/lib/pkgconfig/dpacs.pc example=$prefix/share/doc/dpacs
manual=$prefix/share/man/man1/dpacs.1 completion=$prefix/share/bash-completion/completions/dpacs

if [ "$verb" = uninstall ]; then
    rm -rf "$parts" "$headers" "$example"
    rm -f "$prefix/bin/dpacs" "$library" "$package" "$manual" "$completion"
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
install -D -m 644 build/libdpacs.a "$library"
install -D -m 644 -t "$headers" driver/core/dpacs.h driver/core/registers.h driver/linux/dpacs_linux.h driver/file/dpacs_file.h
install -D -m 644 -t "$example" driver/example/classify.c
install -d "$prefix/lib/pkgconfig"
# From where it lies, so that all of it may be moved.
cat >"$package" <<END
prefix=\${pcfiledir}/../..
Name: dpacs
Description: driver of the DPACS accelerator
Version: $(sed -n 's/.*DPACS_VERSION "\(.*\)"/\1/p' csrc/base/version.h)
Cflags: -I\${prefix}/include/dpacs
Libs: -L\${prefix}/lib -ldpacs -ljansson -lmd -lz -lm
END
echo "installed: $prefix/bin/dpacs, $# hardware builds"

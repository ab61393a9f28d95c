#!/bin/sh
# Proves that the core of libdpacs needs nothing of its host: bare-metal.sh [FILE.c...] compiles it (driver/core/*.c) as for a processor
# without an operating system, and looks at what it takes from outside. That may be memcpy, memset, memmove and memcmp, which every
# compiler expects: no malloc, no stdio. Exit code 1: it is more.
set -eu
[ $# -gt 0 ] || set -- driver/core/*.c
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
for file; do
    "${CC:-gcc}" -std=c11 -ffreestanding -Os -Wall -Wextra -Werror -Idriver/core -Icsrc/plan -c -o "$place/$(basename "$file" .c).o" "$file"
done
ld -r -o "$place/whole" "$place"/*.o
needed=$(nm -u "$place/whole" | awk '{print $2}' | grep -vxE 'memcpy|memset|memmove|memcmp' | tr '\n' ' ')
[ -z "$needed" ] || { echo "the core of libdpacs needs ${needed% }" >&2; exit 1; }
echo "bare-metal: the core of libdpacs needs nothing; $(size "$place/whole" | awk 'NR == 2 {print $1}') bytes of code and constants"

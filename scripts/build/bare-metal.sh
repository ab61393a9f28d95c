#!/bin/sh
# Proves that the core of libdpacs needs nothing of its host: bare-metal.sh OBJECT... (driver/core/*.o by default). What the objects take
# from outside of them may be memcpy, memset, memmove and memcmp, which every compiler expects; no malloc, no stdio, no locale.
set -eu
[ $# -gt 0 ] || set -- build/obj/driver/core/*.o
whole=$(mktemp)
trap 'rm -f "$whole"' EXIT
"${LD:-ld}" -r -o "$whole" "$@"
needed=$(nm -u "$whole" | awk '{print $2}' | grep -vxE 'memcpy|memset|memmove|memcmp' || true)
[ -z "$needed" ] || { echo "the core of libdpacs needs $(echo $needed)" >&2; exit 1; }
echo "bare-metal: $# objects of libdpacs need nothing"

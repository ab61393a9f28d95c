#!/bin/sh
# Installs the Debian packages that a set of targets needs: install-deps.sh [build] [test] [lint] [waves] [shots] [train] [import] [table] [plot] [gallery] [synth] [nightly] [newer] [formal] [fuzz] [package]
# Quick when nothing is missing. Without root, and without sudo that asks nothing, it prints the command and exits with 2.
set -eu

# package:what proves that it is there (a command, or a file; whatever brought it)
packages() {
    case $1 in
    build) echo gcc:gcc g++:g++ make:make verilator:verilator libjansson-dev:/usr/include/jansson.h \
        libmd-dev:/usr/include/sha2.h zlib1g-dev:/usr/include/zlib.h dataset-fashion-mnist:/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz ;;
    test) echo libcriterion-dev:/usr/include/criterion/criterion.h jq:jq python3:/usr/bin/python3 gtkwave:gtkwave \
        xvfb:Xvfb tcl:tclsh yosys:yosys z3:z3 python3-jinja2:/usr/lib/python3/dist-packages/jinja2/__init__.py \
        python3-matplotlib:/usr/lib/python3/dist-packages/matplotlib/__init__.py \
        python3-pil:/usr/lib/python3/dist-packages/PIL/__init__.py python3-yaml:/usr/lib/python3/dist-packages/yaml/__init__.py chromium:chromium \
        slurm-wlm:/usr/sbin/slurmctld munge:/usr/sbin/munged ;;
    package) echo tcl:tclsh yosys:yosys python3:/usr/bin/python3 ;;
    formal) echo yosys:yosys-smtbmc z3:z3 python3:/usr/bin/python3 ;;
    lint) echo yosys:yosys clang:clang clang-format:clang-format jq:jq python3:/usr/bin/python3 ;;
    fuzz) echo clang:clang libclang-rt-14-dev:/usr/lib/llvm-14/lib/clang/14.0.6/lib/linux/libclang_rt.fuzzer-x86_64.a ;;
    waves) echo gtkwave:gtkwave python3:/usr/bin/python3 ;;
    shots) echo gtkwave:gtkwave python3:/usr/bin/python3 xvfb:Xvfb xauth:xauth imagemagick:import ;;
    train) echo python3-torch:/usr/lib/python3/dist-packages/torch/__init__.py dataset-fashion-mnist:/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz ;;
    import) echo python3-torch:/usr/lib/python3/dist-packages/torch/__init__.py python3-onnx:/usr/lib/python3/dist-packages/onnx/__init__.py \
        python3-pil:/usr/lib/python3/dist-packages/PIL/__init__.py ;;
    table) echo python3:/usr/bin/python3 ;;
    plot) echo python3-matplotlib:/usr/lib/python3/dist-packages/matplotlib/__init__.py ;;
    gallery) echo python3-pil:/usr/lib/python3/dist-packages/PIL/__init__.py python3-jinja2:/usr/lib/python3/dist-packages/jinja2/__init__.py ;;
    nightly) echo python3:/usr/bin/python3 python3-jinja2:/usr/lib/python3/dist-packages/jinja2/__init__.py ;;
    newer) echo liblz4-dev:/usr/include/lz4.h ;; # a Verilator newer than Debian's
    synth) echo yosys:yosys python3:/usr/bin/python3 ;;
    *) echo "install-deps.sh: $1: not a set of packages (build test lint waves shots train import table plot gallery synth nightly newer formal fuzz package)" >&2; exit 2 ;;
    esac
}

missing=
for set in "${@:-build}"; do
    list=$(packages "$set")
    for entry in $list; do
        package=${entry%%:*} proof=${entry#*:}
        [ -e "$proof" ] || command -v "$proof" >/dev/null 2>&1 && continue
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
    done
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root=sudo
else
    printf 'Missing packages. Install them with:\n    sudo apt-get install -y%s\n' "$missing" >&2
    exit 2
fi
if ! command -v apt-get >/dev/null 2>&1; then
    printf 'Missing, under the names of Debian 12:%s\n' "$missing" >&2
    exit 2
fi

# Several sets may be asked for at once by a parallel make: one apt-get at a time.
exec 9>"${TMPDIR:-/tmp}/dpacs-install-deps.lock"
command -v flock >/dev/null 2>&1 && flock 9
printf 'Installing:%s\n' "$missing"
install() {
    # shellcheck disable=SC2086 # a list of names
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 $missing
}
# The lists of a fresh machine are empty or old: update them only when installing fails.
install >/dev/null 2>&1 || { $as_root apt-get update -q && install; } || {
    printf 'Installing failed. By hand:\n    sudo apt-get install -y%s\n' "$missing" >&2
    exit 2
}

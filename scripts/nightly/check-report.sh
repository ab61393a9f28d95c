#!/bin/sh
# Shows a report of `make nightly` in headless Chromium, wide and as narrow as a phone, light and dark: check-report.sh FOLDER [PICTURES [PAGE]]
# Each time: the page (index.html) is there, no wider than the window, nothing of a table is cut, and dark where it should be.
# PICTURES (build/report-pictures) gets a PNG of each. Exit code 0: all is well; 1: it is not; 2: no such report; 77: there is no Chromium.
set -u
folder=${1:?the folder of a report} pictures=${2:-build/report-pictures} page=${3:-index.html}
chromium=$(command -v chromium) || { echo "chromium is not there (Debian: chromium)"; exit 77; }
[ -r "$folder/$page" ] || { echo "check-report.sh: $folder/$page: no such report" >&2; exit 2; }
mkdir -p "$pictures" || exit 2
box=$(mktemp -d) || exit 2
trap 'rm -rf "$box"' EXIT

# Chromium's window has a least width, so the page is looked at in a frame. It tells its sizes to the page around.
{
    cat "$folder/$page"
    echo '<script>addEventListener("load", () => parent.postMessage([innerWidth, document.documentElement.scrollWidth,
        document.documentElement.scrollHeight, getComputedStyle(document.body).backgroundColor.match(/\d+/g)[0],
        parseFloat(getComputedStyle(document.querySelector("td")).fontSize),
        [...document.querySelectorAll(".wide")].filter((box) => box.scrollWidth > box.clientWidth).length].join(" "), "*"))</script>'
} >"$box/report.html"

look() { # NAME WIDTH SCHEME (0 dark, 1 light)
    echo "<!doctype html><style>body { margin: 0 } iframe { border: 0 }</style>
        <script>onmessage = (m) => { document.title = 'seen ' + m.data }</script>
        <iframe src=report.html width=$2 height=1600></iframe>" >"$box/frame.html"
    set -- "$1" "$2" "$3" --headless --no-sandbox --disable-gpu --hide-scrollbars "--user-data-dir=$box/profile" \
        "--blink-settings=preferredColorScheme=$3" --window-size=$(($2 > 500 ? $2 : 500)),1600 --virtual-time-budget=3000
    name=$1 width=$2 scheme=$3
    shift 3
    seen=$(timeout 120 "$chromium" "$@" --dump-dom "file://$box/frame.html" 2>"$box/log" | sed -n 's/.*<title>seen \(.*\)<\/title>.*/\1/p')
    timeout 120 "$chromium" "$@" "--screenshot=$pictures/$name.png" "file://$box/frame.html" >>"$box/log" 2>&1
    # shellcheck disable=SC2086 # six numbers
    set -- $seen
    [ $# = 6 ] || { echo "$name: the page did not load"; cat "$box/log"; return 1; }
    echo "$name $1x$3, background $4, table text $5 px"
    { [ "$1" = "$width" ] && [ "$2" -le "$1" ]; } || { echo "$name: the page is $2 wide in a window of $1"; return 1; }
    [ "$6" = 0 ] || { echo "$name: $6 tables are cut on the right"; return 1; }
    [ "$3" -ge 600 ] || { echo "$name: the page is empty"; return 1; }
    if [ "$scheme" = 0 ]; then [ "$4" -lt 80 ]; else [ "$4" -gt 180 ]; fi || { echo "$name: the colours are those of the other scheme"; return 1; }
    [ "${5%.*}" -ge 12 ] || { echo "$name: the text is too small"; return 1; }
    [ "$(stat -c %s "$pictures/$name.png" 2>/dev/null || echo 0)" -gt 10000 ] || { echo "$name: no picture, or nothing on it"; return 1; }
}

failed=0
look wide-light 1280 1 || failed=1
look wide-dark 1280 0 || failed=1
look phone-light 360 1 || failed=1
look phone-dark 360 0 || failed=1
exit $failed

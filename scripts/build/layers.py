#!/usr/bin/python3
"""Proves the layers of csrc/ and tb/ from what the sources include and from what the objects call.

    layers.py [--root DIR]

A file uses another one that it includes or, as an object, whose symbols it takes (`nm`). Files of a room may use those of the
rooms that rooms.mk allows it, and no file may use itself by way of others. Circles that are there on purpose, or not cut yet,
stand with their reason in layers.allow; a line without a circle is an error too. Exit codes: 0 layered, 1 not, 2 no objects
or no rooms.
"""
import argparse
import re
import subprocess
import sys
from pathlib import Path

ALLOW = "scripts/build/layers.allow"


def fail(text):
    print(f"layers.py: {text}", file=sys.stderr)
    sys.exit(2)


def read_rooms(root):
    """Rooms in the order of rooms.mk, each with the rooms that it may use."""
    text = (root / "rooms.mk").read_text().replace("\\\n", " ")
    variables = dict(re.findall(r"^([\w/]+) *:= *(.*)$", text, re.MULTILINE))
    rooms = variables.get("ROOMS", "").split()
    if not rooms:
        fail("rooms.mk names no ROOMS")

    def expand(names):
        return re.sub(r"\$\((\w+)\)", lambda match: expand(variables[match[1]]), names)

    by_name = {room.split("/")[-1]: room for room in rooms}
    return {room: {by_name[name] for name in expand(variables.get("uses_" + room, "")).split()} for room in rooms}


def includes(root, rooms):
    """(file, file that it includes), why."""
    files = [path.relative_to(root) for room in rooms for path in sorted((root / room).glob("*.[ch]*"))]
    headers = {path.name: path for path in files if path.suffix == ".h"}
    for path in files:
        for name in re.findall(r'^#include "([^"]+)"', (root / path).read_text(), re.MULTILINE):
            if name in headers:
                yield (str(path), str(headers[name])), "includes it"


def calls(root, rooms):
    """(file, file whose symbol its object takes), the symbol."""
    defined, undefined = {}, []
    for source in [path.relative_to(root) for room in rooms for path in sorted((root / room).glob("*.c"))]:
        obj = root / "build/obj" / source.with_suffix(".o")
        if not obj.exists():
            fail(f"{obj}: not there; `make lint` builds the objects first")
        for line in subprocess.run(["nm", "-g", "-P", obj], check=True, capture_output=True, text=True).stdout.splitlines():
            symbol, kind = line.split()[:2]
            if kind in "Uvw":
                undefined.append((str(source), symbol))
            else:
                defined[symbol] = str(source)
    for user, symbol in undefined:
        if symbol in defined:
            yield (user, defined[symbol]), symbol


def circles(edges):
    """Sets of files that reach each other (Tarjan), larger than one."""
    graph = {}
    for user, used in edges:
        graph.setdefault(user, []).append(used)
        graph.setdefault(used, [])
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for after in graph[node]:
            if after not in index:
                visit(after)
            if after in stack:
                low[node] = min(low[node], low[after])
        if low[node] == index[node]:
            members = stack[stack.index(node):]
            del stack[stack.index(node):]
            if len(members) > 1:
                found.append(set(members))

    for node in graph:
        if node not in index:
            visit(node)
    return found


def read_allowed(root):
    """(files, line) of every line `ROOM: FILE ... # reason`."""
    for line in (root / ALLOW).read_text().splitlines() if (root / ALLOW).exists() else []:
        names, _, reason = line.partition("#")
        room, _, files = names.partition(":")
        if names.strip() and not reason.strip():
            fail(f"{ALLOW}: {line.strip()}: without a reason")
        if files.strip():
            yield {f"{room.strip()}/{name}" for name in files.split()}, names.strip()


def check(root):
    rooms, edges, wrong = read_rooms(root), {}, []
    for pair, why in [*includes(root, rooms), *calls(root, rooms)]:
        if pair[0] != pair[1]:
            edges.setdefault(pair, why)
    for (user, used), why in sorted(edges.items()):
        room, other = user.rpartition("/")[0], used.rpartition("/")[0]
        if other != room and other not in rooms[room]:
            wrong.append(f"{user} uses {used} ({why}): rooms.mk does not allow {room} to use {other}")
    found, allowed = circles(edges), list(read_allowed(root))
    for members in found:
        if not any(members <= files for files, _ in allowed):
            steps = [f"  {user} -> {used} ({why})" for (user, used), why in sorted(edges.items()) if {user, used} <= members]
            wrong.append("a circle:\n" + "\n".join(steps))
    for files, line in allowed:
        if not any(members <= files for members in found):
            wrong.append(f"{ALLOW}: {line}: no such circle any more, take the line out")
    for text in wrong:
        print(text)
    print(f"layers: {len({file for pair in edges for file in pair})} files in {len(rooms)} rooms, {len(found)} circles, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path("."), help="the project's folder (.)")
    sys.exit(check(parser.parse_args().root))

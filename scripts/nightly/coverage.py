"""Points of coverage on their way from `dpacs sim --coverage` to the database: of every hardware build their names, in the order of the
file, and a bit for each.

A line of that file is `C 'KEYS' COUNT`. A point is covered by a run if COUNT is above 0; a bit of a signal, if it has changed twice in one
instance: up and down.
"""
import base64
import zlib

ONCE, BOTH_WAYS = 1, 2


def parse(content):
    """(names, which are covered as 0 and 1)"""
    names, bits = [], bytearray()
    for line in content.splitlines():
        name, _, count = line.rpartition(b"' ")
        if line.startswith(b"C '"):
            names.append(name[3:])
            bits.append(int(count) >= (BOTH_WAYS if b"\x02v_toggle/" in name else ONCE))
    return names, bits


def pack(bits):
    """A bit a point, the first one lowest in its byte."""
    number = int(bits[::-1].translate(bytes.maketrans(b"\0\1", b"01")) or b"0", 2)
    return number.to_bytes((len(bits) + 7) // 8, "little")


def unpack(packed, count):
    digits = f"{int.from_bytes(packed, 'little'):0{count}b}"[::-1]
    return [digit == "1" for digit in digits[:count]]


def either(packed, other):
    return (int.from_bytes(packed, "little") | int.from_bytes(other, "little")).to_bytes(len(packed), "little")


class Collector:
    """In a worker: what cases have covered, as JSON takes it. Names go along once for a build."""

    def __init__(self):
        self.told = {}

    def add(self, build, content):
        names, bits = parse(content)
        found = {"build": build, "bits": base64.b64encode(pack(bits)).decode()}
        if self.told.get(build) != names:
            self.told[build] = names
            found["names"] = base64.b64encode(zlib.compress(b"\n".join(names))).decode()
        return found


def decode(found):
    """(build, bits, names or None) of what a Collector made."""
    names = base64.b64decode(found["names"]) if "names" in found else None
    return found["build"], base64.b64decode(found["bits"]), names


def names_of(packed):
    return [name.decode() for name in zlib.decompress(packed).split(b"\n")]

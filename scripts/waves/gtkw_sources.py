"""What save files of GTKWave are made from: the signals of a dump, the enums of the RTL, the layers of a network and of a run."""
import json
import re
import struct
import subprocess
from pathlib import Path

STAGES = ["conv1", "conv2", "conv3", "shortcut", "head"]  # of a block: what commands and records call stage (docs/architecture.md)
TOP = "dp_top.dp_top."  # where the accelerator is in a dump …
BOARD = "dp_top.dp_board.dp_top."  # … of a board's build, whose signals are called as if it were the former (tb/debug/wave_read.c says the same)


class Error(Exception):
    pass


def read_text(path):
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Error(f"{path}: {getattr(error, 'strerror', None) or 'not text'}") from error


def read_json(path, pick):
    try:
        return pick(json.loads(read_text(path)))
    except (ValueError, KeyError, TypeError, StopIteration) as error:
        raise Error(f"{path}: {type(error).__name__}: {error}") from error


def without_arrays(scope, variable):
    """A newer Verilator puts the elements of an array, `mem[0]`, into a scope `mem`: the scopes without such ones."""
    while scope and variable.startswith(scope[-1] + "["):
        scope = scope[:-1]
    return scope


class Dump:
    """What an FST file declares: signals {name without range: (name as GTKWave wants it, bits)}, first and last time."""

    def __init__(self, path):
        self.path = path
        try:
            with open(path, "rb") as file:
                head = file.read(25)
        except OSError as error:
            raise Error(f"{path}: {error.strerror}") from error
        if len(head) < 25 or head[0] != 0:
            raise Error(f"{path}: not a complete FST file")
        self.first, self.last = struct.unpack(">QQ", head[9:])
        self.signals, self.codes = {}, {}  # codes: what a value change in the VCD calls it
        # The declarations come first: what follows is not waited for.
        with subprocess.Popen(["fst2vcd", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace") as vcd:
            self.read_declarations(vcd.stdout)
            vcd.kill()
        if not self.signals:
            raise Error(f"{path}: no signals can be read from it")

    def read_declarations(self, vcd):
        scope = []
        for word in (line.split() for line in vcd):
            if word[:1] == ["$scope"]:
                scope.append(word[2])
            elif word[:1] == ["$upscope"]:
                scope.pop()
            elif word[:1] == ["$var"]:
                name = ".".join(without_arrays(scope, word[4]) + [word[4]])
                name = TOP + name.removeprefix(BOARD) if name.startswith(BOARD) else name
                full = ".".join(scope + [word[4]])
                self.signals[name] = (full + (word[5] if word[5] != "$end" else ""), int(word[2]))
                self.codes[name] = word[3]
            elif word[:1] == ["$enddefinitions"]:
                return

    def first_tile(self, start, conv, layers):
        """When, from `start` on, the first tile of a convolution leaves the pipeline, so that all stages hold its values; None: none does."""
        layer, _, stage = conv.partition(".")
        wanted = {"layer": layers.index(layer) if layer in layers else None, "stage": STAGES.index(stage) if stage in STAGES else None}
        names = {TOP + f"obs_conv_{part}_o": part for part in ("valid", *(part for part in wanted if wanted[part] is not None))}
        for now, value in self.changes(names):
            if now >= start and value.get("valid") == 1 and all(value.get(part) == of for part, of in wanted.items() if of is not None):
                return now
        return None

    def changes(self, names):
        """(time, {part: value}) for each time in the dump; names: signal -> part. None is an unknown value."""
        codes = {}  # equal signals share one
        for name, part in names.items():
            codes.setdefault(self.codes[name], []).append(part)
        pattern = "|".join(map(re.escape, codes))
        # grep, because Python would take minutes for what it throws away here.
        with subprocess.Popen(["fst2vcd", self.path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as vcd, subprocess.Popen(
            ["grep", "-aE", f"^(#|[01xz]({pattern})$|b[01xz]+ ({pattern})$)"], stdin=vcd.stdout, stdout=subprocess.PIPE, text=True
        ) as lines:
            value, now = {}, None
            try:
                for line in lines.stdout:
                    if line[0] == "#":
                        if now is not None:
                            yield now, value
                        now = int(line[1:])
                        continue
                    text, code = line[1:].split() if line[0] == "b" else (line[0], line[1:].strip())
                    for part in codes[code]:
                        value[part] = int(text, 2) if set(text) <= {"0", "1"} else None
                yield now, value
            finally:
                lines.kill()
                vcd.kill()

    def matching(self, path):
        """Names of the signals that a path below TOP stands for, [*] being any index."""
        pattern = re.compile(re.escape(TOP + path).replace(r"\[\*\]", r"\[(\d+)\]"))
        found = [hit for hit in map(pattern.fullmatch, self.signals) if hit]
        return [hit[0] for hit in sorted(found, key=lambda hit: [int(index) for index in hit.groups()])]


class Rtl:
    """Enums {"dp_pkg.op_e": (bits, {value: name})} and what instances are of {"u_loader": {"dp_loader"}}."""

    def __init__(self, directory):
        self.enums, self.modules = {}, {}
        for file in sorted(Path(directory).rglob("*.sv")):
            text = re.sub(r"//.*|/\*.*?\*/", "", read_text(file))
            for module, name in re.findall(r"\b(dp_\w+)\s+(?:#\s*\((?:[^;]*?)\)\s*)?(u_\w+)\s*\(", text):
                self.modules.setdefault(name, set()).add(module)
            self.read_enums(file, text)

    def read_enums(self, file, text):
        for found in re.finditer(r"^\s*(?:package|module)\s+(\w+)|\benum\b([^{]*)\{([^}]*)\}\s*(\w+)\s*;", text, re.M):
            unit, kind, items, name = found.groups()
            if unit:
                owner = unit
                continue
            bits = re.fullmatch(r"\s*logic\s*\[\s*(\d+)\s*:\s*0\s*\]\s*", kind)
            names, value = {}, 0
            for item in items.split(","):
                part = re.fullmatch(r"\s*(\w+)\s*(?:=\s*(?:\d+'d)?(\d+)\s*)?", item)
                if not bits or not part:
                    raise Error(f"{file}: enum {name}: '{(item if bits else kind).strip()}' is not understood")
                value = int(part[2]) if part[2] else value
                names[value] = part[1]
                value += 1
            self.enums[f"{owner}.{name}"] = (int(bits[1]) + 1, names)

    def enum(self, name, signal):
        """Full name of a type; without a package, it is the one of the module that the signal is in."""
        if "." not in name:
            inside = re.findall(r"\bu_\w+", signal)
            found = [f"{module}.{name}" for module in self.modules.get(inside[-1] if inside else "", ()) if f"{module}.{name}" in self.enums]
            name = found[0] if len(found) == 1 else name
        if name not in self.enums:
            raise Error(f"{name}: no such enum in the RTL, for {signal}")
        return name


def layer_names(model):
    """From the header of a container (docs/container.md)."""
    try:
        with open(model, "rb") as file:
            preamble = file.read(32)
            header = json.loads(file.read(struct.unpack("<Q", preamble[24:])[0])) if preamble[:8] == b"DPACSDPM" else None
    except (OSError, ValueError, struct.error) as error:
        raise Error(f"{model}: {error}") from error
    if not header:
        raise Error(f"{model}: not a model container")
    return [layer["name"] for layer in header["network"]["layers"]]


def layer_spans(timeline):
    """First and last cycle at the array of each convolution."""
    events = timeline["traceEvents"]
    array = next(e["tid"] for e in events if e["name"] == "thread_name" and e["args"]["name"] == "array")
    return {e["name"]: (e["ts"], e["ts"] + e["dur"]) for e in events if e["ph"] == "X" and e["tid"] == array}

#!/usr/bin/python3
"""The sizes in which the hardware builds have each unit, read from the elaborated RTL: unit-geometries.py FILE

A line a unit and a size: NAME PARAMETER=VALUE… | BUILD…. Only units whose parameters are not the same in all builds; of those all parameters.
FILE keeps its date where nothing has changed. VERILATOR names the program; newer ones write JSON in the place of XML.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

COLUMNS = ("Parallel", "Prune", "Pi", "Po", "MapWords", "WeightRows", "MaskW", "PatchBytes")
VERILATOR = os.environ.get("VERILATOR", "verilator")


def builds():
    """NAME and NAME-dense -> the parameters of dp_top."""
    found = {}
    for name, numbers in re.findall(r"^BUILD_(\S+)\s*:=\s*([0-9 ]+)", Path("builds.mk").read_text(), re.M):
        found[name] = dict(zip(COLUMNS, map(int, numbers.split())))
        found[name + "-dense"] = found[name] | {"Prune": 0}
    return found


def constant(text):
    """32'sh40 -> 64"""
    base, digits = re.fullmatch(r"\d+'s?([hbd])([0-9a-f]+)", text).groups()
    return int(digits, {"h": 16, "b": 2, "d": 10}[base])


def of_xml(file):
    for module in xml.etree.ElementTree.parse(file).getroot().iter("module"):
        variables = [v for v in module.findall("var") if v.get("param") == "true"]
        yield module.get("origName"), {v.get("name"): constant(v.find("const").get("name")) for v in variables}


def of_json(file):
    for module in json.loads(Path(file).read_text())["modulesp"]:
        if module["type"] == "MODULE":
            variables = [v for v in module["stmtsp"] if v["type"] == "VAR" and v.get("varType") == "GPARAM"]
            yield module["origName"], {v["name"]: constant(v["valuep"][0]["name"]) for v in variables}


def units_of(parameters):
    """(unit, parameters) of all instances in one build."""
    helps = subprocess.run([VERILATOR, "--help"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    kind, read = ("xml", of_xml) if "--xml-only" in helps else ("json", of_json)
    with tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/top"
        options = [f"-G{name}={value}" if name not in COLUMNS[:2] else f"-G{name}=1'b{value}" for name, value in parameters.items()]
        subprocess.run([VERILATOR, f"--{kind}-only", "rtl/lint.vlt", "-f", "rtl/files.f", "--top-module", "dp_top", "--Mdir", folder, "-Wno-fatal",
                        f"--{kind}{'-only' if kind == 'json' else ''}-output", file, *options], check=True, stdout=subprocess.DEVNULL)
        return {(name, tuple(values.items())) for name, values in read(file)}


def geometries():
    """unit -> {parameters: builds}, of the units that the builds have in more than one size."""
    names = builds()
    with ThreadPoolExecutor(2) as pool:
        of_build = dict(zip(names, pool.map(units_of, names.values())))
    sizes = {}
    for build, units in of_build.items():
        for unit, values in units:
            sizes.setdefault(unit, {}).setdefault(values, []).append(build)
    alike = {unit for unit, of in sizes.items() if all(len(b) == len(names) for b in of.values())}
    return {unit: of for unit, of in sorted(sizes.items()) if unit not in alike}


def main():
    file = Path(sys.argv[1])
    text = "".join(f"{unit} {' '.join(f'{name}={value}' for name, value in values)} | {' '.join(of)}\n"
                   for unit, sizes in geometries().items() for values, of in sorted(sizes.items()))
    if not file.exists() or file.read_text() != text:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


if __name__ == "__main__":
    main()

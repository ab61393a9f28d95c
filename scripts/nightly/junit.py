"""JUnit XML, as GitHub, GitLab and Jenkins read it: a suite of the matrix is a test suite, a case is a test case."""
import re
import xml.etree.ElementTree as ElementTree

OUTPUT = 2000  # characters of what a failed case said; the database has more
UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 cannot hold


def clean(text):
    return UNPRINTABLE.sub("?", text or "")


def add_case(parent, case):
    element = ElementTree.SubElement(parent, "testcase", classname=f"nightly.{case['suite']}", name=f"{case['id']} {case['label']}")
    element.set("time", f"{case['seconds']:.3f}")
    if case["verdict"] == "missing":
        ElementTree.SubElement(element, "skipped", message="the budget ended before it")
    elif case["verdict"] != "passed":
        first = case["attempts"][0]
        message = f"{case['verdict']}: {first['cause']}: {first['message']}"
        failure = ElementTree.SubElement(element, "failure", type=case["verdict"], message=clean(message))
        failure.text = clean(f"{case['command']}\n\n{(first['output'] or '')[:OUTPUT]}")


def write(cases, night, path):
    """`cases` as report.read_cases has them."""
    root = ElementTree.Element("testsuites", name=f"nightly {night['date']} {night['tier']}")
    totals = {"tests": 0, "failures": 0, "skipped": 0, "time": 0.0}
    for suite in sorted({case["suite"] for case in cases}):
        mine = [case for case in cases if case["suite"] == suite]
        counts = {"tests": len(mine), "failures": sum(c["verdict"] in ("failed", "flaky") for c in mine)}
        counts |= {"skipped": sum(c["verdict"] == "missing" for c in mine), "time": sum(c["seconds"] for c in mine)}
        element = ElementTree.SubElement(root, "testsuite", name=suite, errors="0")
        for name, value in counts.items():
            totals[name] += value
            element.set(name, f"{value:.3f}" if name == "time" else str(value))
        for case in mine:
            add_case(element, case)
    for name, value in totals.items():
        root.set(name, f"{value:.3f}" if name == "time" else str(value))
    ElementTree.indent(root)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)

"""The report: every number from the database, links that lead somewhere, text that is no markup, and what is worse than before marked."""
import html.parser
import os
import unittest
import xml.etree.ElementTree as ElementTree

import support
import cases
import nights
import report
import store

MACHINE = {"name": "m", "cpu": "a cpu", "cores": 2, "system": "Debian"}
VOID = {"meta", "br", "polyline", "circle"}


class Page(html.parser.HTMLParser):
    """Checks that tags match; keeps the text, the links and the classes of what was marked."""

    def __init__(self, path):
        super().__init__()
        self.open, self.text, self.links, self.worse = [], "", [], []
        with open(path, encoding="utf-8") as file:
            self.feed(file.read())
        assert not self.open, self.open

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in VOID:
            self.open.append(tag)
        if "href" in attributes:
            self.links.append(attributes["href"])
        if "worse" in (attributes.get("class") or "").split() and tag == "td":
            self.worse.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag, f"</{tag}>"

    def handle_data(self, data):
        self.text += " " + data.strip() if data.strip() else ""


def passed(cycles=200, seconds=0.01):
    numbers = {"images": 2, "tiles": 30, "macs": 4000, "cycles": cycles, "limit_cycles": 100.0, "sim_seconds": seconds}
    return {"status": "passed", "exit_code": 0, "began": 1.0, "seconds": 2 * seconds, **numbers}


def failed(cause="wrong value", message="MISMATCH <b>img</b> & more\x00"):
    return {"status": "mismatch", "exit_code": 1, "began": 1.0, "seconds": 0.5, "kind": "conv3x3", "stage": "gather", "cause": cause,
            "message": message, "output": message}  # fmt: skip


class Report(support.Box):
    def night(self, base, number, attempts, machine=MACHINE, **more):
        """A night of cases "N" with these attempts; None: not run."""
        planned = []
        for i in range(len(attempts)):
            axes = {"height": i + 1, "width": 2, "channels": 8, "kind": "basic", "stride": 1, "build": "serial-small", "schedule": "gang"}
            planned.append(cases.Case(f"{number}-{i}", "blocks", ["sim", f"'{i}'"], {**axes, "stall": i % 2, "latency": 80, **more}, 9))
        about = {"date": f"2026-01-{number:02d}", "tier": "smoke", "seed": "5", "revision": "abc", "tools": {"gcc": "12"}, "machine": machine}
        night = base.begin_night(str(number), about, planned, [("cifar", "CIFAR10_DIR is not set")])
        start = base.begin_start(night, "local", 2, 60)
        base.add(night, [{"id": f"{number}-{i}", "attempts": a} for i, a in enumerate(attempts) if a])
        base.end_start(start, "finished")
        return night

    def written(self, base, night):
        report.write(base, night, f"{self.box}/report", self.write("coverage.toml", "[goal.smoke]\nline = 98\ntoggle = 90\n"))
        return Page(f"{self.box}/report/index.html")

    def test_the_numbers_are_those_of_the_database(self):
        with store.Store(f"{self.box}/r.db") as base:
            night = self.night(base, 1, [[passed()], [passed()], [failed(), failed()], [failed("hang"), passed()], None])
            page = self.written(base, night)
        for text in (
            "2 of 4 cases failed", "6 images compared", "90 tiles", "12,000 MACs", "2 passed", "1 flaky", "1 failed", "1 not run",
            "conv3x3, gather, wrong value: 1", "conv3x3, gather, hang: 1", "Suite cifar was left out: CIFAR10_DIR is not set",
            "This is the first night", "Coverage Not measured this night", "build/dpacs sim ''\"'\"'2'\"'\"''", "gcc 12",
            "MISMATCH <b>img</b> & more", "Start 1: local, 2 at a time, finished after",
        ):  # fmt: skip
            self.assertIn(text, page.text)
        self.assertRegex(page.text, r"stall equal of 0 50\.00 % 2 1 50\.00 % 2")
        self.assertEqual(len([link for link in page.links if link.startswith("failures/")]), 3)
        for link in page.links:
            self.assertTrue(os.path.exists(f"{self.box}/report/{link}"), link)

    def test_what_changed_since_the_night_before(self):
        with store.Store(f"{self.box}/r.db") as base:
            self.night(base, 1, [[failed("old"), failed("old")], [failed("both"), failed("both")]])
            night = self.night(base, 2, [[failed("new"), failed("new")], [failed("both"), failed("both")]])
            page = self.written(base, night)
            self.assertIn("New failures: conv3x3, gather, new", page.text)
            self.assertIn("No longer: conv3x3, gather, old", page.text)
            self.assertEqual(page.text.count("conv3x3, gather, both"), 1)
            night = self.night(base, 3, [[failed("new"), failed("new")], [failed("both"), failed("both")]])
            self.assertIn("Nothing against the night before", self.written(base, night).text)

    def trend(self, base, number, **change):
        night = self.night(base, number, [[passed(**change)] for _ in range(5)])
        return self.written(base, night)

    def test_more_cycles_and_less_speed_are_marked(self):
        with store.Store(f"{self.box}/r.db") as base:
            for number in range(1, 5):
                page = self.trend(base, number)
            self.assertEqual(page.worse, [])
            self.assertIn("+0.0 %", page.text)
            self.assertEqual(self.trend(base, 5, cycles=203, seconds=0.0115).worse, [])
            page = self.trend(base, 6, cycles=210)
            self.assertIn("blocks serial-small gang: +5.0 % cycles", page.text)
            self.assertEqual(len(page.worse), 2)
            page = self.trend(base, 7, seconds=0.02)
            self.assertIn("blocks serial-small gang: -50.0 % simulation speed", page.text)
            night = self.night(base, 8, [[passed(seconds=0.02)] for _ in range(5)], {**MACHINE, "cpu": "another"})
            self.assertEqual(self.written(base, night).worse, [])

    def test_few_common_cases_say_nothing_of_cycles(self):
        with store.Store(f"{self.box}/r.db") as base:
            self.night(base, 1, [[passed()], [passed()]])
            night = self.night(base, 2, [[passed(cycles=400)], [passed(cycles=400)]])
            self.assertEqual(self.written(base, night).worse, [])

    def test_cycles_of_random_networks_are_not_compared(self):
        with store.Store(f"{self.box}/r.db") as base:
            for number, network in enumerate(("random:wide", "random", "resnet20"), 1):
                self.night(base, 2 * number, [[passed()] for _ in range(5)], network=network)
                night = self.night(base, 2 * number + 1, [[passed(cycles=400)] for _ in range(5)], network=network)
                self.assertEqual(len(self.written(base, night).worse), 2 * (network == "resnet20"))

    def test_coverage_where_there_is_some(self):
        with store.Store(f"{self.box}/r.db") as base:
            night = self.night(base, 1, [[passed()]])
            base.set_coverage(night, [("line", "dp_fifo", 5, 5, 0), ("line", "dp_ram", 92, 95, 7), ("toggle", "dp_ram", 9, 10, 0)])
            page = self.written(base, night)
        self.assertIn("line 97 100 7 97.0 % 98 % dp_ram 96.8 %", page.text)
        self.assertIn("toggle 9 10 0 90.0 % 90 % dp_ram 90.0 %", page.text)

    def test_a_night_where_everything_fails_stays_small(self):
        with store.Store(f"{self.box}/r.db") as base:
            page = self.written(base, self.night(base, 1, [[failed(message="x" * 9000)] * 2 for _ in range(30)]))
        self.assertIn("and 22 more, in junit.xml", page.text)
        self.assertEqual(len(os.listdir(f"{self.box}/report/failures/1")), 2 * report.SHOWN)
        self.assertLess(os.path.getsize(f"{self.box}/report/junit.xml"), 30 * 13000)

    def test_old_nights_leave_the_folder(self):
        with store.Store(f"{self.box}/r.db") as base:
            for number in range(1, nights.HISTORY + 4):
                page = self.written(base, self.night(base, number, [[failed(), failed()]]))
        self.assertEqual(len(os.listdir(f"{self.box}/report/failures")), nights.HISTORY + 1)
        pages = [name for name in os.listdir(f"{self.box}/report") if name.startswith("night-")]
        self.assertEqual(len(pages), nights.HISTORY + 1)
        for link in page.links:
            self.assertTrue(os.path.exists(f"{self.box}/report/{link}"), link)

    def test_nothing_comes_from_elsewhere(self):
        with store.Store(f"{self.box}/r.db") as base:
            self.written(base, self.night(base, 1, [[passed()]]))
        with open(f"{self.box}/report/index.html", encoding="utf-8") as page:
            self.assertNotRegex(page.read(), r"(?i)https?:|<script|<link|@import|url\(|src=")

    def test_junit(self):
        with store.Store(f"{self.box}/r.db") as base:
            night = self.night(base, 1, [[passed()], [failed(), failed()], [failed(), passed()], None])
            self.written(base, night)
        root = ElementTree.parse(f"{self.box}/report/junit.xml").getroot()
        self.assertEqual((root.get("tests"), root.get("failures"), root.get("skipped")), ("4", "2", "1"))
        found = [(case.find("failure").get("type"), case.find("failure").text) for case in root.iter("testcase") if case.find("failure") is not None]
        self.assertEqual([kind for kind, _ in found], ["failed", "flaky"])
        self.assertIn("build/dpacs sim", found[0][1])
        self.assertIn("<b>img</b> & more?", found[0][1])
        self.assertEqual(len(list(root.iter("skipped"))), 1)

    def test_the_report_alone(self):
        self.fake()
        self.matrix()
        self.nightly("report", expect=2, said="no night in it")
        self.nightly("run")
        os.unlink(f"{self.out}/report/index.html")
        self.nightly("report", said="6 passed, 0 failed, 0 flaky, 0 not run")
        self.assertTrue(os.path.exists(f"{self.out}/report/index.html"))


if __name__ == "__main__":
    unittest.main()

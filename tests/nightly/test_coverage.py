"""Coverage: from what cases say to the report; what counts as reached, what is excluded, and what is kept where a night ends early."""
import base64
import os
import unittest
import zlib

import support
import coverage
import covered
import store
from test_store import ABOUT, attempt, case

LINE = "C '\1f\2rtl/x.sv\1l\2{line}\1n\0023\1page\2v_{page}/x\1o\2{what}\1S\2{lines}\1h\2TOP.dp_top.{at}' {count}\n"
BIT = "C '\1f\2rtl/x.sv\1l\0022\1n\0023\1page\2v_toggle/x\1o\2{bit}\1h\2TOP.dp_top.{at}' {count}\n"
EVENT = "C '\1f\2tb/cover.sv\1l\0022\1n\0023\1page\2v_user/dp_fifo_cover__W8\1o\2queue_full\1h\2TOP.dp_top.{at}.u_cover.queue_full' {count}\n"
BIN = "C '\1page\2v_functional/masks\1o\2{name}' {count}\n"

EXCLUSIONS = """
[goal.smoke]
toggle = 90
[[exclude]]
kind = "toggle"
unit = "x"
point = 'b\\[[12]\\]'
reason = "because"
[[exclude]]
kind = "line"
unit = ".*"
point = "nothing is like this"
reason = "stale"
"""


def block(line, count, what="block", lines=None, page="line", at="u"):
    return LINE.format(line=line, count=count, what=what, lines=lines or line, page=page, at=at)


class Coverage(support.Box):
    def measured(self, files, rules=()):
        """Of [(build, text of a coverage file)], as if each were a case."""
        collector = coverage.Collector()
        with store.Store(f"{self.box}/r.db") as base:
            night = base.begin_night(str(files), ABOUT, [case(str(i)) for i in range(len(files))], [])
            for i, (build, text) in enumerate(files):
                found = collector.add(build, ("# SystemC::Coverage-3\n" + text).encode())
                base.add(night, [{"id": str(i), "attempts": [attempt()], "coverage": found}])
            return covered.measure(base, night, rules)

    def shares(self, found):
        return {(kind, unit): (reached, total, excluded) for kind, unit, reached, total, excluded in found.rows()}

    def test_points_survive_the_way(self):
        names, bits = coverage.parse(("magic\n" + block(4, 0) + block(5, 7) + BIT.format(bit="b", at="u", count=2)).encode())
        self.assertEqual((len(names), bytes(bits)), (3, b"\0\1\1"))
        for size in (1, 7, 8, 9, 40):
            bits = bytearray(i % 3 == 0 for i in range(size))
            self.assertEqual(coverage.unpack(coverage.pack(bits), size), [bool(bit) for bit in bits])
        self.assertEqual(coverage.either(b"\1\x80", b"\2\0"), b"\3\x80")
        collector = coverage.Collector()
        self.assertIn("names", collector.add("a", b"C 'x' 1\n"))
        self.assertNotIn("names", collector.add("a", b"C 'x' 0\n"))
        self.assertEqual(zlib.decompress(base64.b64decode(collector.add("b", b"C 'x' 0\nC 'y' 1\n")["names"])), b"x\ny")

    def test_a_bit_is_covered_when_it_went_up_and_down_in_one_run(self):
        once, both = BIT.format(bit="b[0]", at="u", count=1), BIT.format(bit="b[0]", at="u", count=2)
        self.assertEqual(self.shares(self.measured([("s", once), ("s", once)]))["toggle", "x"], (0, 1, 0))
        other = BIT.format(bit="b[0]", at="v", count=2)  # another instance: the same bit
        self.assertEqual(self.shares(self.measured([("s", both + other)]))["toggle", "x"], (1, 1, 0))

    def test_a_line_is_covered_when_all_its_blocks_are_in_some_build(self):
        text = block(4, 1) + block(4, 0, "if", "4-5", "branch") + block(4, 1, "else", "6", "branch")
        found = self.measured([("s", text)])
        self.assertEqual(self.shares(found)["line", "x"], (1, 3, 0))
        self.assertEqual(self.shares(found)["branch", "x"], (1, 2, 0))
        self.assertEqual([label.partition(":")[0] for label in found.missing("line", "x")], ["4", "5"])
        found = self.measured([("s", text), ("p", text.replace("S\0024-5\1h\2TOP.dp_top.u' 0", "S\0024-5\1h\2TOP.dp_top.u' 3"))])
        self.assertEqual(self.shares(found)["line", "x"], (3, 3, 0))

    def test_events_go_by_instance_and_array(self):
        text = EVENT.format(at="u_jobs", count=1) + EVENT.format(at="u_list.u_fifo", count=0)
        found = self.measured([("serial-mid.cover", text), ("parallel-mid.cover", text)])
        self.assertEqual(self.shares(found)["event", "dp_fifo"], (2, 4, 0))
        self.assertEqual(found.missing("event", "dp_fifo"), ["parallel u_list.u_fifo queue_full", "serial u_list.u_fifo queue_full"])

    def test_functional_points_need_no_special_build(self):
        text = BIN.format(name="keep=one", count=0) + BIN.format(name="keep=all", count=3)
        self.assertEqual(self.shares(self.measured([("s", text), ("p.check", text)])), {("functional", "masks"): (1, 2, 0)})

    def test_what_is_excluded_leaves_the_total_unless_it_is_covered(self):
        path = self.write("coverage.toml", EXCLUSIONS)
        goals, rules = covered.read_rules(path)
        text = "".join(BIT.format(bit=f"b[{i}]", at="u", count=2 * (i < 2)) for i in range(4))
        found = self.measured([("s", text)], rules)
        self.assertEqual(self.shares(found)["toggle", "x"], (2, 3, 1))
        self.assertEqual(found.missing("toggle", "x"), ["b[3]"])
        self.assertEqual([(rule.matched, rule.needed) for rule in rules], [(2, 1), (0, 0)])
        self.assertEqual(goals, {"smoke": {"toggle": 90}})

    def test_bad_exclusions_are_told(self):
        for text, said in (
            ("[[exclude]]\nkind = 'line'\n", "exclude 1: expected kind"),
            ("[[exclude]]\nkind = 'toggle'\nunit = '('\npoint = ''\nreason = ''\n", "exclude 1: missing"),
            ("[goal]\nspeed = 3\n", r"expected \[goal\.TIER\]"),
            ("what", "coverage.toml"),
        ):
            with self.assertRaisesRegex(store.StoreError, said):
                covered.read_rules(self.write("coverage.toml", text))

    def test_other_points_within_a_night_are_an_error(self):
        with self.assertRaisesRegex(store.StoreError, "have changed within a night"):
            self.measured([("s", block(4, 1)), ("s", "".join(block(i, 1) for i in range(20)))])

    def test_lcov(self):
        found = self.measured([("s", block(4, 1) + block(9, 0) + block(4, 0, "else", "4", "branch"))])
        covered.write_lcov(found, f"{self.box}/x.info")
        with open(f"{self.box}/x.info", encoding="utf-8") as file:
            text = file.read()
        self.assertIn("BRDA:4,0,0,0\nBRF:1\nBRH:0\nDA:4,0\nDA:9,0\nLF:2\nLH:0\nend_of_record", text)

    def test_from_the_program_to_the_report(self):
        """A fake dpacs with --coverage; the night is killed by its budget, and the numbers are those of the cases that were run."""
        self.matrix(count=6)
        point = BIN.format(name="keep=$((seed % 2))", count=1).replace("\1", r"\001").replace("\2", r"\002").replace("\n", r"\n")
        self.fake(f"[ -n \"$coverage\" ] && printf \"{point}\" >\"$coverage\"; good", offered="--coverage FILE")
        self.nightly("run")
        said = self.nightly("report")
        self.assertIn("coverage, functional: 1 of 1, 100.0 %", said)
        for name in ("coverage-1.html", "coverage-1.info"):
            self.assertTrue(os.path.exists(f"{self.out}/report/{name}"))
        self.assertEqual(self.rows("SELECT kind, name, covered, total FROM coverage"), [("functional", "masks", 1, 1)])


if __name__ == "__main__":
    unittest.main()

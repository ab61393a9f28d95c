"""The report in a real browser."""
import re
import subprocess
import unittest

import support
import store


class Browser(support.Box):
    def look(self, folder, expect=0, page="index.html"):
        done = subprocess.run(
            [f"{support.ROOT}/scripts/nightly/check-report.sh", folder, f"{self.box}/pictures", page], capture_output=True, text=True, check=False
        )
        if done.returncode == 77:
            self.skipTest(done.stdout.strip())
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done

    def test_chromium_shows_it(self):
        """With the longest names that there are, as a daily night has them."""
        self.fake('[ $((seed % 3)) = 0 ] && bad; good')
        builds = [f"{name}-{size}{more}" for name in ("parallel", "serial") for size in ("small", "ref") for more in ("", "-dense.check", ".cover")]
        for build in builds:
            self.write(f"dut/{build}.so", "hardware")
        self.matrix(count=60)
        with open(f"{self.box}/matrix.toml", encoding="utf-8") as file:
            text = file.read().replace('["serial-small"]', str(builds).replace("'", '"')) + "base = [0, 0x80000000]\nstall = [0, 30]\n"
        self.write("matrix.toml", text)
        for date in ("2026-01-02", "2026-01-03"):
            self.nightly("run", "--date", date, expect=1)
        with store.Store(self.database) as base:
            base.set_coverage(2, [("line", "dp_position_stream", 5, 9, 3), ("functional", "a_long_name_of_a_cross", 92, 95, 7)])
        self.nightly("report", expect=1, said="report: ")
        with open(f"{self.out}/report/index.html", encoding="utf-8") as page:
            text = page.read()
        self.assertIn("<td>0x80000000</td>", text)
        self.assertIn(" --base 0x80000000 ", text)
        self.assertFalse(str(0x80000000) in text)
        done = self.look(f"{self.out}/report")
        sizes = re.findall(r"(\w+) (\d+)x", done.stdout)
        self.assertEqual(len(sizes), 4, done.stdout)

    def test_a_table_that_is_cut_is_red(self):
        rows = "<tr><td>" + "</td><td>".join(f"column{i}xxxxxxxxxxxx" for i in range(30)) + "</td></tr>"
        style = "<style>.wide { overflow-x: auto } .wide td { white-space: nowrap }</style>"
        self.write("cut.html", f"<!doctype html>{style}<body style='min-height: 900px'><div class=wide><table>{rows}</table></div></body>")
        self.assertIn("1 tables are cut on the right", self.look(self.box, expect=1, page="cut.html").stdout)


if __name__ == "__main__":
    unittest.main()

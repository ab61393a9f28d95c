"""The report in a real browser."""
import re
import subprocess
import unittest

import support


class Browser(support.Box):
    def test_chromium_shows_it(self):
        self.fake('[ $((seed % 3)) = 0 ] && bad; good')
        self.matrix(count=20)
        self.nightly("run", expect=1)
        done = subprocess.run([f"{support.ROOT}/scripts/nightly/check-report.sh", f"{self.out}/report"], capture_output=True, text=True, check=False)
        if done.returncode == 77:
            self.skipTest(done.stdout.strip())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        sizes = re.findall(r"(\w+) (\d+)x", done.stdout)
        self.assertEqual(len(sizes), 4, done.stdout)


if __name__ == "__main__":
    unittest.main()

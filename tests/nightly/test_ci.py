"""The ready-made CI files: they call make targets that exist, and nothing else that could go stale."""
import os
import re
import unittest

import support


class Ci(support.Box):
    def test_they_call_targets_that_exist(self):
        with open(f"{support.ROOT}/Makefile", encoding="utf-8") as lines:
            targets = set(re.findall(r"^([a-z-]+):.*## ", lines.read(), re.M))
        for name in (".github/workflows/ci.yml", ".gitlab-ci.yml"):
            with open(os.path.join(support.ROOT, name), encoding="utf-8") as lines:
                text = lines.read()
            called = re.findall(r"\bmake ([a-z-]+)(?: [A-Z]+=\S+|$)", text, re.M)
            self.assertGreaterEqual(set(called), {"deps", "lint", "test", "nightly", "formal", "sanitize", "fuzz"}, name)
            self.assertLessEqual(set(called), targets, name)
            self.assertNotIn("scripts/", text)
            self.assertIn("build/nightly", text)

    def test_they_are_yaml(self):
        try:
            import yaml
        except ImportError:
            self.skipTest("python3-yaml is not there")
        for name in (".github/workflows/ci.yml", ".gitlab-ci.yml"):
            with open(os.path.join(support.ROOT, name), encoding="utf-8") as file:
                self.assertIsInstance(yaml.safe_load(file), dict)


if __name__ == "__main__":
    unittest.main()

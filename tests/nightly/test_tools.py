"""What a night writes down of the tools that it used."""
import importlib.util
import os
import tempfile
import unittest

import support


def main_module():
    spec = importlib.util.spec_from_file_location("nightly_main", os.path.join(support.NIGHTLY, "__main__.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Tools(unittest.TestCase):
    def verilator(self, says, header):
        """A program that plays Verilator."""
        box = tempfile.TemporaryDirectory()
        self.addCleanup(box.cleanup)
        os.mkdir(os.path.join(box.name, "include"))
        with open(os.path.join(box.name, "include", "verilated_config.h"), "w", encoding="utf-8") as out:
            out.write(header)
        program = os.path.join(box.name, "verilator")
        with open(program, "w", encoding="utf-8") as out:
            out.write(f"#!/bin/sh\ncase $1 in --version) echo '{says}' ;; --getenv) echo '{box.name}' ;; esac\n")
        os.chmod(program, 0o755)
        return main_module().version_of(program)

    def test_a_version_with_a_number(self):
        self.assertEqual(self.verilator("Verilator 5.006 2023-01-22 rev (Debian 5.006-3)", ""), "5.006")

    def test_a_build_without_one(self):
        header = '#define VERILATOR_PRODUCT "Verilator"\n#define VERILATOR_VERSION "5.49"\n'
        self.assertEqual(self.verilator(" rev vUNKNOWN-built20260516-4e853d8", header), "5.49 rev vUNKNOWN-built20260516-4e853d8")
        self.assertEqual(self.verilator(" rev vUNKNOWN-built20260516-4e853d8", ""), "rev vUNKNOWN-built20260516-4e853d8")

    def test_none(self):
        self.assertEqual(main_module().version_of("/nonexistent/verilator"), "unknown")


if __name__ == "__main__":
    unittest.main()

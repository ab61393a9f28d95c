"""scripts/waves/gtkw_sources.py: the names of a dump, whichever Verilator wrote it."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "scripts", "waves"))

from gtkw_sources import Dump  # noqa: E402

VCD = """$timescale 1ps $end
{scopes}
{signals}
$upscope $end
$upscope $end
$enddefinitions $end
#0
b00000001 !
b00000010 "
b00000011 #
#5
b00000000 #
"""
OLD = """$var logic 8 ! mem[0] [7:0] $end
$var logic 8 " mem[1] [7:0] $end
$scope module u_x $end
$var logic 8 # grid[0][1] [7:0] $end
$upscope $end"""
NEW = """$scope module mem $end
$var logic 8 ! mem[0] [7:0] $end
$var logic 8 " mem[1] [7:0] $end
$upscope $end
$scope module u_x $end
$scope module grid $end
$scope module grid[0] $end
$var logic 8 # grid[0][1] [7:0] $end
$upscope $end
$upscope $end
$upscope $end"""


@unittest.skipUnless(shutil.which("vcd2fst"), "gtkwave is not installed")
class Names(unittest.TestCase):
    def dump(self, signals, scopes=("dp_top", "dp_top")):
        box = tempfile.TemporaryDirectory()
        self.addCleanup(box.cleanup)
        vcd, fst = os.path.join(box.name, "d.vcd"), os.path.join(box.name, "d.fst")
        with open(vcd, "w", encoding="utf-8") as out:
            out.write(VCD.format(scopes="\n".join(f"$scope module {scope} $end" for scope in scopes), signals=signals))
        subprocess.run(["vcd2fst", vcd, fst], check=True)
        return Dump(fst)

    def test_arrays_are_found_by_the_same_path(self):
        for signals in (OLD, NEW):
            dump = self.dump(signals)
            self.assertEqual(dump.matching("mem[*]"), ["dp_top.dp_top.mem[0]", "dp_top.dp_top.mem[1]"])
            self.assertEqual(dump.matching("u_x.grid[0][1]"), ["dp_top.dp_top.u_x.grid[0][1]"])

    def test_a_board_s_shell_changes_no_path(self):
        dump = self.dump(OLD + "\n$upscope $end", scopes=("dp_top", "dp_board", "dp_top"))
        self.assertEqual(dump.matching("mem[*]"), ["dp_top.dp_top.mem[0]", "dp_top.dp_top.mem[1]"])
        self.assertEqual(dump.signals["dp_top.dp_top.mem[1]"][0], "dp_top.dp_board.dp_top.mem[1][7:0]")

    def test_gtkwave_gets_the_name_in_the_file(self):
        full = [self.dump(signals).signals["dp_top.dp_top.mem[1]"][0] for signals in (OLD, NEW)]
        self.assertEqual(full, ["dp_top.dp_top.mem[1][7:0]", "dp_top.dp_top.mem.mem[1][7:0]"])


if __name__ == "__main__":
    unittest.main()

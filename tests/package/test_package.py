"""scripts/package/package.py: what it makes is whole, and what is wrong in it is said. dp_zynq is wired as its names say."""

import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class Package(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dpacs-package-"))
        self.addCleanup(shutil.rmtree, self.folder)
        for name in ("rtl", "scripts/package", "docs/registers.md"):
            to = self.folder / name
            to.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile)(ROOT / name, to)

    def edit(self, name, old, new):
        text = (self.folder / name).read_text(encoding="utf-8")
        self.assertIn(old, text)
        (self.folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    def package(self):
        done = subprocess.run([self.folder / "scripts/package/package.py"], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def expect_wrong(self, words):
        code, said = self.package()
        self.assertNotEqual(code, 0, said)
        self.assertIn(words, said)

    def test_is_whole(self):
        code, said = self.package()
        files = (ROOT / "rtl/files.f").read_text(encoding="utf-8").split()
        self.assertEqual(code, 0, said)
        self.assertIn(f"package: {len(files)} sources, ", said)
        self.assertIn(" ports in 8 buses, ", said)
        made = self.folder / "build/package/dpacs"
        self.assertEqual([name.replace("dp_zynq.v", "dp_zynq.sv") for name in (made / "files.txt").read_text().split()], files)
        self.assertIn("    VERSION 0x80 {", (made / "registers.tcl").read_text())

    def test_a_source_that_is_not_there(self):
        self.edit("rtl/files.f", "rtl/board/dp_board.sv", "rtl/board/dp_bored.sv")
        self.expect_wrong("dp_bored.sv")

    def test_a_file_that_the_script_misses(self):
        self.edit("scripts/package/package.tcl", "[file join $folder dpacs_ooc.xdc]", "[file join $folder dpacs_alone.xdc]")
        self.expect_wrong("no file")

    def test_a_port_that_the_constraints_miss(self):
        self.edit("scripts/package/dpacs_ooc.xdc", "[get_ports aclk]", "[get_ports clk_i]")
        self.expect_wrong("no port clk_i")

    def test_a_register_that_the_constraints_miss(self):
        text = (self.folder / "rtl/lib/dp_reset_sync.sv").read_text()
        (self.folder / "rtl/lib/dp_reset_sync.sv").write_text(text.replace("sync_q", "level_q"))
        self.expect_wrong("nothing is named sync_q")

    def test_a_bus_without_a_signal(self):
        text = (self.folder / "rtl/board/dp_zynq.sv").read_text()
        (self.folder / "rtl/board/dp_zynq.sv").write_text(text.replace("m_axi_hp2_wstrb", "m_axi_hp2_strobe"))
        self.expect_wrong("m_axi_hp2: no port m_axi_hp2_wstrb")

    def test_a_bus_that_the_script_misses(self):
        self.edit("scripts/package/package.tcl", "{m_axi_hp0 ", "{m_axi_hp7 ")
        self.expect_wrong("m_axi_hp7")

    def test_a_bus_without_a_clock(self):
        self.edit("scripts/package/package.tcl", "m_axi_hp3}", "}")
        self.expect_wrong("m_axi_hp3 has no clock")

    def test_a_port_of_no_bus(self):
        self.edit("rtl/board/dp_zynq.sv", "output wire irq,", "output wire irq, output wire spare,")
        self.expect_wrong("port spare belongs to no bus")

    def test_a_command_that_vivado_does_not_have(self):
        self.edit("scripts/package/package.tcl", "ipx::save_core", "ipx::safe_core")
        self.expect_wrong('invalid command name "ipx::safe_core"')

    def test_two_registers_in_one_place(self):
        self.edit("docs/registers.md", "| 0x1c | **ERROR**", "| 0x18 | **ERROR**")
        self.expect_wrong("two registers at 0x18")


class Wiring(unittest.TestCase):
    """Bit by bit, with dp_board as a box."""

    def wrong(self, source):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "dp_zynq.sv"
            path.write_text(source, encoding="utf-8")
            script = f"read_verilog -sv {ROOT}/rtl/dp_pkg.sv {path}; hierarchy -top dp_zynq; proc; opt_clean; write_json"
            done = subprocess.run(["yosys", "-q", "-p", script], capture_output=True, text=True, check=True)
        top = json.loads(done.stdout)["modules"]["dp_zynq"]
        bits = {name: port["bits"] for name, port in top["ports"].items()}
        pins = top["cells"]["u_board"]["connections"]
        bad = [name for name, bus in pins.items() if not name.startswith("obs_") and bus != self.named(name, bits)]
        left = set(sum(bits.values(), [])) - set(sum((bus for name, bus in pins.items() if not name.startswith("obs_")), []))
        return bad + sorted(name for name, bus in bits.items() if left & set(bus))

    @staticmethod
    def named(pin, bits):
        """What a pin of dp_board is to be wired to."""
        plain = {"clk_i": "aclk", "rst_ni": "aresetn", "irq_o": "irq"}
        name = re.sub(r"_[io]$", "", pin)
        if pin in plain:
            return bits[plain[pin]]
        if name.startswith("s_axil_"):
            return bits[name.replace("s_axil_", "s_axi_")]
        return sum((bits[name.replace("m_axi_", f"m_axi_hp{port}_")] for port in range(4)), [])

    def test_every_pin(self):
        self.assertEqual(self.wrong((ROOT / "rtl/board/dp_zynq.sv").read_text(encoding="utf-8")), [])

    def test_finds_ports_that_are_exchanged(self):
        text = (ROOT / "rtl/board/dp_zynq.sv").read_text(encoding="utf-8")
        other = text.replace("{m_axi_hp3_rresp, m_axi_hp2_rresp,", "{m_axi_hp2_rresp, m_axi_hp3_rresp,")
        self.assertNotEqual(text, other)
        self.assertEqual(self.wrong(other), ["m_axi_rresp_i"])


if __name__ == "__main__":
    unittest.main()

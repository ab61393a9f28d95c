"""Which places of a source are mutated, to what, and what the mutated source looks like."""
import re
import subprocess
import tempfile
import tomllib
import unittest

import support

import region
import schema

MODULE = "module m;\n{}\nendmodule\n"
CLOCKED = "always_ff @(posedge clk_i or negedge rst_ni) begin if (!rst_ni) x_q <= 4'd3; else begin {} end end"


def verilog(body):
    return [(mutant.operator, " ".join(mutant.source.split())) for mutant in schema.mutants_of("m.sv", MODULE.format(body))]


def c(body):
    return [(mutant.operator, " ".join(mutant.source.split())) for mutant in schema.mutants_of("m.c", f"int f(int a, int *b) {{ {body} }}\n")]


class Ladder(unittest.TestCase):
    def test_what_it_names_is_there(self):
        """A test that has another name now would end a campaign at its last level."""
        with open(support.ROOT / "tests/mutate/ladder.toml", "rb") as file:
            ladder = tomllib.load(file)
        for program in {program for names in ladder["units"].values() for program in names}:
            self.assertTrue(list(support.ROOT.glob(f"tests/*/{program}.c")), program)
        for whole in ladder["whole"]:
            (source,) = support.ROOT.glob(f"tests/*/{whole['program']}.c")
            found = re.findall(r"^Test\(\w+, (\w+)", source.read_text(), re.M)
            self.assertEqual([name for name in whole["tests"] if name not in found], [])
        for run in ladder["run"]:
            self.assertTrue("network" in run or (support.ROOT / run["model"]).exists(), run)


class Verilog(unittest.TestCase):
    def test_operators(self):
        self.assertEqual(
            verilog("assign y = a + b && !c;"),
            [("+ -> -", "a - b && !c"), ("&& -> ||", "a + b || !c"), ("without !", "a + b && c")],
        )
        self.assertEqual(verilog("assign y = -a >>> n;"), [(">>> -> <<", "-a << n")])
        self.assertEqual(verilog("assign y = &a | ~b;"), [("| -> &", "&a & ~b"), ("without ~", "&a | b")])
        self.assertEqual(verilog("assign y = a < 4'd15;"), [("< -> <=", "a <= 4'd15"), ("4'd15 -> 4'd14", "a < 4'd14")])

    def test_branches(self):
        self.assertEqual(
            verilog("assign y = a ? b : c ? d : {e, f};"),
            [("? : exchanged", "a ? (c ? d : {e, f}) : (b)"), ("? : exchanged", "a ? b : c ? ({e, f}) : (d)")],
        )
        self.assertEqual(verilog("assign y = f(a ? b : c, d);"), [("? : exchanged", "f(a ? (c) : (b), d)")])

    def test_constants(self):
        pairs = {"'0": "'1", "1'b1": "1'b0", "2'b11": "2'b10", "9'h1ff": "9'h1fe", "8'sd127": "8'sd126", "16'd63": "16'd64", "5": "6", "1": "0"}
        for text, other in pairs.items():
            self.assertEqual(region.bumped(text), other)

    def test_what_is_elaborated_stays(self):
        for body in (
            "localparam int N = 4 + 1;", "logic [3:0] a = 4'd1 + 4'd2;", "typedef enum logic [1:0] { A = 2'd1 } e_t;",
            "if (N > 1) begin : g\nend", "for (genvar k = 0; k < 4; k++) begin : g\nend", "assign y = 8'(x);", "assign y = {N * 2{x}};",
            "assign y = x[7:0];", "assign y = x[a+:8];", "assign y = (N + 1)'(x);",
            "`ifdef VERILATOR\nalways_ff @(posedge clk_i) assert (a + b) else $error(\"no\");\n`endif",
            "sub #(.W(8 + 1)) u_sub (.clk_i, .y_o(x[1 + 1]), .z_i(x));",
        ):
            self.assertEqual(verilog(body), [], body)

    def test_ports(self):
        self.assertEqual(verilog("sub #(.W(8)) u_sub (.a_i(b || c), .y_o(d), .e_i({2{f}}));"), [("|| -> &&", "b && c")])

    def test_registers(self):
        self.assertEqual(
            verilog(CLOCKED.format("x_q <= y_i; if (en_i) {a, b} <= x_q;")),
            [("without !", "rst_ni"), ("4'd3 -> 4'd4", "4'd4"), ("not stored", "x_q"), ("negated", "!(en_i)"), ("not stored", "{a, b}")],
        )
        self.assertEqual(verilog(CLOCKED.format("for (int i = 0; i < 3; i++) m[i] <= d[i*2];"))[2:], [("* -> +", "d[i+2]"), ("2 -> 3", "d[i*3]"), ("not stored", "m[i]")])

    def test_cases_and_functions(self):
        self.assertEqual(
            verilog("always_comb unique case (s + t) 2'b00: x = a; 2'd1, 2'd2: begin x = b && c; end default: ; endcase"),
            [("+ -> -", "s - t"), ("&& -> ||", "b || c")],
        )
        self.assertEqual(verilog("function automatic logic f(input logic a); logic q; q = a; f = !q; endfunction"), [("without !", "q")])

    def test_mutated_text(self):
        text = MODULE.format("always_comb if (a == b) y = c + 1'b1;")
        mutants = schema.mutants_of("rtl/m.sv", text, 5)
        self.assertEqual([m.number for m in mutants], [5, 6, 7])
        self.assertIn("if (((dp_pkg::mutant == 5) ? ((a != b)) : (a == b))) y = ((dp_pkg::mutant >= 6", schema.mutated("rtl/m.sv", text, mutants))

    def test_names_outlive_other_edits(self):
        text = MODULE.format("assign x = a + b;\nassign y = a + b; // twice")
        edited = MODULE.format("// new\nassign w = !v;\nassign x = a  +  b;\nassign y = a + b;")
        before, after = schema.mutants_of("m.sv", text), schema.mutants_of("m.sv", edited)
        self.assertEqual([m.name for m in before], [m.name for m in after[1:]])
        self.assertEqual(len({m.name for m in after}), 3)
        self.assertEqual(after[1].line, 4)


class C(unittest.TestCase):
    def test_operators(self):
        self.assertEqual(
            c("for (int i = 0; i < a; i++) b[i] += *b * 2; return a % 2;"),
            [("0 -> 1", "1"), ("< -> <=", "i <= a"), ("negated", "!(i < a)"), ("* -> +", "*b + 2"), ("2 -> 3", "*b * 3"), ("other sign", "-(*b * 2)"),
             ("left out", ""), ("% -> /", "a / 2"), ("2 -> 3", "a % 3")],
        )

    def test_what_stays(self):
        for body in ("enum { A = 1 + 2 };", "const char *t = \"a + b\";", "struct s x = {.a = 1, .b = 2};", "size_t n = sizeof *b;", "int *p = (int *)b;", "uint8_t x = (uint8_t)*b;"):
            self.assertEqual(c(body), [], body)
        self.assertEqual(schema.mutants_of("m.c", "static const int table[] = {1 + 2};\nenum { N = 3 };\nint f(int a);\n"), [])

    def test_mutated_text_compiles_and_obeys(self):
        text = "int f(int a);\nint f(int a) {\n    int sum = 0;\n    if (a > 3) sum = a - 1; else sum++;\n    return sum;\n}\nint main(void) { return f(5) * 10 + f(1); }\n"
        mutants = schema.mutants_of("m.c", text)
        with tempfile.TemporaryDirectory() as box:
            with open(f"{box}/m.c", "w", encoding="utf-8") as file:
                file.write(schema.DEFINED + schema.mutated("m.c", text, mutants))
            subprocess.run(["gcc", "-w", "-o", f"{box}/m", f"{box}/m.c"], check=True)

            def code(number):
                return subprocess.run([f"{box}/m"], env={schema.VARIABLE: str(number)}, check=False).returncode

            self.assertEqual(code(0), 41)
            at = {m.operator: m.number for m in mutants if m.line == 4}
            self.assertEqual(code(at["> -> >="]), 41)
            self.assertEqual(code(at["negated"]), 10)
            self.assertEqual(code(at["- -> +"]), 61)
            self.assertEqual({code(m.number) for m in mutants if m.operator == "left out"} - {41}, {1, 40})


if __name__ == "__main__":
    unittest.main()

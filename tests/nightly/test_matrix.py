"""The matrix file and the plan: what is wrong is named, the date gives everything, the tiers that ship fit the hardware builds."""
import os
import re
import subprocess
import unittest

import support
import cases
import matrix

SUITE = '[[suite]]\nname = "a"\ncases = { smoke = 2 }\nheight = [2]\nwidth = [2]\nchannels = [8]\nbuild = ["serial-small"]\n'
TIER = "[tier.smoke]\nbudget = 5\n"
NETWORK = '[[suite]]\nname = "n"\ncases = { smoke = 2 }\nnetwork = ["fmnist14"]\nbuild = ["serial-small"]\n'
RANDOM = '[[suite]]\nname = "r"\ncases = { smoke = 4 }\nnetwork = ["random", "random:wide"]\nbuild = ["serial-small"]\n'
MODEL = '[[suite]]\nname = "m"\ncases = { smoke = 2 }\nmodel = ["models/fmnist-dense.dpm"]\nbuild = ["serial-small"]\n'

WRONG = [
    ("[tier", "Expected"),
    ("", "tier: missing"),
    (TIER, "suite: missing"),
    ("x = 1\n" + TIER + SUITE, "x: no such key"),
    ("[tier.smoke]\nbudget = 0\n" + SUITE, "tier.smoke: expected budget"),
    ("[tier.smoke]\nminutes = 3\n" + SUITE, "tier.smoke: expected budget"),
    (TIER + "complete = 1\n" + SUITE, "tier.smoke.complete: expected true or false"),
    (TIER + SUITE.replace('"a"', '"A b"'), "suite 'A b'.name"),
    (TIER + SUITE.replace('name = "a"\n', ""), "suite 1.name"),
    (TIER + SUITE + SUITE, "suite 'a'.name: there are two"),
    (TIER + SUITE.replace("smoke", "somke"), "suite 'a'.cases.somke: no such tier"),
    (TIER + SUITE.replace("= 2 }", "= 0 }"), "suite 'a'.cases.smoke: 0"),
    (TIER + SUITE.replace("cases = { smoke = 2 }", ""), "suite 'a'.cases: expected"),
    (TIER + SUITE + "colour = [1]\n", "suite 'a'.colour: no such key"),
    (TIER + SUITE + "stride = [3]\n", "suite 'a'.stride: 3: expected whole numbers from 1 to 2"),
    (TIER + SUITE + "stride = []\n", "suite 'a'.stride: expected a list"),
    (TIER + SUITE + "stride = 1\n", "suite 'a'.stride: expected a list"),
    (TIER + SUITE + "stride = [1, 1]\n", "suite 'a'.stride: a value is there twice"),
    (TIER + SUITE + "stall = [true]\n", "suite 'a'.stall: True"),
    (TIER + SUITE + 'keep = ["0.5"]\n', "suite 'a'.keep: '0.5'"),
    (TIER + SUITE + 'keep = ["1.5:1"]\n', "suite 'a'.keep: '1.5:1'"),
    (TIER + SUITE.replace("[8]", "[12]"), "suite 'a'.channels: 12: expected multiples of 8"),
    (TIER + SUITE.replace("width = [2]\n", ""), "height, width and channels come together"),
    (TIER + SUITE.replace('build = ["serial-small"]\n', ""), "suite 'a'.build: missing"),
    (TIER + SUITE + 'images = ["test set"]\n', "suite 'a'.images"),
    (TIER + SUITE + 'network = ["resnet20"]\n', "expected one of model, network"),
    (TIER + SUITE + "timeout = 0\n", "suite 'a'.timeout: 0"),
    (TIER + SUITE + "fixed = 1\n", "suite 'a'.fixed: expected true or false"),
    (TIER + SUITE + "needs = 1\n", "suite 'a'.needs"),
    (TIER + SUITE + 'tags = "x"\n', "suite 'a'.tags"),
    (TIER + NETWORK + 'keep = ["one:1"]\n', "suite 'n'.keep: one position"),
    (TIER + NETWORK + 'kind = ["basic"]\n', "suite 'n'.kind: not for a suite with network"),
    (TIER + RANDOM + 'keep = ["1:1"]\n', "suite 'r'.keep: not for a suite with random networks"),
    (TIER + RANDOM + 'values = ["usual"]\n', "suite 'r'.values: not for a suite with random networks"),
    (TIER + RANDOM + 'images = ["test set"]\n', "suite 'r'.images: 'test set': random networks have random images only"),
    (TIER + RANDOM.replace('"random",', '"fmnist14",'), "suite 'r'.network: random networks have a suite of their own"),
    (TIER + RANDOM.replace("random:wide", "random:wide:s2"), "suite 'r'.network: 'random:wide:s2': expected networks"),
    (TIER + MODEL + 'keep = ["1:1"]\n', "suite 'm'.keep: not for a suite with model"),
    (TIER + MODEL.replace("fmnist-dense", "nosuch"), "suite 'm'.model: 'models/nosuch.dpm': no such file"),
    (TIER + SUITE.replace("smoke = 2", 'smoke = "all"').replace("[2]\nw", f"{list(range(1, 257))}\nw").replace("width = [2]", f"width = {list(range(1, 257))}")
     + "stall = [0, 1]\n", "suite 'a'.cases.smoke: all are 131072 cases"),
]  # fmt: skip


class Matrix(support.Box):
    def test_what_is_wrong_is_told_with_file_and_key(self):
        os.chdir(support.ROOT)
        for text, said in WRONG:
            path = self.write("matrix.toml", text)
            with self.subTest(said=said), self.assertRaises(matrix.BadMatrix) as raised:
                matrix.read(path)
            self.assertIn(said, str(raised.exception))
            self.assertIn(path + ": ", str(raised.exception))
        self.nightly("plan", expect=2, said=f"nightly: {path}: suite 'a'.cases.smoke: all are 131072 cases")
        self.nightly("plan", expect=2, said="no/such.toml: No such file", matrix="no/such.toml")
        self.matrix()
        self.nightly("plan", "--tier", "weekly", expect=2, said="tier.weekly: missing")
        self.nightly("plan", "--tags", "nosuch", expect=2, said="no case in tier smoke")
        self.nightly("plan", "--date", "yesterday", expect=2, said="--date")

    def test_the_date_gives_the_plan(self):
        self.matrix()
        plans = [self.nightly("plan", "--date", date) for date in ("2026-03-01", "2026-03-01", "2026-03-02")]
        self.assertEqual(plans[0], plans[1])
        self.assertNotEqual(plans[0], plans[2])
        self.assertIn("2026-03-01 smoke, seed ", plans[0])
        lines = plans[0].splitlines()[1:]
        self.assertEqual(len(lines), len(set(lines)))
        self.assertEqual(len(lines), 6)
        everything = [cases.plan(matrix.read(f"{self.box}/matrix.toml"), "daily", date)[0] for date in ("2026-03-01", "2026-03-02")]
        self.assertFalse({case.id for case in everything[0]} & {case.id for case in everything[1]})

    def test_fixed_suites_do_not_follow_the_date(self):
        plan = matrix.read(self.matrix(more="fixed = true"))
        first, second = (cases.plan(plan, "smoke", date)[0] for date in ("2026-03-01", "2026-03-02"))
        self.assertEqual([case.id for case in first], [case.id for case in second])

    def test_all_are_all_and_none_comes_twice_before(self):
        plan = matrix.read(self.matrix(count=400))
        everything, _ = cases.plan(plan, "daily", "2026-01-02")
        self.assertEqual(len(everything), 180)
        self.assertEqual(len({str(case.axes) for case in everything}), 180)
        more, _ = cases.plan(plan, "smoke", "2026-01-02")
        self.assertEqual(len(more), 400)
        self.assertEqual(len({case.id for case in more}), 400)
        self.assertEqual(len({str(case.axes) for case in more}), 180)

    def test_a_case_is_a_command_line(self):
        more = 'stride = [2]\nkind = ["bottleneck"]\nmask = ["alternating"]\nvalues = ["extreme"]\ngroup = [8]\nlatency = [7]\nstall = [30]\n'
        plan = matrix.read(self.matrix(count=1, more=more + 'scope = ["resolution"]\nbandwidth = [5]\ncount = [3]\nfault = ["drop:9"]'))
        for case in cases.plan(plan, "daily", "2026-01-02")[0]:
            axes = case.axes
            positions, groups = axes["keep"].split(":")
            positions = f"{1 / axes['height'] / axes['width']:.9f}" if positions == "one" else positions
            chain = "--schedule chain " if axes["schedule"] == "chain" else ""
            expected = (
                f"build/dpacs sim gen:block:{axes['height']}x{axes['width']}x{4 * axes['channels']}:bottleneck:s2:read,keep-spatial={positions},"
                f"keep-channel={'0' if groups == 'one' else groups},mask=alternating,values=extreme,group=8,resolution-mask,seed=S "
                f"--build serial-small --seed S --count 3 --images random {chain}--stall 30 --latency 7 --bandwidth 5 --fault drop:9 --strict --no-baseline"
            )
            self.assertEqual(re.sub(r"seed([= ])\d+", r"seed\1S", case.command()), expected)

    def test_a_random_network_is_its_seed(self):
        plan = matrix.read(self.write("matrix.toml", TIER + RANDOM + 'images = ["random", "signed"]\ncount = [3]\n'))
        commands = [case.command() for case in cases.plan(plan, "smoke", "2026-01-02")[0]]
        seeds = [re.findall(r"seed[= ](\d+)", command) for command in commands]
        self.assertTrue(all(len(pair) == 2 and pair[0] == pair[1] for pair in seeds))
        self.assertEqual(len({pair[0] for pair in seeds}), 4)
        self.assertEqual(
            sorted(re.sub(r"seed([= ])\d+", r"seed\1S", command) for command in commands),
            sorted(
                f"build/dpacs sim gen:{network},seed=S --build serial-small --seed S --count 3 --images {images} --strict --no-baseline"
                for network in ("random", "random:wide")
                for images in ("random", "signed")
            ),
        )

    def test_suites_share_a_cut_night_and_may_be_chosen(self):
        more = support.MATRIX[support.MATRIX.index("[[suite]]") :].replace('"blocks"', '"more"').replace('"x"', '"y"')
        self.matrix(count=90, more=more.format(count=10, timeout=60, more=""))
        plan = matrix.read(f"{self.box}/matrix.toml")
        first, _ = cases.plan(plan, "smoke", "2026-01-02")
        self.assertEqual([case.suite for case in first[:10]].count("more"), 1)
        chosen, _ = cases.plan(plan, "smoke", "2026-01-02", ["y"])
        self.assertEqual({case.suite for case in chosen}, {"more"})
        self.assertEqual([c.id for c in chosen], [c.id for c in first if c.suite == "more"])

    def test_a_suite_without_its_data_is_left_out(self):
        self.write("matrix.toml", TIER + SUITE + NETWORK + 'needs = "NO_SUCH_DATA"\nimages = ["test set"]\n')
        self.assertNotIn("gen:fmnist14", self.nightly("plan", said="suite n is left out: NO_SUCH_DATA is not set"))
        self.assertIn("gen:fmnist14", self.nightly("plan", NO_SUCH_DATA="/data"))

    def test_who_reads_the_plan_may_stop(self):
        command = f"/usr/bin/python3 {support.NIGHTLY} plan --tier daily | head -n 1"
        done = subprocess.run(["bash", "-c", command], cwd=support.ROOT, capture_output=True, text=True, check=True)
        self.assertRegex(done.stdout, r"^# \S+ daily, seed \d+: \d+ cases\n$")
        self.assertEqual(done.stderr, "")

    def test_the_matrix_that_ships(self):
        os.chdir(support.ROOT)
        plan = matrix.read("tests/nightly.toml")
        with open("builds.mk", encoding="utf-8") as lines:
            geometries = re.findall(r"^BUILD_([a-z-]+) ", lines.read(), re.M)
        for tier in ("smoke", "daily", "full"):
            for build in plan.builds(tier):
                self.assertIn(build.removesuffix(".check").removesuffix(".cover").removesuffix("-dense"), geometries)
            self.assertGreater(len(cases.plan(plan, tier, "2026-01-02")[0]), 100)
        for suite in plan.suites:  # small builds have no room for the patches of a 7x7 stem
            if "random:stems7" in suite.axes.get("network", []):
                self.assertFalse([build for build in suite.axes["build"] if "small" in build])
            if any(network.startswith("random:ref") for network in suite.axes.get("network", [])):
                self.assertFalse([build for build in suite.axes["build"] if "-ref" not in build])


if __name__ == "__main__":
    unittest.main()

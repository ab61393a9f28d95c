"""scripts/tradeoff on made-up numbers: fronts, what a dense network of some accuracy costs, means over seeds, lists that are wrong."""
import os
import sys
import tempfile
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "scripts", "tradeoff"))
sys.dont_write_bytecode = True

import tradeoff  # noqa: E402


def network(group, kind, top1, serial, parallel=None, seed="1", data="made up"):
    n = tradeoff.Network(f"models/{group}-{seed}.dpm", group, kind, seed, data)
    n.row = {"top1": top1, "macs": serial * 64.0, "bytes": 1000.0, "cycles_whole_serial": serial, "cycles_whole_parallel": parallel or serial / 8}
    return n


class Fronts(unittest.TestCase):
    def test_front(self):
        points = [(10, 90, "a"), (20, 92, "b"), (15, 89, "c"), (20, 91, "d"), (30, 92, "e"), (10, 88, "f"), (40, 95, "g")]
        self.assertEqual([p[2] for p in tradeoff.front(points)], ["a", "b", "g"])
        self.assertEqual(tradeoff.front([]), [])

    def test_dense_cost(self):
        dense = [(100, 90.0), (200, 92.0), (150, 89.0)]
        self.assertEqual(tradeoff.dense_cost(dense, 91.0), (150, True))
        self.assertEqual(tradeoff.dense_cost(dense, 92.0), (200, True))
        self.assertEqual(tradeoff.dense_cost(dense, 90.0), (100, True))
        self.assertEqual(tradeoff.dense_cost(dense, 85.0), (100, False))
        self.assertIsNone(tradeoff.dense_cost(dense, 92.1))

    def test_verdicts(self):
        groups = tradeoff.group([network("small", "smaller dense", 90, 100), network("large", "dense", 92, 200),
                                 network("better", "dynamic", 91, 120), network("worse", "dynamic", 91, 160), network("best", "dynamic", 93, 300),
                                 network("other", "dynamic", 99, 1, data="elsewhere")])
        found = {g.name: (dense, stands) for g, dense, stands in tradeoff.verdicts(groups, "cycles_whole_serial")}
        self.assertEqual(found, {"better": ((150, True), True), "worse": ((150, True), False), "best": (None, True), "other": (None, True)})
        text = tradeoff.table(groups)
        self.assertIn("| better | 120 | 150 | -20.0 % | yes |", text)
        self.assertIn("| worse | 160 | 150 | +6.7 % | no |", text)
        self.assertIn("| best | 300 | none is as good |  | yes |", text)

    def test_what_may_be_cheaper_is_not_beaten(self):
        text = tradeoff.table(tradeoff.group([network("dense", "dense", 92, 200), network("poor", "dynamic", 80, 50), network("dear", "dynamic", 80, 300)]))
        self.assertIn("| poor | 50 | at most 200 |  | yes |", text)
        self.assertIn("| dear | 300 | at most 200 | +50.0 % | no |", text)

    def test_seeds_are_one_network(self):
        groups = tradeoff.group([network("a", "dense", 90, 100), network("a", "dense", 92, 200, seed="2")])
        self.assertEqual(len(groups), 1)
        self.assertIn("| a | dense | 2 | 91.00 (90.00, 92.00) | 9,600 | 1,000 | 150 | 19 |", tradeoff.table(groups))
        with self.assertRaisesRegex(ValueError, "group a"):
            tradeoff.group([network("a", "dense", 90, 100), network("a", "dynamic", 92, 200, seed="2")])

    def test_lists(self):
        good = "container,group,kind,seed,data\n# a remark\nmodels/fmnist-dense.dpm,a,dense,1,x\n"
        cases = [(good.replace("group,", ""), "the first line has to be"), (good.replace("dense,1", "sparse,1"), "unknown kind \"sparse\""),
                 (good.replace("fmnist-dense", "nosuch"), "nosuch.dpm: no such file"), (good + good.split("\n")[2] + "\n", "is there twice"),
                 (good.split("#", 1)[0], "no networks")]
        here = os.getcwd()
        os.chdir(ROOT)
        self.addCleanup(os.chdir, here)
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
            def read(text):
                file.seek(0)
                file.truncate()
                file.write(text)
                file.flush()
                return tradeoff.read_list(file.name)

            self.assertEqual([n.name for n in read(good)], ["fmnist-dense"])
            for text, said in cases:
                with self.assertRaisesRegex(ValueError, said):
                    read(text)

    def test_the_list_of_the_project(self):
        here = os.getcwd()
        os.chdir(ROOT)
        self.addCleanup(os.chdir, here)
        groups = tradeoff.group(tradeoff.read_list("models/networks.csv"))
        self.assertEqual({g.kind for g in groups} - set(tradeoff.KINDS), set())


if __name__ == "__main__":
    unittest.main()

"""ENGINE=slurm on a cluster of one node that the test starts: the same plan, the same results, and what an interrupted start leaves is merged."""
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import cluster
import support


@unittest.skipIf(cluster.why_not(), cluster.why_not())
class Slurm(support.Box):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.mkdtemp(prefix="dpacs-slurm-")
        cls.addClassCleanup(shutil.rmtree, directory, True)
        cls.enterClassContext(cluster.Cluster(directory))

    def slurm(self, *words, **more):
        return self.nightly("run", "--engine", "slurm", *words, **more)

    def test_the_same_night_as_on_one_machine(self):
        self.fake('[ $((seed % 4)) = 0 ] && bad; good')
        self.matrix(count=24)
        text = self.slurm(expect=1, said="(finished)")
        found = self.rows("SELECT id, number, status FROM attempt")
        self.assertEqual(self.rows("SELECT engine, why FROM start"), [("slurm", "finished")])
        self.assertEqual(os.listdir(f"{self.out}/slurm"), [])
        self.slurm(expect=1, said="0 of 24 cases to run")
        shutil.rmtree(self.out)
        self.assertEqual(self.nightly("run", expect=1).splitlines()[-2], text.splitlines()[-2])
        self.assertEqual(self.rows("SELECT id, number, status FROM attempt"), found)

    def test_a_kill_leaves_what_the_next_start_merges(self):
        self.fake("sleep 0.3; good")
        self.matrix(count=40)
        process = self.begin("run", "--engine", "slurm")
        self.wait_for(lambda: os.path.exists(f"{self.box}/calls") and len(self.calls()) > 6)
        support.kill(process)
        time.sleep(1)
        self.slurm(said="40 passed")
        calls = self.calls()
        self.assertEqual(len(calls), 40)
        self.assertLessEqual(sum(calls.values()), 40 + 2)
        self.expect_intact()

    def test_the_budget_holds(self):
        self.fake("sleep 1; good")
        self.matrix(count=60)
        self.slurm("--budget", 0.1, said="(budget)")
        self.assertGreater(self.verdicts()["passed"], 0)
        self.assertGreater(self.verdicts()["missing"], 20)

    def test_a_killed_test_leaves_no_daemon(self):
        code = ("import cluster, sys, tempfile, time\nc = cluster.Cluster(tempfile.mkdtemp(dir=sys.argv[1])).__enter__()\n"
                "print(*[p.pid for p in c.processes], flush=True)\ntime.sleep(100)")
        process = subprocess.Popen([sys.executable, "-c", code, self.box], cwd=os.path.dirname(cluster.__file__), stdout=subprocess.PIPE,
                                   env={**os.environ, "SLURM_CONF": ""})
        with process:
            pids = process.stdout.readline().split()
            self.assertEqual(len(pids), 3)
            process.kill()
        self.wait_for(lambda: not any(os.path.exists(f"/proc/{int(pid)}") for pid in pids))

    def test_without_a_cluster(self):
        self.fake()
        self.matrix()
        self.slurm(expect=2, said="sbatch: ", SLURM_CONF="/nonexistent")

    def wait_for(self, condition):
        end = time.monotonic() + 90
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.1)


if __name__ == "__main__":
    unittest.main()

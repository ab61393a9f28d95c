"""The results file: what is in it stays in it, nothing comes twice, and what is no such file is left alone."""
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import unittest
import unittest.mock

import support
import cases
import store

ABOUT = {"date": "2026-01-02", "tier": "smoke", "seed": "5", "revision": "abc", "tools": {}, "machine": {}}


def case(name):
    return cases.Case(name, "blocks", ["sim", name], {"build": "serial-small", "schedule": "gang"}, 60)


def attempt(status="passed"):
    return {"status": status, "exit_code": 0, "began": 1.0, "seconds": 0.5, "sim_seconds": 0.4, "cycles": 10, "limit_cycles": 5}


class Results(support.Box):
    def path(self):
        return f"{self.box}/r.db"

    def test_a_result_stays_and_comes_once(self):
        with store.Store(self.path()) as base:
            night = base.begin_night("k", ABOUT, [case("a"), case("b"), case("c"), case("d")], [])
            self.assertEqual(base.missing(night), ["a", "b", "c", "d"])
            base.add(night, [{"id": "b", "attempts": [attempt()]}])
            base.add(night, [{"id": "c", "attempts": [attempt("hang"), attempt()]}])
            base.add(night, [{"id": "d", "attempts": [attempt("hang"), attempt("mismatch")]}])
            base.add(night, [{"id": "b", "attempts": [attempt("hang"), attempt("hang")]}])
        with store.Store(self.path()) as base:
            self.assertEqual(base.begin_night("k", ABOUT, [case("x")], []), night)
            self.assertEqual(base.missing(night), ["a"])
            verdicts = [tuple(row) for row in base.rows("SELECT id, verdict FROM verdict ORDER BY id")]
            self.assertEqual(verdicts, [("a", "missing"), ("b", "passed"), ("c", "flaky"), ("d", "failed")])
            self.assertNotEqual(base.begin_night("another", ABOUT, [case("a")], []), night)

    def test_all_of_a_list_or_nothing(self):
        with store.Store(self.path()) as base:
            night = base.begin_night("k", ABOUT, [case("a")], [])
            with self.assertRaises(store.StoreError):
                base.add(night, [{"id": "a", "attempts": [attempt()]}, {"id": "not planned", "attempts": [attempt()]}])
            self.assertEqual(base.missing(night), ["a"])
            base.add(night, [{"id": "a", "attempts": [attempt()]}])
            self.assertEqual(base.missing(night), [])

    def test_there_is_one_writer(self):
        with store.Store(self.path()):
            with self.assertRaisesRegex(store.StoreError, "another nightly run"):
                with store.Store(self.path()):
                    pass
        with store.Store(self.path()):
            pass

    def test_a_damaged_file_is_named_and_kept(self):
        def fill():
            with store.Store(self.path()) as base:
                night = base.begin_night("k", ABOUT, [case(f"c{n}") for n in range(500)], [])
                base.add(night, [{"id": f"c{n}", "attempts": [attempt()]} for n in range(500)])

        fill()
        with open(self.path(), "r+b") as file:
            file.seek(8192)
            file.write(b"\x55" * 8192)
        with open(self.path(), "rb") as file:
            before = file.read()
        with self.assertRaisesRegex(store.StoreError, "r.db: damaged .*--set-aside"):
            store.Store(self.path()).__enter__()
        with store.Store(self.path(), aside=True) as base:
            self.assertEqual(base.kept, self.path() + ".aside-1")
        with open(self.path() + ".aside-1", "rb") as file:
            self.assertEqual(file.read(), before)
        fill()
        with store.Store(self.path()):  # not under the hands of one who writes
            with self.assertRaisesRegex(store.StoreError, "another nightly run"):
                store.Store(self.path(), aside=True).__enter__()
        other = sqlite3.connect(self.path())
        other.execute("DROP TABLE attempt")
        other.commit()
        other.close()
        with self.assertRaisesRegex(store.StoreError, "damaged .no table attempt"):
            store.Store(self.path()).__enter__()
        with store.Store(self.path(), aside=True) as base:
            self.assertEqual(base.kept, self.path() + ".aside-2")
        os.unlink(self.path())
        with store.Store(self.path(), aside=True) as base:
            self.assertIsNone(base.kept)

    def test_a_clock_that_steps_back_makes_no_time_negative(self):
        with store.Store(self.path()) as base:
            night = base.begin_night("k", ABOUT, [case("a")], [])
            with unittest.mock.patch("time.time", return_value=1e9):
                start = base.begin_start(night, "local", 1, 60)
            with unittest.mock.patch("time.time", return_value=1e9 - 3600):
                base.end_start(start, "finished")
            self.assertGreaterEqual(base.rows("SELECT ended - began FROM start")[0][0], 0)

    def test_other_files_are_left_alone(self):
        self.write("r.db", "no database " * 1000)
        with self.assertRaisesRegex(store.StoreError, "not a database"):
            store.Store(self.path()).__enter__()
        os.unlink(self.path())
        other = sqlite3.connect(self.path())
        other.execute("CREATE TABLE t (x)")
        other.commit()
        with self.assertRaisesRegex(store.StoreError, f"version 0, expected {store.VERSION}"):
            store.Store(self.path()).__enter__()
        other.execute("PRAGMA user_version = 7")
        other.close()
        with self.assertRaisesRegex(store.StoreError, f"version 7, expected {store.VERSION}"):
            store.Store(self.path()).__enter__()

    def test_an_older_database_is_taken_over(self):
        """Version 1 had no coverage but an empty table."""
        with store.Store(self.path()) as base:
            night = base.begin_night("k", ABOUT, [case("a")], [])
            base.db.executescript("DROP TABLE covered; ALTER TABLE coverage DROP COLUMN excluded; PRAGMA user_version = 1")
        with store.Store(self.path()) as base:
            base.set_coverage(night, [("line", "dp_fifo", 3, 4, 1)])
            self.assertEqual([tuple(row) for row in base.rows("SELECT * FROM coverage")], [(night, "line", "dp_fifo", 3, 4, 1)])
            self.assertEqual(base.missing(night), ["a"])


class FullDisk(support.Box):
    """A night whose results do not fit: a clear message, what was written stays, and with room the rest follows."""

    def expect_the_rest(self):
        done = self.verdicts().get("passed", 0)
        self.expect_intact()
        self.assertLess(done, 160)
        self.nightly("run")
        self.assertEqual(self.verdicts(), {"passed": 160})
        self.expect_intact()
        return done

    def prepare(self):
        self.fake("good")
        self.matrix(count=160)

    def test_files_that_may_not_grow(self):
        self.prepare()

        def small_files():
            resource.setrlimit(resource.RLIMIT_FSIZE, (190000, resource.RLIM_INFINITY))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

        done = subprocess.run(
            self.words("run"), cwd=support.ROOT, env=self.environment(), capture_output=True, text=True, preexec_fn=small_files, check=False
        )
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertIn("make room and start again", done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        self.expect_no_process(self.box)
        self.assertGreater(self.expect_the_rest(), 0)

    def test_a_file_system_without_room(self):
        os.mkdir(self.out)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", self.out], capture_output=True, check=False)
        if mounted.returncode != 0:
            self.skipTest("no tmpfs can be mounted here")
        self.addCleanup(lambda: subprocess.run(["umount", self.out], capture_output=True, check=False))
        self.prepare()
        self.nightly("run", expect=2, said="make room and start again")
        self.expect_no_process(self.box)
        copy = shutil.copytree(self.out, f"{self.box}/copy")
        subprocess.run(["umount", self.out], check=True)
        shutil.copytree(copy, self.out, dirs_exist_ok=True)
        self.assertGreater(self.expect_the_rest(), 0)


if __name__ == "__main__":
    unittest.main()

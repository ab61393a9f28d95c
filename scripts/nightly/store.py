"""The results: one SQLite file for all nights, one writer. What is written is on the disk before the next case is given out.

A case is done when its first attempt passed or its second one is there. Nothing is marked as running: whatever ends a night, the
cases without a verdict are the rest.
"""
import fcntl
import itertools
import json
import os
import re
import sqlite3
import time

import coverage

VERSION = 2
COVERED = """
CREATE TABLE covered (              -- what `coverage` is counted from; of the last night only
    night INTEGER NOT NULL REFERENCES night, build TEXT NOT NULL, names BLOB NOT NULL, bits BLOB NOT NULL,  -- as in coverage.py
    PRIMARY KEY (night, build)) WITHOUT ROWID;"""
FROM_1 = f"ALTER TABLE coverage ADD COLUMN excluded INTEGER NOT NULL DEFAULT 0; {COVERED}"
SCHEMA = f"""
CREATE TABLE night (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,       -- of date, tier, matrix, program and hardware builds
    date TEXT NOT NULL, tier TEXT NOT NULL, seed TEXT NOT NULL,
    revision TEXT NOT NULL, tools TEXT NOT NULL, machine TEXT NOT NULL, left_out TEXT NOT NULL,  -- the last three: JSON
    began REAL NOT NULL);           -- seconds since 1970, as all times
CREATE TABLE start (                -- of the engine: more than one where a night was interrupted
    id INTEGER PRIMARY KEY,
    night INTEGER NOT NULL REFERENCES night, engine TEXT NOT NULL, jobs INTEGER NOT NULL, budget REAL NOT NULL,
    began REAL NOT NULL, ended REAL, why TEXT);  -- no end: killed
CREATE TABLE planned (
    night INTEGER NOT NULL REFERENCES night, id TEXT NOT NULL, position INTEGER NOT NULL, suite TEXT NOT NULL,
    command TEXT NOT NULL, axes TEXT NOT NULL,
    PRIMARY KEY (night, id)) WITHOUT ROWID;
CREATE TABLE attempt (
    night INTEGER NOT NULL, id TEXT NOT NULL, number INTEGER NOT NULL CHECK (number IN (1, 2)),
    status TEXT NOT NULL, exit_code INTEGER, began REAL NOT NULL, seconds REAL NOT NULL,
    sim_seconds REAL, cycles INTEGER, limit_cycles REAL, images INTEGER, tiles INTEGER, macs INTEGER,
    kind TEXT, stage TEXT, cause TEXT, message TEXT, output TEXT,  -- of failures
    PRIMARY KEY (night, id, number),
    FOREIGN KEY (night, id) REFERENCES planned) WITHOUT ROWID;
CREATE TABLE coverage (             -- empty where none was measured
    night INTEGER NOT NULL REFERENCES night, kind TEXT NOT NULL, name TEXT NOT NULL, covered INTEGER NOT NULL, total INTEGER NOT NULL,
    excluded INTEGER NOT NULL DEFAULT 0,  -- not in the total
    PRIMARY KEY (night, kind, name)) WITHOUT ROWID;
{COVERED}
CREATE VIEW verdict AS              -- passed, flaky, failed, missing
    SELECT p.night, p.id, p.position, p.suite, p.command, p.axes,
        CASE WHEN a.status = 'passed' THEN 'passed' WHEN b.status = 'passed' THEN 'flaky' WHEN b.status IS NOT NULL THEN 'failed'
            ELSE 'missing' END AS verdict
    FROM planned p LEFT JOIN attempt a ON a.night = p.night AND a.id = p.id AND a.number = 1
        LEFT JOIN attempt b ON b.night = p.night AND b.id = p.id AND b.number = 2;
"""
ATTEMPT = ["status", "exit_code", "began", "seconds", "sim_seconds", "cycles", "limit_cycles", "images", "tiles", "macs"]
ATTEMPT += ["kind", "stage", "cause", "message", "output"]


class StoreError(Exception):
    pass


def explain(path, error):
    reason = str(error)
    if "full" in reason or "disk I/O" in reason or "too big" in reason:
        reason += ": make room and start again, what is finished is kept"
    elif "malformed" in reason or "no such" in reason:
        return damaged(path, reason)
    return StoreError(f"{path}: {reason}")


def damaged(path, reason):
    return StoreError(f"{path}: damaged ({reason}): put a copy of it back, or begin anew with `run --set-aside`, which keeps this file beside")


def set_aside(path):
    """Renames a results file, with what SQLite keeps beside it; returns the new name, or None where there is no file."""
    if not os.path.exists(path):
        return None
    number = next(n for n in itertools.count(1) if not os.path.exists(f"{path}.aside-{n}"))
    for part in ("-wal", "-shm", ""):
        if os.path.exists(path + part):
            os.rename(path + part, f"{path}.aside-{number}{part}")
    return f"{path}.aside-{number}"


class Store:
    """`with Store(path) as store`. A second one at the same time is refused. With `aside` what is there keeps lying beside, as `kept`."""

    def __init__(self, path, aside=False):
        self.path, self.aside, self.kept = path, aside, None
        self.lock, self.db, self.started = None, None, None

    def __enter__(self):
        try:
            self.take_lock()
            self.kept = set_aside(self.path) if self.aside else None
            self.db = sqlite3.connect(self.path, isolation_level=None)
            self.db.row_factory = sqlite3.Row
            self.db.execute("PRAGMA journal_mode = WAL")
            self.db.execute("PRAGMA synchronous = FULL")
            self.db.execute("PRAGMA foreign_keys = ON")
            self.prepare()
        except (OSError, sqlite3.Error) as error:
            self.close()
            raise explain(self.path, error) from error
        except StoreError:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.db is not None:
            try:
                self.db.close()
            except sqlite3.Error:
                pass  # on a full disk: the log stays, and the next start takes it in
            self.db = None
        if self.lock is not None:
            self.lock.close()
            self.lock = None

    def take_lock(self):
        """Held as long as the process lives, however it ends."""
        os.makedirs(os.path.dirname(self.path) or ".", exist_ok=True)
        self.lock = open(self.path + ".lock", "a", encoding="utf-8")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreError(f"{self.path}: another nightly run is writing to it") from error

    def prepare(self):
        version = self.db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0 and not self.db.execute("SELECT 1 FROM sqlite_master").fetchone():
            self.db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT")
        elif version == 1:
            self.db.executescript(f"BEGIN IMMEDIATE; {FROM_1} PRAGMA user_version = {VERSION}; COMMIT")
        elif version != VERSION:
            raise StoreError(f"{self.path}: not results of this program (version {version}, expected {VERSION})")
        found = self.rows("PRAGMA quick_check(1)")[0][0]
        if found != "ok":
            raise damaged(self.path, found.replace("\n", " "))
        there = {row[0] for row in self.rows("SELECT name FROM sqlite_master")}
        lost = [name for name in re.findall(r"CREATE (?:TABLE|VIEW) (\w+)", SCHEMA) if name not in there]
        if lost:
            raise damaged(self.path, f"no table {lost[0]}")

    def rows(self, sql, *values):
        try:
            return self.db.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise explain(self.path, error) from error

    def begin_night(self, key, about, cases, left_out):
        """The night with this key, and its plan; the same night again if it was there."""
        with Transaction(self):
            found = self.rows("SELECT id FROM night WHERE key = ?", key)
            if found:
                return found[0]["id"]
            values = [about[name] for name in ("date", "tier", "seed", "revision")]
            values += [json.dumps(value) for value in (about["tools"], about["machine"], left_out)]
            night = self.db.execute(
                "INSERT INTO night (key, date, tier, seed, revision, tools, machine, left_out, began) VALUES (?,?,?,?,?,?,?,?,?)",
                (key, *values, time.time()),
            ).lastrowid
            self.db.executemany(
                "INSERT INTO planned VALUES (?,?,?,?,?,?)",
                ((night, c.id, n, c.suite, c.command(), json.dumps(c.axes, sort_keys=True)) for n, c in enumerate(cases)),
            )
            return night

    def begin_start(self, night, engine, jobs, budget):
        self.started = time.monotonic()
        with Transaction(self):
            return self.db.execute(
                "INSERT INTO start (night, engine, jobs, budget, began) VALUES (?,?,?,?,?)", (night, engine, jobs, budget, time.time())
            ).lastrowid

    def end_start(self, start, why):
        with Transaction(self):
            self.db.execute("UPDATE start SET ended = began + ?, why = ? WHERE id = ?", (time.monotonic() - self.started, why, start))

    def missing(self, night):
        """Identities without a verdict, in the order of the plan."""
        rows = self.rows("SELECT id FROM verdict WHERE night = ? AND verdict = 'missing' ORDER BY position", night)
        return [row["id"] for row in rows]

    def add(self, night, results):
        """All attempts of some cases, in one transaction; returns those that are new. A merge may meet a case twice: the first result stays."""
        new = []
        with Transaction(self):
            for result in results:
                if self.rows("SELECT 1 FROM attempt WHERE night = ? AND id = ?", night, result["id"]):
                    continue
                new.append(result)
                if "coverage" in result:
                    self.cover(night, *coverage.decode(result["coverage"]))
                for number, attempt in enumerate(result["attempts"], 1):
                    self.db.execute(
                        f"INSERT INTO attempt (night, id, number, {', '.join(ATTEMPT)}) VALUES (?,?,?{',?' * len(ATTEMPT)})",
                        (night, result["id"], number, *(attempt.get(name) for name in ATTEMPT)),
                    )
        return new

    def cover(self, night, build, bits, names):
        """In a transaction: a case has covered these points too."""
        found = self.rows("SELECT bits FROM covered WHERE night = ? AND build = ?", night, build)
        if not found and names is not None:
            self.db.execute("INSERT INTO covered VALUES (?,?,?,?)", (night, build, names, bits))
        elif not found or len(found[0]["bits"]) != len(bits):
            raise StoreError(f"{self.path}: the points of coverage of {build} have changed within a night")
        else:
            self.db.execute(
                "UPDATE covered SET bits = ? WHERE night = ? AND build = ?", (coverage.either(found[0]["bits"], bits), night, build)
            )

    def set_coverage(self, night, rows):
        """The table's rows (kind, name, covered, total, excluded) of a night; the points of nights before are no longer needed."""
        with Transaction(self):
            self.db.execute("DELETE FROM coverage WHERE night = ?", (night,))
            self.db.executemany("INSERT INTO coverage VALUES (?,?,?,?,?,?)", ((night, *row) for row in rows))
            self.db.execute("DELETE FROM covered WHERE night <> ?", (night,))


class Transaction:
    """All of it or nothing; errors of the file become StoreError."""

    def __init__(self, store):
        self.store = store

    def __enter__(self):
        self.run("BEGIN IMMEDIATE")

    def __exit__(self, kind, error, _):
        if kind is None:
            try:
                self.run("COMMIT")
            except StoreError:
                self.undo()
                raise
            return
        self.undo()
        if isinstance(error, sqlite3.Error):
            raise explain(self.store.path, error) from error

    def run(self, statement):
        try:
            self.store.db.execute(statement)
        except sqlite3.Error as error:
            raise explain(self.store.path, error) from error

    def undo(self):
        """SQLite may have done it already."""
        try:
            self.store.db.execute("ROLLBACK")
        except sqlite3.Error:
            pass

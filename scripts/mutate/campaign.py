"""Which mutants are run, and running them: level after level, several at a time. What is known is written at once, and found again."""
import collections
import hashlib
import json
import os
import queue
import threading
import time

from ladder import LEVELS

LEAST = 6  # mutants of every file
EVERY = 10.0  # seconds


def chosen(mutants, wanted, seed):
    """`wanted` of them or so: LEAST of every file, the others in proportion; which, the seed says and not what else is in the tree."""
    if wanted is None:
        return list(mutants)
    by_file = collections.defaultdict(list)
    for mutant in mutants:
        by_file[mutant.file].append(mutant)
    picked = set()
    for group in by_file.values():
        share = max(LEAST, round(wanted * len(group) / len(mutants)))
        group.sort(key=lambda mutant: hashlib.sha1(f"{seed} {mutant.name}".encode()).digest())
        picked.update(mutant.number for mutant in group[:share])
    return [mutant for mutant in mutants if mutant.number in picked]


class Results:
    """A line of JSON for each level that a mutant was run on. Lines of another tree are of no use any more."""

    def __init__(self, file, tree):
        self.file, self.tree = file, tree
        self.killed, self.passed = {}, collections.defaultdict(set)  # name -> record; name -> levels
        old = []
        if file.exists():
            for line in file.read_text(encoding="utf-8").splitlines():
                try:
                    record = json.loads(line)
                except ValueError:  # cut off
                    continue
                if record["tree"] == tree:
                    old.append(record)
                    self.note(record)
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(".new")
        new.write_text("".join(json.dumps(record) + "\n" for record in old), encoding="utf-8")
        os.replace(new, file)
        self.out = open(file, "a", encoding="utf-8")  # pylint: disable=consider-using-with

    def note(self, record):
        if record["how"] is not None:
            self.killed[record["name"]] = record
        else:
            self.passed[record["name"]].add(record["level"])

    def add(self, mutant, level, found):
        how, step = (found[0], found[1].name) if found else (None, None)
        record = {"tree": self.tree, "name": mutant.name, "unit": mutant.unit, "level": level, "how": how, "step": step}
        self.note(record)
        self.out.write(json.dumps(record) + "\n")
        self.out.flush()


class Campaign:
    def __init__(self, ladder, results, mutants, explained, jobs, log):
        self.ladder, self.results, self.mutants, self.explained, self.jobs, self.log = ladder, results, mutants, explained, jobs, log
        for record in results.killed.values():
            key = record["unit"], record["step"]
            ladder.kills[key] = ladder.kills.get(key, 0) + 1

    def left(self, level):
        """The last level takes longest, is for the RTL, and of what is explained nobody expects that it is noticed there."""
        mutants = self.mutants if level != "whole" else [m for m in self.mutants if m.file.startswith("rtl/") and m.name not in self.explained]
        return [m for m in mutants if m.name not in self.results.killed and level not in self.results.passed[m.name]]

    def run(self):
        for level in LEVELS:
            left = self.left(level)
            if left and (level == "units" or getattr(self.ladder, level)):
                self.prepare(level, left)
                self.level(level, left)

    def prepare(self, level, left):
        """Builds what the level needs, and sees that the original passes."""
        ladder, tree = self.ladder, self.ladder.tree
        if level == "units":
            programs = sorted({program for mutant in left for program in ladder.tests_of(mutant)})
            steps = [ladder.unit_step(program) for program in programs]
            targets = [f"build/tests/{program}" for program in programs]
        else:
            steps = ladder.runs if level == "runs" else ladder.whole
            targets = ["build/dpacs", *ladder.duts()] if level == "runs" else [f"build/tests/{program}" for program in ladder.programs]
        print(f"mutate: building for {len(left)} mutants, level {level}", flush=True)
        tree.make(targets, self.jobs, self.log)
        ladder.measure(steps)

    def level(self, level, left):
        todo, done = queue.SimpleQueue(), queue.SimpleQueue()
        for mutant in sorted(left, key=lambda m: hashlib.sha1(m.name.encode()).digest()):  # in no order: all units learn at once
            todo.put(mutant)

        def work():
            try:
                while not self.ladder.runner.stopping:
                    mutant = todo.get_nowait()
                    done.put((mutant, self.ladder.run(mutant, level), None))
            except queue.Empty:
                pass
            except BaseException as error:  # pylint: disable=broad-except
                done.put((None, None, error))

        for _ in range(self.jobs):
            threading.Thread(target=work, daemon=True).start()
        said, killed = time.monotonic(), 0
        for count in range(1, len(left) + 1):
            mutant, found, error = done.get()
            if error is not None:
                raise error
            self.results.add(mutant, level, found)
            killed += found is not None
            if time.monotonic() - said >= EVERY or count == len(left):
                said = time.monotonic()
                print(f"mutate: level {level}: {count} of {len(left)} mutants, {killed} killed", flush=True)

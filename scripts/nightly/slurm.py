"""ENGINE=slurm: the missing cases as one job array. Every task works off a file of cases and appends to a file of results, on a
directory that all nodes share; the program that was started merges them into the database, which has one writer here too.

Partition, account and the like come from sbatch's own SBATCH_… variables.
"""
import json
import os
import re
import selectors
import shlex
import shutil
import subprocess
import sys
import time

import worker

HERE = os.path.dirname(os.path.abspath(__file__))
TASKS_PER_JOB, MOST_TASKS, POLL = 4, 1000, 1.0
SECONDS = 120  # for a command: without a controller it would wait for ever


class SlurmError(Exception):
    pass


def command(*words):
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=SECONDS)
    except subprocess.TimeoutExpired as error:
        raise SlurmError(f"{words[0]}: no answer in {SECONDS} s") from error
    except OSError as error:
        raise SlurmError(f"{words[0]}: {os.strerror(error.errno)}; on Debian: apt-get install slurm-wlm munge") from error
    if done.returncode != 0:
        raise SlurmError(f"{words[0]}: {done.stderr.strip() or f'exit code {done.returncode}'}")
    return done.stdout


class Results:
    """Reads what tasks append, whole lines only, each once."""

    def __init__(self, directory):
        self.directory, self.read = directory, {}

    def new(self):
        found = []
        for name in sorted(os.listdir(self.directory)):
            if not name.endswith(".results"):
                continue
            with open(os.path.join(self.directory, name), "rb") as file:
                file.seek(self.read.get(name, 0))
                whole, newline, _ = file.read().rpartition(b"\n")
            self.read[name] = self.read.get(name, 0) + len(whole) + len(newline)
            found += [json.loads(line) for line in whole.splitlines()]
        return found


class SlurmEngine:
    """As engine.Engine; what an earlier start left in `directory` is merged first."""

    def __init__(self, program, bundles, directory, jobs, budget, signals, add):
        self.program, self.bundles, self.directory, self.jobs, self.add = program, bundles, directory, jobs, add
        self.budget, self.signals = budget, signals

    def recover(self):
        """Ends the job of a start that was killed, and takes its results."""
        if not os.path.isdir(self.directory):
            return
        for name in os.listdir(self.directory):
            if name.startswith("job-"):
                self.cancel(name.removeprefix("job-"))
        self.add(Results(self.directory).new())
        shutil.rmtree(self.directory)

    def cancel(self, job):
        """And waits until no task of it is left."""
        try:
            command("scancel", job)
        except SlurmError:
            return  # it is gone
        while self.is_alive(job):
            time.sleep(POLL)

    def is_alive(self, job):
        try:
            return command("squeue", "--noheader", "--jobs", job).strip() != ""
        except SlurmError as error:
            if "Invalid job id" in str(error):
                return False
            raise

    def submit(self, cases, until):
        tasks = min(len(cases), self.jobs * TASKS_PER_JOB, MOST_TASKS)
        for task in range(tasks):
            with open(os.path.join(self.directory, f"{task}.cases"), "w", encoding="utf-8") as file:
                file.writelines(json.dumps(case.record()) + "\n" for case in cases[task::tasks])
        words = [sys.executable, HERE, "task", "--dpacs", self.program, "--bundles", self.bundles, "--directory", self.directory]
        script = f"#!/bin/sh\nexec {shlex.join(words)} --until {until:.0f} --task \"$SLURM_ARRAY_TASK_ID\"\n"
        path = os.path.join(self.directory, "task.sh")
        with open(path, "w", encoding="utf-8") as file:
            file.write(script)
        options = [f"--array=0-{tasks - 1}%{self.jobs}", "--job-name=dpacs-nightly", "--cpus-per-task=1", "--chdir", os.getcwd()]
        said = command("sbatch", "--parsable", *options, "--output", os.path.join(self.directory, "%a.log"), path)
        job = re.match(r"\d+", said.strip())
        if not job:
            raise SlurmError(f"sbatch: {said.strip()!r} is no job's number")
        open(os.path.join(self.directory, f"job-{job.group(0)}"), "w", encoding="utf-8").close()
        return job.group(0)

    def run(self, cases):
        os.makedirs(self.directory)
        until = time.time() + self.budget
        results, selector = Results(self.directory), selectors.DefaultSelector()
        selector.register(self.signals.pipe, selectors.EVENT_READ)
        job, got, alive = self.submit(cases, until), 0, True
        while alive and not self.signals.number:
            selector.select(timeout=POLL)
            alive = self.is_alive(job)
            new = results.new()
            self.add(new)
            got += len(new)
        self.cancel(job)
        new = results.new()
        self.add(new)
        got += len(new)
        if not self.signals.number and got < len(cases) and time.time() < until:
            raise SlurmError(f"{len(cases) - got} cases have no result: see {self.directory}/*.log")
        shutil.rmtree(self.directory)
        if self.signals.number:
            return f"stopped by signal {self.signals.number}"
        return "finished" if got >= len(cases) else "budget"


def task(program, bundles, directory, number, until):
    """One task of the array. Every line of results is on the disk before the next case begins."""
    with open(os.path.join(directory, f"{number}.cases"), encoding="utf-8") as cases:
        with open(os.path.join(directory, f"{number}.results"), "a", encoding="utf-8") as out:
            worker.work(program, bundles, cases, Synced(out), until)


class Synced:
    def __init__(self, out):
        self.out, self.write = out, out.write

    def flush(self):
        self.out.flush()
        os.fsync(self.out.fileno())

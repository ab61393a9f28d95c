"""Gives the missing cases of a night to workers on this machine and writes down what they bring, case by case."""
import collections
import json
import os
import selectors
import signal
import subprocess
import sys
import time

BATCH_SECONDS, MOST = 2.0, 32  # a worker gets about as much work at once, and at most so many cases
HERE = os.path.dirname(os.path.abspath(__file__))


class Signals:
    """SIGINT, SIGTERM and SIGHUP: `number` is the one that came. A selector wakes up by `pipe`, so that no write is cut short."""

    def __init__(self):
        self.number = 0
        self.pipe, inlet = os.pipe()
        os.set_blocking(inlet, False)
        signal.set_wakeup_fd(inlet)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.note)

    def note(self, number, _):
        self.number = number


class Worker:
    def __init__(self, program, bundles):
        command = [sys.executable, HERE, "worker", "--dpacs", program, "--bundles", bundles, "--parent", str(os.getpid())]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.given, self.text = collections.deque(), b""

    def give(self, batch):
        self.given.extend(batch)
        try:
            self.process.stdin.write("".join(json.dumps(case.record()) + "\n" for case in batch).encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it is dead: read() tells

    def read(self):
        """The results that have come; None when the worker has ended."""
        piece = os.read(self.process.stdout.fileno(), 1 << 20)
        if not piece:
            return None
        *lines, self.text = (self.text + piece).split(b"\n")
        results = [json.loads(line) for line in lines]
        for _ in results[: len(self.given)]:
            self.given.popleft()
        return results

    def end(self):
        """With whatever it runs: the cases die with it."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def lost(case):
    """Of a case that took its worker along, twice."""
    record = {"status": "worker died", "began": time.time(), "seconds": 0, "kind": "-", "stage": "-", "cause": "worker died"}
    return {"id": case.id, "attempts": [dict(record, message="the process that ran it was killed")] * 2}


class Engine:
    """run() hands results to `add`, a list at a time, and returns why it ended: finished, budget, or stopped."""

    def __init__(self, program, bundles, jobs, budget, signals, add):
        self.program, self.bundles, self.jobs, self.add = program, bundles, jobs, add
        self.deadline = time.monotonic() + budget
        self.workers, self.selector, self.deaths = [], selectors.DefaultSelector(), collections.Counter()
        self.finished = self.seconds = 0
        self.signals = signals
        self.selector.register(signals.pipe, selectors.EVENT_READ, None)

    def recover(self):
        """Nothing is left of a start that was killed: its workers died with it."""

    def batch_size(self, waiting):
        """Short cases go out many at a time; towards the end everybody gets a share."""
        mean = self.seconds / self.finished if self.finished else BATCH_SECONDS
        return max(1, min(MOST, int(BATCH_SECONDS / max(mean, 0.001)), waiting // (2 * self.jobs)))

    def start_worker(self):
        worker = Worker(self.program, self.bundles)
        self.workers.append(worker)
        self.selector.register(worker.process.stdout, selectors.EVENT_READ, worker)

    def bury(self, worker, waiting):
        """Its cases wait again; the one that it died in is given up after the second time."""
        self.selector.unregister(worker.process.stdout)
        self.workers.remove(worker)
        worker.end()
        if worker.given:
            suspect = worker.given[0]
            self.deaths[suspect.id] += 1
            if self.deaths[suspect.id] == 2:
                self.add([lost(suspect)])
                worker.given.popleft()
        waiting.extendleft(reversed(worker.given))

    def feed(self, waiting):
        while waiting and len(self.workers) < self.jobs and time.monotonic() < self.deadline:
            self.start_worker()
        for worker in self.workers:
            if worker.given or not waiting or time.monotonic() >= self.deadline:
                continue
            worker.give([waiting.popleft() for _ in range(self.batch_size(len(waiting)))])

    def take(self, waiting):
        """Waits for results; all that have come by then are written at once."""
        results, left = [], self.deadline - time.monotonic()
        for key, _ in self.selector.select(timeout=left if left > 0 else None):
            if key.data is None:
                continue
            got = key.data.read()
            if got is None:
                self.bury(key.data, waiting)
            else:
                results += got
        if results:
            self.finished += len(results)
            self.seconds += sum(attempt["seconds"] for result in results for attempt in result["attempts"])
            self.add(results)

    def take_back(self, waiting):
        """At the end of the budget only the cases that run go on. A worker cannot unread its input: it is ended after that one."""
        for worker in self.workers:
            while len(worker.given) > 1:
                waiting.appendleft(worker.given.pop())

    def run(self, cases):
        waiting = collections.deque(cases)
        try:
            self.feed(waiting)
            while any(worker.given for worker in self.workers) and not self.signals.number:
                self.take(waiting)
                if time.monotonic() >= self.deadline:
                    self.take_back(waiting)
                self.feed(waiting)
        finally:
            for worker in self.workers:
                worker.end()
            self.selector.close()
        if self.signals.number:
            return f"stopped by signal {self.signals.number}"
        return "budget" if waiting else "finished"

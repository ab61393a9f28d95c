"""Programs that are run with limits on time and memory, and ended together."""
import os
import resource
import signal
import subprocess
import threading

WALL = 600  # seconds at least; CPU time ends most of what hangs
BUSY = 4  # wall time for its CPU time, on a machine that others use too
MEMORY = 4 << 30


class Runner:
    def __init__(self):
        self.lock = threading.Lock()
        self.running, self.stopping = set(), False

    def run(self, command, place, environment, seconds):
        """(exit code, or the signal's negative; what it said; CPU seconds)"""
        with subprocess.Popen(
            command, cwd=place, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", start_new_session=True, preexec_fn=lambda: limit(seconds),
        ) as process:
            with self.lock:
                self.running.add(process.pid)
                stopping = self.stopping
            if stopping:
                kill(process.pid)
            timer = threading.Timer(max(WALL, BUSY * seconds), kill, (process.pid,))
            timer.start()
            said = process.stdout.read()
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            timer.cancel()
            with self.lock:  # from here on its number may be another's
                self.running.discard(process.pid)
                _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if self.stopping:
            raise KeyboardInterrupt
        return process.returncode, said, used.ru_utime + used.ru_stime

    def stop(self):
        """No process is left that was started."""
        with self.lock:
            self.stopping = True
            for process in self.running:
                kill(process)


def kill(process):
    """With all that it started: it leads a session."""
    try:
        os.killpg(process, signal.SIGKILL)
    except ProcessLookupError:
        pass


def limit(seconds):
    seconds = int(seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

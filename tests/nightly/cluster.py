"""A Slurm cluster of one node on this machine, in a directory of its own: munged, slurmctld and slurmd on loopback."""
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import time

CONF = """
ClusterName=nightly
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={box}/munge.socket
CredType=cred/munge
StateSaveLocation={box}/state
SlurmdSpoolDir={box}/spool
SlurmctldPidFile={box}/slurmctld.pid
SlurmdPidFile={box}/slurmd.pid
SlurmctldLogFile={box}/slurmctld.log
SlurmdLogFile={box}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,batch_sched_delay=0
ReturnToService=2
KillWait=2
MinJobAge=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel")


def why_not():
    """Why there can be no cluster here; "" if there can."""
    missing = [program for program in PROGRAMS if not find(program)]
    if missing:
        return f"{missing[0]} is not there (Debian: slurm-wlm, munge)"
    return "" if os.geteuid() == 0 else "only root can start a cluster"


def find(program):
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def end_with_parent():
    """Of a test that is killed, no daemon is left for the next one to meet."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Cluster:
    def __init__(self, box):
        self.box, self.processes = box, []
        self.environment = {"SLURM_CONF": f"{box}/slurm.conf"}

    def spawn(self, *words):
        log = open(f"{self.box}/{words[0]}.out", "ab")
        with log:
            self.processes.append(subprocess.Popen([find(words[0]), *words[1:]], stdout=log, stderr=log, start_new_session=True, cwd=self.box,
                                                   preexec_fn=end_with_parent))

    def __enter__(self):
        host = socket.gethostname().partition(".")[0]
        os.makedirs(f"{self.box}/state")
        os.makedirs(f"{self.box}/spool")
        with open(f"{self.box}/munge.key", "wb") as key:
            os.chmod(key.fileno(), 0o400)
            key.write(os.urandom(1024))
        values = {"host": host, "controller": free_port(), "node": free_port(), "cpus": os.cpu_count(), "box": self.box}
        with open(f"{self.box}/slurm.conf", "w", encoding="utf-8") as conf:
            conf.write(CONF.format(**values))
        os.environ.update(self.environment)
        names = {"socket": "munge.socket", "key-file": "munge.key", "pid-file": "munge.pid", "seed-file": "munge.seed", "log-file": "munge.log"}
        self.spawn("munged", "--foreground", "--force", *(f"--{name}={self.box}/{file}" for name, file in names.items()))
        self.spawn("slurmctld", "-D", "-f", f"{self.box}/slurm.conf")
        self.spawn("slurmd", "-D", "-f", f"{self.box}/slurm.conf", "-N", host)
        try:
            self.wait_until_idle()
        except BaseException:
            self.__exit__()
            raise
        return self

    def wait_until_idle(self):
        end, said = time.monotonic() + 60, ""
        while time.monotonic() < end:
            ended = [process.args[0] for process in self.processes if process.poll() is not None]
            if ended:
                raise RuntimeError(f"{ended[0]} has ended" + self.logs())
            try:
                done = subprocess.run([find("sinfo"), "--noheader", "--format=%T"], capture_output=True, text=True, check=False, timeout=20)
            except subprocess.TimeoutExpired:
                continue  # it waits for a controller that does not answer
            said = done.stdout + done.stderr
            if done.stdout.strip() == "idle":
                return
            time.sleep(0.5)
        raise RuntimeError("the cluster does not come up: " + said + self.logs())

    def logs(self):
        text = ""
        for name in ("munge.log", "munged.out", "slurmctld.log", "slurmd.log", "slurmctld.out", "slurmd.out"):
            if os.path.exists(f"{self.box}/{name}"):
                with open(f"{self.box}/{name}", encoding="utf-8", errors="replace") as file:
                    text += f"\n== {name}\n" + file.read()[-2000:]
        return text

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        os.environ.pop("SLURM_CONF", None)

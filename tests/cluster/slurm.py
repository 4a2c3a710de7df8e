"""A real SLURM on this machine: munge, a controller and three nodes (cpu1, a1001, h1001) with GPUs that do nothing.

    python tests/cluster/slurm.py up [folder]        python tests/cluster/slurm.py down [folder]

Needs root and Debian's packages slurm-wlm and munge; uses neither systemd nor a database. Everything is under one
folder but three links into it from /etc/slurm. Ends only what it started, now or in an earlier run that was killed:
daemons by pid file, jobs and runs by what is in their environment.
"""

import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).parent
ETC = Path("/etc/slurm")
CONFIGS = ["slurm.conf", "gres.conf", "cgroup.conf"]
NODES = ["cpu1", "a1001", "h1001"]
GPUS = 4
# What only processes of this cluster's jobs, or of runs of the tests, have in their environment.
OURS = [b"\0SLURM_CLUSTER_NAME=crosslens\0", b"\0CROSSLENS_LEDGER="]
PROGRAMS = ["munged", "slurmctld", "slurmd", "sbatch", "scontrol"]


def missing() -> str:
    """Why a SLURM cannot be brought up here; empty where it can."""
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    if absent:
        return f"{', '.join(absent)} not found: apt-get install slurm-wlm munge"
    if os.geteuid() != 0:
        return "bringing up a SLURM needs root"
    own = [str(ETC / name) for name in CONFIGS if (ETC / name).exists() and not (ETC / name).is_symlink()]
    return f"{', '.join(own)}: this machine has a SLURM of its own" if own else ""


def call(*command: str, check: bool = True) -> str:
    """The output of a SLURM command."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def wait_for(condition: Callable[[], object], what: str, seconds: float = 120) -> None:
    """Poll until ``condition`` holds; raises TimeoutError naming ``what`` it waited for."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        time.sleep(0.1)


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Keep other runs of the tests from starting; there is one /etc/slurm, and `up` ends what it finds."""
    with open("/tmp/crosslens-slurm.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RuntimeError("another run of the cluster tests is under way on this machine") from None
        yield


def up(folder: Path) -> None:
    """Start what is not running; returns when all nodes are idle. Takes down what a killed run has left elsewhere."""
    left = (ETC / CONFIGS[0]).resolve().parent.parent
    if (ETC / CONFIGS[0]).is_symlink() and left != folder.resolve():
        down(left)
    for name in ["etc", "run", "log", "state", "spool", "dev", "munge"]:
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name).chmod(0o755)
    folder.chmod(0o755)
    _write_configs(folder)
    for device in [folder / "dev" / f"nvidia{number}" for number in range(GPUS)]:
        if not device.exists():
            os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    _start_munge(folder)
    if not running(folder, "slurmctld"):
        shutil.rmtree(folder / "state")  # of an earlier cluster
        (folder / "state").mkdir()
        start_controller(folder)
    for node in NODES:
        start_node(folder, node)
    wait_for(lambda: idle_nodes() == set(NODES), f"idle nodes, see {folder}/log")


def down(folder: Path) -> None:
    """Cancel all jobs and end all daemons; leaves the folder with its logs."""
    if running(folder, "slurmctld"):
        call("scancel", "--user=root", check=False)
    # Jobs that have lost their slurmd, and runs that have lost their tests, are out of scancel's reach.
    for pid in _processes():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for name in [*NODES, "slurmctld", "munged"]:
        stop(folder, name)
    for name in CONFIGS:
        if (ETC / name).is_symlink():
            (ETC / name).unlink()


def _processes() -> list[int]:
    """Processes of this cluster's jobs and of the tests' runs."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            environment = b"\0" + (process / "environ").read_bytes()
            if any(mark in environment for mark in OURS):
                found.append(int(process.name))
    return found


def start_controller(folder: Path) -> None:
    """Start slurmctld, which goes on with the jobs that it knew."""
    if not running(folder, "slurmctld"):
        call("slurmctld")
        wait_for((folder / "run/slurmctld.pid").exists, "slurmctld's pid file")
    wait_for(lambda: "UP" in call("scontrol", "ping", check=False), "slurmctld")


def start_node(folder: Path, node: str) -> None:
    """Start a node's slurmd, again as long as job steps of one that was killed still hold its port."""
    (folder / "spool" / node).mkdir(exist_ok=True)

    def stays() -> int:
        if not running(folder, node):
            call("slurmd", "-N", node)
            time.sleep(1)  # a slurmd that cannot bind its port ends at once
        return running(folder, node)

    wait_for(stays, f"the slurmd of {node}")


def stop(folder: Path, name: str, how: signal.Signals = signal.SIGTERM) -> None:
    """End a daemon by its pid file: munged, slurmctld, or a node's slurmd."""
    pid = running(folder, name)
    if not pid:
        return
    os.kill(pid, how)
    # The pid file goes before the process does.
    try:
        wait_for(lambda: not _alive(pid, name), f"end of {name} ({pid})", 20)
    except TimeoutError:
        os.kill(pid, signal.SIGKILL)


def running(folder: Path, name: str) -> int:
    """The pid of a daemon that is alive; 0 where it is not."""
    try:
        pid = int((folder / "run" / f"{name}.pid").read_text())
    except (OSError, ValueError):
        return 0
    return pid if _alive(pid, name) else 0


def _alive(pid: int, name: str) -> bool:
    try:
        command = Path(f"/proc/{pid}/comm").read_text().strip()
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return command == ("slurmd" if name in NODES else name) and state != "Z"


def idle_nodes() -> set[str]:
    """Nodes that can take jobs."""
    return set(call("sinfo", "--noheader", "--Node", "--states=idle", "--format=%N", check=False).split())


def _write_configs(folder: Path) -> None:
    if running(folder, "slurmctld"):
        return
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(1 + len(NODES))]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    names = ["controller_port", *[f"{node}_port" for node in NODES]]
    values = {"folder": folder, "host": socket.gethostname().split(".")[0], **dict(zip(names, ports, strict=True))}
    ETC.mkdir(exist_ok=True)
    for name in CONFIGS:
        text = (HERE / name).read_text(encoding="utf-8")
        for key, value in values.items():
            text = text.replace(f"{{{key}}}", str(value))
        (folder / "etc" / name).write_text(text, encoding="utf-8")
        # Jobs see no SLURM_CONF, as the executor removes SLURM's variables: the default place has to be right.
        (ETC / name).unlink(missing_ok=True)
        (ETC / name).symlink_to(folder / "etc" / name)


def _start_munge(folder: Path) -> None:
    if running(folder, "munged"):
        return
    home, key = folder / "munge", folder / "munge/munge.key"
    if not key.exists():
        key.write_bytes(secrets.token_bytes(1024))
    key.chmod(0o400)
    for path in [home, key, folder / "run"]:
        shutil.chown(path, "munge", "munge")
    options = [f"--key-file={key}", f"--socket={home}/munge.socket", f"--pid-file={folder}/run/munged.pid"]
    options += [f"--log-file={home}/munged.log", f"--seed-file={home}/munge.seed", "--force"]
    call("runuser", "-u", "munge", "--", "/usr/sbin/munged", *options)
    wait_for((home / "munge.socket").exists, "munged")


if __name__ == "__main__":
    place = Path(sys.argv[2] if len(sys.argv) > 2 else "/tmp/crosslens-slurm").resolve()
    reason = missing()
    if reason:
        sys.exit(reason)
    {"up": up, "down": down}[sys.argv[1]](place)
    print(call("sinfo", "--format=%P %N %t %c %m %G") if sys.argv[1] == "up" else f"logs are in {place}/log")

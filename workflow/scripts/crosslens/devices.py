"""One GPU for each job where several share a machine without a scheduler: a job takes one that no other job has taken.

A cluster's scheduler shows a job its own GPU alone; then nothing is done here. Does not look at free memory, nor at
programs that are not crosslens.
"""

import fcntl
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import gettempdir
from typing import IO

VARIABLE = "CUDA_VISIBLE_DEVICES"
_taken: list[IO] = []  # locks, held as long as the process lives


def take_one(folder: str | Path | None = None) -> str | None:
    """Let this process see one GPU of those that it sees; waits until one is free. None where it sees at most one.

    Has to be called before CUDA is initialised. folder: of the lock files, the temporary folder of the machine.
    """
    devices = visible()
    if len(devices) < 2:
        return None
    waiting = False
    while True:
        for device in devices:
            if _lock(Path(folder or gettempdir()) / f"crosslens-gpu-{device}.lock"):
                os.environ[VARIABLE] = device
                print(f"on GPU {device} of {', '.join(devices)}", flush=True)
                return device
        if not waiting:
            print(f"all of GPUs {', '.join(devices)} are taken by other jobs; waiting", flush=True)
        waiting = True
        time.sleep(1)


def visible(folder: str | Path = "/dev") -> Sequence[str]:
    """The GPUs that CUDA would see: those named by CUDA_VISIBLE_DEVICES, or else all of the machine's."""
    if VARIABLE in os.environ:
        return [name.strip() for name in os.environ[VARIABLE].split(",") if name.strip()]
    found = [path.name.removeprefix("nvidia") for path in Path(folder).glob("nvidia[0-9]*")]
    return sorted((name for name in found if name.isdigit()), key=int)


def _lock(path: Path) -> bool:
    file = os.fdopen(_open(path))
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return False
    _taken.append(file)
    return True


def _open(path: Path) -> int:
    """The file, readable by all, made where there is none.

    Not simply with O_CREAT: in a temporary folder that all share, the kernel refuses that for a file of another user
    (fs.protected_regular).
    """
    while True:
        try:
            return os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            with suppress(FileExistsError):  # another job was faster
                file = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL)
                os.fchmod(file, 0o644)
                return file

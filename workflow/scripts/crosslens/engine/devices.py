"""One GPU per job on a machine without a scheduler, where several jobs share the GPUs.

On a cluster the scheduler shows each job only its own GPU, and nothing happens here. Free memory is not checked, nor
are programs other than crosslens.
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
_locks: list[IO] = []  # open files, so that the locks are held as long as the process lives


def take_one(folder: str | Path | None = None) -> str | None:
    """Wait until one of the visible GPUs is free, show this process that GPU only, and return its name.

    Returns None, and changes nothing, if at most one GPU is visible. Must be called before CUDA is initialised. folder:
    where the lock files are; by default the machine's temporary folder.
    """
    devices = visible()
    if len(devices) < 2:
        return None
    waiting = False
    while True:
        for device in devices:
            if _lock(Path(folder or gettempdir()) / f"crosslens-gpu-{device}.lock"):
                os.environ[VARIABLE] = device
                print(f"running on GPU {device} of {', '.join(devices)}", flush=True)
                return device
        if not waiting:
            print(f"GPUs {', '.join(devices)} are all used by other jobs; waiting for one", flush=True)
        waiting = True
        time.sleep(1)


def visible(folder: str | Path = "/dev") -> Sequence[str]:
    """Return the GPUs that CUDA would see: those in CUDA_VISIBLE_DEVICES if it is set, otherwise the machine's."""
    if VARIABLE in os.environ:
        return [name.strip() for name in os.environ[VARIABLE].split(",") if name.strip()]
    names = [path.name.removeprefix("nvidia") for path in Path(folder).glob("nvidia[0-9]*")]
    return sorted((name for name in names if name.isdigit()), key=int)


def _lock(path: Path) -> bool:
    file = os.fdopen(_open(path))
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return False
    _locks.append(file)
    return True


def _open(path: Path) -> int:
    """Open the file for reading, and create it, readable by all, if it does not exist.

    O_CREAT alone is not enough: in a shared temporary folder the kernel refuses it for another user's file
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

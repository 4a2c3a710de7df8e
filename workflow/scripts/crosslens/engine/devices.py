"""GPUs of its own for every job on a machine without a scheduler, where several jobs share the GPUs.

On a cluster the scheduler shows each job only its own GPUs, and nothing happens here. Free memory is not checked, nor
are programs other than crosslens.
"""

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import gettempdir
from typing import IO

from crosslens.errors import CrosslensError

VARIABLE = "CUDA_VISIBLE_DEVICES"
SCHEDULED = "SLURM_JOB_ID"
_locks: list[IO] = []  # open files, so that the locks are held as long as the process lives


def take(n: int = 1, folder: str | Path | None = None) -> list[str]:
    """Wait until ``n`` of the visible GPUs are free, show this process these only, and return their names.

    Returns no names, and changes nothing, if at most one GPU is visible, or if SLURM shows exactly ``n``. Must come
    before CUDA is initialised. folder: where the lock files are; by default the machine's temporary folder. Raises
    CrosslensError if some GPUs are visible, but fewer than ``n``; without any, the model runs on the CPU.
    """
    devices, folder = visible(), Path(folder or gettempdir())
    if devices and len(devices) < n:
        raise CrosslensError(
            f"the model's entry asks for {n} GPUs ('gpus'), but only {', '.join(devices)} can be seen here. Lower the "
            "number, or run the job where there are more."
        )
    if len(devices) < 2 or (len(devices) == n and SCHEDULED in os.environ):
        return []
    taken, waiting = [], False
    while len(taken) < n:
        # One job at a time chooses. It takes all or none, so that two jobs never wait for each other's GPUs.
        with _turn(folder / "crosslens-gpus.lock"):
            taken = _free(devices, n, folder)
        if not taken:
            if not waiting:
                wanted = "one" if n == 1 else f"{n} of them"
                print(f"GPUs {', '.join(devices)} are used by other jobs; waiting for {wanted}", flush=True)
            waiting = True
            time.sleep(1)
    os.environ[VARIABLE] = ",".join(taken)
    print(f"running on GPU {', '.join(taken)} of {', '.join(devices)}", flush=True)
    return taken


def _free(devices: Sequence[str], n: int, folder: Path) -> list[str]:
    """Lock and return ``n`` free GPUs, or none if fewer are free."""
    files: dict[str, IO] = {}
    for device in devices:
        if len(files) < n and (file := _lock(folder / f"crosslens-gpu-{device}.lock")):
            files[device] = file
    if len(files) < n:
        for file in files.values():
            file.close()
        return []
    _locks.extend(files.values())
    return list(files)


def visible(folder: str | Path = "/dev") -> Sequence[str]:
    """Return the GPUs that CUDA would see: those in CUDA_VISIBLE_DEVICES if it is set, otherwise the machine's."""
    if VARIABLE in os.environ:
        return [name.strip() for name in os.environ[VARIABLE].split(",") if name.strip()]
    names = [path.name.removeprefix("nvidia") for path in Path(folder).glob("nvidia[0-9]*")]
    return sorted((name for name in names if name.isdigit()), key=int)


def names(places: Sequence[str]) -> str:
    """Return what the devices are called, each name once: ``["cuda:0", "cuda:1"]`` may give "2 x NVIDIA A100"."""
    import torch

    found = [torch.cuda.get_device_name(torch.device(place)) if "cuda" in place else place for place in places]
    return ", ".join(
        name if found.count(name) == 1 else f"{found.count(name)} x {name}" for name in dict.fromkeys(found)
    )


def _lock(path: Path) -> IO | None:
    """Lock the file and return it, or None if another job has locked it."""
    file = os.fdopen(_open(path))
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


@contextmanager
def _turn(path: Path) -> Iterator[None]:
    """Wait for the lock of the file and hold it inside the `with` block."""
    with os.fdopen(_open(path)) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


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

"""How every job begins: what it prints goes to its log file. Does not configure Python's logging."""

import atexit
import gc
import os
import sys
import time
import traceback
from pathlib import Path

from crosslens.errors import CrosslensError

# When the job's own code began: this module is every script's first import.
BEGAN = time.perf_counter()


def redirect(path: str | Path) -> None:
    """Point this process's stdout and stderr at ``path`` and let a `CrosslensError` end it without a stack trace.

    File descriptors are redirected, not only Python's streams, so that what C++ libraries print is kept too. Snakemake
    shows the log of a failed job (``show-failed-logs`` in the profiles).
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    sys.stdout.reconfigure(line_buffering=True)
    sys.stderr.reconfigure(line_buffering=True)
    sys.excepthook = _report
    _collect_garbage_rarely()


def _collect_garbage_rarely() -> None:
    """Save a fifth of a short job's time: imports make a million objects, none of them garbage.

    Reference counting still frees all but cycles. Frozen objects are not searched again when the process ends.
    """
    gc.set_threshold(1_000_000)
    atexit.register(gc.freeze)


def _report(kind: type[BaseException], error: BaseException, trace) -> None:
    if issubclass(kind, CrosslensError):
        print(f"error: {error}", file=sys.stderr)
    else:
        traceback.print_exception(kind, error, trace)

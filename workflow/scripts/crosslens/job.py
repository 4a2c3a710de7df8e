"""The beginning of every job: all that it prints goes to its log file. Does not configure Python's logging."""

import atexit
import gc
import os
import sys
import time
import traceback
from pathlib import Path

from crosslens.errors import CrosslensError

# When the job's own code began: this module is the first import of every script.
BEGAN = time.perf_counter()


def begin(path: str | Path) -> None:
    """Redirect this process's stdout and stderr to ``path`` and make a `CrosslensError` end it without a stack trace.

    File descriptors are redirected, not only Python's streams, so that the output of C++ libraries is logged too.
    Snakemake shows the log of a failed job (``show-failed-logs`` in the profiles).
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    sys.stdout.flush()  # what was printed before, for example by the user's sitecustomize, does not belong in the log
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    for stream in (sys.stdout, sys.stderr):  # logs are UTF-8 also where the locale is not
        stream.reconfigure(line_buffering=True, encoding="utf-8", errors="backslashreplace")
    sys.excepthook = _report
    _collect_garbage_rarely()


def _collect_garbage_rarely() -> None:
    """Save a fifth of a short job's time: imports create a million objects, none of which is garbage.

    Reference counting still frees everything but cycles. At exit, objects are frozen so that they are not searched.
    """
    gc.set_threshold(1_000_000)
    atexit.register(gc.freeze)


def _report(kind: type[BaseException], error: BaseException, trace) -> None:
    if issubclass(kind, CrosslensError):
        print(f"error: {error}", file=sys.stderr)
    else:
        traceback.print_exception(kind, error, trace)

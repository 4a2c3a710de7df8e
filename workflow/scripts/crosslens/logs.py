"""Sends all that a job prints to its log file. Does not configure Python's logging."""

import os
import sys
import traceback
from pathlib import Path

from crosslens.errors import CrosslensError


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


def _report(kind: type[BaseException], error: BaseException, trace) -> None:
    if issubclass(kind, CrosslensError):
        print(f"error: {error}", file=sys.stderr)
    else:
        traceback.print_exception(kind, error, trace)

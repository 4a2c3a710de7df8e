"""Faults from outside: with this folder on PYTHONPATH, every Python process watches its own writes of result tables.

crosslens writes a table under a temporary name and renames it, so a rename is the middle of writing. Each is noted as a
line of JSON in the file CROSSLENS_LEDGER. CROSSLENS_FAULTS, a JSON object, lists by parts of paths what happens, one
entry a write: "" (nothing), "hang" (until killed), "wait" (until released, see runs.release), "kill" (SIGKILL of
itself), "exhaust" (takes memory until killed).
"""

import json
import os
import signal
import time
from pathlib import Path

LEDGER = os.environ.get("CROSSLENS_LEDGER", "")
FAULTS = json.loads(os.environ.get("CROSSLENS_FAULTS", "{}"))
rename = os.replace


def watched(source, target, **options):
    path = str(target)
    if not path.endswith(".arrow"):
        return rename(source, target, **options)
    for part in [part for part in FAULTS if part in path]:
        happen(next_fault(part))
    rename(source, target, **options)
    note(path)


def note(path: str) -> None:
    seen = ["SLURM_JOB_ID", "SLURM_JOB_PARTITION", "SLURM_JOB_NODELIST", "CUDA_VISIBLE_DEVICES"]
    line = json.dumps({"path": path, **{name: os.environ.get(name, "") for name in seen}})
    with open(LEDGER, "a", encoding="utf-8") as ledger:
        ledger.write(line + "\n")


def next_fault(part: str) -> str:
    """The first fault that has not happened yet; its mark keeps the number of the SLURM job."""
    for number, fault in enumerate(FAULTS[part]):
        mark = Path(f"{LEDGER}.{part.replace('/', '_')}.{number}")
        if not mark.exists():
            written = Path(f"{mark}.{os.getpid()}")
            written.write_text(os.environ.get("SLURM_JOB_ID", ""))
            rename(written, mark)  # whoever sees the mark finds the number in it
            return fault
    return ""


def happen(fault: str) -> None:
    if fault == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    taken = bytearray(2_000_000_000) if fault == "exhaust" else bytearray(0)
    for page in range(0, len(taken), 4096):
        taken[page] = 1
    while fault in ("hang", "exhaust") or fault == "wait" and not Path(f"{LEDGER}.released").exists():
        time.sleep(0.1)


if LEDGER:
    os.replace = watched

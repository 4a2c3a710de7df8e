"""The page benchmarks/RESULTS.md: machine, versions, date, method, and the sections of the benchmarks."""

import datetime
import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import torch

from benchmarks import FOLDER
from benchmarks.gpu_report import FILE

PACKAGES = ("torch", "transformers", "lm-eval", "steering-vectors", "nnterp", "numpy")


def document(sections: Sequence[str], load: Sequence[float]) -> str:
    """Return the whole page. load: load averages before and after each benchmark."""
    return f"""# Benchmarks

Written by `make bench` on {datetime.date.today().isoformat()}.

| | |
|---|---|
| machine | {machine()} |
| software | {software(PACKAGES)} |
| threads | {torch.get_num_threads()} |
| load average (1 min), before and after each benchmark | {", ".join(f"{value:.1f}" for value in load)} |

Method: all methods get the same model object, token ids and steering vectors, in one process and with the same
threads. A round runs every method once, one after the other (A B C, A B C, …), after a warm-up that is not timed; the
ratio is taken within each round, and medians with the range over the rounds are given. Every run checks that the
methods' log-probabilities agree, and fails if they do not. Processor time is what this process used on all its
threads: other work on the machine disturbs it less than the clock. The model is a random Qwen 2 in float32: 12 layers,
d = 512, V = 32,000, the proportions of Qwen 2.5 3B; token ids are random, so answers share no beginnings.
Memory that tensors free stays with the process (`engine/memory.py`), as in the workflow's jobs; it serves all methods.
With steering-vectors and nnterp the model is asked for the last token's logits only (`logits_to_keep`); in (c) plain
forwards are timed both ways.

{chr(10).join(sections)}
## GPU

{_gpu()}
"""


def software(packages: Sequence[str]) -> str:
    """Return the platform and the versions of Python and of ``packages``."""
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    return f"{platform.platform()}, Python {platform.python_version()}, {versions}"


def machine() -> str:
    """Return the processor, cores and memory that Linux reports."""
    cpu = next(line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{cpu.split(':')[1].strip()}, {os.cpu_count()} cores, {memory:.0f} GiB"


def load_average() -> float:
    """Return the load average of the last minute; the benchmarks alone raise it to about the number of threads."""
    return os.getloadavg()[0]


def _gpu() -> str:
    if (FOLDER / FILE).exists():
        return f"See [{FILE}]({FILE})."
    return f"Not measured: no GPU was available. `make bench-gpu` on a machine with one writes {FILE}."

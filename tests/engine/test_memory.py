"""Memory that tensors free stays with the process."""

import ctypes
import subprocess
import sys
from statistics import median

import pytest
from crosslens.engine import memory

# Prints the page faults of each pass through feed-forward parts and a lens of the sizes of a small model
FAULTS = """
import resource, sys, torch
from torch.nn.functional import silu
from crosslens.engine import memory

torch.set_num_threads(1)
if sys.argv[1] == "keep":
    memory.keep_freed()
inner, head = torch.randn(2752, 512), torch.randn(32000, 512)
for _ in range(9):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    states = torch.randn(500, 512)
    for _ in range(3):
        states = states + silu(states @ inner.T) * (states @ inner.T) @ inner / 1000
    for start in range(0, 32000, 3000):
        torch.logsumexp(states[:348] @ head[start : start + 3000].T, -1)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(how: str) -> float:
    """Return the page faults of a usual pass, once memory is warm.

    A median: where the heap begins is chance, so that the first passes, or one pass now and then, may need more of it.
    """
    folder = memory.__file__.rsplit("/crosslens/", 1)[0]
    command = [sys.executable, "-c", FAULTS, how]
    done = subprocess.run(command, env={"PYTHONPATH": folder}, capture_output=True, text=True, check=True)
    return median(int(count) for count in done.stdout.split()[1:])


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="only glibc gives memory back")
def test_memory_is_not_asked_for_again_page_by_page():
    assert page_faults("keep") < 100 < 500 < page_faults("leave")


def test_other_c_libraries_are_left_alone(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    memory.keep_freed()

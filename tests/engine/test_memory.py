"""Memory that tensors free stays with the process."""

import ctypes
import subprocess
import sys

import pytest
from crosslens.engine import memory

# Feed-forward parts and a lens of the sizes of a small model, after two passes that warm up
FAULTS = """
import resource, sys, torch
from torch.nn.functional import silu
from crosslens.engine import memory

torch.set_num_threads(1)
if sys.argv[1] == "keep":
    memory.keep_freed()
inner, head = torch.randn(2752, 512), torch.randn(32000, 512)
for i in range(7):
    if i == 2:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    states = torch.randn(500, 512)
    for _ in range(3):
        states = states + silu(states @ inner.T) * (states @ inner.T) @ inner / 1000
    for start in range(0, 32000, 3000):
        torch.logsumexp(states[:348] @ head[start : start + 3000].T, -1)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="only glibc gives memory back")
def test_memory_is_not_asked_for_again_page_by_page():
    folder = memory.__file__.rsplit("/crosslens/", 1)[0]
    before, after = (
        int(subprocess.run([sys.executable, "-c", FAULTS, how], env={"PYTHONPATH": folder}, capture_output=True).stdout)
        for how in ("leave", "keep")
    )
    assert after < 1000 < 10_000 < before


def test_other_c_libraries_are_left_alone(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    memory.keep_freed()

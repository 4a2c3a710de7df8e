"""The benchmarks that need no other tools still run, and count the operations that a pass takes."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
OPERATIONS = """
from torch.utils.flop_counter import FlopCounterMode
from benchmarks import gpu_flops, one_pass, work
from crosslens.engine import models

size = work.QUICK
model = work.qwen2(size)
todo = work.make(model, work.with_passages(model, size, 2, 2), 3, size.answer_tokens, [2, 4], range(1, 5))
with FlopCounterMode(display=False) as counter:
    one_pass.run(todo)
counted = counter.get_flop_counts()["Global"]
attention = sum(n for name, n in counted.items() if "attention" in str(name))
print(gpu_flops.useful(models.dissect(model), todo) / (sum(counted.values()) - attention))
"""


def run(code):
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    return done.stdout


def test_waiting_runs():
    printed = run("from benchmarks import waiting, work; print(waiting.section(work.QUICK))")
    assert "| Thai |" in printed and "| Burmese |" in printed


def test_the_useful_operations_are_those_of_the_matrix_products():
    """Beside them are attention, which is counted by hand, and a token that is read twice; both are small here."""
    assert 0.97 < float(run(OPERATIONS)) < 1.01

"""(d) Memory of the lens: a chunked log-softmax against a full one, each in its own process."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from crosslens.engine.lens import Unembedding, token_logprobs
from torch import Tensor

from benchmarks.work import QUICK, Size

ROWS, D_MODEL, VOCABULARY = 448, 2304, 256_000
LIMIT_MB = 350


def section(size: Size) -> str:
    """Return the section of the report. Raises ValueError if the results differ or the lens takes too much memory."""
    scale = 16 if size.vocabulary == QUICK.vocabulary else 1
    measured = {name: _in_process(name, D_MODEL, VOCABULARY // scale) for name in METHODS}
    difference = max(abs(a - b) for a, b in zip(*(each["logprobs"] for each in measured.values()), strict=True))
    lines = [f"| {name} | {each['mb']:.0f} | {each['seconds']:.1f} |" for name, each in measured.items()]
    if difference > 1e-3 or measured["chunked"]["mb"] > LIMIT_MB:
        raise ValueError(f"lens memory: {lines}, largest difference {difference:.2g} nats")
    return f"""## (d) Memory of the lens

{ROWS} states, d = {D_MODEL}, V = {VOCABULARY // scale}, float32: peak resident memory beyond the inputs, each in its
own process. Allowed: {LIMIT_MB} MB.

| log-softmax | MB | seconds |
|---|---|---|
{chr(10).join(lines)}

One run each. Results agree to {difference:.1g} nats.
"""


def _chunked(states: Tensor, weight: Tensor, token: Tensor) -> Tensor:
    return token_logprobs(states, Unembedding(weight), torch.arange(len(states)), token)


def _full(states: Tensor, weight: Tensor, token: Tensor) -> Tensor:
    return torch.log_softmax(states @ weight.t(), dim=-1)[torch.arange(len(states)), token]


METHODS: dict[str, Callable] = {"chunked": _chunked, "full": _full}


def _in_process(name: str, d_model: int, vocabulary: int) -> dict:
    command = [sys.executable, "-m", "benchmarks.lens_memory", name, str(d_model), str(vocabulary)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _measure(method: Callable, d_model: int, vocabulary: int) -> dict:
    """Return the growth of peak resident memory during the call; a small call before it loads the libraries."""
    generator = torch.Generator().manual_seed(0)
    method(torch.randn(8, 64), torch.randn(1000, 64), torch.zeros(8, dtype=torch.long))
    states = torch.randn(ROWS, d_model, generator=generator)
    weight = torch.empty(vocabulary, d_model).normal_(std=0.02, generator=generator)
    token = torch.randint(vocabulary, (ROWS,), generator=generator)
    # Reset Linux's record of the peak (proc(5)); getrusage would include the parent process's peak.
    Path("/proc/self/clear_refs").write_text("5")
    before, started = _peak_mb(), time.perf_counter()
    with torch.inference_mode():
        logprobs = method(states, weight, token)
    seconds = time.perf_counter() - started
    return {"mb": _peak_mb() - before, "seconds": seconds, "logprobs": logprobs.tolist()}


def _peak_mb() -> float:
    """Return the peak resident memory of this process, in units of 10^6 bytes."""
    status = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in status if line.startswith("VmHWM")).split()[1]) * 1024 / 1e6


if __name__ == "__main__":
    print(json.dumps(_measure(METHODS[sys.argv[1]], *map(int, sys.argv[2:]))))

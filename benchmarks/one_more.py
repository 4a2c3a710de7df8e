"""(g) What one more steering condition costs per question."""

import statistics
import time

import torch

from benchmarks import one_pass, peers, plain_cached
from benchmarks.timing import spread
from benchmarks.work import Size, Work, independent, lengths, make, qwen2

N_PROMPTS = 2
# Numbers of conditions per layer whose difference is timed. The first two methods are so fast that few more conditions
# could not be told from noise; steering-vectors takes a forward for each.
GAMMAS = {"one pass": (2, 10), "plain forwards with a cache of the prompt": (2, 10), "steering-vectors": (1, 2)}
METHODS = {
    "one pass": one_pass.run,
    "plain forwards with a cache of the prompt": plain_cached.run,
    "steering-vectors": peers.steered,
}


def section(size: Size) -> str:
    """Return the section of the report."""
    model, seconds = qwen2(size), {name: [] for name in METHODS}
    works = {name: [_work(model, size, n) for n in few_and_many] for name, few_and_many in GAMMAS.items()}
    for name, method in METHODS.items():
        method(works[name][0].first())
    for _ in range(size.rounds):
        for name, method in METHODS.items():
            few, many = (_cpu_seconds(method, work) for work in works[name])
            added = len(works[name][1].conditions) - len(works[name][0].conditions)
            seconds[name].append((many - few) / added / N_PROMPTS * 1000)
    lines = [
        f"| {name} | {spread(values, 1)} | {statistics.median(values) / statistics.median(seconds['one pass']):.1f}× |"
        for name, values in seconds.items()
    ]
    differences = [f"{few * size.layers} and {many * size.layers} ({name})" for name, (few, many) in GAMMAS.items()]
    return f"""## (g) What one more condition costs

Processor time of one more steering condition of one question, of
{" or ".join(str(len(prompt)) for prompt in works["one pass"][0].prompts)} tokens: the difference
between {", ".join(differences)} conditions, divided by the number added.

| method | milliseconds, median [range] | of one pass |
|---|---|---|
{chr(10).join(lines)}

{size.rounds} rounds.
"""


def _work(model, size: Size, n_gammas: int) -> Work:
    gammas = torch.linspace(-2, 2, n_gammas).tolist()
    prompts, layers = independent(model, lengths(size, N_PROMPTS)), range(1, size.layers + 1)
    return make(model, prompts, 1, 1, [size.layers], layers, gammas)


def _cpu_seconds(method, work: Work) -> float:
    started = time.process_time()
    method(work)
    return time.process_time() - started

"""(e) Padding: random batches against length-sorted windows with a token budget."""

import random
from collections.abc import Callable, Sequence

import torch
from crosslens.engine import batches, forward, models
from crosslens.engine.packing import Prompt, Row, pack
from torch import Tensor

from benchmarks import timing
from benchmarks.work import Size, independent, make, qwen2

BATCH_SIZE = 16
# The workflow's own default (workflow/rules/inference.smk).
TOKEN_BUDGET = 8192
N_SIMULATED, N_TIMED = 4096, 32
LENGTHS: dict[str, Callable[[random.Random], int]] = {
    "uniform, 200–400 tokens": lambda generator: generator.randint(200, 400),
    "log-normal, median 150, σ 0.5": lambda generator: round(150 * generator.lognormvariate(0, 0.5)),
    "log-normal, median 300, σ 0.7": lambda generator: round(300 * generator.lognormvariate(0, 0.7)),
}


def section(size: Size) -> str:
    """Return the section of the report."""
    lines = [f"| {name} | {_shares(draw)} |" for name, draw in LENGTHS.items()]
    scale = 150 * size.longest / 400
    generator = random.Random(1)
    lengths = [max(2, round(scale * generator.lognormvariate(0, 0.5))) for _ in range(N_TIMED)]
    model = qwen2(size)
    decoder, work = models.dissect(model), make(model, independent(model, lengths), 0, 1, [size.layers], [])
    rows = [pack([Prompt(tokens)]) for tokens in work.prompts]
    batchings = {
        "length-sorted windows": batches.split(lengths, BATCH_SIZE * max(lengths)),
        f"random batches of {BATCH_SIZE}": _random_batches(len(rows)),
    }
    letters = torch.tensor(work.letters)
    methods = {name: _runner(decoder, letters, batching) for name, batching in batchings.items()}
    timings = timing.interleaved(methods, rows, rows[:2], size.rounds)
    return f"""## (e) Padding

Share of padding in the batches of {N_SIMULATED} prompts of simulated lengths, with a token budget of {TOKEN_BUDGET}.

| lengths | random batches of {BATCH_SIZE} | length-sorted windows |
|---|---|---|
{chr(10).join(lines)}

Time for {N_TIMED} prompts (log-normal, {min(lengths)} to {max(lengths)} tokens), the same work in both orders:

{timing.table(timings).replace("one pass is", "sorted windows are")}
"""


def _random_batches(n: int) -> list[list[int]]:
    order = random.Random(2).sample(range(n), n)
    return [order[start : start + BATCH_SIZE] for start in range(0, n, BATCH_SIZE)]


def _shares(draw: Callable[[random.Random], int]) -> str:
    generator = random.Random(0)
    lengths = [max(1, draw(generator)) for _ in range(N_SIMULATED)]
    batchings = _random_batches(len(lengths)), batches.split(lengths, TOKEN_BUDGET)
    return " | ".join(f"{batches.padding_share(lengths, batching):.1%}" for batching in batchings)


def _runner(decoder: models.Decoder, letters: Tensor, batching: Sequence[Sequence[int]]) -> Callable:
    """Return a function that runs rows in these batches and returns letters' log-probabilities in the rows' order."""
    grid = [len(decoder.layers)]

    def run(rows: list[Row]) -> dict[str, Tensor]:
        logprobs = torch.empty(len(rows), len(letters))
        for batch in batching:
            chosen = [i for i in batch if i < len(rows)]
            if chosen:
                read = forward.run(decoder, batches.collate([rows[i] for i in chosen]), grid)
                logprobs[chosen] = forward.letter_logprobs(decoder, read.prompt[grid[-1]], letters)
        return {"letters": logprobs}

    return run

"""(b) Letters under 16 and 48 steering conditions: one pass against steering-vectors."""

from benchmarks import one_pass, peers, timing
from benchmarks.work import GAMMAS, Size, independent, lengths, make, qwen2

N_PROMPTS = 2


def section(size: Size) -> str:
    """Return the section of the report."""
    model = qwen2(size)
    all_layers = range(1, size.layers + 1)
    parts = [_compare(model, size, layers) for layers in (all_layers[2::3], all_layers)]
    return "\n".join(["## (b) Steering conditions: against steering-vectors\n", *parts])


def _compare(model, size: Size, steered_layers: range) -> str:
    work = make(model, independent(model, lengths(size, N_PROMPTS)), 0, 1, [size.layers], steered_layers)
    timings = timing.interleaved(
        {"one pass": one_pass.run, "steering-vectors": peers.steered}, work, work.first(), size.rounds
    )
    return f"""**{len(work.conditions)} conditions**: layers {", ".join(map(str, steered_layers))} × γ
{", ".join(f"{gamma:g}" for gamma in GAMMAS)}, at the last token of {N_PROMPTS} prompts of
{" and ".join(str(len(prompt)) for prompt in work.prompts)} tokens; log-probabilities of {len(work.letters)} letters.

{timing.table(timings)}
"""

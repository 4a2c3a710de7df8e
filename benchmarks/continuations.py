"""(a) Log-probabilities of 8 answers per question: one pass against lm-eval."""

from dataclasses import replace
from functools import partial

from benchmarks import one_pass, peers, timing
from benchmarks.work import Size, independent, lengths, make, qwen2

N_PROMPTS, N_ANSWERS = 4, 8
BATCH_SIZES = (1, 8)


def section(size: Size) -> str:
    """Return the section of the report."""
    model = qwen2(size)
    prompts = independent(model, lengths(size, N_PROMPTS))
    work = make(model, prompts, N_ANSWERS, size.answer_tokens, [size.layers], steered_layers=[])
    methods = {"one pass": one_pass.run}
    for batch_size in BATCH_SIZES:
        methods[f"lm-eval, batch size {batch_size}"] = partial(peers.answers, peers.harness(model, batch_size))
    timings = timing.interleaved(methods, work, replace(work.first(), conditions=[]), size.rounds)
    return f"""## (a) {N_ANSWERS} answers: against lm-eval

Log-probabilities of {N_ANSWERS} answers of {size.answer_tokens} tokens after each of {N_PROMPTS} prompts of
{", ".join(str(len(prompt)) for prompt in work.prompts)} tokens, last layer. One pass gives the letters as well.

{timing.table(timings)}
"""

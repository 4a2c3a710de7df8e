"""(c) All the work per question: letters, the lens of 8 answers, 48 steering conditions."""

from functools import partial

from benchmarks import one_pass, peers, plain, timing
from benchmarks.work import Size, lengths, make, qwen2

N_PROMPTS, N_ANSWERS = 2, 8


def section(size: Size) -> str:
    """Return the section of the report."""
    model = qwen2(size)
    grid = [layer for layer in range(1, size.layers + 1) if (size.layers - layer) % 4 == 0]
    steered_layers = range(1, size.layers + 1)
    work = make(model, lengths(size, N_PROMPTS), N_ANSWERS, size.answer_tokens, grid, steered_layers)
    lm = peers.harness(model, batch_size=1)

    def both_peers(work):
        return {**peers.letters(lm, work), **peers.answers(lm, work), **peers.steered(work)}

    methods = {
        "one pass": one_pass.run,
        "plain forwards": partial(plain.run, logits_to_keep=0),
        "plain forwards, last token's logits only": partial(plain.run, logits_to_keep=1),
        "lm-eval + steering-vectors (no lens)": both_peers,
    }
    timings = timing.interleaved(methods, work, work.first(), size.rounds)
    return f"""## (c) Everything: against plain forwards, and against lm-eval + steering-vectors

{N_PROMPTS} prompts of {" and ".join(str(len(prompt)) for prompt in work.prompts)} tokens; letters;
{N_ANSWERS} answers of {size.answer_tokens} tokens at layers {", ".join(map(str, grid))};
{len(work.conditions)} steering conditions. lm-eval and steering-vectors have no lens: they score the answers
at the last layer only.

{timing.table(timings)}
"""

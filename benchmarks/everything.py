"""(c) All the work per question: letters, the lens of 8 answers, 48 steering conditions."""

from functools import partial

from torch import nn

from benchmarks import one_pass, peers, plain, plain_cached, timing
from benchmarks.work import Size, Work, independent, lengths, make, qwen2, with_passages

N_INDEPENDENT, N_ANSWERS = 2, 8
N_PASSAGES, QUESTIONS_PER_PASSAGE = 5, 2
TARGET = 45


def section(size: Size) -> str:
    """Return the section of the report."""
    model = qwen2(size)
    alone = _work(model, size, independent(model, lengths(size, N_INDEPENDENT)), n_controls=0)
    prompts = with_passages(model, size, N_PASSAGES, QUESTIONS_PER_PASSAGE)
    shared = _work(model, size, prompts, n_controls=len(prompts) // 10)
    return f"""## (c) Everything: against plain forwards, and against lm-eval + steering-vectors

Per question: letters; {N_ANSWERS} answers of {size.answer_tokens} tokens at layers {", ".join(map(str, alone.layers))};
{len(alone.conditions)} steering conditions. lm-eval and steering-vectors have no lens: they score the answers at the
last layer only. Plain forwards with a cache read a prompt once; all answers, and all conditions, are then one batch
over copies of its keys and values.

**Independent prompts**: {N_INDEPENDENT}, of {" and ".join(str(len(prompt)) for prompt in alone.prompts)} tokens.

{timing.table(_timings(alone, size, all_logits=True))}

**Prompts with Belebele's lengths, {QUESTIONS_PER_PASSAGE} questions to a passage**: {len(prompts)}, of
{min(map(len, prompts))} to {max(map(len, prompts))} tokens, made up in these lengths: an instruction that all have in
common, a passage of 90 to 110 tokens, a question with its choices of 60 to 100. A tenth of the questions have a
control, {N_ANSWERS} more answers. Target: {TARGET}× against plain forwards and against lm-eval + steering-vectors.

{timing.table(_timings(shared, size, all_logits=False))}
"""


def _work(model: nn.Module, size: Size, prompts: list[list[int]], n_controls: int) -> Work:
    grid = [layer for layer in range(1, size.layers + 1) if (size.layers - layer) % 4 == 0]
    steered_layers = range(1, size.layers + 1)
    return make(model, prompts, N_ANSWERS, size.answer_tokens, grid, steered_layers, n_controls=n_controls)


def _timings(work: Work, size: Size, all_logits: bool) -> timing.Timings:
    lm = peers.harness(work.model, batch_size=1)

    def both_peers(work: Work) -> dict:
        return {**peers.letters(lm, work), **peers.answers(lm, work), **peers.steered(work)}

    methods = {
        "one pass": one_pass.run,
        **({"plain forwards": partial(plain.run, logits_to_keep=0)} if all_logits else {}),
        "plain forwards, last token's logits only": partial(plain.run, logits_to_keep=1),
        "lm-eval + steering-vectors (no lens)": both_peers,
        "plain forwards with a cache of the prompt": plain_cached.run,
    }
    return timing.interleaved(methods, work, work.first(), size.rounds)

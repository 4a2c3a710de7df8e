"""Run-time checks that a job's one-pass forward agrees with the model itself; they raise, and repair nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from crosslens.engine import forward, pipeline, plain
from crosslens.engine.batches import Batch
from crosslens.engine.hooks import Edit, Places, residual_stream
from crosslens.engine.lens import token_logprobs
from crosslens.engine.models import Decoder
from crosslens.engine.packing import Prompt, pack
from crosslens.errors import CrosslensError

# Mean absolute difference in nats that rounding alone does not reach; wrong masks or heads are far above it.
TOLERANCE = {torch.float32: 1e-3, torch.bfloat16: 0.15, torch.float16: 0.15}
# Number of tokens of the vocabulary whose log-probabilities are compared.
SAMPLED_TOKENS = 512
# Number of prompts that are compared, and of steering conditions of each operation.
SAMPLED_PROMPTS, SAMPLED_CONDITIONS = 4, 2
# Number of tokens of the choice that is compared, if there is such a choice: its logits are held for all of them.
LONGEST_CHOICE = 32
# A single number differs by more than the mean of many: so many tolerances are allowed beyond the first.
SINGLE = 3.0

OWN = "the model's own next-token distribution"
STEERED = "a plain forward pass that is steered in the same way"
CHOICE = "the model's own log-probabilities of a choice"
ZERO = "the un-steered letters at gamma = 0"
PIVOT = "the pivot's letters after a patch of the last layer"


def sample(prompts: Sequence[Prompt], token_budget: int, copies: forward.Copies | None = None) -> list[Prompt]:
    """Return at most `SAMPLED_PROMPTS` prompts of very different lengths, in one batch if the budget allows.

    They are the longest, the shortest and, between them, some that are spread over all lengths. What depends on a
    batch's longest row, such as positions that are rescaled for long inputs, shows in the short ones. If none of them
    has a copy of some operation of ``copies``, the shortest prompt that has one is added.
    """
    by_depth = sorted(prompts, key=lambda prompt: prompt.depth)
    n = min(SAMPLED_PROMPTS, len(prompts), max(2, token_budget // max(1, len(pack(by_depth[-1:])))))
    # From the shortest to the longest, at equal distances
    chosen = [by_depth[round(i * (len(prompts) - 1) / max(1, n - 1))] for i in range(n - 1, -1, -1)]
    for operation in sorted(set(copies.operation)) if copies else ():
        if not any(_has(prompt, operation, copies) for prompt in chosen):
            chosen += [prompt for prompt in by_depth if _has(prompt, operation, copies)][:1]
    return chosen


def _has(prompt: Prompt, operation: str, copies: forward.Copies) -> bool:
    return any(copies.operation[condition] == operation for condition in prompt.conditions)


@torch.inference_mode()
def check_passes(
    decoder: Decoder, prompts: Sequence[Prompt], token_budget: int, copies: forward.Copies | None = None
) -> None:
    """Raise CrosslensError if passes of ``prompts`` differ from plain forward passes of the whole model.

    If rows are packed, the first prompt has one of its own, and the others share one. Compared are, at the last layer,
    the next-token distribution of every prompt, that of some steering copies of every operation, and one choice of the
    last prompt. They differ, for instance, if the model changes its logits, masks or positions in a way that is not
    known here. copies: as in `forward.run`.
    """
    asked = [replace(prompt, index=i) for i, prompt in enumerate(prompts)]
    packed = [pack(some) for some in (asked[:1], asked[1:]) if some]
    rows = packed if decoder.why_plain is None else [plain.row(prompt) for prompt in asked]
    steered = {
        operation: next((i for i, prompt in enumerate(asked) if _has(prompt, operation, copies)), None)
        for operation in (sorted(set(copies.operation)) if copies else ())
    }
    layer, last = len(decoder.layers), len(asked) - 1

    def one_pass(batch: Batch) -> tuple[Batch, forward.Pass]:
        return batch, forward.run(decoder, batch, [], copies)

    for chosen, (batch, read) in pipeline.run(rows, token_budget, one_pass, decoder.device, decoder.multiple):
        for prompt, state in zip(batch.prompts, read.prompt[layer], strict=True):
            _check_distribution(decoder, state, prompt.tokens, OWN)
        for operation, i in steered.items():
            if i in chosen:
                before = sum(len(prompt.conditions) for prompt in batch.prompts[: chosen.index(i)])
                _check_steered(decoder, asked[i], read.copies[before:], copies, operation)
        if last in chosen and asked[last].continuations:
            latent = forward.latent_logprobs(decoder, batch, read, [layer]).mean[0]
            _check_choice(decoder, batch, chosen.index(last), read.queries[layer], latent)


def _check_steered(decoder: Decoder, prompt: Prompt, states: Tensor, copies: forward.Copies, operation: str) -> None:
    """Compare the states of a prompt's copies of one operation with plain passes in which a hook does the same edit.

    Only the conditions with the longest vectors are compared, at different layers if there are several.
    """
    own = [condition for condition in prompt.conditions if copies.operation[condition] == operation]
    length = copies.vector[own].norm(dim=1).tolist()
    by_length = sorted(own, key=lambda condition: -length[own.index(condition)])
    of_layer = {copies.layer[condition]: condition for condition in reversed(by_length)}
    place = Places(*(torch.tensor([i], device=decoder.device) for i in (0, len(prompt.tokens) - 1)))
    for condition in sorted(of_layer.values(), key=by_length.index)[:SAMPLED_CONDITIONS]:
        edit = Edit(place, copies.vector[condition : condition + 1], operation)
        state = states[list(prompt.conditions).index(condition)]
        _check_distribution(decoder, state, prompt.tokens, STEERED, {copies.layer[condition]: [edit]})


def _check_choice(decoder: Decoder, batch: Batch, index: int, queries: Tensor, latent: Tensor) -> None:
    """Compare a choice's last prediction and its mean log-probability per token with those of a teacher-forced pass.

    It is a choice of the batch's prompt ``index``: the longest of at most `LONGEST_CHOICE` tokens, or the shortest.
    queries, latent: of the batch.
    """
    prompt = batch.prompts[index]
    lengths = [len(tokens) for tokens in prompt.continuations]
    fits = [n for n in lengths if n <= LONGEST_CHOICE]
    choice = lengths.index(max(fits) if fits else min(lengths))
    tokens = prompt.continuations[choice]
    continuation = sum(len(before.continuations) for before in batch.prompts[:index]) + choice
    # The query that predicts the choice's last token
    query = batch.targets.query[batch.targets.continuation == continuation][-1]
    plain = [*prompt.tokens, *tokens[:-1]]
    own = _check_distribution(decoder, queries[query], plain, CHOICE, keep=len(tokens))
    # (token of the choice, vocab) -> (token of the choice) -> ()
    mean = own[torch.arange(len(tokens)), torch.tensor(tokens)].mean()
    _check_close(latent[continuation] - mean, decoder.dtype, CHOICE, SINGLE * TOLERANCE[decoder.dtype])


def _check_distribution(
    decoder: Decoder,
    state: Tensor,
    tokens: Sequence[int],
    what: str,
    edits: Mapping[int, Sequence[Edit]] | None = None,
    keep: int = 1,
) -> Tensor:
    """Compare the distribution from a last-layer state with the model's own after ``tokens``, on sampled tokens.

    edits: are done in the plain pass. Returns the model's own log-probabilities [keep, vocab] after the last ``keep``
    tokens.
    """
    inputs = torch.tensor([list(tokens)], device=decoder.device)
    decoder.forget_rows()
    with residual_stream(decoder.layers, {}, edits or {}):
        logits = decoder.model(input_ids=inputs, use_cache=False, logits_to_keep=keep).logits[0, -keep:]
    # (keep, vocab)
    own = torch.log_softmax(logits.double(), dim=-1)
    sampled = torch.linspace(0, len(decoder.head.weight) - 1, SAMPLED_TOKENS, device=decoder.device).long()
    ours = token_logprobs(decoder.normed(state[None]), decoder.head, torch.zeros_like(sampled), sampled)
    # The model rounds its logits to its own dtype. Its largest one carries the normalizer, which all tokens share, so
    # that rounding does not average out: half a step of it is allowed beyond the tolerance.
    rounding = float(logits[-1].abs().max()) * torch.finfo(decoder.dtype).eps / 2
    _check_close(ours - own[-1, sampled], decoder.dtype, what, rounding)
    return own


def check_letters(difference: np.ndarray, dtype: torch.dtype, what: str) -> None:
    """Raise CrosslensError unless letters differ by rounding only from those that they must be.

    difference: of their log-probabilities, in nats, of any shape. what: names the others, such as `ZERO`.
    """
    _check_close(torch.from_numpy(difference), dtype, what)


def check_finite(question_ids: Sequence[str], *values: np.ndarray, dtype: torch.dtype) -> None:
    """Raise CrosslensError, naming a batch's questions, if one of its values is not finite."""
    if not all(np.isfinite(array).all() for array in values):
        few = ", ".join(question_ids[:3]) + (" …" if len(question_ids) > 3 else "")
        raise CrosslensError(f"questions {few}: {_not_finite(dtype)}")


def _not_finite(dtype: torch.dtype) -> str:
    name = str(dtype).removeprefix("torch.")
    if dtype == torch.float16:
        return (
            "the model computes infinity or nan in float16, whose largest number is 65,504. Set 'dtype: bfloat16' (or "
            "float32) in its entry."
        )
    return f"the model computes infinity or nan in {name}. Its weights may be damaged: copy or download them again."


def _check_close(difference: Tensor, dtype: torch.dtype, what: str, rounding: float = 0.0) -> None:
    """Raise CrosslensError if the mean absolute difference exceeds the tolerance plus ``rounding``, or is no number."""
    values, allowed = difference.double().abs(), TOLERANCE[dtype] + rounding
    mean, largest = float(values.mean()), float(values.max())
    print(f"check: one pass against {what}: mean difference {mean:.2e} nats, largest {largest:.2e}")
    if not np.isfinite(mean):
        raise CrosslensError(f"{_not_finite(dtype)} (One pass against {what}.)")
    if mean > allowed:
        raise CrosslensError(
            f"the forward pass does not reproduce {what}: it differs by {mean:.3g} nats on average (allowed in "
            f"{dtype}: {allowed:.3g}). Set 'forward: plain' in the model's entry, so that it makes its own masks and "
            "positions. If that does not help, it is not supported: please report its type."
        )

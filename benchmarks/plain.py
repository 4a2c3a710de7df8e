"""Plain Hugging Face forwards: one sequence per answer and condition, as anybody would write them.

This is a fair baseline: one forward reads all layers of the lens, an answer's last token is not an input, logits can be
limited to the last token, and sequences of one prompt can share a forward as a batch (without padding).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from benchmarks.work import Work


@torch.inference_mode()
def run(work: Work, at_once: int = 1, logits_to_keep: int = 1) -> dict[str, Tensor]:
    """Return the same quantities as `one_pass.run`, with ``at_once`` sequences per forward.

    logits_to_keep: the model's own keyword; its default, 0, computes the logits of every token.
    """
    pairs = zip(work.prompts, work.answers, strict=True)
    questions = [_question(work, prompt, answers, at_once, logits_to_keep) for prompt, answers in pairs]
    return joined(questions)


def joined(questions: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Return the results of all questions together, as `one_pass.run` does."""
    results = {name: torch.stack([question[name] for question in questions]) for name in ("letters", "steered")}
    latent = torch.cat([question["latent"] for question in questions])
    return {**results, "latent": latent, "answers": latent[:, -1]}


def _question(work: Work, prompt: list[int], answers: list[list[int]], at_once: int, keep: int) -> dict[str, Tensor]:
    conditions = shifts(work)
    return {
        "letters": _next_token(work, prompt, [None], keep)[0],
        "latent": torch.cat([_lens(work, prompt, chunk, keep) for chunk in _chunks(answers, at_once)]),
        "steered": torch.cat([_next_token(work, prompt, chunk, keep) for chunk in _chunks(conditions, at_once)]),
    }


def shifts(work: Work) -> list[tuple[int, Tensor]]:
    """Return the layer and the shift of every condition."""
    return list(zip([layer for layer, _ in work.conditions], work.deltas(), strict=True))


def _chunks(items: Sequence, size: int) -> Iterator[Sequence]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _next_token(work: Work, prompt: list[int], conditions: Sequence[tuple[int, Tensor] | None], keep: int) -> Tensor:
    """Return letters' log-probabilities after the prompt, one sequence per condition: [condition, letter]."""
    tokens = torch.tensor([prompt] * len(conditions), device=work.model.device)
    with steered(work.model, conditions):
        logits = work.model(input_ids=tokens, use_cache=False, logits_to_keep=keep).logits[:, -1]
    return torch.log_softmax(logits.float(), dim=-1)[:, work.letters].cpu()


def _lens(work: Work, prompt: list[int], answers: Sequence[list[int]], keep: int) -> Tensor:
    """Return the mean log-probability of each answer at each layer of the grid: [answer, layer]."""
    model = work.model
    tokens = torch.tensor([prompt + answer[:-1] for answer in answers], device=model.device)
    target = torch.tensor(answers, device=model.device)
    with kept(model, work.layers, len(answers[0])) as states:
        model(input_ids=tokens, use_cache=False, logits_to_keep=keep)
    return mean_logprobs(work, states, target)


def mean_logprobs(work: Work, states: Mapping[int, Tensor], target: Tensor) -> Tensor:
    """Return the mean log-probability of every sequence of target tokens, from states that predict them.

    states: per layer of the grid, (answer, token, d_model). target: (answer, token). Returns [answer, layer].
    """
    model = work.model
    cap = getattr(model.config, "final_logit_softcapping", None)
    means = []
    for layer in work.layers:
        logits = model.get_output_embeddings()(model.get_decoder().norm(states[layer]))
        if cap is not None:
            logits = cap * torch.tanh(logits / cap)
        logprobs = torch.log_softmax(logits.float(), dim=-1)
        means.append(logprobs.gather(-1, target[:, :, None])[:, :, 0].mean(dim=1))
    return torch.stack(means, dim=-1).cpu()


@contextmanager
def steered(model: nn.Module, conditions: Sequence[tuple[int, Tensor] | None]) -> Iterator[None]:
    """Shift the last token of sequence i after the block of condition i, inside the `with` block."""

    def hook(i: int, delta: Tensor):
        def steer(module: nn.Module, args: tuple, output: Tensor) -> Tensor:
            output[i, -1] += delta.to(output.dtype)
            return output

        return steer

    layers = model.get_decoder().layers
    handles = [
        layers[condition[0] - 1].register_forward_hook(hook(i, condition[1]))
        for i, condition in enumerate(conditions)
        if condition is not None
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def kept(model: nn.Module, layers: Sequence[int], n: int) -> Iterator[dict[int, Tensor]]:
    """Yield a dictionary that keeps the last ``n`` tokens' states after each of ``layers``."""
    states: dict[int, Tensor] = {}

    def hook(layer: int):
        def keep(module: nn.Module, args: tuple, output: Tensor) -> None:
            states[layer] = output[:, -n:].clone()

        return keep

    blocks = model.get_decoder().layers
    handles = [blocks[layer - 1].register_forward_hook(hook(layer)) for layer in layers]
    try:
        yield states
    finally:
        for handle in handles:
            handle.remove()

"""lm-eval and steering-vectors, each through the interface that its users use."""

import logging

import torch
from lm_eval.models.huggingface import HFLM
from steering_vectors import SteeringVector
from torch import Tensor, nn

from benchmarks.work import Work, tokenizer


def harness(model: nn.Module, batch_size: int) -> HFLM:
    """Return lm-eval's Hugging Face backend around a loaded model."""
    logging.getLogger("lm_eval").setLevel(logging.ERROR)
    return HFLM(pretrained=model, tokenizer=tokenizer(), batch_size=batch_size)


def answers(lm: HFLM, work: Work) -> dict[str, Tensor]:
    """Return the mean log-probability of every answer, from lm-eval: [answer], of all prompts."""
    totals = _loglikelihoods(lm, work.prompts, work.answers)
    return {"answers": totals / len(work.answers[0][0])}


def letters(lm: HFLM, work: Work) -> dict[str, Tensor]:
    """Return the log-probability of every letter, from lm-eval, which runs a prompt once for all: [prompt, letter]."""
    letters = [[[letter] for letter in work.letters]] * len(work.prompts)
    return {"letters": _loglikelihoods(lm, work.prompts, letters).reshape(len(work.prompts), -1)}


@torch.inference_mode()
def steered(work: Work) -> dict[str, Tensor]:
    """Return letters' log-probabilities under every condition, one forward each: [prompt, condition, letter].

    steering-vectors steers all tokens unless told otherwise, and numbers layers from 0.
    """
    vectors = {layer: SteeringVector({layer - 1: vector}) for layer, vector in work.vectors.items()}
    logprobs = torch.empty(len(work.prompts), len(work.conditions), len(work.letters))
    for i, prompt in enumerate(work.prompts):
        tokens = torch.tensor([prompt])
        for c, (layer, gamma) in enumerate(work.conditions):
            with vectors[layer].apply(work.model, multiplier=gamma, min_token_index=None, token_indices=[-1]):
                logits = work.model(input_ids=tokens, use_cache=False, logits_to_keep=1).logits[0, -1]
            logprobs[i, c] = torch.log_softmax(logits, dim=-1)[work.letters]
    return {"steered": logprobs}


def _loglikelihoods(lm: HFLM, prompts: list[list[int]], continuations: list[list[list[int]]]) -> Tensor:
    # The pair of strings only names a request in lm-eval's cache of partial results.
    requests = [
        ((f"prompt {i}", f"continuation {j}"), prompt, continuation)
        for i, prompt in enumerate(prompts)
        for j, continuation in enumerate(continuations[i])
    ]
    results = lm._loglikelihood_tokens(requests, disable_tqdm=True)
    # (continuation of any prompt)
    return torch.tensor([total for total, _ in results])

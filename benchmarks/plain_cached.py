"""Plain forwards with a cache of the prompt: what a careful author of a script for one question would write.

The prompt is read once, except for its last token. All answers, and all steering conditions, are then one batch each
over copies of its keys and values. Answers that begin alike and prompts that begin alike are read again.
"""

import copy

import torch
from torch import Tensor
from transformers import DynamicCache

from benchmarks import plain
from benchmarks.work import Work


@torch.inference_mode()
def run(work: Work) -> dict[str, Tensor]:
    """Return the same quantities as `one_pass.run`."""
    pairs = zip(work.prompts, work.answers, strict=True)
    return plain.joined([_question(work, prompt, answers) for prompt, answers in pairs])


def _question(work: Work, prompt: list[int], answers: list[list[int]]) -> dict[str, Tensor]:
    cache = DynamicCache(config=work.model.config)
    work.model.get_decoder()(
        input_ids=torch.tensor([prompt[:-1]], device=work.model.device), past_key_values=cache, use_cache=True
    )
    # The first sequence is not steered.
    letters = _letters(work, prompt[-1], [None, *plain.shifts(work)], cache)
    return {"letters": letters[0], "steered": letters[1:], "latent": _lens(work, prompt[-1], answers, cache)}


def _letters(work: Work, last: int, conditions: list, cache: DynamicCache) -> Tensor:
    """Return letters' log-probabilities after the last prompt token, one sequence per condition."""
    tokens = torch.tensor([[last]] * len(conditions), device=work.model.device)
    with plain.steered(work.model, conditions):
        logits = work.model(input_ids=tokens, past_key_values=_copies(cache, len(conditions)), use_cache=True).logits
    return torch.log_softmax(logits[:, -1].float(), dim=-1)[:, work.letters].cpu()


def _lens(work: Work, last: int, answers: list[list[int]], cache: DynamicCache) -> Tensor:
    """Return the mean log-probability of each answer at each layer of the grid: [answer, layer]."""
    tokens = torch.tensor([[last, *answer[:-1]] for answer in answers], device=work.model.device)
    with plain.kept(work.model, work.layers, tokens.shape[1]) as states:
        work.model.get_decoder()(input_ids=tokens, past_key_values=_copies(cache, len(answers)), use_cache=True)
    return plain.mean_logprobs(work, states, torch.tensor(answers, device=work.model.device))


def _copies(cache: DynamicCache, n: int) -> DynamicCache:
    """Return ``n`` copies of the prompt's keys and values, which a forward may append to."""
    copies = copy.deepcopy(cache)
    copies.batch_repeat_interleave(n)
    return copies

"""The logit lens: log-probabilities of tokens from hidden states, over the full vocabulary, in bounded memory.

Takes states that have already been read; runs no model.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from crosslens.engine.hooks import widen

# Number of logits held at once, states times vocabulary entries, and of states among them, so that the entries are not
# few. A CPU is up to a third faster if its cache holds the logits.
CHUNK_ELEMENTS, STATES = 1 << 23, 4096
CPU_CHUNK_ELEMENTS, CPU_STATES = 1 << 20, 512


@dataclass(frozen=True)
class Unembedding:
    """The map from normed states to logits, as in the model's own head: softcap(scale * (W h + bias)).

    softcap: c in c * tanh(x / c), or None.
    """

    weight: Float[Tensor, "vocab d_model"]
    bias: Float[Tensor, " vocab"] | None = None
    scale: float = 1.0
    softcap: float | None = None

    def finish(self, logits: Tensor, bias: Tensor | None) -> Tensor:
        """Apply bias, scale and soft-cap to the products W h, in float32."""
        if bias is not None:
            logits = logits + widen(bias)
        if self.scale != 1.0:
            logits = logits * self.scale
        return logits if self.softcap is None else self.softcap * torch.tanh(logits / self.softcap)


def log_normalizer(states: Float[Tensor, "state d_model"], head: Unembedding) -> Float[Tensor, " state"]:
    """Return log sum over the vocabulary of exp(logit), accumulated over chunks of the vocabulary."""
    on_cpu = states.device.type == "cpu"
    elements, at_once = (CPU_CHUNK_ELEMENTS, CPU_STATES) if on_cpu else (CHUNK_ELEMENTS, STATES)
    parts = states.tensor_split(math.ceil(len(states) / at_once) or 1)
    return torch.cat([_log_normalizer(part, head, elements) for part in parts])


def _log_normalizer(states: Tensor, head: Unembedding, elements: int) -> Tensor:
    total = torch.full((len(states),), float("-inf"), dtype=widen(states[:0]).dtype, device=states.device)
    chunk = max(1, elements // max(1, len(states)))
    for start in range(0, len(head.weight), chunk):
        vocabulary = slice(start, start + chunk)
        bias = None if head.bias is None else head.bias[vocabulary]
        # (state, d_model) x (chunk, d_model) -> (state, chunk) -> (state)
        logits = head.finish(_products(states, head.weight[vocabulary]), bias)
        # logsumexp in place, because a CPU would have to find memory for every chunk
        largest = logits.amax(dim=-1).clamp_(min=torch.finfo(logits.dtype).min)  # a chunk may be all -inf
        summed = logits.sub_(largest[:, None]).exp_().sum(dim=-1)
        total = torch.logaddexp(total, summed.log_().add_(largest))
    return total


def token_logprobs(
    states: Float[Tensor, "state d_model"],
    head: Unembedding,
    state: Int[Tensor, " target"],
    token: Int[Tensor, " target"],
) -> Float[Tensor, " target"]:
    """Return log softmax(head(states))[state, token] per target, a pair (state, token), in nats.

    The result is float32 (float64 for float64 states). Targets may share a state, whose normalizer is computed once.
    """
    return token_logits(states, head, state, token) - log_normalizer(states, head)[state]


def token_logits(
    states: Float[Tensor, "state d_model"],
    head: Unembedding,
    state: Int[Tensor, " target"],
    token: Int[Tensor, " target"],
) -> Float[Tensor, " target"]:
    """Return head(states)[state, token] per target, in float32 from rows of the unembedding.

    Above 16 a bfloat16 head would round logits to multiples of 1/8.
    """
    # (state, d_model)[state] and (vocab, d_model)[token] -> (target, d_model) each -> (target)
    logits = torch.einsum("td,td->t", widen(states[state]), widen(head.weight[token]))
    return head.finish(logits, None if head.bias is None else head.bias[token])


def mean_over(values: Float[Tensor, " target"], group: Int[Tensor, " target"], n: int) -> Float[Tensor, " group"]:
    """Return the mean of the values of each group 0..n-1; every group has at least one value."""
    # Not torch.bincount: it needs the largest group on the host, for which the GPU would have to wait.
    # (2, target) -> (2, group): sums and counts
    both = torch.stack([values, torch.ones_like(values)])
    total, count = torch.zeros(2, n, dtype=values.dtype, device=values.device).index_add_(1, group, both)
    return total / count


def _products(states: Tensor, weight: Tensor) -> Tensor:
    """Return states @ weight.T in at least float32; on CUDA without rounding to bfloat16 in between."""
    if states.is_cuda and states.dtype in (torch.bfloat16, torch.float16):
        return torch.mm(states, weight.t(), out_dtype=torch.float32)
    return widen(states @ weight.t())

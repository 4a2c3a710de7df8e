"""The logit lens: log-probabilities of tokens from hidden states, over the full vocabulary, in bounded memory.

Works on states already gathered; runs no model.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from crosslens.hooks import widen

# Logits held at once: rows times vocabulary entries.
CHUNK_ELEMENTS = 1 << 23


@dataclass(frozen=True)
class Unembedding:
    """From normed states to logits: softcap(scale * (W h + bias)), as the model's own head does it.

    weight: [vocab, d_model]. softcap: c in c * tanh(x / c), or None.
    """

    weight: Float[Tensor, "vocab d_model"]
    bias: Float[Tensor, " vocab"] | None = None
    scale: float = 1.0
    softcap: float | None = None

    def finish(self, logits: Tensor, bias: Tensor | None) -> Tensor:
        """Bias, scale and soft-cap of float32 products."""
        if bias is not None:
            logits = logits + widen(bias)
        if self.scale != 1.0:
            logits = logits * self.scale
        return logits if self.softcap is None else self.softcap * torch.tanh(logits / self.softcap)


def log_normalizer(states: Float[Tensor, "state d_model"], head: Unembedding) -> Float[Tensor, " state"]:
    """log sum over the vocabulary of exp(logit), by chunks of the vocabulary, accumulated online."""
    total = torch.full((len(states),), float("-inf"), dtype=widen(states[:0]).dtype, device=states.device)
    chunk = max(1, CHUNK_ELEMENTS // max(1, len(states)))
    for start in range(0, len(head.weight), chunk):
        vocabulary = slice(start, start + chunk)
        bias = None if head.bias is None else head.bias[vocabulary]
        logits = head.finish(_products(states, head.weight[vocabulary]), bias)
        total = torch.logaddexp(total, torch.logsumexp(logits, dim=-1))
    return total


def token_logprobs(
    states: Float[Tensor, "state d_model"],
    head: Unembedding,
    state: Int[Tensor, " target"],
    token: Int[Tensor, " target"],
) -> Float[Tensor, " target"]:
    """log softmax(head(states))[state, token] for pairs (state, token), float32 (float64 for float64 states), nats.

    Several targets may share a state, whose normalizer is then computed once. The targets' own logits are computed in
    float32 from the unembedding rows: a bfloat16 head would round them to 1/8 above 16.
    """
    logits = torch.einsum("td,td->t", widen(states[state]), widen(head.weight[token]))
    logits = head.finish(logits, None if head.bias is None else head.bias[token])
    return logits - log_normalizer(states, head)[state]


def mean_over(values: Float[Tensor, " target"], group: Int[Tensor, " target"], n: int) -> Float[Tensor, " group"]:
    """Mean of the values of each group 0..n-1; every group has at least one."""
    # Not torch.bincount, which makes a GPU wait: it looks at the largest group.
    both = torch.stack([values, torch.ones_like(values)])
    total, count = torch.zeros(2, n, dtype=values.dtype, device=values.device).index_add_(1, group, both)
    return total / count


def _products(states: Tensor, weight: Tensor) -> Tensor:
    """states @ weight.T with at least float32 results; on CUDA without rounding them to bfloat16 in between."""
    if states.is_cuda and states.dtype in (torch.bfloat16, torch.float16):
        return torch.mm(states, weight.t(), out_dtype=torch.float32)
    return widen(states @ weight.t())

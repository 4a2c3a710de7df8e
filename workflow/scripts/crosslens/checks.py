"""Run-time checks that a job's one-pass forward agrees with the model itself; they raise, they never repair."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from crosslens import batches, forward
from crosslens.batches import Batch
from crosslens.errors import CrosslensError
from crosslens.lens import token_logprobs
from crosslens.models import Decoder
from crosslens.packing import Row

# Mean absolute difference in nats that rounding alone does not reach; wrong masks or heads are far above it.
TOLERANCE = {torch.float32: 1e-3, torch.bfloat16: 0.15, torch.float16: 0.15}
# Tokens of the vocabulary whose log-probabilities are compared.
SAMPLED_TOKENS = 512


@torch.inference_mode()
def own_distribution(decoder: Decoder, rows: Sequence[Row], layers: Sequence[int], token_budget: int) -> None:
    """The lens at the last layer must equal the next-token distribution of the model's own plain forward pass.

    Raises CrosslensError where it does not, for instance because the model does something to its logits or masks that
    is not known here.
    """
    token = torch.linspace(0, len(decoder.head.weight) - 1, SAMPLED_TOKENS, device=decoder.device).long()

    def last_states(batch: Batch) -> Tensor:
        return forward.run(decoder, batch, layers[-1:], copies=None).prompt[layers[-1]]

    for chosen, states in batches.run(rows, token_budget, last_states, decoder.device, decoder.multiple):
        for row, state in zip([rows[i] for i in chosen], states, strict=True):
            prompt = torch.tensor([row.tokens[: row.last + 1]], device=decoder.device)
            logits = decoder.model(input_ids=prompt, use_cache=False, logits_to_keep=1).logits[0, -1]
            own = torch.log_softmax(logits.double(), dim=-1)[token]
            ours = token_logprobs(decoder.norm(state[None]), decoder.head, torch.zeros_like(token), token)
            _compare((ours.double() - own).cpu().numpy(), decoder.dtype, "the model's own next-token distribution")


def gamma_zero(difference: np.ndarray, dtype: torch.dtype) -> None:
    """Letters of the copies with gamma = 0 minus the un-steered letters: nothing but rounding, or CrosslensError."""
    _compare(difference, dtype, "the un-steered letters at gamma = 0")


def _compare(difference: np.ndarray, dtype: torch.dtype, what: str) -> None:
    mean = float(np.abs(difference).mean())
    print(f"check: one pass against {what}: mean difference {mean:.2e} nats, largest {np.abs(difference).max():.2e}")
    if not mean <= TOLERANCE[dtype]:
        raise CrosslensError(
            f"the one-pass forward does not reproduce {what}: it differs by {mean:.3g} nats on average "
            f"(allowed in {dtype}: {TOLERANCE[dtype]}). This model cannot be used as it is; please report its type."
        )

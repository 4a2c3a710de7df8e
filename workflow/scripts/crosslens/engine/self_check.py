"""Run-time checks that a job's one-pass forward agrees with the model itself; they raise, and repair nothing."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from crosslens.engine import batches, forward
from crosslens.engine.batches import Batch
from crosslens.engine.lens import token_logprobs
from crosslens.engine.models import Decoder
from crosslens.engine.packing import Row
from crosslens.errors import CrosslensError

# Mean absolute difference in nats that rounding alone does not reach; wrong masks or heads are far above it.
TOLERANCE = {torch.float32: 1e-3, torch.bfloat16: 0.15, torch.float16: 0.15}
# Number of tokens of the vocabulary whose log-probabilities are compared.
SAMPLED_TOKENS = 512


@torch.inference_mode()
def check_own_distribution(decoder: Decoder, rows: Sequence[Row], layers: Sequence[int], token_budget: int) -> None:
    """Raise CrosslensError if the lens at the last layer differs from the model's own next-token distribution.

    The model's distribution is that of a plain forward pass of each prompt. They differ, for instance, if the model
    changes its logits or masks in a way that is not known here.
    """
    token = torch.linspace(0, len(decoder.head.weight) - 1, SAMPLED_TOKENS, device=decoder.device).long()

    def last_states(batch: Batch) -> Tensor:
        return forward.run(decoder, batch, layers[-1:], copies=None).prompt[layers[-1]]

    for chosen, states in batches.run(rows, token_budget, last_states, decoder.device, decoder.multiple):
        for row, state in zip([rows[i] for i in chosen], states, strict=True):
            prompt = torch.tensor([row.tokens[: row.last + 1]], device=decoder.device)
            # (1, 1, vocab) -> (vocab) -> (sampled token)
            logits = decoder.model(input_ids=prompt, use_cache=False, logits_to_keep=1).logits[0, -1]
            own = torch.log_softmax(logits.double(), dim=-1)[token]
            ours = token_logprobs(decoder.norm(state[None]), decoder.head, torch.zeros_like(token), token)
            _check_close((ours.double() - own).cpu().numpy(), decoder.dtype, "the model's own next-token distribution")


def check_gamma_zero(difference: np.ndarray, dtype: torch.dtype) -> None:
    """Raise CrosslensError unless the letters at gamma = 0 differ from the un-steered letters by rounding only.

    difference: their log-probabilities minus the un-steered ones, in nats, of any shape.
    """
    _check_close(difference, dtype, "the un-steered letters at gamma = 0")


def _check_close(difference: np.ndarray, dtype: torch.dtype, what: str) -> None:
    mean = float(np.abs(difference).mean())
    print(f"check: one pass against {what}: mean difference {mean:.2e} nats, largest {np.abs(difference).max():.2e}")
    if not mean <= TOLERANCE[dtype]:  # true for NaN as well
        raise CrosslensError(
            f"the one-pass forward does not reproduce {what}: it differs by {mean:.3g} nats on average "
            f"(allowed in {dtype}: {TOLERANCE[dtype]}). This model is not supported; please report its type."
        )

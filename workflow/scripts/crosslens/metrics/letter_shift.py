"""What a mere shift of the letters gives: the baseline of steering that knows nothing about the question.

Steering may make a letter more probable in all questions alike. The shift is measured on one part of the questions and
replayed on the un-steered letters of others. Not in the paper.
"""

import numpy as np
from jaxtyping import Bool, Float

from crosslens.metrics import answers


def log_odds(logprob: Float[np.ndarray, "*batch choice"]) -> Float[np.ndarray, "*batch choice"]:
    """Return log p(letter) less its mean over the letters of the question; NaN stays NaN."""
    return logprob - answers.mean(logprob, axis=-1)[..., None]


def shift(
    before: Float[np.ndarray, "question choice"],
    after: Float[np.ndarray, "condition question choice"],
    on: Bool[np.ndarray, " question"],
) -> Float[np.ndarray, "condition choice"]:
    """Return the mean change of each letter's log-odds, over the questions ``on`` that have the letter.

    before, after: letter log-probabilities without and with steering. NaN if there are no such questions.
    """
    # (condition, question, choice) -> (condition, choice)
    return answers.mean(log_odds(after[:, on]) - log_odds(before[on]), axis=1)


def replayed(
    before: Float[np.ndarray, "question choice"], shift: Float[np.ndarray, "condition choice"]
) -> Float[np.ndarray, "condition question choice"]:
    """Return the un-steered letters with the shift of each condition added: not normalised, only compared.

    A letter without a shift, which no question had that the shift was measured on, stays as it is.
    """
    measured = ~np.isnan(shift).all(axis=1, keepdims=True)
    return before + np.where(np.isnan(shift) & measured, 0, shift)[:, None]

"""The answers of all languages as arrays whose products over questions are the sums that `pairs` needs.

Questions come last, so that a product over them is one matrix product for all pairs of languages.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from crosslens.metrics import answers
from crosslens.metrics.answers import Answers, ratio


class Compared(NamedTuple):
    """The answers as arrays whose products over questions are the sums that measures need; 0 where there is nothing."""

    present: Float[np.ndarray, "language question"]
    right: Float[np.ndarray, "language question"]
    rank: Float[np.ndarray, "language choice question"]  # centred ranks in the language's concatenated vector
    right_choice: Float[np.ndarray, "language choice question"]  # 1 at the answer, if it is right
    wrong_choice: Float[np.ndarray, "language choice question"]  # 1 at the answer, if it is wrong
    probability: Float[np.ndarray, "language choice question"]  # renormalised over the question's letters
    key_probability: Float[np.ndarray, "language question"]
    top: Float[np.ndarray, "language top_choice question"]  # sqrt(w_j / j) at the j most probable choices, j < J
    last: Float[np.ndarray, " question"]  # w_J, which all choices together have in common
    n_choices: Int[np.ndarray, " question"]
    key: Int[np.ndarray, " question"]
    tertile: Int[np.ndarray, " question"]  # of the share of all languages that are right

    def on(self, questions: np.ndarray) -> "Compared":
        """Return the arrays of some questions only."""
        return Compared(*(values[..., questions] for values in self))

    def single(self) -> "Compared":
        """Return the arrays in single precision, which is enough for replicates of a bootstrap."""
        return Compared(*(values.astype(np.float32) if values.dtype == np.float64 else values for values in self))


def compare(logprob: Float[np.ndarray, "language question choice"], answered: Answers) -> Compared:
    """Return what `pairs.measures` needs of letter log-probabilities and the answers that they give."""
    # (language, question, choice) -> (language, choice, question)
    moved = np.moveaxis(logprob, 2, 1).astype(np.float64)
    known = ~np.isnan(moved)
    chosen = (answered.choice[:, None] == np.arange(moved.shape[1])[None, :, None]) & known
    logits = np.where(known, moved, -np.inf)
    highest = np.where(known.any(axis=1), logits.max(axis=1), 0)[:, None]
    probability = np.exp(logits - highest)
    probability = ratio(probability, probability.sum(axis=1, keepdims=True) * np.ones_like(probability))
    key = answered.key.max(axis=0)
    at_key = np.take_along_axis(probability, np.maximum(answered.key, 0)[:, None], axis=1)[:, 0]
    right = answered.right
    arrays = (
        answered.present,
        right,
        np.moveaxis(concatenated_ranks(answered.ranks), 2, 1),
        chosen & right[:, None],
        chosen & ~right[:, None],
        probability,
        np.where(answered.present, at_key, 0),
    )
    arrays += _top(logits, known)
    as_float = (np.ascontiguousarray(np.nan_to_num(values), dtype=np.float64) for values in arrays)
    share = answers.mean(np.where(answered.present, right, np.nan), axis=0)
    return Compared(*as_float, known.any(axis=0).sum(axis=0), key, tertiles(share))


def concatenated_ranks(
    ranks: Float[np.ndarray, "language question choice"],
) -> Float[np.ndarray, "language question choice"]:
    """Return each choice's average rank in its language's concatenated vector (Eq. 1), less the vector's mean rank.

    Products of these, summed over the questions that two languages share, give their Spearman correlation: exactly if
    both have the same questions or if no question has tied choices, and else nearly. NaN stays NaN.
    """
    result = np.full(ranks.shape, np.nan)
    for own, of_language in zip(result, ranks, strict=True):
        known = ~np.isnan(of_language)
        values, value, counts = np.unique(of_language[known], return_inverse=True, return_counts=True)
        own[known] = (np.cumsum(counts) - counts / 2 - counts.sum() / 2)[value] if len(values) else 0
    return result


def tertiles(share: Float[np.ndarray, " question"]) -> Int[np.ndarray, " question"]:
    """Return 0, 1 or 2 for the lower, middle and upper third of the values; equal values are together."""
    n, ordered = len(share), np.sort(share)
    return np.digitize(share, [ordered[(n - 1) // 3], ordered[2 * (n - 1) // 3]], right=True) if n else np.zeros(0, int)


def _top(
    logits: Float[np.ndarray, "language choice question"], known: np.ndarray
) -> tuple[Float[np.ndarray, "language top_choice question"], Float[np.ndarray, " question"]]:
    """Return sqrt(w_j / j) at the j most probable choices of a question, for all j < J, and w_J; w = softmax(J - j).

    Products of the former, summed, and w_J are RankC (Qi, Fernandez & Bisazza 2023): sum_j w_j |top-j and top-j| / j.
    """
    place = np.argsort(np.argsort(-logits, axis=1, kind="stable"), axis=1)  # 0 = most probable; ties by index
    n_choices = known.sum(axis=1, keepdims=True)
    j = np.arange(1, logits.shape[1] + 1)[:, None, None, None]
    # (j, language, choice, question)
    exponent = np.where(j <= n_choices[None], np.exp(-(j - 1.0)), 0)
    weight = ratio(exponent, exponent.sum(axis=0, keepdims=True) * np.ones_like(exponent))
    top = np.where((place[None] < j) & known[None] & (j < n_choices[None]), np.sqrt(weight / j), 0)[:-1]
    # (j, language, 1, question) -> (question); a language that lacks the question has no weights
    last = np.where(j == n_choices[None], weight, 0).max(axis=(0, 1, 2))
    # (j, language, choice, question) -> (language, j and choice, question)
    return np.moveaxis(top, 0, 1).reshape(len(logits), -1, logits.shape[2]), last

"""Accuracy, consistency and knowledge transfer of multiple-choice answers, for all languages and pairs at once.

Pure functions of arrays aligned over questions: what a language lacks is NaN (log-probabilities, ranks) or -1 (choice,
key), and a pair is compared on the questions that both have. The axis "language" may as well hold steering conditions.
Undefined values are NaN here and null in Arrow. Reads no tables and computes no intervals.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike


class Answers(NamedTuple):
    """What several languages answer to the same questions."""

    # 1 = most probable choice; ties share their average rank; NaN where the language lacks the question
    ranks: Float[np.ndarray, "language question choice"]
    # index of the most probable choice, the lowest of those tied; -1 where the language lacks the question
    choice: Int[np.ndarray, "language question"]
    # index of the right choice; -1 where the language lacks the question
    key: Int[np.ndarray, "language question"]

    @property
    def present(self) -> Bool[np.ndarray, "language question"]:
        return self.choice >= 0

    @property
    def right(self) -> Bool[np.ndarray, "language question"]:
        return self.present & (self.choice == self.key)

    @property
    def wrong(self) -> Bool[np.ndarray, "language question"]:
        return self.present & (self.choice != self.key)

    def on(self, questions: Int[np.ndarray, " n"]) -> "Answers":
        """The answers to ``questions`` only; an index may repeat, as in a bootstrap sample."""
        return Answers(*(np.take(values, questions, axis=1) for values in self))


def answers(
    logprob: Float[np.ndarray, "language question choice"], key: Int[np.ndarray, "language question"]
) -> Answers:
    """Ranks and choices of log-probabilities."""
    choice = np.where(np.isnan(logprob).any(axis=-1), -1, logprob.argmax(axis=-1))
    return Answers(ranks(logprob), choice, key)


def ranks(logprob: Float[np.ndarray, "*batch choice"]) -> Float[np.ndarray, "*batch choice"]:
    """Rank of every choice among those of its question (paper, section 2.1): 1 = most probable, ties get their average.

    A multiple of .5 in [1, J] for J choices; NaN stays NaN.
    """
    one, others = logprob[..., :, None], logprob[..., None, :]
    higher, equal = (others > one).sum(axis=-1), (others == one).sum(axis=-1)
    return np.where(np.isnan(logprob), np.nan, higher + (equal + 1) / 2)


def argmax_ties(logprob: Float[np.ndarray, "language question choice"]) -> Int[np.ndarray, " language"]:
    """Number of questions whose highest log-probability is shared by several choices."""
    best = logprob.max(axis=-1, keepdims=True)
    return ((logprob == best).sum(axis=-1) > 1).sum(axis=-1)


def accuracy(given: Answers) -> Float[np.ndarray, " language"]:
    """Share of questions whose most probable choice is the key: #right / #present. In [0, 1]."""
    return ratio(given.right.sum(axis=1), given.present.sum(axis=1))


def consistency(source: Answers, target: Answers) -> Float[np.ndarray, "source target"]:
    """Spearman's rho of the two concatenated rank vectors over the questions that both have (Eq. 1).

    rho(k_1, k_2) = cov(R(k_1), R(k_2)) / (std R(k_1) std R(k_2)), R = average rank within the whole vector. In [-1, 1];
    NaN where a vector is constant or empty. Exact for all pairs at once: a within-question rank takes few values, so
    the contingency table of a pair's values, from one matrix product, holds all that rho depends on.
    """
    source_planes = _one_hot(source)
    target_planes = source_planes if target is source else _one_hot(target)  # the same array: BLAS does half the work
    counts = np.tensordot(source_planes, target_planes, axes=(2, 2))  # float32 is exact up to 2**24 questions * choices
    table = counts.transpose(0, 2, 1, 3).astype(np.float64)  # source target value value

    source_rank, source_square = _centred_ranks(table.sum(axis=3))
    target_rank, target_square = _centred_ranks(table.sum(axis=2))
    product = np.einsum("stv,stvw,stw->st", source_rank, table, target_rank)
    return ratio(product, np.sqrt(source_square * target_square))


def positive_transfer(source: Answers, target: Answers) -> Float[np.ndarray, "source target"]:
    """|F_1 and F_2| / |F_1| over common questions; F = questions answered correctly (Eq. 2).

    In [0, 1]; NaN where the source has no correct answer.
    """
    return ratio(_count(source.right, target.right), _count(source.right, target.present))


def negative_transfer(source: Answers, target: Answers) -> Float[np.ndarray, "source target"]:
    """|same wrong answer in both| / |wrong in the source| over common questions (Eq. 3).

    In [0, 1]; NaN where the source has no wrong answer.
    """
    choices = np.arange(source.ranks.shape[-1])
    same = _count(*((given.choice[..., None] == choices) & given.wrong[..., None] for given in (source, target)))
    return ratio(same, _count(source.wrong, target.present))


def common_questions(source: Answers, target: Answers) -> Int[np.ndarray, "source target"]:
    """Number of questions that both have."""
    return _count(source.present, target.present).astype(int)


# What is computed for pairs of languages, by the name of its column
PAIR_METRICS = {
    "consistency": consistency,
    "positive_transfer": positive_transfer,
    "negative_transfer": negative_transfer,
}


def of_pairs(given: Answers) -> dict[str, Float[np.ndarray, "source target"]]:
    """Every metric of `PAIR_METRICS`, for all pairs of languages."""
    return {name: metric(given, given) for name, metric in PAIR_METRICS.items()}


def over_others(pairs: Float[np.ndarray, "source target"]) -> Float[np.ndarray, "source target"]:
    """The values of pairs l1 != l2: the diagonal becomes undefined."""
    return np.where(np.eye(len(pairs), dtype=bool), np.nan, pairs)


def mean(values: np.ndarray, axis: int | None = None) -> np.ndarray:
    """Mean over the defined values: not NaN. NaN where there is none."""
    return ratio(np.nansum(values, axis=axis), (~np.isnan(values)).sum(axis=axis))


def ratio(numerator: ArrayLike, denominator: ArrayLike) -> np.ndarray:
    """Quotient, NaN where the denominator is 0."""
    numerator, denominator = np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)
    return np.divide(numerator, denominator, out=np.full(numerator.shape, np.nan), where=denominator != 0)


def _one_hot(given: Answers) -> Float[np.ndarray, "language value entry"]:
    """One-hot within-question ranks, for those rank values that occur, in ascending order."""
    n, n_questions, n_choices = given.ranks.shape
    possible = np.arange(2, 2 * n_choices + 1) / 2
    planes = [plane for plane in (given.ranks == value for value in possible) if plane.any()]
    if not planes:
        return np.zeros((n, 0, n_questions * n_choices), np.float32)
    return np.stack(planes, axis=1, dtype=np.float32, casting="unsafe").reshape(n, len(planes), -1)


def _centred_ranks(
    counts: Float[np.ndarray, "source target value"],
) -> tuple[Float[np.ndarray, "source target value"], Float[np.ndarray, "source target"]]:
    """Average rank, less the mean rank, of each value in a vector that holds it ``counts`` times; their sum of squares.

    The ranks are multiples of .5, so that sums of their products are exact in float64.
    """
    n = counts.sum(axis=-1, keepdims=True)
    centred = np.cumsum(counts, axis=-1) - counts / 2 - n / 2
    return centred, (counts * centred**2).sum(axis=-1)


def _count(
    source: Bool[np.ndarray, "source question *choice"], target: Bool[np.ndarray, "target question *choice"]
) -> Float[np.ndarray, "source target"]:
    """Number of entries that are true in both, for every pair."""
    counted = tuple(range(1, source.ndim))
    return np.tensordot(source.astype(np.float32), target.astype(np.float32), axes=(counted, counted))

"""Accuracy, consistency and knowledge transfer of multiple-choice answers, for all languages and pairs at once.

Pure functions of arrays aligned over questions. A question that a language lacks is NaN (log-probabilities, ranks) or
-1 (choice, key); one with fewer choices than others is NaN after its own. A pair is compared on the questions that both
languages have. The axis "language" may also hold steering conditions. Undefined values are NaN here and null in Arrow.
Reads no tables and computes no intervals.
"""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike

LEAST_RANGE = 0.05  # of what a null leaves above it: an excess is undefined below


class Answers(NamedTuple):
    """The answers of several languages to the same questions."""

    # ranks within the question as `comparable` returns them; NaN where there is no such choice
    ranks: Float[np.ndarray, "language question choice"]
    # index of the most probable choice, the lowest one if several tie; -1 where the language lacks the question
    choice: Int[np.ndarray, "language question"]
    # index of the correct choice; -1 where the language lacks the question
    key: Int[np.ndarray, "language question"]

    @property
    def present(self) -> Bool[np.ndarray, "language question"]:
        """Return which questions each language has."""
        return self.choice >= 0

    @property
    def right(self) -> Bool[np.ndarray, "language question"]:
        """Return which questions each language answers correctly."""
        return self.present & (self.choice == self.key)

    @property
    def wrong(self) -> Bool[np.ndarray, "language question"]:
        """Return which questions each language has but answers wrongly."""
        return self.present & (self.choice != self.key)

    def on(self, questions: Int[np.ndarray, " n"]) -> "Answers":
        """Return the answers to ``questions`` only; an index may repeat, as in a bootstrap sample."""
        return Answers(*(np.take(values, questions, axis=1) for values in self))


def from_logprobs(
    logprob: Float[np.ndarray, "language question choice"], key: Int[np.ndarray, "language question"]
) -> Answers:
    """Return the answers that log-probabilities give: ranks of all choices, and the most probable choice.

    NaN in all choices means that the language lacks the question, NaN at the end that the question has fewer choices.
    """
    absent = np.isnan(logprob)
    choice = np.where(absent.all(axis=-1), -1, np.where(absent, -np.inf, logprob).argmax(axis=-1))
    return Answers(comparable(ranks(logprob)), choice, key)


def ranks(logprob: Float[np.ndarray, "*batch choice"]) -> Float[np.ndarray, "*batch choice"]:
    """Return the rank of every choice among those of its question (paper, section 2.1): 1 = most probable.

    Ties share their average rank. Ranks are multiples of .5 in [1, J] for J choices; NaN stays NaN.
    """
    # (*batch, choice) -> (*batch, choice, 1) and (*batch, 1, other)
    choices, others = logprob[..., :, None], logprob[..., None, :]
    higher, equal = (others > choices).sum(axis=-1), (others == choices).sum(axis=-1)
    return np.where(np.isnan(logprob), np.nan, higher + (equal + 1) / 2)


def comparable(ranks: Float[np.ndarray, "*batch choice"]) -> Float[np.ndarray, "*batch choice"]:
    """Return (r - (J + 1) / 2) / (J - 1) for ranks r within a question of J choices: in [-.5, .5], -.5 = most probable.

    So ranks of questions with different J can be concatenated: all have mean 0 and the same ends. If J is the same for
    all, no order or tie changes, and neither does a rank correlation. Equal fractions are equal floats.
    """
    n_choices = (~np.isnan(ranks)).sum(axis=-1, keepdims=True)
    return (ranks - (n_choices + 1) / 2) / np.maximum(n_choices - 1, 1)


def argmax_ties(logprob: Float[np.ndarray, "language question choice"]) -> Int[np.ndarray, " language"]:
    """Return per language the number of questions where several choices share the highest log-probability."""
    best = np.fmax.reduce(logprob, axis=-1, keepdims=True)
    return ((logprob == best).sum(axis=-1) > 1).sum(axis=-1)


def accuracy(answers: Answers) -> Float[np.ndarray, " language"]:
    """Return the share of questions whose most probable choice is the key: #right / #present.

    In [0, 1]; NaN for a language without questions.
    """
    return ratio(answers.right.sum(axis=1), answers.present.sum(axis=1))


def consistency(source: Answers, target: Answers) -> Float[np.ndarray, "source target"]:
    """Return Spearman's rho of the two concatenated rank vectors over the questions that both have (Eq. 1).

    rho(k_1, k_2) = cov(R(k_1), R(k_2)) / (std R(k_1) std R(k_2)), R = average rank within the whole vector of
    `comparable` ranks, which changes the paper's value only if the number of choices varies. In [-1, 1]; NaN if a
    vector is constant or empty. Exact for all pairs at once: ranks within a question take few values, so the
    contingency table of a pair's values, from one matrix product, contains everything that rho depends on.
    """
    source_planes = _one_hot(source)
    target_planes = source_planes if target is source else _one_hot(target)  # the same array: BLAS does half the work
    # (source, value, entry) x (target, value, entry) -> (source, value, target, value)
    counts = np.tensordot(source_planes, target_planes, axes=(2, 2))  # float32 is exact up to 2**24 questions * choices
    # (source, value, target, value) -> (source, target, source's value, target's value)
    table = counts.transpose(0, 2, 1, 3).astype(np.float64)

    source_rank, source_square = _centred_ranks(table.sum(axis=3))
    target_rank, target_square = _centred_ranks(table.sum(axis=2))
    product = np.einsum("stv,stvw,stw->st", source_rank, table, target_rank)
    return ratio(product, np.sqrt(source_square * target_square))


def positive_transfer(source: Answers, target: Answers) -> Float[np.ndarray, "source target"]:
    """Return |F_1 and F_2| / |F_1| over common questions, with F the questions answered correctly (Eq. 2).

    In [0, 1]; NaN if the source has no correct answer.
    """
    return ratio(_count(source.right, target.right), _count(source.right, target.present))


def negative_transfer(source: Answers, target: Answers) -> Float[np.ndarray, "source target"]:
    """Return |same wrong answer in both| / |wrong answer in the source| over common questions (Eq. 3).

    In [0, 1]; NaN if the source has no wrong answer.
    """
    choices = np.arange(source.ranks.shape[-1])
    # (language, question) -> (language, question, choice), true at the wrong answer
    wrong = [(side.choice[..., None] == choices) & side.wrong[..., None] for side in (source, target)]
    return ratio(_count(*wrong), _count(source.wrong, target.present))


def common_questions(source: Answers, target: Answers) -> Int[np.ndarray, "source target"]:
    """Return the number of questions that both languages of a pair have."""
    return _count(source.present, target.present).astype(int)


# The metrics of pairs of languages, by the name of their column
PAIR_METRICS = {
    "consistency": consistency,
    "positive_transfer": positive_transfer,
    "negative_transfer": negative_transfer,
}


def of_pairs(
    source: Answers, target: Answers, compared: Collection[str] = tuple(PAIR_METRICS)
) -> dict[str, Float[np.ndarray, "source target"]]:
    """Return every metric of `PAIR_METRICS` for all pairs; those that ``compared`` does not name are undefined."""
    undefined = np.full((len(source.choice), len(target.choice)), np.nan)
    return {
        name: metric(source, target) if name in compared else undefined.copy() for name, metric in PAIR_METRICS.items()
    }


def over_others(pairs: Float[np.ndarray, "source target"]) -> Float[np.ndarray, "source target"]:
    """Return the values with the diagonal made undefined, which leaves the pairs l1 != l2."""
    return np.where(np.eye(len(pairs), dtype=bool), np.nan, pairs)


def mean(values: np.ndarray, axis: int | None = None) -> np.ndarray:
    """Return the mean over the defined values, those that are not NaN; NaN if there is none."""
    return ratio(np.nansum(values, axis=axis), (~np.isnan(values)).sum(axis=axis))


def excess(value: np.ndarray, null: np.ndarray) -> np.ndarray:
    """Return (value - null) / (1 - null): 0 at the null, 1 at the most; NaN where 1 - null < `LEAST_RANGE`."""
    return ratio(value - null, np.where(1 - null < LEAST_RANGE, 0, 1 - null))


def ratio(numerator: ArrayLike, denominator: ArrayLike) -> np.ndarray:
    """Return the quotient; NaN where the denominator is 0."""
    numerator, denominator = np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)
    return np.divide(numerator, denominator, out=np.full(numerator.shape, np.nan), where=denominator != 0)


def _one_hot(answers: Answers) -> Float[np.ndarray, "language value entry"]:
    """Return one-hot ranks within questions, for the rank values that occur, ascending; an entry is a choice."""
    n, n_questions, n_choices = answers.ranks.shape
    possible = {(r - (j + 1) / 2) / (j - 1) for j in _numbers_of_choices(answers) for r in np.arange(2, 2 * j + 1) / 2}
    planes = [plane for plane in (answers.ranks == value for value in sorted(possible)) if plane.any()]
    if not planes:
        return np.zeros((n, 0, n_questions * n_choices), np.float32)
    # value x (language, question, choice) -> (language, value, question, choice) -> (language, value, entry)
    return np.stack(planes, axis=1, dtype=np.float32, casting="unsafe").reshape(n, len(planes), -1)


def _numbers_of_choices(answers: Answers) -> list[int]:
    """Return the distinct numbers of choices, from 2, that the questions have."""
    most = answers.ranks.shape[-1]
    if not (answers.present & np.isnan(answers.ranks[..., -1])).any():
        return [most] if most > 1 else []
    counted = np.bincount((~np.isnan(answers.ranks)).sum(axis=-1).reshape(-1))
    return [j for j, n in enumerate(counted.tolist()) if n and j > 1]


def _centred_ranks(
    counts: Float[np.ndarray, "source target value"],
) -> tuple[Float[np.ndarray, "source target value"], Float[np.ndarray, "source target"]]:
    """Return each value's average rank minus the mean rank, and the vector's sum of squares.

    The vector of a pair contains each value ``counts`` times. Average ranks are multiples of .5, so sums of their
    products are exact in float64.
    """
    n = counts.sum(axis=-1, keepdims=True)
    centred = np.cumsum(counts, axis=-1) - counts / 2 - n / 2
    return centred, (counts * centred**2).sum(axis=-1)


def _count(
    source: Bool[np.ndarray, "source question *choice"], target: Bool[np.ndarray, "target question *choice"]
) -> Float[np.ndarray, "source target"]:
    """Return the number of entries that are true in both, for every pair."""
    counted = tuple(range(1, source.ndim))
    # (source, question, *choice) x (target, question, *choice) -> (source, target)
    return np.tensordot(source.astype(np.float32), target.astype(np.float32), axes=(counted, counted))

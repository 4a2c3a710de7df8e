"""Measures of steered answers as functions of sums over questions: a bootstrap replicate is a weighted sum.

So all replicates of all conditions are one matrix product, and the parts of the questions add up. The measures compare
steered answers with the pivot's un-steered ones. Reads no tables, and draws nothing.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Shaped

from crosslens.metrics.answers import Answers, excess, ratio

Part = Shaped[np.ndarray, "..."]  # [*cell, condition or 1, question]
Sum = Float[np.ndarray, "..."]  # [*batch, *cell, condition or 1]


class Half(NamedTuple):
    """Some of the questions, and how often each of these is drawn in every replicate."""

    questions: Bool[np.ndarray, " question"]
    weight: Float[np.ndarray, "replicate drawn"]


class Measure(NamedTuple):
    """A measure: what of every question is summed, and its value given the sums.

    parts: from steered answers [condition, question], with the same questions in all conditions, and the pivot's
    [1, question] arrays [*cell, condition or 1, question] that are 0 where a side lacks the question. value: takes the
    sums of the parts over questions, [*batch, *cell, condition]. needs: the pair metrics (`answers.PAIR_METRICS`) that
    must be defined. excess_of: the measure that it is the excess of, and how many of its first parts are this one's.
    """

    parts: Callable[[Answers, Answers], tuple[np.ndarray, ...]]
    value: Callable[..., np.ndarray]
    needs: tuple[str, ...] = ()
    excess_of: tuple[str, int] | None = None


def _accuracy_parts(own: Answers, pivot: Answers) -> tuple[Part, ...]:
    return own.right & pivot.present, own.present[:1] & pivot.present


def _transfer_parts(own: Answers, pivot: Answers) -> tuple[Part, ...]:
    return own.right & pivot.right, own.present[:1] & pivot.right


def _consistency_parts(own: Answers, pivot: Answers) -> tuple[Part, ...]:
    a, b = _common_ranks(own, pivot)
    return (a * b).sum(axis=-1), (a**2).sum(axis=-1), (b**2).sum(axis=-1)


def _pearson(product: Sum, own_square: Sum, pivot_square: Sum) -> Sum:
    """Return Pearson's r of `Answers.ranks`, whose mean is 0 in every question.

    It is Spearman's rho of Eq. 1 if no choices of a question tie and all questions have as many choices: ranks of the
    concatenated vector are then a linear function of ranks within the question.
    """
    return ratio(product, np.sqrt(own_square * pivot_square))


def _consistency_excess_parts(own: Answers, pivot: Answers) -> tuple[Part, ...]:
    a, b = _common_ranks(own, pivot)
    cells = _numbers_of_choices(own, pivot)
    # (number of choices, 1 or condition, question), (condition, question, choice) -> (cell, condition, question)
    by_cell = [np.concatenate([np.moveaxis(x * of[..., None], -1, 0) for of in cells]) for x in (a, b)]
    n = np.concatenate([np.repeat(of[None], a.shape[-1], axis=0) for of in cells])
    return *_consistency_parts(own, pivot), *by_cell, n


def _consistency_excess(
    product: Sum, own_square: Sum, pivot_square: Sum, own: Sum, pivot: Sum, n: Sum
) -> Float[np.ndarray, "..."]:
    """Return (r - null) / (1 - null), null = sum_j n a_j b_j / sqrt(SS_a SS_b), a_j the mean rank of choice j.

    The null is the expectation of r if questions of one language are permuted, among those with as many choices: only
    the preferences for letters are left. Undefined where 1 - null < `answers.LEAST_RANGE`.
    """
    chance = np.nansum(ratio(own * pivot, n), axis=-2)
    scale = np.sqrt(own_square * pivot_square)
    return excess(ratio(product, scale), ratio(chance, scale))


def _transfer_excess_parts(own: Answers, pivot: Answers) -> tuple[Part, ...]:
    keys = pivot.key == np.arange(pivot.ranks.shape[-1])[:, None, None]  # (key, 1, question)
    of = np.concatenate([keys & (cell > 0) for cell in _numbers_of_choices(own, pivot)])  # (cell, condition, question)
    return *_transfer_parts(own, pivot), of & pivot.right, of & own.right, of


def _transfer_excess(both: Sum, right: Sum, of_pivot: Sum, of_own: Sum, n: Sum) -> Float[np.ndarray, "..."]:
    """Return (tr+ - null) / (1 - null), null = sum_k P(key = k | right in pivot) P(right in language | key = k).

    The null is expected where the two are independent given the key's letter, and the number of choices. Undefined
    where 1 - null < `answers.LEAST_RANGE`.
    """
    chance = np.nansum(of_pivot * ratio(of_own, n), axis=-2)
    return excess(ratio(both, right), ratio(chance, right))


# By the name in the column "measure". Those that steered_metrics has are called as its columns.
MEASURES = {
    "accuracy": Measure(_accuracy_parts, ratio),
    "consistency_with_pivot": Measure(_consistency_parts, _pearson, ("consistency",)),
    "consistency_excess_with_pivot": Measure(
        _consistency_excess_parts, _consistency_excess, ("consistency",), ("consistency_with_pivot", 3)
    ),
    "positive_transfer_from_pivot": Measure(_transfer_parts, ratio, ("positive_transfer",)),
    # The null is about the key's letter, so the choices must have the same letters in both languages.
    "positive_transfer_excess_from_pivot": Measure(
        _transfer_excess_parts,
        _transfer_excess,
        ("positive_transfer", "consistency"),
        ("positive_transfer_from_pivot", 2),
    ),
}


def defined(pair_metrics: Collection[str]) -> dict[str, Measure]:
    """Return the measures whose needs are among ``pair_metrics``."""
    return {name: measure for name, measure in MEASURES.items() if set(measure.needs) <= set(pair_metrics)}


def values(
    measures: Mapping[str, Measure], own: Answers, pivot: Answers, halves: Sequence[Half]
) -> dict[str, Float[np.ndarray, "part replicate condition"]]:
    """Return measures in every replicate, on all questions and then on each of the halves that they are made of.

    A measure and its excess share the sums that both need.
    """
    found: dict[str, np.ndarray] = {}
    for name, measure in reversed(measures.items()):  # an excess stands after its measure, and has its sums
        if name in found:
            continue
        sums = [_of_parts(part, halves) for part in measure.parts(own, pivot)]
        found[name] = measure.value(*sums)
        if measure.excess_of:
            plain, n_parts = measure.excess_of
            found[plain] = measures[plain].value(*sums[:n_parts])
    return {name: found[name] for name in measures}


def _of_parts(part: Part, halves: Sequence[Half]) -> np.ndarray:
    """Return the weighted sums over all questions, and then over each of the halves."""
    sums = np.stack([_weighted(part, half) for half in halves])
    return np.concatenate([sums.sum(axis=0, keepdims=True), sums])


def _weighted(part: Part, half: Half) -> np.ndarray:
    """Return the weighted sums over the questions of a half, [replicate, *cell, condition]."""
    # (*cell, condition, question) -> (cell * condition, question); a half may be empty, which reshape cannot infer
    rows = int(np.prod(part.shape[:-1]))
    flat = part[..., half.questions].reshape(rows, half.weight.shape[1]).astype(half.weight.dtype)
    # (replicate, question) x (cell * condition, question) -> (replicate, cell * condition)
    return (half.weight @ flat.T).reshape(len(half.weight), *part.shape[:-1])


def _common_ranks(own: Answers, pivot: Answers) -> list[Float[np.ndarray, "_ question choice"]]:
    """Return the ranks of both sides, 0 where either lacks the question or the choice."""
    both = (own.present & pivot.present)[..., None]
    return [np.nan_to_num(np.where(both, side.ranks, 0)) for side in (own, pivot)]


def _numbers_of_choices(own: Answers, pivot: Answers) -> list[Float[np.ndarray, "1 question"]]:
    """Return for each number of choices which questions, of those that both have, have so many."""
    counted = (~np.isnan(pivot.ranks)).sum(axis=-1)
    both = own.present[:1] & pivot.present
    return [((counted == j) & both).astype(np.float32) for j in np.unique(counted[counted > 0])] or [both * 0.0]

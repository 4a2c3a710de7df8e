"""Means over languages of a value that every question has, with their intervals.

`resampling` draws the questions and `means` combines the two sources of variance; this module is where they meet.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from jaxtyping import Float

from crosslens.metrics import answers, means, resampling
from crosslens.metrics.means import Mean


class Intervals(NamedTuple):
    """What intervals are made from: the draws of the questions, the family of every language, and the level."""

    draws: resampling.Draws
    families: Mapping[str, str]
    level: float


def intervals(
    clusters: Sequence[Mapping[str, str]], bootstrap: int, level: float, seed: int, families: Mapping[str, str]
) -> Intervals:
    """Return the intervals of a data set whose questions have ``clusters``, by id and stratum."""
    return Intervals(resampling.draws(clusters, bootstrap, seed), families, level)


class Averaged(NamedTuple):
    """A mean over languages, and how many questions a language that counts has, at least and at most."""

    mean: Mean
    fewest: int
    most: int


class Averager:
    """Averages values of ``languages`` over the questions ``question_ids``, then over languages without the pivot."""

    def __init__(self, question_ids: pa.Array, languages: Sequence[str], pivot: str, given: Intervals) -> None:
        self.weight, self.level = given.draws.of(question_ids), given.level
        self.others = np.array([i for i, name in enumerate(languages) if name != pivot], int)
        self.families = [given.families[languages[i]] for i in self.others]

    def __call__(self, values: Float[np.ndarray, "language question"]) -> Averaged:
        """Return the mean; a question without a value is NaN, and a language without any is left out.

        A difference is averaged as a difference of each question, so that it is paired.
        """
        of_others = values[self.others]
        sampled = ~np.isnan(of_others).all(axis=0)  # the products skip all other questions
        sampled[0] |= not sampled.any()
        of_others, weight = of_others[:, sampled], self.weight[:, sampled]
        n = (~np.isnan(of_others)).sum(axis=1)
        observed, replicates = answers.mean(of_others, axis=1), resampling.means(of_others, weight)
        counted = n[n > 0] if n.any() else np.zeros(1, int)
        mean = means.over_languages(observed, replicates, self.families, self.level)
        return Averaged(mean, int(counted.min()), int(counted.max()))


def columns(averaged: Sequence[Averaged]) -> dict:
    """Return the columns n_questions_min, n_questions_max and `metric_columns.MEAN`, one row per mean."""
    counts = {"n_questions_min": [one.fewest for one in averaged], "n_questions_max": [one.most for one in averaged]}
    return {name: pa.array(n, pa.int32()) for name, n in counts.items()} | means.columns([one.mean for one in averaged])

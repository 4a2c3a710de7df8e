"""Similarity of the languages' hidden states of the same questions at one layer: by pair, on average, and by a probe.

The state of the last token precedes the letter, so it contains it, and late layers agree where letters do: hence CKA
within letters, beside the usual measures. Means over pairs have jackknife intervals over clusters of questions.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Int

from crosslens.metrics import cka, jackknife, language_probe, means, retrieval, stacking
from crosslens.metrics.answers import mean, over_others
from crosslens.metrics.states import Parts, States, aligned, common_questions, own_letters


class Similarity(NamedTuple):
    """The columns of tables "similarity", "similarity_means" and "language_probe" of one layer."""

    pairs: dict
    means: dict
    probe: dict


def similarity(
    tables: Mapping[str, pa.Table],
    answers: Mapping[str, pa.Table],
    clusters: Mapping[str, str],
    layer: int,
    pivot: str,
    families: Mapping[str, str],
    level: float,
    seed: int,
) -> Similarity:
    """Return what one layer's states, tables "hidden_states" by language, say of the similarity of languages.

    answers: tables "answers" by language, which give the model's own letters. clusters: by question id. families: by
    language. There is one row per ordered pair of different languages, as in table "pair_metrics"; all measures are
    symmetric.
    """
    names, states = list(tables), aligned(tables, layer)
    ids = states.question_ids.to_pylist()
    letter = np.where(states.present, own_letters({name: answers[name] for name in names}, states.question_ids), -1)
    parts = jackknife.groups(ids, clusters, seed)
    of_pairs, letter_variance = measures(states, cka.frequent(letter), parts, names.index(pivot))

    n = common_questions(states.present)[0]
    pairs = stacking.pair_columns(names, n, {name: values[0] for name, values in of_pairs.items()})
    told = language_probe.accuracy(states, jackknife.groups(ids, clusters, seed, language_probe.FOLDS), seed)
    probe = {"n": [int(states.present.sum())], "n_languages": [len(names)], "chance": [1 / len(names)]}
    averages = Averages([families[name] for name in names], names.index(pivot), level, n, states.present.sum(axis=1))
    rows = [averages.of_languages("letter_variance", letter_variance)]
    for name, values in of_pairs.items():
        rows += averages.of_pairs(name, values)
    return Similarity(
        {"layer": np.full(len(pairs["n"]), layer), **pairs},
        {"layer": np.full(len(rows), layer), **columns(rows)},
        {"layer": [layer], **probe, "accuracy": stacking.nullable([mean(told)])},
    )


def measures(
    states: States, letter: Int[np.ndarray, "language question"], parts: Parts, pivot: int
) -> tuple[dict[str, Float[np.ndarray, "left_out source target"]], Float[np.ndarray, "left_out language"]]:
    """Return the measures of pairs by the name of their column, and the variance that the letter explains."""
    grams, present = cka.grams(states), states.present
    of_pairs = {"cka": cka.debiased_cka(grams, parts), "cka_within_letters": cka.within_letters(grams, letter, parts)}
    variance = cka.letter_variance(grams, letter, parts)
    del grams
    centred = retrieval.units(states, centred=True)
    of_pairs["mexa"] = retrieval.mexa(centred, present, parts, None if _all_pairs(len(present)) else pivot)
    of_pairs["margin"] = retrieval.margin(centred, present, parts)
    del centred  # as large as the states themselves
    of_pairs["cosine"] = retrieval.mean_cosine(retrieval.units(states, centred=False), present, parts)
    return of_pairs, variance


class Row(NamedTuple):
    """A row of table "similarity_means"."""

    measure: str
    pairs: str
    n_questions_min: int
    n_questions_max: int
    mean: means.Mean


class Averages(NamedTuple):
    """Means over languages or pairs, with jackknife intervals; values have the axis "left_out" first."""

    families: Sequence[str]
    pivot: int
    level: float
    n: Int[np.ndarray, "source target"]  # questions of pairs
    n_own: Int[np.ndarray, " language"]  # questions of languages

    def of_languages(self, measure: str, values: Float[np.ndarray, "left_out language"]) -> Row:
        """Return the mean over all languages of a measure that is not of pairs."""
        return self._row(measure, "none", self.n_own, self._over_languages(values, self.families))

    def of_pairs(self, measure: str, values: Float[np.ndarray, "left_out source target"]) -> list[Row]:
        """Return the mean over the pairs with the pivot and, if the measure has them, over all ordered pairs."""
        others = np.flatnonzero(np.arange(len(self.families)) != self.pivot)
        families = [self.families[i] for i in others]
        with_pivot = self._over_languages(values[:, self.pivot, others], families)
        rows = [self._row(measure, "pivot", self.n[self.pivot, others], with_pivot)]
        if measure != "mexa" or _all_pairs(len(self.families)):
            n = self.n[~np.eye(len(self.n), dtype=bool)]
            rows.append(self._row(measure, "all", n, self._over_pairs(over_others(values[0]), values[1:])))
        return rows

    def _over_languages(self, values: Float[np.ndarray, "left_out language"], families: Sequence[str]) -> means.Mean:
        if len(values) < 3:
            return _without_interval(values[0], len(set(families)))
        return means.over_languages(values[0], jackknife.as_replicates(values[1:]), families, self.level)

    def _over_pairs(self, observed: np.ndarray, without: Float[np.ndarray, "group source target"]) -> means.Mean:
        if len(without) < 2:
            return _without_interval(observed.reshape(-1), len(set(self.families)))
        # an undefined pair is undefined in all replicates
        replicates = np.where(np.isnan(observed), np.nan, jackknife.as_replicates(without))
        return means.over_pairs(observed, means.family_sums(replicates, self.families), self.families, self.level)

    @staticmethod
    def _row(measure: str, pairs: str, n: Int[np.ndarray, " _"], average: means.Mean) -> Row:
        return Row(measure, pairs, int(n.min(initial=n.max(initial=0))), int(n.max(initial=0)), average)


def columns(rows: Sequence[Row]) -> dict:
    """Return the columns of table "similarity_means" but for the layer."""
    measure, pairs, least, most, averages = zip(*rows, strict=True)
    counts = {"n_questions_min": pa.array(least, pa.int32()), "n_questions_max": pa.array(most, pa.int32())}
    return {"measure": measure, "pairs": pairs, **counts, **means.columns(averages)}


def _all_pairs(n_languages: int) -> bool:
    """Return whether MEXA is computed for all pairs, not only for those with the pivot."""
    return n_languages <= retrieval.MEXA_LANGUAGES


def _without_interval(values: Float[np.ndarray, " _"], n_families: int) -> means.Mean:
    """Return the mean alone: with a single cluster of questions nothing can be left out."""
    n = int((~np.isnan(values)).sum())
    return means.Mean(float(mean(values)), *[np.nan] * 5, n, n_families)

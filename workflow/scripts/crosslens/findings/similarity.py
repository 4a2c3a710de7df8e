"""Claims of the paper's third version about how alike hidden states are in the middle third of the depth (C12, C13)."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Int

from crosslens.findings.results import Results, Subject, rows
from crosslens.findings.verdicts import Counts, Effect, Untestable, effect
from crosslens.metrics import dyads, means
from crosslens.metrics.latent_thirds import MIDDLE, thirds
from crosslens.metrics.similarity_relation import (
    MIN_LANGUAGES,
    complete,
    correlations_by_chance,
    ranks,
    shuffled_pairs,
    square,
)
from crosslens.metrics.testing import permutation_p

MEASURE, OUTCOME = "cka_within_letters", "consistency_excess"


def dissimilar(results: Results, subject: Subject) -> Effect:
    """C12: theta = mean over middle layers of the partial Spearman correlation of similarity with consistency_excess.

    Over unordered pairs, given the accuracies of both languages, as in table "similarity_relation". p: the languages of
    one matrix are permuted 999 times, in the same way at all layers, and the mean is compared. Interval: by leaving out
    a family at a time. Paper, third version, abstract.
    """
    results.need(subject.dataset, "choices")
    model, dataset = subject.model, subject.dataset
    languages, pairs = results.table("languages", model, dataset), results.table("pairs", model, dataset)
    names = languages["language"].to_pylist()
    similar = np.stack([square(table, MEASURE, names) for table in _middle(results, model, dataset)])
    outcome, accuracy = square(pairs, OUTCOME, names), languages["accuracy"].to_numpy()
    kept = complete(similar.sum(axis=0) + outcome)
    similar, outcome, accuracy = (
        similar[(slice(None), *np.ix_(kept, kept))],
        outcome[np.ix_(kept, kept)],
        accuracy[kept],
    )
    families = results.families_of([names[i] for i in kept])

    def of_languages(some: Int[np.ndarray, " n"]) -> float:
        of_some = similar[(slice(None), *np.ix_(some, some))], outcome[np.ix_(some, some)], accuracy[some]
        return mean_partial(*of_some, np.zeros((0, len(some) * (len(some) - 1) // 2), int))[0]

    observed, p = mean_partial(similar, outcome, accuracy, shuffled_pairs(len(kept), results.seed))
    counts = Counts(len(kept), len(set(families)), max(pairs["n"].to_pylist()))
    return effect(observed, dyads.jackknife_error(of_languages, families), counts, results.level, p)


def mean_partial(
    similar: Float[np.ndarray, "layer language language"],
    outcome: Float[np.ndarray, "language language"],
    accuracy: Float[np.ndarray, " language"],
    shuffled: Int[np.ndarray, "permutation pair"],
) -> tuple[float, float]:
    """Return the mean over layers of the partial Spearman correlation of `similarity_relation`, and its p-value.

    shuffled: for each permutation of languages which pair stands where. The residuals of similarity are permuted and
    freed of the accuracies once more (Legendre 2000). NaN for fewer than 5 languages, or if nothing varies.
    """
    first, second = np.triu_indices(len(accuracy), 1)
    if len(accuracy) < MIN_LANGUAGES:
        return np.nan, np.nan
    y = ranks(outcome[first, second])
    both = np.sort(np.stack([accuracy[first], accuracy[second]]), axis=0)
    given = np.stack([np.ones(len(y)), *map(ranks, both)], axis=1)
    by_layer = [correlations_by_chance(ranks(layer[first, second]), y, given, shuffled) for layer in similar]
    observed, by_chance = (np.mean(part, axis=0) for part in zip(*by_layer, strict=True))
    return float(observed), float(permutation_p(observed, by_chance)) if not np.isnan(observed) else np.nan


def dissociated(results: Results, subject: Subject) -> Effect:
    """C13: theta = -(mean over the middle third of similarity to the pivot, large - small), mean over languages.

    Similarity: debiased CKA within letters, paired by language. var = var_families of the differences + se_questions^2
    of either model (`similarity_means`), as if the models had other questions: too large rather than too small, since
    the questions are the same. Paper, third version, abstract.
    """
    results.need(subject.dataset, "questions")
    models, dataset = (subject.large, subject.model), subject.dataset
    names = results.others(dataset)
    large, small = (_to_pivot(results, model, dataset, names) for model in models)
    change = small - large
    known = ~np.isnan(change)
    families = results.families_of([name for name, one in zip(names, known, strict=True) if one])
    of_languages = means.over_languages(change[known], np.zeros((2, known.sum())), families, results.level)
    of_questions = sum(_error_of_questions(results, model, dataset) ** 2 for model in models)
    counts = Counts(of_languages.n_languages, of_languages.n_families, _n_questions(results, subject.model, dataset))
    return effect(of_languages.mean, np.sqrt(of_languages.se**2 + of_questions), counts, results.level)


def _middle_layers(results: Results, model: str, dataset: str) -> list[int]:
    layers = results.layers("similarity", model, dataset)
    found = thirds(layers, results.models[model]["layers"])[MIDDLE]
    if not found:
        raise Untestable(
            f"{model} has no stored states in the middle third of its depth on {dataset}: see `layers.every`"
        )
    return found


def _middle(results: Results, model: str, dataset: str) -> list[pa.Table]:
    return [results.table("similarity", model, dataset, layer) for layer in _middle_layers(results, model, dataset)]


def _to_pivot(results: Results, model: str, dataset: str, names: Sequence[str]) -> Float[np.ndarray, " language"]:
    """Return each language's similarity to the pivot, mean over the middle third; NaN if a layer lacks it."""
    by_layer = []
    for table in _middle(results, model, dataset):
        found = rows(table, source=results.pivot)
        values = dict(zip(found["target"].to_pylist(), found[MEASURE].to_numpy(), strict=True))
        by_layer.append([values.get(name, np.nan) for name in names])
    return np.mean(by_layer, axis=0)


def _of_means(results: Results, model: str, dataset: str) -> list[dict]:
    layers = _middle_layers(results, model, dataset)
    tables = [results.table("similarity_means", model, dataset, layer) for layer in layers]
    return [row for table in tables for row in rows(table, measure=MEASURE, pairs="pivot").to_pylist()]


def _error_of_questions(results: Results, model: str, dataset: str) -> float:
    """Return the standard error over questions of the mean over layers, as if the layers had one error in common."""
    errors = [row["se_questions"] for row in _of_means(results, model, dataset)]
    if not errors or None in errors:
        raise Untestable(
            f"the error over questions of {model} on {dataset} is unknown: there is one cluster of questions only"
        )
    return float(np.mean(errors))


def _n_questions(results: Results, model: str, dataset: str) -> int:
    return max((row["n_questions_max"] for row in _of_means(results, model, dataset)), default=0)

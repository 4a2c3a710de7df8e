"""Claims that the log ratio predicts what a language is good at, and less so in larger models (C10, C11)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from crosslens.findings.results import Results, Subject, rows
from crosslens.findings.verdicts import EQUIVALENCE_LEVEL, MIN_LANGUAGES, Counts, Effect, Untestable, effect
from crosslens.metrics import answers, dyads
from crosslens.metrics.correlations import OUTCOMES, by_language
from crosslens.metrics.partial import partial


class Values(NamedTuple):
    """What is correlated over the languages besides the pivot, in the order of the data set; NaN where undefined."""

    languages: Sequence[str]
    ratio: Float[np.ndarray, " language"]
    outcome: Float[np.ndarray, " language"]
    given: Float[np.ndarray, "language covariate"]
    n_questions: int

    @property
    def known(self) -> np.ndarray:
        """Return the indices of the languages that have all values."""
        return np.flatnonzero(~np.isnan(np.column_stack([self.ratio, self.outcome, self.given])).any(axis=1))

    def correlation(self, some: np.ndarray) -> float:
        """Return the partial correlation over some languages."""
        # one family: no interval is computed
        return partial(self.ratio[some], self.outcome[some], self.given[some], [""] * len(some), 0.5).r


def predicts(results: Results, subject: Subject, prompt: str, normalisation: str, outcome: str) -> Effect:
    """C10: theta = -r, r the partial correlation of Table 2 given resource level and token fertility.

    Over languages, of the mean log ratio with accuracy, consistency or positive transfer; interval and p from the
    delete-a-family jackknife on the z scale (`metrics.partial`). Paper, section 4.2, Table 2, where nothing is given.
    """
    found = values(results, subject.model, subject.dataset, prompt, normalisation, outcome)
    names = [found.languages[i] for i in found.known]
    _check(names)
    data = [side[found.known] for side in (found.ratio, found.outcome, found.given)]
    families = results.families_of(names)
    wide, narrow = (partial(*data, families, level) for level in (results.level, EQUIVALENCE_LEVEL))
    counts = Counts(wide.n, wide.n_families, found.n_questions)
    return Effect(-wide.r, -wide.high, -wide.low, -narrow.high, -narrow.low, wide.p, counts)


def predicts_by_size(results: Results, subject: Subject, prompt: str, normalisation: str, outcome: str) -> Effect:
    """C11: theta = r(large) - r(small), both as in C10, over the languages that have all values in both models.

    A weaker negative correlation is a positive difference. Interval and p: delete-a-family jackknife of the difference,
    with t(G - 1). Paper, section 4.2, Table 2.
    """
    both = [
        values(results, model, subject.dataset, prompt, normalisation, outcome)
        for model in (subject.large, subject.model)
    ]
    known = np.intersect1d(both[0].known, both[1].known)
    names = [both[0].languages[i] for i in known]
    _check(names)

    def statistic(some: np.ndarray) -> float:
        large, small = (side.correlation(known[some]) for side in both)
        return large - small

    families = results.families_of(names)
    counts = Counts(len(names), len(set(families)), max(side.n_questions for side in both))
    se = dyads.jackknife_error(statistic, families)
    return effect(statistic(np.arange(len(known))), se, counts, results.level)


def values(results: Results, model: str, dataset: str, prompt: str, normalisation: str, outcome: str) -> Values:
    """Return what table "correlations" correlates, language by language. Raises Untestable if it was not computed."""
    results.need(dataset, "choices")
    names = results.others(dataset)
    layers = [results.table("log_ratios", model, dataset, layer) for layer in results.models[model]["correlated"]]
    asked = [rows(layer, prompt=prompt, normalisation=normalisation) for layer in layers]
    if not all(len(each) for each in asked):
        raise Untestable(f"{model} has no log ratio after the prompt '{prompt}' on {dataset}: see `lens.prompts`")
    # layer x (language) -> (layer, language) -> (language)
    ratio, native, in_pivot = (
        answers.mean(np.array([by_language(each, column, names) for each in asked]), axis=0)
        for column in ("log_ratio", "tokens_native", "tokens_pivot")
    )
    levels = [results.resource.get(name, np.nan) for name in names]
    table = results.table("languages", model, dataset)
    return Values(
        names,
        ratio,
        by_language(table, OUTCOMES[outcome], names),
        np.column_stack([levels, answers.ratio(native, in_pivot)]),
        max(table["n"].to_pylist()),
    )


def _check(names: Sequence[str]) -> None:
    if len(names) < MIN_LANGUAGES:
        raise Untestable(
            f"{len(names)} languages have all values and a resource level (config/languages.tsv); at least "
            f"{MIN_LANGUAGES} are needed"
        )

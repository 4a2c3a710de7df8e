"""What claim functions share: values from a run's tables of replicates, and effects made from them.

Intervals are those of `metrics.means` and `metrics.differences`. A measure that the run lacks raises Untestable.
"""

import numpy as np
from jaxtyping import Float

from crosslens.findings.results import Results, Subject
from crosslens.findings.verdicts import Effect, Untestable, of_mean
from crosslens.metrics import differences, means, replicates
from crosslens.metrics.differences import Pairs
from crosslens.metrics.replicates import Drawn


def drawn(results: Results, table: str, measure: str, model: str, dataset: str, **where: object) -> Drawn:
    """Return a measure of a table of replicates; ``where``: values of other columns, such as the third of the depth."""
    found = replicates.of_measure(results.table(table, model, dataset), measure, **where)
    if np.isnan(found.value).all():  # or there are no rows
        at = "".join(f", {column} {value}" for column, value in where.items())
        raise Untestable(f"{model} has no value of '{measure}'{at} on {dataset}")
    return found


def pairs(results: Results, measure: str, model: str, dataset: str) -> Pairs:
    """Return a measure of all ordered pairs of languages."""
    # excess transfer is beyond a null about the key's letter, so it needs to know which choice is the same
    results.need(dataset, "questions" if measure == "positive_transfer" else "choices")
    found = differences.pairs(
        results.table("pairs", model, dataset), results.table("pair_replicates", model, dataset), measure
    )
    if np.isnan(found.value).all():
        raise Untestable(f"{model} has no value of '{measure}' on {dataset}")
    return found


def sizes(results: Results, subject: Subject, table: str, measure: str, **where: object) -> tuple[Drawn, Drawn]:
    """Return a measure of the smallest model and of the largest."""
    models = subject.model, subject.large
    small, large = (drawn(results, table, measure, model, subject.dataset, **where) for model in models)
    return small, large


def change(results: Results, first: Drawn, second: Drawn, scale: float = 1.0) -> Effect:
    """Return ``scale`` times the mean of second - first, over the languages that both have."""
    mean = differences.of_languages(first, second, results.families, results.level)
    return of_mean(mean, most(first, second), results.level, scale)


def over_languages(
    results: Results, values: Drawn, scale: float = 1.0, weight: Float[np.ndarray, " language"] | None = None
) -> Effect:
    """Return ``scale`` times the mean over languages or, with negative weights, a contrast of two groups of them."""
    families = results.families_of(values.languages)
    mean = means.over_languages(values.value, values.replicates, families, results.level, weight)
    return of_mean(mean, most(values), results.level, scale)


def over_pairs(
    results: Results, subject: Subject, table: str, measure: str, n_languages: int, n_questions: int
) -> Effect:
    """Return the mean of a measure over pairs, of which a table "pair_replicates" has the sums by family."""
    found = replicates.of_pair_measure(results.table(table, subject.model, subject.dataset), measure)
    if not found.count.sum():
        raise Untestable(f"{subject.model} has no value of '{measure}' on {subject.dataset}")
    mean = means.over_family_sums(found.value, found.count.astype(float), found.replicates, n_languages, results.level)
    return of_mean(mean, n_questions, results.level)


def most(*values: Drawn) -> int:
    """Return the number of questions of the language that has the most."""
    return max(int(one.n.max(initial=0)) for one in values)

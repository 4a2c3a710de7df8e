"""The claim that transfer is higher between related languages, and between languages of the same script (C5)."""

import numpy as np

from crosslens.findings.results import Results, Subject
from crosslens.findings.verdicts import Counts, Effect, Untestable, effect
from crosslens.metrics import dyads
from crosslens.metrics.similarity_relation import complete, permutations, square
from crosslens.metrics.testing import permutation_p

REGRESSORS = ("script", "family")


def relatedness(results: Results, subject: Subject, regressor: str) -> Effect:
    """C5: theta = b_k of excess_st = a_s + c_t + b_1 [same script] + b_2 [same family] + e_st over all s != t.

    excess: positive_transfer_excess from s to t; a_s, c_t: effects of every source and target. p: the share of 999
    joint permutations of the languages' labels with a coefficient as far from 0 (Dekker, Krackhardt & Snijders 2007).
    Interval: delete-a-family jackknife, so some pairs must be related whichever family is left out. Paper, section 4.1,
    Fig. 1. regressor: one of `REGRESSORS`.
    """
    results.need(subject.dataset, "choices")  # the null of excess transfer is about the key's letter
    table = results.table("pairs", subject.model, subject.dataset)
    names = sorted(set(table["source"].to_pylist()))
    excess = square(table, "positive_transfer_excess", names)
    kept = complete(excess + excess.T)  # the diagonal is not read
    names, y = [names[i] for i in kept], excess[np.ix_(kept, kept)]
    scripts, families = [results.scripts[tag] for tag in names], results.families_of(names)
    _check(scripts, families)
    x = np.stack([np.equal.outer(np.array(group), np.array(group)).astype(float) for group in (scripts, families)])
    k = REGRESSORS.index(regressor)
    observed = float(dyads.coefficients(y, x)[k])
    if np.isnan(observed):
        raise Untestable(
            f"the effects of same script and same family cannot be separated in the {len(names)} languages"
        )
    by_chance = dyads.permuted_coefficients(y, x, permutations(len(names), results.seed))[:, k]

    def of_languages(some: np.ndarray) -> float:
        return float(dyads.coefficients(y[np.ix_(some, some)], x[(slice(None), *np.ix_(some, some))])[k])

    se = dyads.jackknife_error(of_languages, families)
    if np.isnan(se):
        raise Untestable(
            "without one of the families, no languages are related or all have the same script, so there is no interval"
        )
    counts = Counts(len(names), len(set(families)), max(table["n"].to_pylist()))
    return effect(observed, se, counts, results.level, float(permutation_p(observed, by_chance)))


def _check(scripts: list[str], families: list[str]) -> None:
    if len(set(scripts)) < 2:
        raise Untestable("all languages have the same script; at least 2 scripts are needed")
    if len(set(families)) == len(families):
        raise Untestable("no two languages are of the same family; at least one related pair is needed")

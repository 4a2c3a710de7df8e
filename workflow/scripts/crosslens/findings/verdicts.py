"""The one rule that turns an effect into a verdict, whatever the claim, and the effect that it takes.

theta is signed so that the claim says theta > 0, and delta is the smallest effect of interest. The first that
applies: cannot be tested; no relevant effect, if the 90 % interval lies between -delta and delta (two one-sided tests
at .05, Schuirmann 1987); supported, if theta >= delta and the corrected p < .05; contradicted, if theta <= -delta and
the corrected p < .05; inconclusive. Knows no tables and no claims.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import stdtr, stdtrit

from crosslens.metrics.means import MIN_FAMILIES, Mean
from crosslens.tables.findings import VERDICTS

SUPPORTED, CONTRADICTED, NO_EFFECT, INCONCLUSIVE, CANNOT = VERDICTS
WORST_FIRST = (CONTRADICTED, NO_EFFECT, CANNOT, INCONCLUSIVE, SUPPORTED)
MIN_LANGUAGES = 6  # besides the pivot
ALPHA, EQUIVALENCE_LEVEL = 0.05, 0.9


class Untestable(Exception):
    """Why a claim cannot be tested: what was found, what is needed, and which config key would provide it."""


class Counts(NamedTuple):
    """What an effect is computed from; n_questions: those of the language that has most."""

    n_languages: int
    n_families: int
    n_questions: int


class Effect(NamedTuple):
    """An effect with its interval, the bounds of its 90 % interval, and its two-sided p-value; NaN where undefined."""

    estimate: float
    low: float
    high: float
    low90: float
    high90: float
    p: float
    counts: Counts


class Verdict(NamedTuple):
    """A verdict and, in words, why it is this one."""

    verdict: str
    reason: str


def effect(estimate: float, se: float, counts: Counts, level: float, p: float | None = None) -> Effect:
    """Return an effect whose error has the standard error ``se``, with Student's t of G - 1 degrees for G families.

    p: the p-value if it does not come from the same t, as one from permutations. There is no interval with fewer than
    2 families or an undefined error, and no p-value if the error is 0.
    """
    df = counts.n_families - 1
    if df < 1 or np.isnan(se):
        return Effect(estimate, *[np.nan] * 5, counts)
    halves = [se * stdtrit(df, (1 + one) / 2) for one in (level, EQUIVALENCE_LEVEL)]
    bounds = [float(estimate + side * half) for half in halves for side in (-1, 1)]
    if p is None:
        p = 2 * stdtr(df, -abs(estimate) / se) if se > 0 else np.nan
    return Effect(float(estimate) + 0.0, *bounds, float(p), counts)  # + 0.0: no -0


def of_mean(mean: Mean, n_questions: int, level: float, scale: float = 1.0) -> Effect:
    """Return ``scale`` times a mean over languages or pairs as an effect."""
    counts = Counts(mean.n_languages, mean.n_families, n_questions)
    return effect(scale * mean.mean, abs(scale) * mean.se, counts, level)


def lacks(found: Effect) -> str:
    """Return why an effect cannot be tested; "" if it can."""
    counts = found.counts
    if counts.n_languages < MIN_LANGUAGES:
        return f"only {counts.n_languages} languages have a value; at least {MIN_LANGUAGES} are needed"
    if counts.n_families < MIN_FAMILIES:
        return f"only {counts.n_families} families of languages have a value; at least {MIN_FAMILIES} are needed"
    if np.isnan([found.estimate, found.low90, found.high90]).any():
        return "the effect or its interval is undefined in these data"
    if np.isnan(found.p) and not np.isclose(found.low90, found.high90):
        return "the effect has no p-value"
    return ""


def judge(found: Effect, p_holm: float, smallest: float, unit: str = "") -> Verdict:
    """Return the verdict on an effect. p_holm: its corrected p-value. smallest: delta > 0."""
    if reason := lacks(found):
        return Verdict(CANNOT, reason)
    if _within(found, smallest):
        return Verdict(NO_EFFECT, _interval(found, smallest, unit))
    if _differs(p_holm):
        if found.estimate >= smallest:
            return Verdict(SUPPORTED, f"the effect is at least {quantity(smallest, unit)} and {_p(p_holm)}")
        if found.estimate <= -smallest:
            return Verdict(CONTRADICTED, f"the effect is at most −{quantity(smallest, unit)} and {_p(p_holm)}")
        return Verdict(INCONCLUSIVE, f"the effect is smaller than {quantity(smallest, unit)}, although {_p(p_holm)}")
    return Verdict(INCONCLUSIVE, f"{_p(p_holm)}, and the 90 % interval reaches beyond ±{quantity(smallest, unit)}")


def judge_equivalence(
    found: Effect, p_holm: float, smallest: float, premise: str, holds: bool, unit: str = ""
) -> Verdict:
    """Return the verdict on a claim that an effect is about 0, under the premise that another claim holds.

    Supported if the 90 % interval lies within -delta and delta while the premise holds, which must be supported itself;
    contradicted if the effect is at least delta, in either direction, and the corrected p < .05.
    """
    if reason := lacks(found):
        return Verdict(CANNOT, reason)
    if _within(found, smallest):
        within = _interval(found, smallest, unit)
        if holds:
            return Verdict(SUPPORTED, f"{within}, and {premise} is supported")
        return Verdict(NO_EFFECT, f"{within}, but {premise} is not supported for the same models")
    if _differs(p_holm) and abs(found.estimate) >= smallest:
        return Verdict(CONTRADICTED, f"the change is at least {quantity(smallest, unit)} in size and {_p(p_holm)}")
    return Verdict(INCONCLUSIVE, f"the 90 % interval reaches beyond ±{quantity(smallest, unit)}, and {_p(p_holm)}")


def weakest(verdicts: Sequence[str], sizes: Sequence[float]) -> int:
    """Return the index of the worst verdict in the order of `WORST_FIRST`; among equals, that of the smallest effect.

    sizes: the effects divided by their smallest effect of interest; NaN counts as smallest.
    """
    ranked = [
        (WORST_FIRST.index(verdict), -np.inf if np.isnan(size) else size, i)
        for i, (verdict, size) in enumerate(zip(verdicts, sizes, strict=True))
    ]
    return min(ranked)[2]


def _within(found: Effect, smallest: float) -> bool:
    return -smallest < found.low90 and found.high90 < smallest


def _differs(p_holm: float) -> bool:
    return bool(p_holm < ALPHA)  # NaN does not


def _interval(found: Effect, smallest: float, unit: str) -> str:
    return f"the 90 % interval, {found.low90:.3g} to {found.high90:.3g}, lies within ±{quantity(smallest, unit)}"


def _p(p_holm: float) -> str:
    return "there is no p-value" if np.isnan(p_holm) else f"the corrected p-value is {p_holm:.2g}"


def quantity(value: float, unit: str) -> str:
    """Return a value with its unit, which is singular for 1."""
    return f"{value:g} {unit.removesuffix('s') if value == 1 else unit}".strip()

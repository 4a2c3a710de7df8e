"""Tests claims on the results of a run: tables "claims" and "claim_parts"."""

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from crosslens.findings import verdicts
from crosslens.findings.claims import CLAIMS, Claim, Part
from crosslens.findings.results import Results, Subject
from crosslens.findings.verdicts import (
    CANNOT,
    CONTRADICTED,
    INCONCLUSIVE,
    SUPPORTED,
    Counts,
    Effect,
    Untestable,
    Verdict,
)
from crosslens.metrics.testing import holm
from crosslens.tables import findings
from crosslens.tables.columns import Table


class Tested(NamedTuple):
    """A part of a claim on a subject: its effect, or why it cannot be tested."""

    claim: Claim
    subject: Subject
    part: Part
    effect: Effect
    reason: str


class Judged(NamedTuple):
    """A part with its corrected p-value and its verdict."""

    tested: Tested
    p_holm: float
    verdict: Verdict

    @property
    def smallest_effect(self) -> float:
        """The smallest effect of interest."""
        own = self.tested.part.smallest_effect
        return self.tested.claim.smallest_effect if own is None else own

    @property
    def unit(self) -> str:
        """The unit of the effect."""
        return self.tested.claim.unit if self.tested.part.unit is None else self.tested.part.unit


UNDEFINED = Effect(*[np.nan] * 6, Counts(0, 0, 0))


def evaluate(results: Results, claims: Sequence[Claim] = CLAIMS) -> tuple[pa.Table, pa.Table]:
    """Return the tables "claims" and "claim_parts".

    p-values of parts are corrected (Holm) for all parts of one claim on one data set, over all models or series; parts
    that do not count are a family of tests of their own. `of_claim` says how a claim follows from its parts.
    """
    rows, parts, supported = [], [], set()
    for claim, dataset in product(claims, results.datasets):
        subjects = [one for one in results.subjects(claim.scope) if one.dataset == dataset]
        judged = judge([_test(results, claim, one, part) for one in subjects for part in claim.parts], supported)
        parts += [_row(one) for one in judged]
        counting = [
            [one for one in judged if one.tested.subject == subject and one.tested.part.counts] for subject in subjects
        ]
        together = holm(np.array([largest_p(own) for own in counting], float))
        for subject, own, p_together in zip(subjects, counting, together.tolist(), strict=True):
            taken = of_claim(own, p_together)
            if taken.verdict.verdict == SUPPORTED:
                supported.add((claim.id, subject))
            rows.append(_row(taken) | {"n_parts": len(own)})
    return _table(findings.CLAIMS, rows), _table(findings.CLAIM_PARTS, parts)


def judge(tested: Sequence[Tested], supported: set[tuple[str, Subject]] = frozenset()) -> list[Judged]:
    """Return the verdicts on all parts of a claim on a data set. supported: claims, with their subjects."""
    p = np.array([np.nan if one.reason or verdicts.lacks(one.effect) else one.effect.p for one in tested], float)
    counts = np.array([one.part.counts for one in tested], bool)
    p_holm = np.full(len(p), np.nan)
    for family in (counts, ~counts):
        p_holm[family] = holm(p[family])
    found = []
    for one, corrected in zip(tested, p_holm.tolist(), strict=True):
        judged, claim = Judged(one, corrected, Verdict(CANNOT, one.reason)), one.claim
        if not one.reason:
            given = (one.effect, corrected, judged.smallest_effect)
            verdict = (
                verdicts.judge_equivalence(
                    *given, claim.premise, (claim.premise, one.subject) in supported, judged.unit
                )
                if claim.premise
                else verdicts.judge(*given, judged.unit)
            )
            judged = judged._replace(verdict=verdict)
        found.append(judged)
    return found


def largest_p(parts: Sequence[Judged]) -> float:
    """Return the largest p-value of several parts; NaN if one of them cannot be tested."""
    return float(np.max([np.nan if one.verdict.verdict == CANNOT else one.tested.effect.p for one in parts]))


def of_claim(parts: Sequence[Judged], p_together: float) -> Judged:
    """Return the part whose numbers a claim takes, with the verdict on the claim: the weakest, unless all parts agree.

    p_together: `largest_p`, corrected (Holm) for the models or series. A claim says that all parts hold, which the
    largest p-value tests whatever their number (intersection-union test; Berger 1982): no further correction is due. It
    is due where one part alone decides, as one does that is contradicted. Where parts are several measures of the same
    thing, none decides alone: they contradict the claim together, or they disagree.
    """
    sizes = [one.tested.effect.estimate / one.smallest_effect for one in parts]
    weakest = _weakest(parts, sizes)
    claim, found = weakest.tested.claim, weakest.verdict.verdict
    if p_together < verdicts.ALPHA and not claim.premise and len(parts) > 1:
        if min(sizes) >= 1 and found == INCONCLUSIVE:
            return _all_agree(parts, p_together, SUPPORTED)
        if max(sizes) <= -1 and claim.one_thing:
            return _all_agree(parts, p_together, CONTRADICTED)
    if found == CONTRADICTED and claim.one_thing and len(parts) > 1:
        return _disagree(weakest, parts)
    return weakest._replace(verdict=weakest.verdict._replace(reason=_reason(weakest, parts)))


def _weakest(parts: Sequence[Judged], sizes: Sequence[float]) -> Judged:
    return parts[verdicts.weakest([one.verdict.verdict for one in parts], sizes)]


def _all_agree(parts: Sequence[Judged], p_together: float, verdict: str) -> Judged:
    """Return the part with the largest p-value, and the verdict that all parts give together."""
    last = max(parts, key=lambda one: one.tested.effect.p)
    side = "for" if verdict == SUPPORTED else "against"
    reason = (
        f"all {len(parts)} parts are {side} the claim by at least the smallest effect of interest, and the largest of "
        f"their p-values, corrected for all models or series, is {p_together:.2g}"
    )
    return last._replace(p_holm=p_together, verdict=Verdict(verdict, reason))


def _disagree(against: Judged, parts: Sequence[Judged]) -> Judged:
    """Return a contradicted part with another verdict, because other measures of the same thing are not."""
    untested = [one for one in parts if one.verdict.verdict == CANNOT]
    if untested:
        return untested[0]._replace(verdict=Verdict(CANNOT, _reason(untested[0], parts)))
    n = sum(one.verdict.verdict == CONTRADICTED for one in parts)
    reason = f"the measures disagree: {n} of {len(parts)} contradict the claim, for example {against.tested.part.name}"
    return against._replace(verdict=Verdict(INCONCLUSIVE, reason))


def _test(results: Results, claim: Claim, subject: Subject, part: Part) -> Tested:
    try:
        results.check_languages(subject.dataset)
        return Tested(claim, subject, part, claim.effect(results, subject, *part.arguments), "")
    except Untestable as error:
        return Tested(claim, subject, part, UNDEFINED, str(error))


def _reason(worst: Judged, parts: Sequence[Judged]) -> str:
    """Return why a claim has the verdict of its weakest part, which is named unless all have the same reason."""
    same = len({one.verdict.reason for one in parts}) == 1
    return worst.verdict.reason if same else f"{worst.tested.part.name}: {worst.verdict.reason}"


def _row(judged: Judged) -> dict:
    """Return a row of table "claim_parts"."""
    claim, subject, part, effect, _ = judged.tested
    verdict, reason = judged.verdict
    row = {"claim": claim.id, "statement": claim.statement, "models": subject.models, "dataset": subject.dataset}
    row |= {"part": part.name, "smallest_effect": judged.smallest_effect, "unit": judged.unit, "verdict": verdict}
    floats = {"estimate": effect.estimate, "low": effect.low, "high": effect.high, "p_value": effect.p}
    floats["p_holm"] = judged.p_holm
    row |= {name: None if np.isnan(value) else float(value) for name, value in floats.items()}
    return row | effect.counts._asdict() | {"reason": reason}


def _table(table: Table, rows: list[dict]) -> pa.Table:
    return pa.Table.from_pylist(rows, pa.schema([(column.name, column.type) for column in table.columns]))

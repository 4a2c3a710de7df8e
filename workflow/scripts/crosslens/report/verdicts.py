"""The claims of a run as its report shows them: a sentence per data set, an overview, and every verdict."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from crosslens.report.grids import Cell, Grid, Heading, interval, number, signed
from crosslens.tables.findings import VERDICTS

SUPPORTED, *_, UNTESTED = VERDICTS


@dataclass(frozen=True)
class Mark:
    """A verdict, how often it was reached, and the class of its style."""

    verdict: str
    n: int

    @property
    def kind(self) -> str:
        """The verdict as the name of a style."""
        return self.verdict.replace(" ", "-")


@dataclass(frozen=True)
class Lead:
    """The verdicts on a data set: a sentence, and the counts for a bar."""

    dataset: str
    sentence: str
    marks: Sequence[Mark]


def leads(claims: pa.Table, datasets: Mapping[str, str]) -> list[Lead]:
    """Return per data set how many claims have each verdict, and why claims cannot be tested.

    claims: the table of that name. datasets: titles by name.
    """
    rows = claims.to_pylist()
    rows = [row | {"reason": _titled(row["reason"], datasets)} for row in rows]
    return [_lead(title, [row for row in rows if row["dataset"] == name]) for name, title in datasets.items()]


def headline(claims: pa.Table) -> str:
    """Return a sentence about the claims on all data sets together."""
    rows = claims.to_pylist()
    return f"{_counted(rows)}{_untested(rows)}."


def _lead(title: str, rows: Sequence[Mapping]) -> Lead:
    others = [f"{mark.n} {mark.verdict}" for mark in _marks(rows) if mark.verdict not in (SUPPORTED, UNTESTED)]
    untested = [row["reason"].rstrip(".") for row in rows if row["verdict"] == UNTESTED]
    why = _why(Counter(untested), len(untested)) if untested else ""
    return Lead(title, f"{', '.join([_counted(rows), *others])}{_untested(rows)}{why}.", _marks(rows))


def _counted(rows: Sequence[Mapping]) -> str:
    """Return how many claims are supported; if there are several verdicts per claim, how many verdicts."""
    claims, supported = len({row["claim"] for row in rows}), sum(row["verdict"] == SUPPORTED for row in rows)
    if claims == len(rows):
        return f"{supported} of {claims} claims supported"
    return f"{supported} of {len(rows)} verdicts on {claims} claims supported"


def _untested(rows: Sequence[Mapping]) -> str:
    untested = sum(row["verdict"] == UNTESTED for row in rows)
    return f"; {untested} cannot be tested" if untested else ""


def _why(reasons: Counter, n: int) -> str:
    """Return the most frequent reason, with its count if there are others."""
    reason, most = reasons.most_common(1)[0]
    return f": {reason}" if most == n else f", {most} of them because: {reason}"


def _marks(rows: Sequence[Mapping]) -> list[Mark]:
    counted = Counter(row["verdict"] for row in rows)
    return [Mark(verdict, counted[verdict]) for verdict in VERDICTS if counted[verdict]]


def counts(claims: pa.Table) -> str:
    """Return how many verdicts there are of every kind, for the terminal."""
    return ", ".join(f"{mark.n} {mark.verdict}" for mark in _marks(claims.to_pylist()))


@dataclass(frozen=True)
class Overview:
    """The verdicts of every claim on every data set: ``rows`` hold an id, a statement and the marks per data set."""

    datasets: Sequence[str]
    rows: Sequence[tuple[str, str, Sequence[Sequence[Mark]]]]


def overview(claims: pa.Table, datasets: Mapping[str, str]) -> Overview:
    """Return the claims in their order, with their verdicts per data set over all models."""
    rows = claims.to_pylist()
    statements = {row["claim"]: row["statement"] for row in rows}
    return Overview(
        list(datasets.values()),
        [
            (
                claim,
                text,
                [_marks([r for r in rows if (r["claim"], r["dataset"]) == (claim, name)]) for name in datasets],
            )
            for claim, text in statements.items()
        ],
    )


def every_verdict(claims: pa.Table, models: Mapping[str, str], datasets: Mapping[str, str]) -> Grid:
    """Return every verdict with its models, estimate, interval, corrected p-value and reason."""
    headings = [
        Heading("claim"),
        Heading("models", "the model, or the smallest and the largest model of a series"),
        Heading("data set"),
        Heading("verdict", "the verdict and its reason"),
        Heading("estimate", "the effect, with its interval; positive if it agrees with the claim", True),
        Heading("smallest effect", "the smallest effect of interest, in the unit of the estimate", True),
        Heading("p (Holm)", "two-sided p-value of the effect, corrected for all tests of the claim (Holm)", True),
        Heading("languages", "number of languages and, below it, of their families", True),
    ]
    return Grid("Every verdict", headings, [_verdict(row, models, datasets) for row in claims.to_pylist()])


def _verdict(row: Mapping, models: Mapping[str, str], datasets: Mapping[str, str]) -> list[Cell]:
    part = f"decided by 1 of {row['n_parts']} parts: {row['part']}" if row["n_parts"] > 1 and row["part"] else ""
    return [
        Cell(f"{row['claim']}. {row['statement']}", part, _in_order(row["claim"]), "wide"),
        Cell(_titled(row["models"], models)),
        Cell(datasets.get(row["dataset"], row["dataset"])),
        Cell(
            row["verdict"],
            _titled(row["reason"], {**models, **datasets}),
            str(VERDICTS.index(row["verdict"])),
            "wide",
            Mark(row["verdict"], 1).kind,
        ),
        _estimate(row),
        number(row["smallest_effect"], 3),
        number(row["p_holm"], 3),
        _languages(row),
    ]


def _titled(text: str, titles: Mapping[str, str]) -> str:
    """Return a text with titles instead of names of models or data sets."""
    longest_first = sorted(titles, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), lambda found: titles[found[0]], text)


def _languages(row: Mapping) -> Cell:
    if not row["n_languages"]:
        return number(None, 0)
    families = f"{row['n_families']} {'family' if row['n_families'] == 1 else 'families'}"
    return Cell(str(row["n_languages"]), families, str(row["n_languages"]), "number")


def _estimate(row: Mapping) -> Cell:
    if row["estimate"] is None:
        return number(None, 3)
    text = " ".join(filter(None, [signed(row["estimate"], 3), row["unit"]]))
    bounds = interval(row["low"], row["high"], 3) if row["low"] is not None and row["high"] is not None else ""
    return Cell(text, bounds, f"{row['estimate']:.6g}", "number")


def _in_order(claim: str) -> str:
    """Return an id that sorts by its number: C2 comes before C10."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(4), claim)

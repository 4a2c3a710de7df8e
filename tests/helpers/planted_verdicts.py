"""The verdicts on made-up experiments, beside those that are right. Only this module of theirs calls the claims."""

from collections import defaultdict
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from statistics import mean
from typing import NamedTuple

from crosslens.findings import evaluation
from crosslens.findings.results import TABLES, Key, Results
from crosslens.tables.files import read_table
from planted_experiment import SEED, Experiment
from planted_metrics import LEVEL, write_metrics
from planted_tables import inference
from planted_truths import LAYERS, MIDDLE, PIVOT, SIZES, models, right_verdict

DATASET = "made-up"
DEFINITE = ("supported", "contradicted")


class Row(NamedTuple):
    """A verdict on a claim about a model, or about a series of which this is the smallest model."""

    world: str
    series: str
    size: str
    seed: int
    claim: str
    verdict: str
    right: str | None
    estimate: float | None

    @property
    def is_definite(self) -> bool:
        """Whether the verdict is that the claim is supported, or that it is contradicted."""
        return self.verdict in DEFINITE

    @property
    def is_right(self) -> bool:
        """Whether the verdict is the right one or, where no effect is planted, neither of `DEFINITE`."""
        if self.right is None:
            return self.verdict in ("no relevant effect", "inconclusive")
        return self.verdict == self.right


def verdicts(world: str, experiment: Experiment, bootstrap: int, folder: Path) -> list[Row]:
    """Return the verdicts on all claims about a world. The tables of metrics are written to ``folder``."""
    claims, _ = evaluation.evaluate(_results(world, experiment, bootstrap, folder))
    facts = {name: (series, size) for name, series, size, _ in models(world)}
    rows = []
    for row in claims.to_pylist():
        series, size = facts[row["models"].split(", ")[0]]
        right = right_verdict(series, row["claim"], size)
        rows.append(
            Row(world, series, size, experiment.seed, row["claim"], row["verdict"], right, row["estimate"]),
        )
    return rows


def right_claims(rows: Iterable[Row]) -> float:
    """Return how many claims come out right; one that is right for half of the models counts half."""
    by_claim = defaultdict(list)
    for row in rows:
        by_claim[row.claim].append(row.is_right)
    return sum(mean(found) for found in by_claim.values())


def _results(world: str, experiment: Experiment, bootstrap: int, folder: Path) -> Results:
    """Return the results of a run with the models of a world."""
    tables = {}
    for number, (model, _, size, truth) in enumerate(models(world)):
        (folder / model).mkdir()
        made = inference(experiment, truth, number)
        # Claims about steering are about the smallest and the largest model of a series.
        written = write_metrics(folder / model, experiment, made, bootstrap, is_steered=size != "medium")
        for (name, layer), path in written.items():
            tables[Key(name, model, DATASET, layer)] = partial(read_table, path, TABLES[name])
    facts = {
        model: {"series": series, "parameters": SIZES[size], "layers": len(LAYERS), "correlated": list(MIDDLE)}
        for model, series, size, _ in models(world)
    }
    known = experiment.languages
    return Results(
        tables,
        facts,
        {DATASET: {"languages": list(known), "shares": ("questions", "choices"), "because": ""}},
        experiment.families,
        {tag: language.script for tag, language in known.items()},
        {tag: language.resource for tag, language in known.items()},
        PIVOT,
        LEVEL,
        SEED,
    )

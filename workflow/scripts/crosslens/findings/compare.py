"""Two finished runs side by side: the differences of their key numbers, with intervals.

Differences are paired where both runs have resampled the same questions with the same draws, which the tables'
provenance says. Otherwise the standard errors of both are combined, which assumes that the runs are independent.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from crosslens.findings import finished_runs
from crosslens.findings.finished_runs import Run
from crosslens.metrics import differences, replicates
from crosslens.metrics.differences import Pairs
from crosslens.metrics.replicates import Drawn
from crosslens.metrics.stacking import nullable
from crosslens.tables.files import read_provenance, read_table
from crosslens.tables.output_metrics import PAIR_METRICS
from crosslens.tables.replicates import DEPTH_REPLICATES, PAIR_REPLICATES, REPLICATES, STEERING_REPLICATES
from crosslens.tables.steered_metrics import STEERING_SELECTED

PAIR_MEASURES = ("consistency_excess", "positive_transfer_excess")


class Measured(NamedTuple):
    """A measure in one run: of languages or of pairs, the name of the draws, and what is special about it."""

    values: Drawn | Pairs
    n_questions: int
    draws: str | None
    remark: str = ""


def compared(first: Run, second: Run, level: float) -> tuple[dict, list[str]]:
    """Return the columns of table "differences", and a sentence on everything that only one of the runs has.

    Runs are compared in the models, data sets, measures, languages and pairs that both have.
    """
    rows, lacking = [], []
    for model, dataset in finished_runs.common(first, second):
        of_first, of_second = (dict(_measured(run, model, dataset)) for run in (first, second))
        families = _families(second, model, dataset) | _families(first, model, dataset)
        for name in of_first:
            if name in of_second:
                described = {"model": model, "dataset": dataset, "measure": name}
                rows.append(described | difference(of_first[name], of_second[name], families, level))
        for run, own, other in ((first, of_first, of_second), (second, of_second, of_first)):
            if alone := [name for name in own if name not in other]:
                lacking.append(f"{model} on {dataset}: only '{run.name}' has {', '.join(alone)}.")
    return _columns(rows), lacking


def difference(first: Measured, second: Measured, families: Mapping[str, str], level: float) -> dict:
    """Return a row of table "differences", without model, data set and measure."""
    if isinstance(first.values, Pairs):
        between, each = differences.of_pairs, differences.each_of_pairs
    else:
        between, each = differences.of_languages, differences.each_of_languages
    sides = each(first.values, second.values, families, level)
    paired = first.draws is not None and first.draws == second.draws
    mean = between(first.values, second.values, families, level) if paired else differences.unpaired(*sides, level)
    remarks = [f"{name}: {side.remark}" for name, side in (("a", first), ("b", second)) if side.remark]
    return {
        "value_a": sides[0].mean,
        "value_b": sides[1].mean,
        "difference": mean.mean,
        "low": mean.low,
        "high": mean.high,
        "p_value": mean.p,
        "n_languages": mean.n_languages,
        "n_questions": min(first.n_questions, second.n_questions),
        "paired": paired,
        "remark": "; ".join(remarks),
    }


def _measured(run: Run, model: str, dataset: str) -> Iterator[tuple[str, Measured]]:
    """Yield the key numbers that a run has, by name."""
    path = run.table(model, dataset, "replicates")
    yield "accuracy", _of_languages(replicates.of_measure(read_table(path, REPLICATES), "accuracy"), _draws(path))
    path = run.table(model, dataset, "pair_replicates")
    sums, table = read_table(path, PAIR_REPLICATES), read_table(run.table(model, dataset, "pairs"), PAIR_METRICS)
    for name in PAIR_MEASURES:
        if name in replicates.measures(sums):
            n_questions = pc.max(table["n"]).as_py()
            yield name, Measured(differences.pairs(table, sums, name), n_questions, _draws(path))
    yield from _of_depth(run, model, dataset)
    yield from _of_steering(run, model, dataset)


def _of_depth(run: Run, model: str, dataset: str) -> Iterator[tuple[str, Measured]]:
    path = run.table(model, dataset, "depth_replicates")
    if path.is_file():  # the languages share their questions
        table = read_table(path, DEPTH_REPLICATES)
        for third in table["third"].unique().to_pylist():
            of_third = table.filter(pc.equal(table["third"], third))
            for name in replicates.measures(of_third):
                yield f"{third} {name}", _of_languages(replicates.of_measure(of_third, name), _draws(path))


def _of_steering(run: Run, model: str, dataset: str) -> Iterator[tuple[str, Measured]]:
    """Yield the gain in accuracy under the condition that the run selects, if any language is steered."""
    path = run.table(model, dataset, "steering_replicates")
    if path.is_file():
        selected = read_table(run.table(model, dataset, "steering_selected"), STEERING_SELECTED)
        for row in selected.filter(pc.equal(selected["measure"], "accuracy")).to_pylist():
            where = {"layer": row["layer"], "gamma": row["gamma"]}
            drawn = replicates.of_measure(read_table(path, STEERING_REPLICATES), "accuracy", **where)
            remark = f"layer {row['layer']}, gamma {row['gamma']:g}"
            yield "steering_gain", _of_languages(drawn, _draws(path), remark)


def _of_languages(drawn: Drawn, draws: str | None, remark: str = "") -> Measured:
    return Measured(drawn, int(drawn.n.max()), draws, remark)


def _draws(path) -> str | None:
    return read_provenance(path).get("draws")


def _families(run: Run, model: str, dataset: str) -> dict[str, str]:
    return read_provenance(run.table(model, dataset, "replicates"))["params"]["families"]


def _columns(rows: list[dict]) -> dict:
    numbers = ("value_a", "value_b", "difference", "low", "high", "p_value")
    counts = ("n_languages", "n_questions")
    return {
        **{name: [row[name] for row in rows] for name in ("model", "dataset", "measure")},
        **{name: nullable([row[name] for row in rows]) for name in numbers},
        **{name: pa.array([row[name] for row in rows], pa.int32()) for name in counts},
        **{name: [row[name] for row in rows] for name in ("paired", "remark")},
    }

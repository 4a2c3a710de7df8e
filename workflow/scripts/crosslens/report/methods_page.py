"""The methods page of the report: a template filled with the config's values, the audit's counts and the versions.

The wording is in the templates workflow/report/methods.html and, for what the report shows too, methods_body.html.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from crosslens.tables.files import read_provenance, read_table
from crosslens.tables.report import TABLE3

NOT_SHOWN = (
    "table",
    "rule",
    "results_version",
    "params",
    "versions",
)  # provenance that is shown elsewhere on the page, or not at all


def values(run: Mapping, answers: Sequence[str | Path], table3: str | Path, audits: pa.Table) -> dict:
    """Return all that the page shows.

    run: the values of `description.methods`. answers: paths of all tables "answers", sorted by model; every model has
    the same number of them. table3: the path of that table. audits: tables "audit" of all data sets, with an additional
    column dataset.
    """
    models, provenances = run["models"], [read_provenance(path) for path in answers]
    each = len(provenances) // len(models)
    return {
        **run,
        **computed({model: provenances[i * each : (i + 1) * each] for i, model in enumerate(models)}),
        "findings": findings(audits),
        "prompts": read_table(table3, TABLE3).to_pylist(),
        "level": 2,  # of the headings
    }


def computed(provenances: Mapping[str, Sequence[Mapping]]) -> dict:
    """Return the ``versions`` of packages and, per model, what it was ``computed`` with, such as device and dtype.

    ``provenances`` holds the provenance of every file of each model. If files differ, all their values are named;
    tokens are added up.
    """
    return {
        "versions": _merged(written["versions"] for files in provenances.values() for written in files),
        "computed": {
            model: _merged({k: v for k, v in written.items() if k not in NOT_SHOWN} for written in files)
            for model, files in provenances.items()
        },
    }


def _merged(written: Iterable[Mapping]) -> dict[str, str]:
    """Return every name with its distinct values as a text, without None; the values of ``tokens`` are added up."""
    collected = {}
    for provenance in written:
        for name, value in provenance.items():
            collected.setdefault(name, []).append(value)
    return {
        name: str(sum(values)) if name == "tokens" else ", ".join(sorted({str(value) for value in values} - {"None"}))
        for name, values in collected.items()
    }


def findings(audits: pa.Table) -> list[dict]:
    """Return the audit's findings per data set and reason, counted over all languages; ``excluded``: those left out."""
    rows = audits.to_pylist()
    counted = Counter((row["dataset"], row["reason"]) for row in rows)
    excluded = Counter((row["dataset"], row["reason"]) for row in rows if row["excluded"])
    return [
        {"dataset": dataset, "reason": reason, "n": n, "excluded": excluded[dataset, reason]}
        for (dataset, reason), n in counted.items()
    ]

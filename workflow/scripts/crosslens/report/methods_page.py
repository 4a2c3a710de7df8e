"""The methods page of the report: a template filled with the config's values, the audit's counts and the versions.

The wording is in the template, workflow/report/methods.html.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import jinja2
import pyarrow as pa

NOT_SHOWN = (
    "table",
    "rule",
    "results_version",
    "params",
    "versions",
)  # provenance that is shown elsewhere on the page, or not at all


def page(template: str | Path, values: Mapping) -> str:
    """Return the HTML page that the Jinja template at ``template`` makes from ``values``.

    Raises jinja2.UndefinedError if the template uses a value that is missing.
    """
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(Path(template).read_text(encoding="utf-8")).render(values)


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

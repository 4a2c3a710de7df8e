"""The methods page of the report: a template filled with the config's values, the audit's counts and the versions.

Decides no wording; that is the template's.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import jinja2
import pyarrow as pa

NOT_SHOWN = ("table", "rule", "params", "versions")  # provenance that has a place of its own, or none


def page(template: str | Path, values: Mapping) -> str:
    """The HTML page that the Jinja template at ``template`` makes of ``values``; a value that it lacks is an error."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(Path(template).read_text(encoding="utf-8")).render(values)


def computed(provenances: Mapping[str, Sequence[Mapping]]) -> dict:
    """From the provenance of every file of each model: ``versions`` of packages, and ``computed``, device and dtype.

    Where files differ, all values are named; tokens are added up.
    """
    return {
        "versions": _merged(written["versions"] for files in provenances.values() for written in files),
        "computed": {
            model: _merged({k: v for k, v in written.items() if k not in NOT_SHOWN} for written in files)
            for model, files in provenances.items()
        },
    }


def _merged(written: Iterable[Mapping]) -> dict[str, str]:
    """Every key with its distinct values, without those that are None; of ``tokens`` the sum."""
    values = {}
    for one in written:
        for key, value in one.items():
            values.setdefault(key, []).append(value)
    return {
        key: str(sum(found)) if key == "tokens" else ", ".join(sorted({str(value) for value in found} - {"None"}))
        for key, found in values.items()
    }


def findings(audits: pa.Table) -> list[dict]:
    """Questions of each data set that the audit found, by reason, over all languages; ``excluded``: those left out."""
    rows = audits.to_pylist()
    found = Counter((row["dataset"], row["reason"]) for row in rows)
    excluded = Counter((row["dataset"], row["reason"]) for row in rows if row["excluded"])
    return [
        {"dataset": dataset, "reason": reason, "n": n, "excluded": excluded[dataset, reason]}
        for (dataset, reason), n in found.items()
    ]

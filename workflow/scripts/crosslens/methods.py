"""The methods page of the report: a template filled with the config's values, the audit's counts and the versions.

Decides no wording; that is the template's.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import jinja2
import pyarrow as pa

WRITTEN_BY_ALL = ("table", "rule", "params", "versions")  # provenance that is not about the device


def page(template: str | Path, values: Mapping) -> str:
    """The HTML page that the Jinja template at ``template`` makes of ``values``; a value that it lacks is an error."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(Path(template).read_text(encoding="utf-8")).render(values)


def computed(provenances: Mapping[str, Mapping]) -> dict:
    """From each model's provenance: ``versions`` of packages, and ``computed``, what it says of device and dtype."""
    return {
        "versions": {k: v for provenance in provenances.values() for k, v in provenance["versions"].items()},
        "computed": {
            model: {key: value for key, value in provenance.items() if key not in WRITTEN_BY_ALL}
            for model, provenance in provenances.items()
        },
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

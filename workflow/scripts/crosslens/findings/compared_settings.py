"""The settings in which two finished runs differ, from the metadata of their tables."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from crosslens.findings import finished_runs
from crosslens.findings.finished_runs import Run
from crosslens.tables.files import read_provenance

# Of every model and data set; the files of languages are those of the first language that both runs have.
OF_LANGUAGES = (
    "questions/{dataset}/{language}.arrow",
    "hidden_states/{model}/{dataset}/{language}.arrow",
    "inference/{model}/{dataset}/{language}/answers.arrow",
)
OF_DATASETS = ("replicates", "depth_replicates", "steering_replicates")
# Not settings: what a table is, how much was computed, and what was measured of the vectors.
RESULTS = ("table", "rule", "draws", "tokens", "params.vectors")


def differing(first: Run, second: Run) -> dict:
    """Return the columns of table "settings": a row per setting that differs.

    Paths inside the folders of the two runs are taken for equal.
    """
    evaluations, found = finished_runs.common(first, second), {}
    for model, dataset in evaluations:
        for file in _files(first, second, model, dataset):
            folders = [f"{Path(run.folder.parent.name, run.name)}/" for run in (first, second)]
            rules, sides = zip(*(_settings(run.folder / file, folders) for run in (first, second)), strict=True)
            for key in dict.fromkeys([*sides[0], *sides[1]]):
                values = tuple(side.get(key) for side in sides)
                if values[0] != values[1]:
                    found.setdefault((rules[0], key, *values), []).append(f"{model}/{dataset}")
    rows = [(*row, "all" if len(where) == len(evaluations) else ", ".join(where)) for row, where in found.items()]
    names = ("rule", "key", "value_a", "value_b", "where")
    return dict(zip(names, zip(*rows, strict=True) if rows else [()] * len(names), strict=True))


def _files(first: Run, second: Run, model: str, dataset: str) -> Iterator[str]:
    """Yield the files whose metadata are compared, under the folder of a run; those that both have."""
    folder = f"inference/{model}/{dataset}"
    languages = [{path.name for path in (run.folder / folder).glob("*")} for run in (first, second)]
    files = [f"metrics/{model}/{dataset}/{name}.arrow" for name in OF_DATASETS]
    for language in sorted(languages[0] & languages[1])[:1]:
        files = [file.format(model=model, dataset=dataset, language=language) for file in OF_LANGUAGES] + files
    yield from (file for file in files if all((run.folder / file).is_file() for run in (first, second)))


def _settings(file: Path, folders: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Return the rule that wrote a file, and its settings by dotted key, as JSON."""
    provenance, settings = read_provenance(file), {}
    for key, value in _flat(provenance):
        if not _is_result(key):
            settings[key] = json.dumps(value, ensure_ascii=False)
            for folder in folders:
                settings[key] = settings[key].replace(folder, "results/{run}/")
    return provenance["rule"], settings


def _flat(values: Mapping, before: str = "") -> Iterator[tuple[str, object]]:
    """Yield every value by dotted key; the families of all languages are one."""
    for key, value in values.items():
        if isinstance(value, Mapping) and value and key != "families":
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def _is_result(key: str) -> bool:
    return any(key == name or key.startswith(f"{name}.") for name in RESULTS)

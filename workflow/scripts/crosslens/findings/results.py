"""What claims are tested on: the tables of metrics of a run, and facts of its models, data sets and languages.

A table that the run did not make is a reason for the verdict that a claim cannot be tested, not an error. Opens no
file: it is given functions that do.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from crosslens.findings.verdicts import MIN_LANGUAGES, Untestable
from crosslens.tables import latent_metrics, output_metrics, replicates, state_metrics, steered_metrics
from crosslens.tables.columns import Table

# The tables that claims may read, by the name under which they ask for them.
TABLES: dict[str, Table] = {
    "languages": output_metrics.LANGUAGE_METRICS,
    "pairs": output_metrics.PAIR_METRICS,
    "replicates": replicates.REPLICATES,
    "pair_replicates": replicates.PAIR_REPLICATES,
    "depth_replicates": replicates.DEPTH_REPLICATES,
    "depth_pair_replicates": replicates.PAIR_REPLICATES,
    "log_ratios": latent_metrics.LOG_RATIOS,
    "similarity": state_metrics.SIMILARITY,
    "similarity_means": state_metrics.SIMILARITY_MEANS,
    "steering_by_half": steered_metrics.STEERING_BY_HALF,
    "steering_gains": steered_metrics.STEERING_GAINS,
    "steering_selected": steered_metrics.STEERING_SELECTED,
    "steering_sizes": steered_metrics.STEERING_SIZES,
    "steering_replicates": replicates.STEERING_REPLICATES,
}


class Key(NamedTuple):
    """What a table is about; layer is 0 for tables of all layers."""

    table: str
    model: str
    dataset: str
    layer: int = 0


class Subject(NamedTuple):
    """A model on a data set or, with ``largest``, the smallest and the largest model of a series.

    series: what the models are of one series of; the model itself if its entry names no series.
    """

    dataset: str
    model: str
    largest: str | None = None
    series: str = ""

    @property
    def large(self) -> str:
        """The largest model of the series. Raises Untestable if the run has only one size."""
        if self.largest is None:
            raise Untestable(
                f"the run has 1 size of {self.series}; at least 2 are needed (models with the same `series` in "
                "config/models.yaml)"
            )
        return self.largest

    @property
    def models(self) -> str:
        """The names of the models, the smaller first."""
        return self.model if self.largest is None else f"{self.model}, {self.largest}"


@dataclass(frozen=True, eq=False)
class Results:
    """A run's tables and facts.

    tables: by `Key`, a function that reads the table. models: of each model its ``series`` and ``parameters`` in 10^9
    (None if there is none), ``layers`` (its depth) and ``correlated``, the layers that the log ratio is averaged over.
    datasets: of each its ``languages``, what they ``shares`` and, if not all, ``because`` of what. families, scripts,
    resource: of languages by tag; resource levels where they are known. level: of intervals.
    """

    tables: Mapping[Key, Callable[[], pa.Table]]
    models: Mapping[str, Mapping]
    datasets: Mapping[str, Mapping]
    families: Mapping[str, str]
    scripts: Mapping[str, str]
    resource: Mapping[str, int]
    pivot: str
    level: float
    seed: int

    def subjects(self, scope: str) -> list[Subject]:
        """Return what claims of a scope are tested on, data set by data set.

        "model": every model; "small": the smallest of every series; "series": its smallest with its largest.
        """
        found = []
        for dataset in self.datasets:
            if scope == "model":
                found += [Subject(dataset, model, series=model) for model in self.models]
                continue
            for series, members in self.series().items():
                sizes = [self.models[name]["parameters"] for name in members]
                largest = members[-1] if scope == "series" and sizes[0] != sizes[-1] else None
                found.append(Subject(dataset, members[0], largest, series))
        return found

    def series(self) -> dict[str, list[str]]:
        """Return the models of every series by ascending size.

        A model without a series, or of unknown size, is one of its own.
        """
        found: dict[str, list[str]] = {}
        for name, facts in self.models.items():
            found.setdefault(facts["series"] if facts["series"] and facts["parameters"] else name, []).append(name)
        return {
            series: sorted(names, key=lambda name: self.models[name]["parameters"]) if len(names) > 1 else names
            for series, names in found.items()
        }

    def others(self, dataset: str) -> list[str]:
        """Return the languages of a data set besides the pivot."""
        return [tag for tag in self.datasets[dataset]["languages"] if tag != self.pivot]

    def check_languages(self, dataset: str) -> None:
        """Raise Untestable if a data set has too few languages for any claim."""
        n = len(self.others(dataset))
        if n < MIN_LANGUAGES:
            languages = f"{n} language{'' if n == 1 else 's'} besides {self.pivot}"
            raise Untestable(f"{dataset} has {languages}; at least {MIN_LANGUAGES} are needed")

    def need(self, dataset: str, needed: str) -> None:
        """Raise Untestable if the languages of a data set do not share "questions" or "choices"."""
        facts = self.datasets[dataset]
        if needed not in facts["shares"]:
            raise Untestable(
                f"the languages of {dataset} do not share their {needed}: {facts['because']} (`parallel` of its entry)"
            )

    def families_of(self, languages: Sequence[str]) -> list[str]:
        """Return the families of languages."""
        return [self.families[tag] for tag in languages]

    @cache  # noqa: B019 - there is one Results per process
    def table(self, name: str, model: str, dataset: str, layer: int = 0) -> pa.Table:
        """Return a table. Raises Untestable if the run did not make it."""
        read = self.tables.get(Key(name, model, dataset, layer))
        if read is None:
            at = f" at layer {layer}" if layer else ""
            raise Untestable(f"the run has no table {name} of {model} on {dataset}{at}")
        return read()

    def layers(self, name: str, model: str, dataset: str) -> list[int]:
        """Return the layers of which there are tables of a name."""
        return sorted(key.layer for key in self.tables if key[:3] == (name, model, dataset))


def rows(table: pa.Table, **where: object) -> pa.Table:
    """Return the rows of a table that have these values, by column."""
    for name, value in where.items():
        table = table.filter(pc.equal(table[name], pa.scalar(value, table[name].type)))
    return table

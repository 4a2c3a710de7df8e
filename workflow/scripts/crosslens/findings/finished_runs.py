"""Finished runs by name: where their tables are, and what they were computed with. Reads no metrics."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from crosslens import version
from crosslens.errors import CrosslensError

# Every model and data set of a finished run has these tables.
NEEDED = ("languages", "pairs", "replicates", "pair_replicates")


class Run(NamedTuple):
    """A finished run, and all its models and data sets."""

    name: str
    folder: Path
    evaluations: tuple[tuple[str, str], ...]

    def table(self, model: str, dataset: str, name: str) -> Path:
        """Return the path of a table of metrics."""
        return self.folder / f"metrics/{model}/{dataset}/{name}.arrow"


def two(names: Sequence[str], results: Path) -> tuple[Run, Run]:
    """Return two runs by name, in the folder of all results.

    Raises CrosslensError unless there are two names, both runs exist, are finished and have this version of results,
    and they have a model on a data set in common.
    """
    if len(set(names)) != 2 or len(names) != 2:
        raise CrosslensError(
            f"`snakemake compare` needs the names of two different runs, but config key 'runs' has "
            f"{', '.join(names) or 'none'}. Name them: --config runs=[first,second]."
        )
    first, second = (finished(name, results) for name in names)
    if not common(first, second):
        of = (f"'{run.name}' has {', '.join(map('/'.join, run.evaluations)) or 'none'}" for run in (first, second))
        raise CrosslensError(f"The runs have no model and data set in common: {'; '.join(of)}. Compare other runs.")
    return first, second


def finished(name: str, results: Path) -> Run:
    """Return a run. Raises CrosslensError if it does not exist, is not finished, or has results of another version."""
    folder = results / name
    if not folder.is_dir():
        known = sorted(path.parent.name for path in results.glob(f"*/{version.FILE}"))
        raise CrosslensError(
            f"There is no run '{name}': {folder} does not exist. Known runs: {', '.join(known) or 'none'}."
        )
    file = folder / version.FILE
    found = file.read_text(encoding="utf-8").strip() if file.is_file() else "1"
    if found != str(version.RESULTS):
        raise CrosslensError(
            f"{folder}: these results are of version {found}, but this crosslens compares results of version "
            f"{version.RESULTS} only. Repeat the run under another name."
        )
    places = sorted(path for path in folder.glob("metrics/*/*") if path.is_dir())
    needed = [folder / "report.html", *(place / f"{table}.arrow" for place in places for table in NEEDED)]
    if missing := [path for path in needed if not path.is_file()]:
        raise CrosslensError(f"The run '{name}' is not finished: {missing[0]} is missing. Finish it, then compare.")
    return Run(name, folder, tuple((place.parent.name, place.name) for place in places))


def common(first: Run, second: Run) -> list[tuple[str, str]]:
    """Return the pairs (model, data set) that both runs have, in the order of the first."""
    return [names for names in first.evaluations if names in second.evaluations]

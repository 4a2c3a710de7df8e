"""The first section of the report: verdicts on the claims, what was run, warnings, and the key numbers."""

import subprocess
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path

import pyarrow as pa

from crosslens.report import verdicts
from crosslens.report.cautions import cautions
from crosslens.report.key_numbers import key_numbers
from crosslens.report.sources import Sources
from crosslens.tables.findings import VERDICTS
from crosslens.version import RESULTS


def opening(run: Mapping, sources: Sources, names: Mapping[str, Mapping[str, str]], root: Path) -> dict:
    """Return the values of the findings.

    run: the values of `description.report`, and what models were ``computed`` with. names: titles of models and data
    sets by name. root: the folder of the Snakefile.
    """
    models, datasets, claims = names["model"], names["dataset"], sources.claims
    return {
        "headline": verdicts.headline(claims),
        "leads": verdicts.leads(claims, datasets),
        "verdicts": [(verdict, verdicts.Mark(verdict, 1).kind) for verdict in VERDICTS],
        "overview": verdicts.overview(claims, datasets),
        "every_verdict": verdicts.every_verdict(claims, models, datasets),
        "sizes": sizes(sources.table1, datasets),
        "made": made(root),
        "interval_level": f"{100 * run['config']['intervals']['level']:g} %",
        "cautions": cautions(run, sources.accuracy, sources.letters, sources.audits, sources.chance),
        "key_numbers": key_numbers(sources.table1, sources.ceiling, sources.selected, sources.log_ratios, names),
    }


def sizes(table1: pa.Table, datasets: Mapping[str, str]) -> list[dict]:
    """Return the title and the numbers of questions and languages of every data set, the same for all models."""
    of_dataset = {row["dataset"]: row for row in table1.to_pylist()}
    return [
        {"title": title, "questions": of_dataset[name]["n_questions"], "languages": of_dataset[name]["n_languages"]}
        for name, title in datasets.items()
    ]


def made(root: Path) -> dict:
    """Return today's date and the versions of results and code; without the commit if ``root`` is no clone."""
    commit = _commit(root)
    return {
        "date": f"{date.today():%-d %B %Y}",
        "versions": [f"results of version {RESULTS}", *([f"crosslens at commit {commit}"] if commit else [])],
    }


def _commit(root: Path) -> str:
    if not (root / ".git").exists():
        return ""
    with suppress(OSError, subprocess.CalledProcessError):
        command = ["git", "-C", str(root), "rev-parse", "--short", "HEAD"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    return ""

"""Fixtures of the cluster tests: a SLURM and an undisturbed run through the profile, for all; the fault table."""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
import runs
import slurm

RESULTS: list[tuple] = []
TITLES = ("fault", "where", "tries", "survived", "finished tables made again", "results equal")


def pytest_configure(config):
    config.addinivalue_line("markers", "slurm: needs Debian's SLURM packages and root; `make slurm-test` runs them")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """The folder of a running SLURM with the nodes cpu1, a1001 and h1001."""
    if reason := slurm.missing():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("slurm")
    for parent in [folder, *folder.parents]:
        if str(parent).startswith("/tmp/"):
            parent.chmod(0o755)  # munge runs as another user
    try:
        slurm.up(folder)
        yield folder
    finally:
        slurm.down(folder)


@pytest.fixture(scope="session")
def undisturbed(cluster, tmp_path_factory) -> Path:
    """The small project after a whole run through profiles/slurm, as a user starts it."""
    folder = runs.make_project(tmp_path_factory.mktemp("undisturbed"))
    started = time.perf_counter()
    status = runs.finish(runs.start(folder, *runs.SLURM))
    assert status == 0, runs.printed(folder)[-6000:]
    (folder / "jobs.txt").write_text(slurm.call("scontrol", "show", "job"))
    (folder / "seconds.txt").write_text(f"{time.perf_counter() - started:.0f}")
    return folder


@pytest.fixture(scope="session")
def unfinished(undisturbed, tmp_path_factory):
    """A function: a copy of the undisturbed run without the outputs of some inference jobs and of all metrics."""

    def make(*jobs: tuple[str, str]) -> Path:
        folder = tmp_path_factory.mktemp("unfinished") / "project"
        shutil.copytree(
            undisturbed, folder, ignore=shutil.ignore_patterns("ledger*", "output.txt", "metrics", "tables")
        )
        for model, language in jobs:
            shutil.rmtree((folder / runs.inference(model, language)).parent)
        return folder

    return make


@pytest.fixture(scope="session")
def record(undisturbed):
    """A function that adds a row to the fault table and returns it."""

    def add(fault: str, where: str, folder: Path, tables: list[str], tries: int, others: Sequence[str] = ()) -> tuple:
        """tables: those that were to be made again, and are compared; others: those that were to be made besides."""
        counts = runs.written(folder)
        survived = all((folder / path).exists() for path in tables)
        repeated = sum(n - (path in (*tables, *others)) for path, n in counts.items())
        equal = survived and not runs.differing(folder, undisturbed, tables)
        RESULTS.append((fault, where, tries, survived, repeated, equal))
        return RESULTS[-1]

    return add


def pytest_terminal_summary(terminalreporter):
    if RESULTS:
        terminalreporter.section("faults")
        for row in [TITLES, ["---"] * len(TITLES), *RESULTS]:
            cells = [{True: "yes", False: "NO"}.get(cell, cell) if isinstance(cell, bool) else cell for cell in row]
            terminalreporter.write_line(f"| {' | '.join(map(str, cells))} |")

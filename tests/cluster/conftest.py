"""Fixtures of the cluster tests: a SLURM and an undisturbed run through the profile, for all; the fault table."""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import pytest
import runs
import scenarios
import slurm

RESULTS: list[tuple] = []
TITLES = ("fault", "where", "tries", "survived", "finished tables made again", "results equal")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """The folder of a running SLURM with the nodes cpu1, a1001 and h1001."""
    if reason := slurm.missing():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("slurm")
    for parent in [folder, *folder.parents]:
        if str(parent).startswith("/tmp/"):
            parent.chmod(0o755)  # munge runs as another user
    with slurm.alone():
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
def unfinished(undisturbed, tmp_path_factory) -> Callable[[list[str]], Path]:
    """A function: a copy of the undisturbed run without some tables, all metrics and what is made of them."""

    def make(tables: list[str]) -> Path:
        folder = tmp_path_factory.mktemp("unfinished") / "project"
        left_out = shutil.ignore_patterns("ledger*", "output.txt", "jobs.txt", ".snakemake")
        shutil.copytree(undisturbed, folder, ignore=left_out)
        shutil.copytree(undisturbed / ".snakemake/metadata", folder / ".snakemake/metadata")
        for part in ("metrics", "tables", "logs"):
            shutil.rmtree(folder / "results/small" / part)
        for page in ("report", "workflow"):
            (folder / f"results/small/{page}.html").unlink()
        for table in tables:
            (folder / table).unlink()
        return folder

    return make


@pytest.fixture(scope="session")
def started(cluster, unfinished) -> Iterator[dict]:
    """Scenarios that go on side by side in the background, as most of them mostly wait: name -> future folder."""
    every_language = [(scenarios.A, language) for language in runs.LANGUAGES]
    with ThreadPoolExecutor(3) as pool:
        begun = {"storm": pool.submit(scenarios.storm, cluster, unfinished(runs.tables(*scenarios.STORM_JOBS)))}
        begun["submission"] = pool.submit(scenarios.submission, unfinished(runs.tables(*scenarios.TOGETHER)))
        for where, name in product(scenarios.ON, ("SIGINT", "SIGTERM", "SIGKILL")):
            begun[where, name] = pool.submit(scenarios.kill, unfinished(scenarios.LIGHT), where, name)
        begun["workstation"] = pool.submit(scenarios.workstation, unfinished(runs.tables(*every_language)))
        try:
            yield begun
        finally:
            pool.shutdown(cancel_futures=True)


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

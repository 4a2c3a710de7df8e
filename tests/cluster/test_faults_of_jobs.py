"""Faults that hit single jobs: one run on SLURM in which six things go wrong. It ends well by itself.

Each inference job is a submission of its own here; what a fault costs a submission of several is in test_profile.py.
"""

import re
from pathlib import Path

import pytest
import runs
from scenarios import STORM, STORM_JOBS, A, H


@pytest.fixture(scope="module")
def stormy(started) -> Path:
    """The folder of the run after it ended."""
    return started["storm"].result()


def tries(folder: Path, path: str) -> list[dict[str, str]]:
    """What SLURM said of the submissions that tried to write a table: those that a fault hit, and the last."""
    marks = (runs.mark(folder, path, number) for number in range(3))
    numbers = [mark.read_text() for mark in marks if mark.exists()]
    numbers += [line["SLURM_JOB_ID"] for line in runs.ledger(folder) if line["path"] == path]
    blocks = (folder / "jobs.txt").read_text().split("\n\n")
    jobs = [dict(re.findall(r"(\w+)=(\S*)", block)) for block in blocks]
    return [job for number in numbers for job in jobs if job.get("JobId") == number]


@pytest.mark.parametrize("fault", STORM)
def test_job_is_tried_again_and_the_results_are_the_same(stormy, record, fault):
    job, _, expected = STORM[fault]
    states = [each["JobState"] for each in tries(stormy, runs.inference(*job))]
    tables = runs.tables(job)
    row = record(fault, "SLURM", stormy, tables, tries=len(states), others=runs.tables(*STORM_JOBS))
    assert states == expected
    assert row[-3:] == (True, 0, True), row


def test_a_retry_gets_more_time_and_memory(stormy):
    first, *_, last = tries(stormy, runs.inference(A, "en"))
    assert (first["TimeLimit"], last["TimeLimit"]) == ("00:01:00", "00:10:00")
    first, *_, last = tries(stormy, runs.inference(A, "es"))
    assert "mem=1500M" in first["TRES"] and "mem=6000M" in last["TRES"]


def test_jobs_that_take_too_much_memory_are_told_so(stormy):
    assert "exceeded memory limit" in runs.printed(stormy)


def test_what_a_failed_job_said_last_is_printed(stormy):
    """Below Snakemake's own message: the job's log, in which it reports what it does."""
    for failed in (A, "de"), (A, "es"), (H, "de"):
        log = f"results/small/logs/inference/{failed[0]}/tiny/{failed[1]}.log"
        said = rf"Logfile {log}:\n=+\n(.*\n)*?.*\d+ prompts in \d+ rows, \d+ tokens"
        assert re.search(said, runs.printed(stormy)), log


def test_status_shows_running_and_failed_jobs(stormy):
    """profiles/slurm/status, asked while the second try of one job hung and others had failed."""
    said = (stormy / "status.txt").read_text()
    assert re.search(rf"^RUNNING +h100 .*{H}", said, re.M), said
    assert re.search(rf"^CANCELLED +a100 .*{A}", said, re.M), said
    assert re.search(rf"^inference/{H}/tiny/de, \d min ago: .+", said, re.M), said
    failed = said.split("failed in the last run of snakemake")[1]
    assert re.search(rf"^inference/{A}/tiny/es: .+", failed, re.M), said
    assert f"{H}/tiny/es" not in said  # it ended well
    assert said.endswith("exit status 0\n")

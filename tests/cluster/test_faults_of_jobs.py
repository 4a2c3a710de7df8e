"""Faults that hit single jobs: one run on SLURM in which six things go wrong. It ends well by itself.

Each inference job is a submission of its own here; what a fault costs a submission of several is in test_profile.py.
"""

import re
from pathlib import Path

import pytest
import runs
import slurm

pytestmark = pytest.mark.slurm

A, H = "tiny-qwen2", "tiny-gemma2"
# Fault -> the job that it hits, what happens in the job, and the states of its tries as SLURM saw them.
FAULTS = {
    "scancel": ((A, "de"), ["hang"], ["CANCELLED", "COMPLETED"]),
    "time limit": ((A, "id"), ["hang"], ["TIMEOUT", "COMPLETED"]),
    "SIGKILL while writing, then out of memory": (
        (A, "es"),
        ["kill", "exhaust"],
        ["FAILED", "FAILED", "COMPLETED"],
    ),
    "node down and back, then slurmd killed": ((H, "de"), ["hang", "hang"], ["NODE_FAIL", "NODE_FAIL", "COMPLETED"]),
}
ALL_TABLES = runs.tables(*[job for job, _, _ in FAULTS.values()])
# Little time and memory at first for the jobs that are to run out of them; a retry gets more.
SCARCE = [
    "inference:runtime=1 if wildcards.language == 'id' and attempt == 1 else 10",
    "inference:mem_mb=1500 if wildcards.language == 'es' and attempt < 3 else 6000",
]


@pytest.fixture(scope="module")
def stormy(cluster, undisturbed, unfinished):
    """The folder of the run after it ended, with what SLURM said of its jobs in jobs.txt."""
    jobs = [job for job, _, _ in FAULTS.values()]
    folder = unfinished(*jobs)
    faults = {runs.inference(*job): happening for job, happening, _ in FAULTS.values()}
    alone = ["--group-components", "32-an-hour=1", "--set-resources", *SCARCE]
    run = runs.start(folder, *runs.SLURM, *alone, "--", *faults, faults=faults)
    try:
        hit(cluster, folder)
        status = runs.finish(run)
    finally:
        runs.end(run)
    (folder / "jobs.txt").write_text(slurm.call("scontrol", "show", "job"))
    assert status == 0, runs.printed(folder)[-6000:]
    return folder


def hit(cluster: Path, folder: Path) -> None:
    """Do to the jobs and the nodes what the jobs do not do to themselves."""
    slurm.call("scancel", runs.wait_for_fault(folder, runs.inference(A, "de")))
    job = runs.wait_for_fault(folder, runs.inference(H, "de"))
    slurm.call("scontrol", "update", "nodename=h1001", "state=down", "reason=test")
    slurm.wait_for(lambda: "NODE_FAIL" in slurm.call("scontrol", "show", "job", job, check=False), "the job to notice")
    slurm.call("scontrol", "update", "nodename=h1001", "state=resume", check=False)  # it may be back already
    runs.wait_for_fault(folder, runs.inference(H, "de"), 1)
    slurm.stop(cluster, "h1001", slurm.signal.SIGKILL)
    slurm.wait_for(
        lambda: "down" in slurm.call("sinfo", "--noheader", "--nodes=h1001", "--format=%T"), "a dead node", 60
    )
    slurm.start_node(cluster, "h1001")


def tries(folder: Path, path: str) -> list[dict[str, str]]:
    """What SLURM said of the submissions that tried to write a table: those that a fault hit, and the last."""
    marks = (runs.mark(folder, path, number) for number in range(3))
    numbers = [mark.read_text() for mark in marks if mark.exists()]
    numbers += [line["SLURM_JOB_ID"] for line in runs.ledger(folder) if line["path"] == path]
    blocks = (folder / "jobs.txt").read_text().split("\n\n")
    jobs = [dict(re.findall(r"(\w+)=(\S*)", block)) for block in blocks]
    return [job for number in numbers for job in jobs if job.get("JobId") == number]


@pytest.mark.parametrize("fault", FAULTS)
def test_job_is_tried_again_and_the_results_are_the_same(stormy, record, fault):
    job, _, expected = FAULTS[fault]
    states = [each["JobState"] for each in tries(stormy, runs.inference(*job))]
    row = record(fault, "SLURM", stormy, runs.tables(job), tries=len(states), others=ALL_TABLES)
    assert states == expected
    assert row[-3:] == (True, 0, True), row


def test_a_retry_gets_more_time_and_memory(stormy):
    first, *_, last = tries(stormy, runs.inference(A, "id"))
    assert (first["TimeLimit"], last["TimeLimit"]) == ("00:01:00", "00:10:00")
    first, *_, last = tries(stormy, runs.inference(A, "es"))
    assert "mem=1500M" in first["TRES"] and "mem=6000M" in last["TRES"]


def test_jobs_that_take_too_much_memory_are_told_so(stormy):
    assert "exceeded memory limit" in runs.printed(stormy)

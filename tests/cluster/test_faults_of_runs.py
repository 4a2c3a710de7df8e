"""Faults that hit Snakemake itself, or SLURM's controller; what is left is resumed as docs/cluster.md says."""

from concurrent.futures import wait

import pytest
from scenarios import LIGHT, ON, outage


@pytest.mark.parametrize("where", ON)
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_main_process_is_killed(started, record, where, name):
    folder = started[where, name].result()
    left = (folder / "left.txt").read_text().splitlines()
    assert len(left) == (2 if name == "SIGTERM" else 1)
    row = record(f"main process: {name}", where, folder, LIGHT, tries=2)
    assert row[-3:] == (True, 0, True), row


def test_controller_is_away(cluster, started, unfinished, record):
    """After all that goes on in the background, which would notice."""
    wait(started.values())
    folder = outage(cluster, unfinished(LIGHT[:1]))
    row = record("slurmctld stopped and back, without slurmdbd", "SLURM", folder, LIGHT[:1], tries=1)
    assert row[-3:] == (True, 0, True), row

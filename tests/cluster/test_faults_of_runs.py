"""Faults that hit Snakemake itself, the files or the network; what is left is resumed as docs/cluster.md says."""

import os
import re
import signal
import subprocess

import pytest
import runs
import slurm
import yaml
from fake_hub import FakeHub

pytestmark = pytest.mark.slurm

FIRST, SECOND = JOBS = [("tiny-qwen2", "de"), ("tiny-qwen2", "es")]
TARGETS = [runs.inference(*job) for job in JOBS]
METRICS = "results/small/metrics/tiny-qwen2/tiny/languages.arrow"
# One job at a time, so that one is finished and the other is not when the fault comes.
ON = {
    "SLURM": [*runs.SLURM, "--jobs", "1", "--group-components", "32-an-hour=1"],
    "one machine": [*runs.LOCAL, "--cores", "1"],
}


def resume(folder, where: str, *targets: str) -> None:
    status = runs.finish(runs.start(folder, *ON[where], "--", *(targets or TARGETS)))
    assert status == 0, runs.printed(folder)[-6000:]


@pytest.mark.parametrize("where", ON)
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_main_process_is_killed(unfinished, record, where, name):
    """SIGINT ends what runs, SIGTERM lets it finish; after SIGKILL what runs has to be ended first."""
    folder = unfinished(*JOBS)
    happening = "pause" if name == "SIGTERM" else "hang"
    run = runs.start(folder, *ON[where], "--", *TARGETS, faults={"answers.arrow": ["", happening]})
    runs.wait_for_fault(folder, "answers.arrow", 1)
    # On one machine the jobs are in the terminal's process group, as they are when someone presses Ctrl-C.
    if where == "one machine" and name != "SIGTERM":
        os.killpg(run.pid, signal.Signals[name])
    else:
        os.kill(run.pid, signal.Signals[name])
    runs.finish(run, 120)
    if name == "SIGKILL":
        if where == "SLURM":
            run_id = re.findall(r"SLURM run ID: (\S+)", runs.printed(folder))[-1]
            slurm.call("scancel", f"--name={run_id}")
        subprocess.run(["snakemake", "--unlock", *runs.LOCAL], cwd=folder, env=runs.environment(folder), check=True)
    resume(folder, where)
    row = record(f"main process: {name}", where, folder, runs.tables(*JOBS), tries=2)
    assert row[-3:] == (True, 0, True), row


def test_disk_is_full(unfinished, record):
    """The log says so, no partial table is left, and the job runs when there is space."""
    folder = unfinished(FIRST)
    place = (folder / TARGETS[0]).parent
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(place)], check=True)
    try:
        assert runs.finish(runs.start(folder, *ON["one machine"], "--", TARGETS[0])) != 0
        assert "No space left on device" in runs.printed(folder)
        assert not list(place.glob("*.arrow"))
    finally:
        subprocess.run(["umount", str(place)], check=True)
    resume(folder, "one machine", TARGETS[0])
    row = record("disk full", "one machine", folder, runs.tables(FIRST), tries=4)
    assert row[-3:] == (True, 0, True), row


def test_output_is_corrupt(unfinished, record):
    """A truncated table is named by the job that reads it; deleted, it alone is made again."""
    folder = unfinished()
    damaged = folder / TARGETS[0]
    content = damaged.read_bytes()
    damaged.write_bytes(content[: len(content) // 2])
    assert runs.finish(runs.start(folder, *ON["one machine"], "--", METRICS)) != 0
    assert f"{TARGETS[0]}: not a readable Arrow file" in " ".join(runs.printed(folder).split())
    damaged.unlink()
    resume(folder, "one machine", METRICS)
    metrics = [METRICS, METRICS.replace("languages", "pairs"), METRICS.replace("languages", "expectations")]
    row = record("corrupt output", "one machine", folder, [*runs.tables(FIRST), *metrics], tries=2)
    assert row[-3:] == (True, 0, True), row


def test_network_of_the_head_node_is_gone(unfinished, record, tmp_path):
    """Fetching fails with a message, all else goes on; with the network back only what was missing runs."""
    folder = unfinished(FIRST)
    model = folder / "models/tiny-qwen2"
    entry = yaml.safe_load((folder / "config/models.yaml").read_text())["tiny-qwen2"]
    hub_entry = {"tiny-hub": entry | {"source": {"hub": "someone/tiny"}}}
    with (folder / "config/models.yaml").open("a") as catalogue:
        catalogue.write("\n" + yaml.safe_dump(hub_entry))
    targets = [TARGETS[0], "results/small/hidden_states/tiny-hub/tiny/de.arrow"]
    gone = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path)}
    assert runs.finish(runs.start(folder, *ON["one machine"], "--", *targets, **gone)) != 0
    assert "someone/tiny" in runs.printed(folder)
    assert (folder / TARGETS[0]).exists()
    with FakeHub({"models/someone/tiny": {file.name: file.read_bytes() for file in model.iterdir()}}) as hub:
        back = gone | {"HF_ENDPOINT": hub.url}
        status = runs.finish(runs.start(folder, *ON["one machine"], "--", *targets, **back))
    assert status == 0, runs.printed(folder)[-6000:]
    row = record("no network to fetch", "one machine", folder, runs.tables(FIRST), tries=2, others=(targets[1],))
    assert (folder / targets[1]).exists()
    assert row[-3:] == (True, 0, True), row

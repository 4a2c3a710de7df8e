"""Faults of files and of the network, on one machine; what is left is resumed as docs/cluster.md says."""

import subprocess

import pytest
import runs
import yaml
from fake_hub import FakeHub
from scenarios import ON, A, resume

# The scenarios of other tests go on in the background meanwhile.
pytestmark = pytest.mark.usefixtures("started")

FIRST = (A, "de")
TARGET = runs.inference(*FIRST)
WRITTEN_TOGETHER = ("languages", "pairs", "expectations", "replicates", "pair_replicates")
METRICS = [f"results/small/metrics/{A}/tiny/{name}.arrow" for name in WRITTEN_TOGETHER]
HERE = ON["one machine"]


def test_disk_is_full(unfinished, undisturbed, record):
    """The log says so, no table is left though one had found room, and the job runs when there is space."""
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode != 0:
        pytest.skip("nothing can be mounted here, as in some containers")
    folder = unfinished(runs.tables(FIRST))
    place = (folder / TARGET).parent
    room = (undisturbed / TARGET).stat().st_size + 4096
    # In a namespace of its own, so that nothing stays mounted whatever happens.
    script = (
        f'mount -t tmpfs -o size={room} tmpfs "{place}" && "$@"; status=$?; ls -A "{place}" >left.txt; exit $status'
    )
    on_small_disk = ["unshare", "--mount", "sh", "-c", script, "sh", *runs.PROGRAM]
    run = runs.start(folder, *HERE, "--retries", "1", "--", TARGET, program=on_small_disk)
    assert runs.finish(run) != 0
    assert "No space left on device" in runs.printed(folder)
    assert (folder / "left.txt").read_text() == ""
    written = runs.written(folder)
    assert written == {TARGET: 2}, "the first table fits, the second does not"
    (folder / "ledger").unlink()
    resume(folder, "one machine", TARGET)
    row = record("disk full", "one machine", folder, runs.tables(FIRST), tries=3)
    assert row[-3:] == (True, 0, True), row


def test_output_is_corrupt(unfinished, record):
    """A truncated table is named by the job that reads it; deleted, it alone is made again."""
    folder = unfinished([])
    damaged = folder / TARGET
    content = damaged.read_bytes()
    damaged.write_bytes(content[: len(content) // 2])
    assert runs.finish(runs.start(folder, *HERE, "--retries", "0", "--", METRICS[0])) != 0
    assert f"{TARGET}: not a readable Arrow file" in " ".join(runs.printed(folder).split())
    damaged.unlink()
    resume(folder, "one machine", METRICS[0])
    row = record("corrupt output", "one machine", folder, [*runs.tables(FIRST), *METRICS], tries=2)
    assert row[-3:] == (True, 0, True), row


def test_network_of_the_head_node_is_gone(unfinished, record, tmp_path):
    """Fetching fails with a message, all else goes on; with the network back only what was missing runs."""
    folder = unfinished(runs.tables(FIRST))
    model = folder / "models" / A
    entry = yaml.safe_load((folder / "config/models.yaml").read_text())[A]
    hub_entry = {"tiny-hub": entry | {"source": {"hub": "someone/tiny"}}}
    with (folder / "config/models.yaml").open("a") as catalogue:
        catalogue.write("\n" + yaml.safe_dump(hub_entry))
    targets = [TARGET, "results/small/hidden_states/tiny-hub/tiny/de.arrow"]
    gone = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path)}
    assert runs.finish(runs.start(folder, *HERE, "--retries", "0", "--", *targets, **gone)) != 0
    assert "someone/tiny" in runs.printed(folder)
    assert (folder / TARGET).exists()
    with FakeHub({"models/someone/tiny": {file.name: file.read_bytes() for file in model.iterdir()}}) as hub:
        back = gone | {"HF_ENDPOINT": hub.url}
        status = runs.finish(runs.start(folder, *HERE, "--", *targets, **back))
    assert status == 0, runs.printed(folder)[-6000:]
    row = record("no network to fetch", "one machine", folder, runs.tables(FIRST), tries=2, others=(targets[1],))
    assert (folder / targets[1]).exists()
    assert row[-3:] == (True, 0, True), row

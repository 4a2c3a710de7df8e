"""Jobs side by side on one machine each get a GPU of their own; the jobs are separate processes, as in reality."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from crosslens.engine import devices
from crosslens.errors import CrosslensError
from workflow_runs import ROOT

JOB = """
import sys
from crosslens.engine import devices
devices.take(int(sys.argv[2]), sys.argv[1])
print("ready", flush=True)
input()
"""


def start(folder: Path, gpus: str, n: int = 1) -> subprocess.Popen:
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": gpus, "PYTHONPATH": str(ROOT / "workflow/scripts")}
    command = [sys.executable, "-c", JOB, str(folder), str(n)]
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_every_job_takes_another_gpu_and_a_killed_job_frees_its_own(tmp_path):
    jobs = [start(tmp_path, "0,1,GPU-5a") for _ in range(3)]
    taken = [job.stdout.readline().split()[3] for job in jobs]
    assert sorted(taken) == ["0", "1", "GPU-5a"]
    late = start(tmp_path, "0,1,GPU-5a")
    assert "waiting" in late.stdout.readline()
    jobs[1].send_signal(signal.SIGKILL)
    assert late.stdout.readline().split()[3] == taken[1]
    for job in [*jobs, late]:
        job.kill()
        job.wait()


def test_a_job_of_several_gpus_takes_all_of_them_at_once_or_none(tmp_path):
    one = start(tmp_path, "0,1,2")
    assert one.stdout.readline().startswith("running on GPU 0 of")
    three = start(tmp_path, "0,1,2", 3)
    assert "waiting for 3 of them" in three.stdout.readline()
    two = start(tmp_path, "0,1,2", 2)
    assert two.stdout.readline().startswith("running on GPU 1, 2 of"), "what the waiting job cannot use is free"
    for job in (one, two):
        job.kill()
        job.wait()
    assert three.stdout.readline().startswith("running on GPU 0, 1, 2 of")
    three.kill()
    three.wait()


def test_more_gpus_than_there_are_is_an_error_with_a_remedy(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    with pytest.raises(CrosslensError, match="asks for 4 GPUs .*'gpus'.*only 0, 1 can be seen.*Lower the number"):
        devices.take(4, tmp_path)


@pytest.mark.parametrize(("scheduled", "taken"), [(True, []), (False, ["0", "1"])])
def test_gpus_that_slurm_gives_a_job_are_its_own(scheduled, taken, tmp_path, monkeypatch):
    """Jobs on one node all see GPUs called 0, 1, …, which are different ones; on a workstation they are the same."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    if scheduled:
        monkeypatch.setenv("SLURM_JOB_ID", "7")
    assert devices.take(2, tmp_path) == taken


def test_devices_are_named_once_with_their_number():
    assert devices.names(["cpu", "disk"]) == "cpu, disk" and devices.names(["cpu", "cpu"]) == "2 x cpu"


def test_a_lock_that_another_user_made_is_opened_and_never_created_again(tmp_path, monkeypatch):
    """Imitate the kernel, which refuses O_CREAT for another user's file in a shared folder (fs.protected_regular)."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    assert devices.take(1, tmp_path) == ["0"]
    assert (tmp_path / "crosslens-gpu-0.lock").stat().st_mode & 0o777 == 0o644
    plain = os.open

    def protected(path, flags, *mode):
        if flags & os.O_CREAT and Path(path).exists():
            raise PermissionError(path)
        return plain(path, flags, *mode)

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1,2")
    (tmp_path / "crosslens-gpu-1.lock").touch()
    monkeypatch.setattr(os, "open", protected)
    assert devices.take(1, tmp_path) == ["1"]


@pytest.mark.parametrize("gpus", ["", "3"])
def test_nothing_to_choose(gpus, tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", gpus)
    assert devices.take(1, tmp_path) == []
    assert os.environ["CUDA_VISIBLE_DEVICES"] == gpus
    assert not list(tmp_path.iterdir())


def test_all_gpus_of_the_machine_are_visible_by_default(tmp_path, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    for name in ["nvidia0", "nvidia10", "nvidia2", "nvidiactl", "nvidia-uvm"]:
        (tmp_path / name).touch()
    assert devices.visible(tmp_path) == ["0", "2", "10"]

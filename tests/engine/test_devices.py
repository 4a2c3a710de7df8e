"""Jobs side by side on one machine each get a GPU of their own; the jobs are separate processes, as in reality."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from crosslens.engine import devices
from workflow_runs import ROOT

JOB = """
import sys
from crosslens.engine import devices
devices.take_one(sys.argv[1])
print("ready", flush=True)
input()
"""


def start(folder: Path, gpus: str) -> subprocess.Popen:
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": gpus, "PYTHONPATH": str(ROOT / "workflow/scripts")}
    command = [sys.executable, "-c", JOB, str(folder)]
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


def test_a_lock_that_another_user_made_is_opened_and_never_created_again(tmp_path, monkeypatch):
    """Imitate the kernel, which refuses O_CREAT for another user's file in a shared folder (fs.protected_regular)."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    assert devices.take_one(tmp_path) == "0"
    assert (tmp_path / "crosslens-gpu-0.lock").stat().st_mode & 0o777 == 0o644
    plain = os.open

    def protected(path, flags, *mode):
        if flags & os.O_CREAT and Path(path).exists():
            raise PermissionError(path)
        return plain(path, flags, *mode)

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1,2")
    (tmp_path / "crosslens-gpu-1.lock").touch()
    monkeypatch.setattr(os, "open", protected)
    assert devices.take_one(tmp_path) == "1"


@pytest.mark.parametrize("gpus", ["", "3"])
def test_nothing_to_choose(gpus, tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", gpus)
    assert devices.take_one(tmp_path) is None
    assert os.environ["CUDA_VISIBLE_DEVICES"] == gpus
    assert not list(tmp_path.iterdir())


def test_all_gpus_of_the_machine_are_visible_by_default(tmp_path, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    for name in ["nvidia0", "nvidia10", "nvidia2", "nvidiactl", "nvidia-uvm"]:
        (tmp_path / name).touch()
    assert devices.visible(tmp_path) == ["0", "2", "10"]

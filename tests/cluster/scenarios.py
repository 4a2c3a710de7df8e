"""What goes wrong, and what a person does then (docs/cluster.md): each scenario ends with a folder to look at.

They are started side by side, as most of them mostly wait.
"""

import os
import re
import signal
import subprocess
from pathlib import Path

import runs
import slurm

A, H = "tiny-qwen2", "tiny-gemma2"
# Faults of jobs, one run: fault -> the job that it hits, what happens in the job, and the states of its tries.
STORM = {
    "scancel": ((A, "de"), ["hang"], ["CANCELLED", "COMPLETED"]),
    "time limit": ((A, "en"), ["hang"], ["TIMEOUT", "COMPLETED"]),
    "SIGKILL while writing, then out of memory": ((A, "es"), ["kill", "exhaust"], ["FAILED", "FAILED", "COMPLETED"]),
    "node down and back, then slurmd killed": ((H, "de"), ["hang", "hang"], ["NODE_FAIL", "NODE_FAIL", "COMPLETED"]),
}
STORM_JOBS = [job for job, _, _ in STORM.values()]
# Little time and memory at first for the jobs that are to run out of them; a retry gets more.
SCARCE = [
    "inference:runtime=1 if wildcards.language == 'en' and attempt == 1 else 10",
    "inference:mem_mb=1500 if wildcards.language == 'es' and attempt < 3 else 6000",
]
TOGETHER = [(A, "de"), (A, "es")]
# Faults of Snakemake itself hit a run of three light jobs, one at a time: one is done, one under way, one to come.
LIGHT = [*runs.vectors(A, "de", "es"), *runs.vectors(H, "de")]
ON = {
    "SLURM": [*runs.SLURM, "--jobs", "1", "--group-components", "steering_vectors-{model}-{dataset}=1"],
    "one machine": [*runs.LOCAL, "--cores", "1"],
}


def resume(folder: Path, where: str, *targets: str) -> None:
    """Start the same command again; raises AssertionError with what it printed where it fails."""
    status = runs.finish(runs.start(folder, *ON[where], "--", *targets))
    assert status == 0, runs.printed(folder)[-6000:]


def storm(cluster: Path, folder: Path) -> Path:
    """One run in which the faults of jobs happen, each inference job a submission of its own. It ends well by itself.

    Left in the folder: jobs.txt, what SLURM said of its jobs; status.txt, what profiles/slurm/status said meanwhile.
    """
    faults = {runs.inference(*job): happening for job, happening, _ in STORM.values()}
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
    job = runs.wait_for_fault(folder, runs.inference(A, "de"))
    assert not (folder / runs.inference(A, "de")).exists(), "a table is seen before it is whole"
    slurm.call("scancel", job)
    job = runs.wait_for_fault(folder, runs.inference(H, "de"))
    slurm.call("scontrol", "update", "nodename=h1001", "state=down", "reason=test")
    slurm.wait_for(lambda: "NODE_FAIL" in slurm.call("scontrol", "show", "job", job, check=False), "the job to notice")
    slurm.call("scontrol", "update", "nodename=h1001", "state=resume", check=False)  # it may be back already
    runs.wait_for_fault(folder, runs.inference(H, "de"), 1)
    runs.wait_for_fault(folder, runs.inference(A, "es"), 1)
    status = ["profiles/slurm/status", "small"]
    said = subprocess.run(status, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    (folder / "status.txt").write_text(said.stdout + f"\nexit status {said.returncode}\n")
    slurm.stop(cluster, "h1001", signal.SIGKILL)
    slurm.wait_for(lambda: "down" in slurm.call("sinfo", "--noheader", "--nodes=h1001", "--format=%T"), "a dead node")
    slurm.start_node(cluster, "h1001")


def submission(folder: Path) -> Path:
    """A submission of two jobs is cancelled when one of them has finished.

    Snakemake is started as a user does, so that the executor waits between two looks at the queue as it does there.
    """
    targets, faults = runs.tables(*TOGETHER), {"answers.arrow": ["", "hang"]}
    run = runs.start(folder, *runs.SLURM, "--", *targets, faults=faults, program=["snakemake"])
    try:
        slurm.call("scancel", runs.wait_for_fault(folder, "answers.arrow", 1))
        assert runs.finish(run) == 0, runs.printed(folder)[-6000:]
    finally:
        runs.end(run)
    return folder


def kill(folder: Path, where: str, name: str) -> Path:
    """Kill Snakemake and resume: SIGINT ends what runs, SIGTERM lets it finish; after SIGKILL it has to be ended."""
    run = runs.start(folder, *ON[where], "--", *LIGHT, faults={"steering_vectors": ["", "wait"]})
    try:
        runs.wait_for_fault(folder, "steering_vectors", 1)
        # On one machine the jobs are in the terminal's process group, as they are when someone presses Ctrl-C.
        if where == "one machine" and name != "SIGTERM":
            os.killpg(run.pid, signal.Signals[name])
        else:
            os.kill(run.pid, signal.Signals[name])
        if name == "SIGTERM":
            runs.release(folder)
        assert runs.finish(run) != 0
    finally:
        runs.end(run)
    (folder / "left.txt").write_text("\n".join(path for path in LIGHT if (folder / path).exists()))
    if name == "SIGKILL":
        if where == "SLURM":
            run_id = re.findall(r"SLURM run ID: (\S+)", runs.printed(folder))[-1]
            slurm.call("scancel", f"--name={run_id}")
        unlock = ["snakemake", "--unlock", *runs.LOCAL]
        subprocess.run(unlock, cwd=folder, env=runs.environment(folder), check=True, capture_output=True)
    resume(folder, where, *LIGHT)
    return folder


def workstation(folder: Path) -> Path:
    """Three jobs of a model on a machine with two GPUs, as far as a job can tell: no SLURM, and cores for all three.

    Left in the folder: begun.txt, the logs of the jobs that had begun while two were under way.
    """
    options = ["--cores", "4", "--resources", "gpu=2", "--configfile", "small.yaml"]
    targets = [runs.inference(A, language) for language in runs.LANGUAGES]
    faults = {"answers.arrow": ["wait", "wait"]}
    run = runs.start(folder, *options, "--", *targets, faults=faults, CUDA_VISIBLE_DEVICES="0,1")
    try:
        for number in range(2):
            runs.wait_for_fault(folder, "answers.arrow", number)
        begun = sorted(folder.glob(f"results/small/logs/inference/{A}/tiny/*.log"))
        (folder / "begun.txt").write_text("\n".join(log.read_text() for log in begun))
        runs.release(folder)
        assert runs.finish(run) == 0, runs.printed(folder)[-6000:]
    finally:
        runs.end(run)
    return folder


def outage(cluster: Path, folder: Path) -> Path:
    """slurmctld stops, a job ends meanwhile, slurmctld comes back; on a cluster without slurmdbd, as the docs say."""
    path = f"{folder}/profiles/slurm/without-slurmdbd:{runs.environment(folder)['PATH']}"
    run = runs.start(folder, *ON["SLURM"], "--", LIGHT[0], faults={"steering_vectors": ["wait"]}, PATH=path)
    try:
        runs.wait_for_fault(folder, "steering_vectors")
        slurm.stop(cluster, "slurmctld")
        slurm.wait_for(lambda: "Falling back to 'sacct'" in runs.printed(folder), "a look at the queue in vain")
        runs.release(folder)
        slurm.wait_for((folder / LIGHT[0]).exists, "the job's end")
        slurm.start_controller(cluster)
        assert runs.finish(run) == 0, runs.printed(folder)[-6000:]
    finally:
        runs.end(run)
        slurm.start_controller(cluster)
    return folder

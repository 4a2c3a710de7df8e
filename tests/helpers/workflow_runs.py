"""Runs Snakemake on a copy of the project, as a user would from a shell."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PARTS = ["Snakefile", "config", "envs", "profiles", "workflow", "CITATION.cff", "LICENSE"]


def copy_project(folder: Path) -> Path:
    """A fresh copy of what the workflow needs, without results."""
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, folder / part)
    return folder


def snakemake(folder: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
    """`snakemake` in ``folder``; its output is in ``stdout``, both streams together."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["snakemake", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert not check or done.returncode == 0, done.stdout[-6000:]
    return done


def planned_jobs(folder: Path, *arguments: str) -> dict[str, int]:
    """Rule -> number of jobs that a dry-run would start, without `all`; empty where there is nothing to do."""
    output = snakemake(folder, "--dry-run", "--quiet", "rules", *arguments).stdout
    lines = [line.split() for line in output.splitlines()]
    counts = {words[0]: int(words[1]) for words in lines if len(words) == 2 and words[1].isdigit()}
    return {rule: n for rule, n in counts.items() if rule not in ("all", "total")}

"""What the queue sees of the paper's run, from a dry-run: needs no SLURM."""

import re
from collections import Counter

import pytest
import yaml
from workflow_runs import ROOT, copy_project, snakemake

OF_A_MODEL = ("hidden_states", "inference")
NEVER_SUBMITTED = {"fetch_model", "fetch_questions", "report", "all"}


@pytest.fixture(scope="module")
def dry_run(tmp_path_factory) -> str:
    folder = copy_project(tmp_path_factory.mktemp("project"))
    return snakemake(folder, "--profile", "profiles/slurm", "--dry-run").stdout


@pytest.fixture(scope="module")
def submissions(dry_run) -> list[tuple[str, list[dict]]]:
    """(group, [{rule, model, dataset}]) of each submission; a job without a group is one."""
    found, group = [], None
    for line in dry_run.splitlines():
        if heading := re.search(r"Group job (\S+) ", line):
            group = heading[1]
            found.append((group, []))
        elif rule := re.match(r"(\s*)(?:local)?rule (\w+):", line):
            if not rule[1]:
                group = None
                found.append((rule[2], []))
            found[-1][1].append({"rule": rule[2]})
        elif wildcards := re.match(r"\s+wildcards: (.*)", line):
            found[-1][1][-1] |= dict(pair.split("=", 1) for pair in wildcards[1].split(", "))
    return [(group, jobs) for group, jobs in found if group not in NEVER_SUBMITTED]


def test_hundreds_of_submissions_hold_thousands_of_jobs(submissions):
    jobs = Counter(job["rule"] for _, members in submissions for job in members)
    assert jobs.total() > 3000
    assert len(submissions) < 250
    of_models = [group for group, _ in submissions if group.startswith(OF_A_MODEL)]
    assert len(of_models) < 0.1 * (jobs["hidden_states"] + jobs["inference"])


def test_a_submission_never_mixes_models_or_data_sets(submissions):
    for group, jobs in submissions:
        if group.startswith((*OF_A_MODEL, "steering_vectors", "metrics")):
            assert len({(job["model"], job["dataset"]) for job in jobs}) == 1, group


def test_every_size_of_a_group_is_in_the_profile():
    from crosslens.plan import job_limits

    profile = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text(encoding="utf-8"))
    sizes = {job_limits.jobs_an_hour(60 / n) for n in range(1, 100)}
    assert {f"{size}-an-hour={size}" for size in sizes} <= set(profile["group-components"])

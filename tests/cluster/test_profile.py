"""The whole workflow through profiles/slurm: every model in its partition on one GPU, everything else on CPU nodes."""

import re

import pytest
import runs
import scenarios

# Of the small run: a model's hidden_states, steering_vectors, inference and metrics; questions; all that shows results.
SUBMISSIONS = 2 * 4 + 2


@pytest.fixture(scope="module")
def jobs(undisturbed) -> list[dict[str, str]]:
    """What `scontrol show job` said of every submission."""
    blocks = (undisturbed / "jobs.txt").read_text().strip().split("\n\n")
    return [dict(re.findall(r"(\w+)=(\S*)", block)) for block in blocks]


def test_queue_sees_few_submissions(jobs):
    assert [job["JobState"] for job in jobs] == ["COMPLETED"] * SUBMISSIONS


def test_slurm_saw_one_typed_gpu_for_each_submission_of_a_model(jobs):
    for job in jobs:
        gpu = next((gpu for model, gpu in runs.MODELS.items() if model in job["Comment"]), None)
        if gpu and re.match("rule_(hidden_states|inference)", job["Comment"]):
            assert job["Partition"] == gpu
            assert job["TresPerJob"] == f"gres:gpu:{gpu}:1"
            assert "cpu=1," in job["TRES"]
        else:
            assert job["Partition"] == "cpu"
            assert "TresPerJob" not in job


def test_time_limits_of_jobs_on_one_gpu_add_up(jobs):
    one_job, members = 3, len(runs.LANGUAGES)
    limits = [job["TimeLimit"] for job in jobs if "inference" in job["Comment"]]
    assert limits == [f"00:{one_job * members:02}:00"] * len(runs.MODELS)


def test_submissions_of_two_models_run_at_the_same_time(jobs):
    """A submission has one GPU for its jobs; all submissions together have as many as there are."""
    for rule in ("hidden_states", "inference"):
        times = [(job["StartTime"], job["EndTime"]) for job in jobs if f"rule_{rule}" in job["Comment"]]
        assert len(times) == len(runs.MODELS)
        assert max(start for start, _ in times) < min(end for _, end in times), times


def test_light_jobs_run_side_by_side_up_to_the_slots_of_a_submission(jobs):
    cpus = {
        name: int(job["NumCPUs"]) for job in jobs for name in ("questions", "deliverables") if name in job["Comment"]
    }
    assert cpus == {"questions": len(runs.LANGUAGES), "deliverables": 8}


def test_each_model_ran_on_its_node_and_saw_one_gpu(undisturbed):
    nodes = {"a100": "a1001", "h100": "h1001"}
    for line in runs.ledger(undisturbed):
        found = re.search("/(hidden_states|inference)/(.+?)/", line["path"])
        assert line["SLURM_JOB_NODELIST"] == (nodes[runs.MODELS[found[2]]] if found else "cpu1"), line
        assert bool(re.fullmatch(r"\d", line["CUDA_VISIBLE_DEVICES"])) == bool(found), line


def test_nothing_is_written_twice_and_nothing_is_left_to_do(undisturbed):
    assert set(runs.written(undisturbed).values()) == {1}
    runs.finish(runs.start(undisturbed, *runs.SLURM))
    assert "Nothing to be done" in runs.printed(undisturbed)


def test_a_failed_submission_is_repeated_as_a_whole(started, record):
    """The price of submitting jobs together: what its members had finished is made again. Others' results stay."""
    folder = started["submission"].result()
    tables = runs.tables(*scenarios.TOGETHER)
    *_, survived, repeated, equal = record("scancel of a submission of two jobs", "SLURM", folder, tables, tries=2)
    assert (survived, repeated, equal) == (True, len(tables) / 2, True)

"""What jobs ask for: against the cost model by hand, and the whole of paper.yaml against the profile's partitions."""

import pytest
import yaml
from crosslens.experiment import work
from crosslens.plan import cost, job_limits
from experiments import experiment
from workflow_runs import ROOT

PAPER = experiment("paper")
# Without the controls that the other tests count by hand
WITHOUT_CONTROLS = {
    "lens": {"prompts": []},
    "ceiling": {"questions": 0},
    "steering": {"conditions": [{"layers": "grid", "gammas": [-2, 2]}]},
}
PARTITIONS = yaml.safe_load((ROOT / "profiles/slurm/partitions.yaml").read_text(encoding="utf-8"))["partitions"]


def test_minutes_are_start_up_loading_and_the_plans_operations_at_the_throughput():
    evaluation = work.evaluation(experiment("paper", WITHOUT_CONTROLS), "qwen2.5-7b", "belebele")
    model, typical = cost.Architecture.of(evaluation.entry), evaluation.typical
    prompt, shared, answer = (typical[f"{name}_tokens"] for name in ("prompt", "shared", "answer"))
    assert shared > 0
    parts = [
        cost.prompts(900, prompt, shared, 7),
        cost.choices(900 * 8 + 100 * 8, answer, prompt, 7),
        cost.copies(850 * 15, prompt),
    ]
    inference, states = cost.of(model, parts).total, cost.of(model, [cost.states(200, prompt)]).total
    loading = 45 + 2 * 7.62
    assert job_limits.minutes("inference", evaluation) == pytest.approx((loading + inference / 125) / 60)
    assert job_limits.minutes("hidden_states", evaluation) == pytest.approx((loading + states / 125) / 60)


@pytest.mark.parametrize("estimated, jobs", [(90, 1), (60, 1), (31, 1), (29, 2), (15, 4), (2.5, 16), (0.1, 32)])
def test_submissions_hold_about_an_hour_and_never_more(estimated, jobs):
    assert job_limits.jobs_an_hour(estimated) == jobs
    assert jobs == 1 or jobs * estimated <= 60


def test_an_entry_without_sizes_is_taken_for_a_model_of_eight_billion():
    assert job_limits.memory_mb({}) == job_limits.memory_mb({"parameters": 8}) == 24000
    assert job_limits.memory_mb({}, attempt=3) == 48000
    assert job_limits.architecture({}) == job_limits.ASSUMED


@pytest.mark.parametrize("parameters", [0.001, 0.5, 70])
def test_an_entry_that_states_parameters_only_has_their_blocks(parameters):
    """Embeddings keep their share, so a token costs two operations per parameter, in proportion."""
    scaled = job_limits.architecture({"parameters": parameters})
    assert scaled.blocks(0) / job_limits.ASSUMED.blocks(0) == pytest.approx(parameters / 8, rel=0.01)


@pytest.mark.parametrize("model", PAPER.config["models"])
@pytest.mark.parametrize("dataset", PAPER.config["datasets"])
def test_paper_fits_the_partitions_even_when_tried_three_times(model, dataset):
    estimated, partition = (
        work.job_minutes(PAPER, "inference", model, dataset),
        PARTITIONS[work.gpu_model(PAPER, model)],
    )
    asked = job_limits.jobs_an_hour(estimated) * job_limits.time_limit(estimated, attempt=3)
    assert asked <= partition["max_runtime"]
    assert job_limits.memory_mb(PAPER.models[model], attempt=3) <= partition["max_mem_mb"]
    assert estimated > 1

"""What jobs ask for: against sums by hand, and the whole of paper.yaml against the partitions of the profile."""

import pytest
import yaml
from crosslens import cost, limits
from workflow_runs import ROOT

PAPER = yaml.safe_load((ROOT / "config/paper.yaml").read_text(encoding="utf-8"))
MODELS = yaml.safe_load((ROOT / "config/models.yaml").read_text(encoding="utf-8"))
DATASETS = yaml.safe_load((ROOT / "config/datasets.yaml").read_text(encoding="utf-8"))
PARTITIONS = yaml.safe_load((ROOT / "profiles/slurm/partitions.yaml").read_text(encoding="utf-8"))["partitions"]
THROUGHPUT = {"a100": 125, "h100": 400}


def paper_minutes(model: str, dataset: str) -> float:
    typical = {"choices": 4, **DATASETS[dataset]["typical"]}
    throughput = THROUGHPUT[MODELS[model]["gpu"]]
    answers = cost.ANSWER_SETS * typical["choices"]
    tokens = cost.tokens(typical["prompt_tokens"], answers, typical["answer_tokens"], 23)
    return limits.minutes(MODELS[model], typical["questions"], tokens, throughput)


def test_minutes_are_loading_plus_two_operations_a_parameter_and_token():
    entry = {"parameters": 10}
    assert limits.minutes(entry, 1000, 500, 100) == pytest.approx((45 + 20 + 2 * 10e9 * 500e3 / 100e12) / 60)


@pytest.mark.parametrize("estimated, jobs", [(90, 1), (60, 1), (31, 1), (29, 2), (15, 4), (2.5, 16), (0.1, 32)])
def test_submissions_hold_about_an_hour_and_never_more(estimated, jobs):
    assert limits.jobs_an_hour(estimated) == jobs
    assert jobs == 1 or jobs * estimated <= 60


def test_an_entry_without_parameters_is_taken_for_a_model_of_eight_billion():
    assert limits.memory_mb({}) == limits.memory_mb({"parameters": 8}) == 24000
    assert limits.memory_mb({}, attempt=3) == 48000


@pytest.mark.parametrize("model", PAPER["models"])
@pytest.mark.parametrize("dataset", PAPER["datasets"])
def test_paper_fits_the_partitions_even_when_tried_three_times(model, dataset):
    estimated, partition = paper_minutes(model, dataset), PARTITIONS[MODELS[model]["gpu"]]
    asked = limits.jobs_an_hour(estimated) * limits.time_limit(estimated, attempt=3)
    assert asked <= partition["max_runtime"]
    assert limits.memory_mb(MODELS[model], attempt=3) <= partition["max_mem_mb"]
    assert estimated > 1

"""The plan of the work: what it adds up, what it knows of finished jobs, and that `snakemake plan` fetches nothing."""

import csv
from pathlib import Path

import numpy as np
import pytest
import yaml
from crosslens.plan import cost, table, text, workload
from crosslens.plan.workload import Evaluation, Size
from crosslens.tables.files import fixed_size, write_csv, write_table
from crosslens.tables.inference import ANSWERS, HIDDEN_STATES, LENS, STEERED
from plan_questions import ENTRY, TYPICAL, evaluation, write_questions
from workflow_runs import ROOT


def row(made: Evaluation) -> dict:
    return table.plan([made]).to_pylist()[0]


def test_the_parts_of_a_row_add_up_by_hand():
    found, model = row(evaluation()), cost.Architecture(**ENTRY)
    prompt = 400 * model.blocks(200)
    assert (found["languages"], found["questions"], found["tokens_from"]) == (3, 2700, "catalogue")
    assert found["tflop_states"] == pytest.approx(3 * 200 * prompt, rel=1e-3)
    assert found["tflop_prefill"] == pytest.approx(2700 * prompt, rel=1e-3)
    # 850 held-out questions in each of two steered languages have 48 copies and one with gamma = 0. The own choices are
    # 8 texts of 8 tokens, in the pivot 4; 100 questions per language have as many of a control.
    choices = 7 * 1000 * (4 + 8 + 8)
    assert found["tokens"] == pytest.approx(2700 * 400 + choices + 2 * 850 * 49, rel=1e-3)
    assert found["tflop_branches"] == pytest.approx(choices * model.blocks(400), rel=1e-3)
    assert found["tflop_lens"] == pytest.approx((2700 + choices) * 3 * model.unembedding, rel=1e-3)
    assert found["tflop_steering"] == pytest.approx(2 * 850 * 49 * model.blocks(400), rel=1e-3)
    assert found["tflop_letters"] == pytest.approx((2700 + 2 * 850 * 49) * model.unembedding, rel=1e-3)
    total = sum(found[f"tflop_{part}"] for part in text.PARTS)
    assert found["gpu_hours"] == pytest.approx(total / 400 / 3600, rel=1e-3)
    assert found["jobs"] == 3 + 3 + 2


def test_without_conditions_nothing_is_steered():
    found = row(evaluation(conditions=0))
    assert found["tflop_steering"] == 0 and found["jobs"] == 6
    assert found["tokens"] == pytest.approx(2700 * 400 + 7 * 1000 * (4 + 8 + 8), rel=1e-3)


def test_a_data_set_without_lens_and_states_costs_its_prompts_and_letters():
    """Its languages have questions of their own: one job per language, and no choice is scored."""
    alone = row(evaluation(forms=(), lens_layers=[], conditions=0, state_questions=0))
    assert alone["jobs"] == 3 and alone["tokens"] == pytest.approx(2700 * 400, rel=1e-3)
    assert alone["tflop_states"] == alone["tflop_branches"] == alone["tflop_steering"] == alone["tflop_lens"] == 0
    assert alone["tflop_prefill"] == row(evaluation())["tflop_prefill"]
    assert alone["tflop_letters"] == pytest.approx(2700 * cost.Architecture(**ENTRY).unembedding, rel=1e-3)


def test_with_native_choices_alone_every_language_has_one_set_of_them_and_no_control():
    native = row(evaluation(forms=("native",), conditions=0))
    assert native["tokens"] == pytest.approx(2700 * (400 + 4 * 7), rel=1e-3)
    assert native["disk_gb"] < row(evaluation(conditions=0))["disk_gb"]


MORE = {
    "a language": {"languages": ["en", "de", "sw", "hi"]},
    "conditions": {"conditions": 49},
    "more layers of the lens": {"lens_layers": list(range(9, 37, 9))},
    "more controls": {"control_questions": 101},
    "a further prompt": {"lens_prompts": 1},
    "permuted choices": {"ceiling_questions": 50},
    "more stored states": {"state_questions": 300},
    "longer prompts": {"typical": {**TYPICAL, "prompt_tokens": 500}},
}


@pytest.mark.parametrize("more", MORE)
def test_more_work_takes_longer_and_not_less_disk(more):
    before, after = row(evaluation()), row(evaluation(**MORE[more]))
    assert after["gpu_hours"] > before["gpu_hours"] and after["disk_gb"] >= before["disk_gb"]


def test_a_denser_grid_stores_more_states_at_no_operation():
    before, after = row(evaluation()), row(evaluation(grid=list(range(2, 37, 2))))
    assert after["gpu_hours"] == before["gpu_hours"] and after["disk_gb"] > before["disk_gb"]


def test_what_prompts_share_is_not_read_again():
    found = row(evaluation(typical={**TYPICAL, "shared_tokens": 150}))
    assert (found["prompt_tokens"], found["shared_tokens"]) == (400, 150)
    assert found["tokens"] == pytest.approx(row(evaluation())["tokens"] - 2700 * 150, rel=1e-3)


def test_without_a_control_only_own_choices_are_scored():
    assert row(evaluation(control_questions=0))["tokens"] == pytest.approx(
        2700 * 400 + 7 * 900 * (4 + 8 + 8) + 2 * 850 * 49, rel=1e-3
    )
    everything = row(evaluation(control_questions=10**6))
    assert everything["tokens"] == pytest.approx(2700 * 400 + 7 * 1800 * (4 + 8 + 8) + 2 * 850 * 49, rel=1e-3)


def test_the_papers_experiment_takes_what_the_cost_model_says():
    """One pass a question, 8 answers, 48 conditions: 25 H100-hours for some 415,000 questions of 400 tokens."""
    entries = yaml.safe_load((ROOT / "config/models.yaml").read_text(encoding="utf-8"))
    tflop = 0.0
    for name in ("gemma-2-2b", "gemma-2-9b", "gemma-2-27b", "qwen2.5-3b", "qwen2.5-7b", "qwen2.5-32b"):
        model = cost.Architecture.of({"tied": True, **entries[name]})
        lens_layers = -(-model.layers // 4)
        one = cost.of(
            model, [cost.prompts(1, 400, 0, lens_layers), cost.choices(8, 8, 400, lens_layers), cost.copies(48, 400)]
        )
        tflop += (122 * 900 + 15 * 14042 + 10 * 9400) * (one.total - one.letters)
    assert tflop / 400 / 3600 == pytest.approx(25, rel=0.05)


def test_disk_is_what_the_tables_take(tmp_path):
    """Written tables of a language are within a tenth of the estimate."""
    n, conditions, width = 300, 4, 64
    made = evaluation(
        conditions=conditions,
        grid=[1, 2, 3],
        lens_layers=[1, 3],
        control_questions=100,
        state_questions=100,
        languages=["en", "de"],
    )
    ids = np.array([f"{i:040}" for i in range(n)], dtype=object)
    random = np.random.default_rng(0)
    letters, states = (random.normal(size=(n, size)).astype(np.float32) for size in (4, width))
    columns = {f"layer_{k}": fixed_size(states[:100]) for k in (1, 2, 3)}
    write_table(tmp_path / "states.arrow", HIDDEN_STATES, {"question_id": ids[:100], **columns}, {})
    answers = {"question_id": ids, "key": np.zeros(n, np.int8), "logprob": letters}
    write_table(tmp_path / "answers.arrow", ANSWERS, answers, {})
    # Two layers, and two forms for all questions, four for a hundred.
    repeated = np.concatenate([np.repeat(np.arange(n), 2 * 2), np.repeat(np.arange(100), 2 * 2)])
    lens = {
        "question_id": ids[repeated],
        "key": np.zeros(len(repeated), np.int8),
        "layer": np.ones(len(repeated), np.int16),
        "form": ["native", "pivot"] * (2 * n) + ["native_control", "pivot_control"] * 200,
        "logprob": letters[repeated],
        "prompt": ["native"] * len(repeated),
        "first_logprob": letters[repeated],
        "n_tokens": np.ones((len(repeated), 4), np.int16),
        "n_characters": np.ones((len(repeated), 4), np.int32),
    }
    write_table(tmp_path / "lens.arrow", LENS, lens, {})
    held_out = np.repeat(np.arange(n - 50), conditions)
    gamma = np.ones(len(held_out), np.float32)
    steered = {
        "question_id": ids[held_out],
        "layer": gamma.astype(np.int16),
        "gamma": gamma,
        "vector": ["own"] * len(held_out),
        "operation": ["add"] * len(held_out),
        "logprob": letters[held_out],
    }
    write_table(tmp_path / "steered.arrow", STEERED, steered, {})
    written = sum(file.stat().st_size for file in tmp_path.iterdir())
    model = cost.Architecture(layers=3, parameters=0.1, d_model=width, vocabulary=10)
    assert workload.disk(made, model, "de", Size(n, 4, 10.0, 2.0, "catalogue")) == pytest.approx(written, rel=0.15)


def test_a_model_whose_sizes_are_not_stated_has_no_estimate_but_a_line():
    made = evaluation(entry={"source": {"path": "model"}, "gpu": "none", "dtype": "float32", "layers": 36})
    assert row(made)["gpu_hours"] is None and row(made)["tokens"] > 0
    shown = text.render(table.plan([made]), [made])
    assert shown.splitlines()[1].count(" -") == 3
    needed = "need parameters, d_model, vocabulary, tied in config/models.yaml"
    assert f"PFLOP, GPU-hours and disk of qwen {needed}." in shown


@pytest.fixture()
def finished(tmp_path):
    """A run in which two of three languages are done, with 40 questions each."""
    for tag in ("en", "de"):
        write_questions(tmp_path / f"questions/{tag}.arrow", n=40)
        columns = {"question_id": ["a"], "key": np.zeros(1, np.int8), "logprob": np.zeros((1, 4), np.float32)}
        write_table(tmp_path / f"inference/{tag}/answers.arrow", ANSWERS, columns, {"tokens": 1500})
        for kind, seconds in (("states", 100), ("inference", 200)):
            file = tmp_path / f"benchmarks/{kind}/{tag}.tsv"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"s\th:m:s\n{seconds}.5\t0:01:40\n")
    return evaluation(tmp_path)


def test_finished_jobs_stand_beside_their_plan(finished):
    found = row(finished)
    assert found["done"] == 2 and found["tokens_from"] == "characters 2, catalogue 1"
    assert found["actual_hours"] == pytest.approx(2 * 301 / 3600, rel=1e-3)
    assert found["actual_tokens"] == 3000
    size = sum(file.stat().st_size for file in Path(finished.files["results"][0]).rglob("*.arrow"))
    assert found["actual_disk_gb"] == pytest.approx(size / 1e9, rel=1e-3)
    done = row(evaluation(Path(finished.files["results"][0]).parent, languages=["en", "de"]))
    tflop = sum(done[f"tflop_{part}"] for part in text.PARTS)
    assert found["actual_tflops"] == pytest.approx(tflop / (2 * 301), rel=1e-2)


def test_nothing_is_known_of_jobs_that_did_not_run():
    found = row(evaluation())
    assert found["done"] == 0 and not any(found[name] for name in found if name.startswith("actual_"))


def test_the_text_has_a_line_a_row_the_totals_and_the_assumptions(finished):
    both = [evaluation(), finished]
    planned = table.plan(both)
    lines = text.render(planned, both).splitlines()
    assert len({line.index("|") for line in lines[:1]}) == 1 and lines[0].endswith("disk GB")
    assert lines[1].split()[:4] == ["qwen", "mmmlu", "3", "2700"]
    assert lines[3].split()[:2] == ["total", str(sum(planned["questions"].to_pylist()))]
    remarks = "\n".join(lines[4:])
    assert "h100 400 TFLOP/s" in remarks and "plan.throughput" in remarks and "6.18 GB" in remarks
    assert "|" not in text.render(table.plan([evaluation()]), [evaluation()]), (
        "no columns of finished work before there is any"
    )


def test_csv_has_all_columns_with_four_digits(tmp_path):
    write_csv(tmp_path / "plan.csv", table.plan([evaluation()]))
    [written] = csv.DictReader((tmp_path / "plan.csv").open())
    assert list(written) == [column.name for column in table.PLAN.columns]
    assert written["actual_hours"] == "" and len(written["gpu_hours"].replace(".", "").strip("0")) <= 4


def test_a_model_with_plain_rows_costs_more_and_the_text_says_why():
    entry = evaluation().entry
    plain = evaluation(entry={**entry, "why_plain": "it has layers of type conv"})
    size = Size(100, 4, 50.0, 4.0, "catalogue")
    settings = (plain, "de", size)
    assert workload.tokens(*settings) == 100 * (50 + 16 * 53) + 50 * 49 * 50
    assert workload.tokens(*settings) > 10 * workload.tokens(evaluation(), "de", size)
    model = cost.Architecture.of(entry)
    costs = [workload.inference(made, model, "de", size).total for made in (evaluation(), plain)]
    assert costs[1] > 10 * costs[0]
    said = "qwen is run with plain rows, one forward pass per answer and condition, because it has layers of type conv."
    assert said in text.render(table.plan([plain]), [plain]) and "plain rows" not in text.render(
        table.plan([evaluation()]), [evaluation()]
    )


def test_a_job_holds_all_its_gpus_while_one_computes():
    one, four = (row(evaluation(entry={**evaluation().entry, "gpus": n}))["gpu_hours"] for n in (1, 4))
    assert four == pytest.approx(4 * one, rel=1e-3)

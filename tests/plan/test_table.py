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
from plan_questions import TYPICAL, write_questions
from workflow_runs import ROOT

ENTRY = {"layers": 36, "parameters": 3.09, "d_model": 2048, "vocabulary": 151936, "tied": True}


def run(folder: Path = Path("nowhere"), **changed) -> Evaluation:
    """A model of 36 layers on a data set in three languages, with 48 conditions."""
    files = {
        "questions": str(folder / "questions/{language}.arrow"),
        "answers": str(folder / "inference/{language}/answers.arrow"),
        "states_benchmark": str(folder / "benchmarks/states/{language}.tsv"),
        "inference_benchmark": str(folder / "benchmarks/inference/{language}.tsv"),
        "results": [str(folder / "inference")],
    }
    settings = {
        "model": "qwen",
        "dataset": "mmmlu",
        "pivot": "en",
        "languages": ["en", "de", "sw"],
        "grid": list(range(4, 37, 4)),
        "conditions": 48,
        "state_questions": 200,
        "vector_questions": 50,
        "entry": {**ENTRY, "source": {"path": "model"}, "gpu": "h100", "dtype": "bfloat16"},
        "model_folder": str(folder / "model"),
        "typical": TYPICAL,
        "throughput": 400,
        "files": files,
    }
    return Evaluation(**{**settings, **changed})


def row(made: Evaluation) -> dict:
    return table.plan([made]).to_pylist()[0]


def test_the_parts_of_a_row_add_up_by_hand():
    found, model = row(run()), cost.Architecture(**ENTRY)
    prompt = cost.of_question(model, 400, 0, 1, 0, 0).prefill
    assert (found["languages"], found["questions"], found["tokens_from"]) == (3, 2700, "catalogue")
    assert found["tflop_states"] == pytest.approx(3 * 200 * prompt, rel=1e-3)
    assert found["tflop_prefill"] == pytest.approx(2700 * prompt, rel=1e-3)
    # 16 answers of 8 tokens; 850 held-out questions in each of two steered languages, with 48 copies and gamma = 0.
    assert found["tokens"] == pytest.approx(2700 * (400 + 16 * 7) + 2 * 850 * 49, rel=1e-3)
    assert found["tflop_steering"] == pytest.approx(2 * 850 * 49 * model.blocks(400), rel=1e-3)
    assert found["tflop_letters"] == pytest.approx((2700 + 2 * 850 * 49) * model.unembedding, rel=1e-3)
    total = sum(found[f"tflop_{part}"] for part in text.PARTS)
    assert found["gpu_hours"] == pytest.approx(total / 400 / 3600, rel=1e-3)
    assert found["jobs"] == 3 + 3 + 2


def test_without_conditions_nothing_is_steered():
    found = row(run(conditions=0))
    assert found["tflop_steering"] == 0 and found["jobs"] == 6
    assert found["tokens"] == pytest.approx(2700 * (400 + 16 * 7), rel=1e-3)


MORE = {
    "a language": {"languages": ["en", "de", "sw", "hi"]},
    "conditions": {"conditions": 49},
    "a denser grid": {"grid": list(range(2, 37, 2))},
    "more stored states": {"state_questions": 300},
    "longer prompts": {"typical": {**TYPICAL, "prompt_tokens": 500}},
}


@pytest.mark.parametrize("more", MORE)
def test_more_work_takes_longer_and_not_less_disk(more):
    before, after = row(run()), row(run(**MORE[more]))
    assert after["gpu_hours"] > before["gpu_hours"] and after["disk_gb"] >= before["disk_gb"]


def test_the_papers_experiment_takes_what_the_cost_model_says():
    """One pass a question, 8 answers, 48 conditions: 25 H100-hours for some 415,000 questions of 400 tokens."""
    entries = yaml.safe_load((ROOT / "config/models.yaml").read_text(encoding="utf-8"))
    tflop = 0.0
    for name in ("gemma-2-2b", "gemma-2-9b", "gemma-2-27b", "qwen2.5-3b", "qwen2.5-7b", "qwen2.5-32b"):
        model = cost.Architecture.of({"tied": True, **entries[name]})
        one = cost.of_question(model, 400, 8, 8, 48, -(-model.layers // 4))
        tflop += (122 * 900 + 15 * 14042 + 10 * 9400) * (one.total - one.letters)
    assert tflop / 400 / 3600 == pytest.approx(25, rel=0.05)


def test_disk_is_what_the_tables_take(tmp_path):
    """Written tables of a language are within a tenth of the estimate."""
    n, layers, conditions, width = 300, 3, 4, 64
    made = run(conditions=conditions, grid=[1, 2, 3], state_questions=100, languages=["en", "de"])
    ids = np.array([f"{i:040}" for i in range(n)], dtype=object)
    random = np.random.default_rng(0)
    letters, states = (random.normal(size=(n, size)).astype(np.float32) for size in (4, width))
    columns = {f"layer_{k}": fixed_size(states[:100]) for k in (1, 2, 3)}
    write_table(tmp_path / "states.arrow", HIDDEN_STATES, {"question_id": ids[:100], **columns}, {})
    answers = {"question_id": ids, "key": np.zeros(n, np.int8), "logprob": letters}
    write_table(tmp_path / "answers.arrow", ANSWERS, answers, {})
    repeated = np.repeat(np.arange(n), layers * 4)
    lens = {
        "question_id": ids[repeated],
        "key": np.zeros(len(repeated), np.int8),
        "layer": np.ones(len(repeated), np.int16),
        "form": ["native", "pivot", "native_control", "pivot_control"] * (n * layers),
        "logprob": letters[repeated],
        "n_tokens": np.ones((len(repeated), 4), np.int16),
    }
    write_table(tmp_path / "lens.arrow", LENS, lens, {})
    held_out = np.repeat(np.arange(n - 50), conditions)
    gamma = np.ones(len(held_out), np.float32)
    steered = {
        "question_id": ids[held_out],
        "layer": gamma.astype(np.int16),
        "gamma": gamma,
        "logprob": letters[held_out],
    }
    write_table(tmp_path / "steered.arrow", STEERED, steered, {})
    written = sum(file.stat().st_size for file in tmp_path.iterdir())
    model = cost.Architecture(layers=3, parameters=0.1, d_model=width, vocabulary=10)
    assert workload.disk(made, model, "de", Size(n, 4, 10.0, 2.0, "catalogue")) == pytest.approx(written, rel=0.15)


def test_a_model_whose_sizes_are_not_stated_has_no_estimate_but_a_line():
    made = run(entry={"source": {"path": "model"}, "gpu": "none", "dtype": "float32", "layers": 36})
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
    return run(tmp_path)


def test_finished_jobs_stand_beside_their_plan(finished):
    found = row(finished)
    assert found["done"] == 2 and found["tokens_from"] == "characters 2, catalogue 1"
    assert found["actual_hours"] == pytest.approx(2 * 301 / 3600, rel=1e-3)
    assert found["actual_tokens"] == 3000
    size = sum(file.stat().st_size for file in Path(finished.files["results"][0]).rglob("*.arrow"))
    assert found["actual_disk_gb"] == pytest.approx(size / 1e9, rel=1e-3)
    done = row(run(Path(finished.files["results"][0]).parent, languages=["en", "de"]))
    tflop = sum(done[f"tflop_{part}"] for part in text.PARTS)
    assert found["actual_tflops"] == pytest.approx(tflop / (2 * 301), rel=1e-2)


def test_nothing_is_known_of_jobs_that_did_not_run():
    found = row(run())
    assert found["done"] == 0 and not any(found[name] for name in found if name.startswith("actual_"))


def test_the_text_has_a_line_a_row_the_totals_and_the_assumptions(finished):
    both = [run(), finished]
    planned = table.plan(both)
    lines = text.render(planned, both).splitlines()
    assert len({line.index("|") for line in lines[:1]}) == 1 and lines[0].endswith("disk GB")
    assert lines[1].split()[:4] == ["qwen", "mmmlu", "3", "2700"]
    assert lines[3].split()[:2] == ["total", str(sum(planned["questions"].to_pylist()))]
    remarks = "\n".join(lines[4:])
    assert "h100 400 TFLOP/s" in remarks and "plan.throughput" in remarks and "6.18 GB" in remarks
    assert "|" not in text.render(table.plan([run()]), [run()]), "no columns of finished work before there is any"


def test_csv_has_all_columns_with_four_digits(tmp_path):
    write_csv(tmp_path / "plan.csv", table.plan([run()]))
    [written] = csv.DictReader((tmp_path / "plan.csv").open())
    assert list(written) == [column.name for column in table.PLAN.columns]
    assert written["actual_hours"] == "" and len(written["gpu_hours"].replace(".", "").strip("0")) <= 4


OF_THE_LENS = {"lens_layers": [18, 36], "control_questions": 100}


def test_a_model_with_plain_rows_costs_more_and_the_text_says_why():
    entry = run(**OF_THE_LENS).entry
    plain = run(**OF_THE_LENS, entry={**entry, "why_plain": "it has layers of type conv"})
    size = Size(100, 4, 50.0, 4.0, "catalogue")
    settings = (plain, "de", size)
    assert workload.tokens(*settings) == 100 * (50 + 16 * 53) + 50 * 49 * 50
    assert workload.tokens(*settings) > 10 * workload.tokens(run(**OF_THE_LENS), "de", size)
    model = cost.Architecture.of(entry)
    costs = [workload.inference(made, model, "de", size).total for made in (run(**OF_THE_LENS), plain)]
    assert costs[1] > 10 * costs[0]
    said = "qwen is run with plain rows, one forward pass per answer and condition, because it has layers of type conv."
    assert said in text.render(table.plan([plain]), [plain]) and "plain rows" not in text.render(
        table.plan([run(**OF_THE_LENS)]), [run(**OF_THE_LENS)]
    )


def test_a_job_holds_all_its_gpus_while_one_computes():
    one, four = (row(run(**OF_THE_LENS, entry={**run(**OF_THE_LENS).entry, "gpus": n}))["gpu_hours"] for n in (1, 4))
    assert four == pytest.approx(4 * one, rel=1e-3)

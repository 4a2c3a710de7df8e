"""An evaluation and questions of known size, for the tests of the plan."""

from pathlib import Path

import pyarrow as pa
from crosslens.plan.workload import Evaluation
from crosslens.tables.columns import INT8, STRING
from crosslens.tables.files import write_table
from crosslens.tables.inference import FORMS, QUESTIONS

TYPICAL = {"questions": 900, "choices": 4, "prompt_tokens": 400, "answer_tokens": 8, "shared_tokens": 0}
ENTRY = {"layers": 36, "parameters": 3.09, "d_model": 2048, "vocabulary": 151936, "tied": True}


def evaluation(folder: Path = Path("nowhere"), **changed) -> Evaluation:
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
        "lens_layers": list(range(12, 37, 12)),
        "forms": FORMS,
        "control_questions": 100,
        "lens_prompts": 0,
        "ceiling_questions": 0,
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


def write_questions(path, n: int, word: str = "wort", words: int = 3, choices=None, pivot_choices=None):
    """``n`` questions whose prompts have ``words`` times ``word``; by default, choices of one, two and three words."""
    choices = choices or [[word, f"{word} {word}", f"{word} {word} {word}"]] * n
    prompt = [" ".join([word] * words)] * n
    columns = {
        "question_id": [str(i) for i in range(n)],
        "prompt": prompt,
        **dict.fromkeys(("prompt_without_choices", "pivot_prompt", "permuted_prompt"), prompt),
        "shift": pa.array([1] * n, INT8),
        "choices": pa.array(choices, pa.list_(STRING)),
        "pivot_choices": pa.array(pivot_choices or choices, pa.list_(STRING)),
        "key": pa.array([0] * n, INT8),
        "cluster": [str(i) for i in range(n)],
        "groups": pa.array([["subject=g"]] * n, pa.list_(STRING)),
    }
    write_table(path, QUESTIONS, columns, {})
    return path

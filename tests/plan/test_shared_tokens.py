"""The tokens that prompts share: by hand, and the plan's tokens against the rows that the engine makes of them."""

import random
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from crosslens.engine import edits, preparation, sharing
from crosslens.plan import sizes, workload
from crosslens.tables.files import write_table
from crosslens.tables.inference import QUESTIONS
from plan_questions import ENTRY, evaluation
from tiny_questions import vectors_table
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

# So many that two texts hardly ever begin alike; "word1" and "word10" have other lengths, as words do.
WORDS = [f"word{i**2}" for i in range(3000)]


def tokenizer() -> PreTrainedTokenizerFast:
    """Return a tokenizer with one token per word."""
    words = Tokenizer(models.WordLevel({word: i for i, word in enumerate(["?", *"ABCDE", *WORDS])}, unk_token="?"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=words)


def questions(n: int, per_passage: int, passage: int, question: int, instruction: int = 12) -> pa.Table:
    """Return ``n`` questions of about so many words; ``per_passage`` neighbours of a random order have one passage."""
    pick = random.Random(0)

    def text(words: int) -> str:
        return " ".join(pick.choices(WORDS, k=pick.randint(words // 2, 3 * words // 2)))

    first = " ".join(pick.choices(WORDS, k=instruction))
    passages = [text(passage) if passage else "" for _ in range(-(-n // per_passage))]
    choices, pivot_choices = ([[text(4) for _ in range(4)] for _ in range(n)] for _ in range(2))
    prompts = [
        " ".join([first, *([passages[i // per_passage]] if passage else []), text(question), *choices[i], "is:"])
        for i in range(n)
    ]
    order = pick.sample(range(n), n)
    return pa.table(
        {
            "question_id": [f"question {i}" for i in order],
            "prompt": [prompts[i] for i in order],
            **dict.fromkeys(("prompt_without_choices", "pivot_prompt", "permuted_prompt"), [""] * n),
            "shift": pa.array([1] * n, pa.int8()),
            "choices": pa.array([choices[i] for i in order], pa.list_(pa.string())),
            "pivot_choices": pa.array([pivot_choices[i] for i in order], pa.list_(pa.string())),
            "key": pa.array([0] * n, pa.int8()),
            "cluster": [f"question {i}" for i in order],
            "groups": pa.array([[]] * n, pa.list_(pa.string())),
        }
    )


SHAPES = {
    "a passage with two questions": {"n": 120, "per_passage": 2, "passage": 60, "question": 20},
    "a passage with five": {"n": 100, "per_passage": 5, "passage": 60, "question": 20},
    "an instruction only": {"n": 100, "per_passage": 1, "passage": 0, "question": 20},
    "a long instruction": {"n": 60, "per_passage": 1, "passage": 0, "question": 10, "instruction": 150},
    "long questions, whose rows do not pay": {"n": 60, "per_passage": 1, "passage": 0, "question": 150},
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("d_model", [512, 2048])
@pytest.mark.parametrize("language", ["de", "en"])
def test_planned_tokens_are_those_of_the_engines_rows(tmp_path, shape, d_model, language):
    table, spoken = questions(**SHAPES[shape]), tokenizer()
    if language == "en":  # the pivot
        table = table.set_column(table.column_names.index("pivot_choices"), "pivot_choices", table["choices"])
    n_conditions = 6
    plan = evaluation(
        tmp_path,
        control_questions=len(table) // 10,
        conditions=n_conditions,
        vector_questions=20,
        entry={**evaluation().entry, **ENTRY, "d_model": d_model},
    )
    write_table(plan.path("questions", language), QUESTIONS, table, {})
    size = sizes.measure(plan, language, spoken.backend_tokenizer)

    conditions = [[1, float(gamma)] for gamma in range(1, 1 + n_conditions)] if language == "de" else []
    used = table["question_id"].to_pylist()[:20]
    steered = edits.make(conditions, {"own": vectors_table([1], np.ones((1, 4)), used)} if conditions else {})
    samples = {"control_questions": plan.control_questions, "ceiling_questions": 0, "lens_prompts": []}
    prepared = preparation.prepare(table, spoken, steered, **samples, seed=0)
    rows = sharing.rows(prepared.prompts, sharing.crossover_of(d_model), longest=8192)
    made = sum(map(len, rows))
    assert workload.tokens(plan, language, size) == pytest.approx(made, rel=0.03)
    if SHAPES[shape]["passage"]:
        assert workload.tokens(plan, language, replace(size, shared_tokens=0.0)) > 1.1 * made, "passages are shared"


def test_without_a_tokenizer_bytes_are_compared_by_hand(tmp_path):
    """Two passages of 40 bytes with two questions each: two prompts of four have 40 bytes, or 10 tokens, in common."""
    prompts = [f"{passage * 40}{question * 60}" for passage in "ab" for question in "cd"]
    table = questions(4, per_passage=2, passage=1, question=1)
    plan = evaluation(tmp_path, control_questions=0)
    write_table(plan.path("questions", "de"), QUESTIONS, table.set_column(1, "prompt", pa.array(prompts)), {})
    found = sizes.measure(plan, "de", None)
    assert (found.prompt_tokens, found.shared_tokens, found.origin) == (25, 2 / 4 * 10, "characters")

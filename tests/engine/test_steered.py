"""Every kind of vector and operation, through the whole of inference, against plain forwards; and what is refused."""

import dataclasses

import numpy as np
import pyarrow as pa
import pytest
import tiny_models
import tiny_questions
import torch
from crosslens.engine import edits, forward, hidden_states, inference, models, preparation, steered
from crosslens.errors import CrosslensError
from crosslens.tables import files
from crosslens.tables.conditions import Condition
from crosslens.tables.inference import STEERED
from plain_forwards import hidden_states as plain_states
from plain_forwards import next_token_logprobs
from tiny_questions import vectors_table

TOKENIZER, LAYERS = tiny_questions.tokenizer(), [2, 4]
# In the language and in the pivot: the same ids, other texts. The pivot's states are stored for five of eight.
QUESTIONS, PIVOT = tiny_questions.questions(8, seed=1), tiny_questions.questions(8, seed=2)
STORED = [f"question {i}" for i in (6, 1, 4, 7, 0)]
RANDOM = np.random.default_rng(3)
OWN, GERMAN, OTHER = (RANDOM.normal(0, size, (2, 32)).astype("f4") for size in (1, 2, 0.5))
CONDITIONS = [
    (2, 2.0, "own", "add"),
    (4, -1.0, "own", "add"),
    (2, 1.0, "own", "project_out"),
    (4, 2.0, "dataset:other", "add"),
    (4, 2.0, "language:de", "add"),
    (2, 1.0, "patch", "replace"),
    (4, 1.0, "patch", "replace"),
    (2, 2.0, "random_1", "add"),
    (4, 1.0, "random_1", "project_out"),
    (2, 2.0, "random_2", "add"),
]
USED = {
    "own": ["question 1", "question 3"],
    "language:de": ["question 1", "question 5"],
    "dataset:other": ["question 0"],
}


def pivot_states(model, dtype="f4"):
    """Return the table "hidden_states" of the pivot, from plain forwards."""
    prompts = dict(zip(PIVOT["question_id"].to_pylist(), PIVOT["prompt"].to_pylist(), strict=True))
    states = [plain_states(model, TOKENIZER(prompts[name])["input_ids"]) for name in STORED]
    layers = {f"layer_{k}": np.stack([each[k][-1].float().numpy() for each in states]).astype(dtype) for k in LAYERS}
    return pa.table({"question_id": STORED} | {name: files.fixed_size(values) for name, values in layers.items()})


def sources(model):
    vectors = {"own": OWN, "dataset:other": OTHER, "language:de": GERMAN}
    return {name: vectors_table(LAYERS, vectors[name], USED[name]) for name in vectors} | {"patch": pivot_states(model)}


def prepare(questions, made):
    return preparation.prepare(questions, TOKENIZER, made, 4, 4, ["without_choices"], seed=5)


def run(model, made, token_budget=300):
    prepared = prepare(QUESTIONS, made)
    return inference.run(models.dissect(model), prepared, LAYERS, True, True, token_budget)[0]


def letters(model, tokens, *edit):
    ids = TOKENIZER.convert_tokens_to_ids([f"Ġ{letter}" for letter in "ABCD"])
    return next_token_logprobs(model, tokens, *edit)[ids]


def expected_questions(vector):
    """Return the questions that have a vector, in the order of the table."""
    ids = QUESTIONS["question_id"].to_pylist()
    if vector == "patch":
        return [name for name in ids if name in STORED]
    used = {*USED["own"], *(USED["language:de"] if vector == "language:de" else ())}
    return [name for name in ids if name not in used]


@pytest.mark.parametrize("token_budget", [1, 10**6])
@pytest.mark.parametrize("make", [tiny_models.qwen2, tiny_models.gemma2])
def test_every_kind_equals_plain_forwards(make, token_budget, tmp_path, capsys):
    model = make()
    made = edits.make(CONDITIONS, sources(model), seed=7, place="m/d/sw")
    columns = run(model, made, token_budget)["steered"]
    files.write_table(tmp_path / "steered.arrow", STEERED, columns, {})
    rows = files.read_table(tmp_path / "steered.arrow", STEERED).to_pylist()
    said = capsys.readouterr().out
    assert "the pivot's letters after a patch of the last layer" in said and "letters at gamma = 0" in said

    names = QUESTIONS["question_id"].to_pylist()
    keys = ("layer", "gamma", "vector", "operation")
    assert [(row["question_id"], *(row[key] for key in keys)) for row in rows] == [
        (name, *condition) for name in names for condition in CONDITIONS if name in expected_questions(condition[2])
    ]
    texts = QUESTIONS["prompt"].to_pylist()
    prompts = {name: TOKENIZER(text)["input_ids"] for name, text in zip(names, texts, strict=True)}
    asked = dict(zip(names, PIVOT["prompt"].to_pylist(), strict=True))
    for row in rows:
        layer, k = row["layer"], LAYERS.index(row["layer"])
        if row["vector"] == "patch":
            vector = plain_states(model, TOKENIZER(asked[row["question_id"]])["input_ids"])[layer][-1]
        else:
            norm = np.linalg.norm(OWN[k])
            given = {"own": OWN, "dataset:other": OTHER, "language:de": GERMAN}.get(row["vector"])
            index = [tuple(each) for each in CONDITIONS].index(tuple(row[key] for key in keys))
            made_by = made.vector[made.condition.index(index)] / (row["gamma"] if row["operation"] == "add" else 1)
            vector = made_by if given is None else given[k] / np.linalg.norm(given[k]) * norm
            assert np.linalg.norm(vector) == pytest.approx(norm, rel=1e-5)
            vector = torch.tensor(vector * (row["gamma"] if row["operation"] == "add" else 1))
        oracle = letters(model, prompts[row["question_id"]], layer, vector, row["operation"])
        torch.testing.assert_close(torch.tensor(row["logprob"]), oracle, rtol=0, atol=2e-5 * float(oracle.abs().max()))
        if row["vector"] == "patch" and layer == LAYERS[-1]:
            own = letters(model, TOKENIZER(asked[row["question_id"]])["input_ids"])
            torch.testing.assert_close(torch.tensor(row["logprob"]), own, rtol=0, atol=2e-5 * float(own.abs().max()))


def test_a_patch_needs_no_vector():
    model = tiny_models.qwen2()
    patches = [each for each in CONDITIONS if each[2] == "patch"]
    columns = run(model, edits.make(patches, {"patch": pivot_states(model)}))["steered"]
    assert set(columns["question_id"].to_pylist()) == set(STORED) and len(columns["logprob"]) == 10


def test_other_kinds_change_nothing_of_the_own_vectors_rows():
    model = tiny_models.gemma2()
    alone, all_kinds = (
        pa.table(
            {
                name: files.fixed_size(values) if getattr(values, "ndim", 1) == 2 else values
                for name, values in run(model, edits.make(some, sources(model)))["steered"].items()
            }
        )
        for some in (CONDITIONS[:2], CONDITIONS)
    )
    of_own = [row for row in all_kinds.to_pylist() if (row["vector"], row["operation"]) == ("own", "add")]
    for row, same in zip(alone.to_pylist(), of_own, strict=True):
        assert {key: value for key, value in row.items() if key != "logprob"} == {
            key: value for key, value in same.items() if key != "logprob"
        }
        np.testing.assert_allclose(row["logprob"], same["logprob"], atol=2e-5)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("add", "steered in the same way"),
        ("replace", "steered in the same way"),
        ("project_out", "steered in the same"),
    ],
)
def test_a_wrong_operation_is_refused(monkeypatch, kind, message):
    """The packed pass does another operation than the plain pass of the run-time check."""
    plain, model = forward.run, tiny_models.qwen2()
    others = {"add": "replace", "replace": "add", "project_out": "add"}

    def confused(decoder, batch, layers, copies=None):
        operation = [others[each] if each == kind else each for each in copies.operation]
        return plain(decoder, batch, layers, dataclasses.replace(copies, operation=operation))

    monkeypatch.setattr(forward, "run", confused)
    with pytest.raises(CrosslensError, match=message):
        run(model, edits.make(CONDITIONS, sources(model)))


def test_a_patch_by_another_questions_state_is_refused(monkeypatch):
    """Only the letters at the last layer show it: the plain passes of the run-time check do the same edit."""
    model, plain = tiny_models.qwen2(), inference._copies

    def exchanged(made, decoder):
        copies = plain(made, decoder)
        patched = [i for i, question in enumerate(made.question) if question is not None]
        vector = copies.vector.clone()
        vector[patched] = vector[patched].roll(1, dims=0)
        return dataclasses.replace(copies, vector=vector)

    monkeypatch.setattr(inference, "_copies", exchanged)
    with pytest.raises(CrosslensError, match="the pivot's letters after a patch of the last layer"):
        run(model, edits.make(CONDITIONS, sources(model)))


def test_stored_states_in_low_precision_patch_exactly():
    """States are stored in float32, which holds bfloat16: a patch of the last layer gives the pivot's letters."""
    model = tiny_models.gemma2().to(torch.bfloat16)
    decoder = models.dissect(model)
    stored = hidden_states.run(decoder, TOKENIZER, PIVOT, LAYERS, 8, 0, 300)
    table = pa.table({name: files.fixed_size(v) if name != "question_id" else v for name, v in stored.items()})
    made = edits.make([(4, 1.0, "patch", "replace")], {"patch": table})
    prepared = prepare(QUESTIONS, made)
    patched = inference.run(decoder, prepared, LAYERS, True, True, 300)[0]["steered"]["logprob"]
    pivot = prepare(PIVOT, edits.make([], {}))
    own = inference.run(decoder, pivot, LAYERS, True, True, 300)[0]["answers"]["logprob"]
    assert np.abs(patched - own).max() < 0.1


def test_letters_of_a_copy_go_to_its_condition():
    made = edits.make(CONDITIONS[:2], {"own": vectors_table(LAYERS, OWN)})
    kept = steered.SteeredLetters(made, n_questions=2, n_choices=3)
    kept.add(1, [2, 0, 1], np.arange(6, dtype=np.float32).reshape(3, 2))
    table = kept.table(["a", "b"])
    assert table["question_id"].to_pylist() == ["b", "b"] and table["layer"].tolist() == [2, 4]
    np.testing.assert_array_equal(table["logprob"], [[2, 3, np.nan], [4, 5, np.nan]])
    assert made.checks == [Condition(2, 0.0)]

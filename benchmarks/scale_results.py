"""Made-up tables of full size in place of those that a model writes: answers, permuted, lens, steered, hidden states.

As in real tables, languages resemble each other and some directions dominate the states; the numbers mean nothing.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from crosslens import sampling
from crosslens.tables.conditions import Condition
from crosslens.tables.files import category, fixed_size, read_table, write_table
from crosslens.tables.inference import (
    ANSWERS,
    FORMS,
    HIDDEN_STATES,
    LENS,
    PERMUTED,
    PROMPTS,
    QUESTIONS,
    STEERED,
    STEERING_VECTORS,
)

CHOICES = 4
TWICE = 100  # questions that are asked twice
CONTROLLED = 100  # questions of a language with a control and further prompts of the lens
DOMINANT = 8  # directions in which the questions differ most


def write_language(
    run: Path,
    place: str,
    language: str,
    pivot: str,
    layers: Sequence[int],
    conditions: Sequence[Condition],
    states: int,
    vectors: int,
    d_model: int,
) -> None:
    """Write the tables of ``language`` under ``run``, for the questions in its questions/ file.

    place: model/dataset. states: number of questions whose states are stored. vectors: how many of them are not
    steered.
    """
    random = np.random.default_rng(list(language.encode()))
    questions = read_table(run / f"questions/{place.split('/')[1]}/{language}.arrow", QUESTIONS)
    ids = questions["question_id"].to_pylist()
    sampled = sampling.order(ids, 0)[:states]
    where = {"question_id": ids, "key": questions["key"]}
    letters = _common(ids, CHOICES) + random.standard_normal((len(ids), CHOICES), np.float32) - 8
    inference = run / f"inference/{place}/{language}"
    write_table(inference / "answers.arrow", ANSWERS, {**where, "logprob": letters}, {})
    write_table(inference / "permuted.arrow", PERMUTED, _permuted(questions, letters, random), {})
    write_table(inference / "lens.arrow", LENS, _lens(where, layers, letters, random), {})
    held_out = [] if language == pivot else sorted(set(ids) - set(sampled[:vectors]))
    write_table(inference / "steered.arrow", STEERED, _steered(held_out, conditions, random), {})
    columns = _states(sampled, language, layers, d_model, random)
    write_table(run / f"hidden_states/{place}/{language}.arrow", HIDDEN_STATES, columns, {})
    if language != pivot:
        of_layers = random.standard_normal((len(layers), d_model), np.float32)
        columns = {
            "layer": list(layers),
            "vector": of_layers,
            "norm": np.linalg.norm(of_layers, axis=1),
            "n_questions": [vectors] * len(layers),
            "question_ids": [sampled[:vectors]] * len(layers),
        }
        write_table(run / f"steering_vectors/{place}/{language}.arrow", STEERING_VECTORS, columns, {})


def _common(ids: Sequence[str], width: int) -> np.ndarray:
    """Return values that depend on the question alone, [question, width], float32."""
    seeds = (int.from_bytes(name.encode()[-8:], "big") for name in ids)
    return np.stack([np.random.default_rng(seed).standard_normal(width, np.float32) for seed in seeds])


def _permuted(questions: pa.Table, letters: np.ndarray, random: np.random.Generator) -> dict:
    ids = questions["question_id"].to_pylist()
    asked = sorted(map(ids.index, sampling.order(ids, 0)[:TWICE]))
    logprob = letters[asked] + random.standard_normal((len(asked), CHOICES), np.float32)
    return {name: questions[name].take(asked) for name in ("question_id", "key", "shift")} | {"logprob": logprob}


def _lens(where: dict, layers: Sequence[int], letters: np.ndarray, random: np.random.Generator) -> dict:
    """Return the lens with its controls and further prompts, on `CONTROLLED` questions."""
    ids, key = np.array(where["question_id"], object), np.array(where["key"])
    place = {name: i for i, name in enumerate(where["question_id"])}
    donor_of = sampling.derangement(sampling.order(where["question_id"], 0)[:CONTROLLED], 0)
    prompt_of, donor = (np.array([place[name] for name in side]) for side in (donor_of, donor_of.values()))
    every = np.arange(len(ids))
    # (question, whose choices, prompt, form) of all rows of a layer
    parts = [(every, every, 0, form) for form in (0, 1)] + [(prompt_of, donor, 0, form) for form in (2, 3)]
    parts += [(prompt_of, prompt_of, prompt, form) for prompt in (1, 2) for form in (0, 1)]
    question, scored = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
    prompt, form = (np.concatenate([np.full(len(part[0]), part[i]) for part in parts]) for i in (2, 3))
    k, n = len(layers), len(question)
    logprob = np.tile(letters[scored], (k, 1)) + random.standard_normal((k * n, CHOICES), np.float32)
    return {
        "question_id": pa.array(np.tile(ids[question], k), pa.string()),
        "key": np.tile(key[scored], k),
        "layer": np.repeat(np.array(layers, np.int16), n),
        "prompt": category(list(PROMPTS)).take(pa.array(np.tile(prompt, k))),
        "form": category(list(FORMS)).take(pa.array(np.tile(form, k))),
        "logprob": logprob,
        "first_logprob": logprob,
        "n_tokens": np.full((k * n, CHOICES), 4, np.int16),
        "n_characters": np.full((k * n, CHOICES), 16, np.int32),
    }


def _steered(ids: Sequence[str], conditions: Sequence[Condition], random: np.random.Generator) -> dict:
    layer, gamma, vector, operation = zip(*conditions, strict=True)
    values = random.standard_normal((len(ids) * len(conditions), CHOICES), np.float32) - 8
    return {
        "question_id": pa.array(np.repeat(np.array(ids, object), len(conditions)), pa.string()),
        "layer": np.tile(np.array(layer, np.int16), len(ids)),
        "gamma": np.tile(np.array(gamma, np.float32), len(ids)),
        "vector": category(vector).take(pa.array(np.tile(np.arange(len(vector)), len(ids)))),
        "operation": category(operation).take(pa.array(np.tile(np.arange(len(vector)), len(ids)))),
        "logprob": fixed_size(values),
    }


def _states(
    ids: Sequence[str], language: str, layers: Sequence[int], d_model: int, random: np.random.Generator
) -> dict:
    of_questions = _common(ids, DOMINANT)
    columns = {"question_id": pa.array(ids, pa.string())}
    for layer in layers:
        directions = np.random.default_rng(layer).standard_normal((DOMINANT, d_model), np.float32)
        own = random.standard_normal(d_model, np.float32)
        noise = random.standard_normal((len(ids), d_model), np.float32)
        columns[f"layer_{layer}"] = fixed_size(of_questions @ directions + own + noise)
    return columns

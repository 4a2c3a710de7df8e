"""The hidden states of a made-up model, the vectors that steer it, and what steering does to its letters."""

import numpy as np
import pyarrow as pa
from crosslens.tables.conditions import OWN, Condition, of_language, random
from crosslens.tables.files import fixed_size
from made_answers import steered_table
from planted_experiment import CHOICES, Model, log_softmax
from planted_truths import EARLY, LAYERS, MIDDLE, UPPER

STATES, WIDTH, VECTOR_QUESTIONS = 100, 32, 40
SWEEP, GRID = [gamma for gamma in range(-4, 5) if gamma], [-2, 2]
STEERED_AT = {EARLY[-1]: GRID, MIDDLE[0]: SWEEP, UPPER[-1]: GRID}


def states_and_vectors(model: Model) -> tuple[dict[str, pa.Table], dict[str, pa.Table]]:
    """Return tables "hidden_states" and, of languages but the pivot, "steering_vectors"."""
    of = model.of
    stored = np.sort(of.hashed[:STATES])
    used = np.flatnonzero(np.isin(stored, of.hashed[:VECTOR_QUESTIONS]))
    layers = _states(model, stored)
    ids = pa.array([of.ids[q] for q in stored])
    states, vectors = {}, {}
    for i, name in enumerate(of.languages):
        columns = {f"layer_{layer}": fixed_size(h[i].astype(np.float32)) for layer, h in layers.items()}
        states[name] = pa.table({"question_id": ids, **columns})
        if i:
            v = np.stack([(h[0, used] - h[i, used]).mean(axis=0) for h in layers.values()]).astype(np.float32)
            vectors[name] = _vectors_table(v, ids.take(pa.array(used)).to_pylist())
    return states, vectors


def steered(model: Model) -> dict[str, pa.Table]:
    """Return tables "steered": the own vector adds a part of what the pivot thinks, other vectors add noise alone."""
    of = model.of
    towards = model.thought[0] - model.thought[0].mean(axis=-1, keepdims=True)
    held_out, tables = np.sort(of.hashed[VECTOR_QUESTIONS:]), {}
    for i, (name, language) in enumerate(of.languages.items()):
        asked = [condition for condition in _conditions(list(of.languages)[1]) if condition.vector != of_language(name)]
        asked = asked if i else []  # the pivot is not steered
        lower = (language.script == "Latn") * model.truth.push_lower * -of.ability[i]
        push = np.array([_push(model, condition) * (1 + lower) for condition in asked])[:, None]
        size = np.array([abs(condition.gamma) for condition in asked])[:, None]
        # (question, condition, choice)
        after = model.letters[i][:, None] + push * towards[:, None]
        after = after + 0.1 * size * model.random.normal(size=after.shape)
        tables[name] = steered_table(log_softmax(after), held_out if i else held_out[:0], asked)
    return tables


def _states(model: Model, stored: np.ndarray) -> dict[int, np.ndarray]:
    """Return states [language, question, d_model] by layer: what is common, the letter, the language, and noise."""
    truth, random_ = model.truth, model.random
    others = model.part[1:] if truth.follow else random_.permutation(model.part[1:])
    part = np.concatenate([[1.0], others ** (2.0 if truth.follow >= 0 else -2.0)])
    part /= np.sqrt((part**2).mean())
    letter, n, found = model.letters.argmax(axis=-1)[:, stored], len(part), {}
    for layer in LAYERS:
        content = truth.states * part[:, None, None] * random_.normal(size=(len(stored), WIDTH))
        of_letter = random_.normal(size=(CHOICES, WIDTH))[letter]
        of_language_ = random_.normal(size=(n, 1, WIDTH))
        found[layer] = content + of_letter + of_language_ + random_.normal(size=(n, len(stored), WIDTH))
    return found


def _vectors_table(vectors: np.ndarray, question_ids: list[str]) -> pa.Table:
    return pa.table(
        {
            "layer": pa.array(LAYERS, pa.int16()),
            "vector": fixed_size(vectors),
            "norm": pa.array(np.linalg.norm(vectors, axis=1), pa.float32()),
            "n_questions": pa.array([len(question_ids)] * len(LAYERS), pa.int32()),
            "question_ids": pa.array([question_ids] * len(LAYERS)),
        }
    )


def _conditions(other: str) -> list[Condition]:
    """Return the conditions of steering. other: the language whose vector is a control."""
    conditions = []
    for vector in (OWN, random(1), random(2)):
        for layer, gammas in STEERED_AT.items():
            conditions += [Condition(layer, float(gamma), vector) for gamma in (gammas if vector == OWN else GRID)]
    return conditions + [Condition(layer, 2.0, of_language(other)) for layer in STEERED_AT]


def _push(model: Model, condition: Condition) -> float:
    if condition.vector != OWN:
        return 0.0
    truth = model.truth
    return condition.gamma * (truth.push if condition.layer in MIDDLE else truth.push_elsewhere)

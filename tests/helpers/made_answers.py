"""Made-up answers of several languages, as arrays and as the tables that inference writes, without any model."""

import numpy as np
import pyarrow as pa
from crosslens.tables.conditions import Condition
from crosslens.tables.files import category, fixed_size


def random_answers(seed, languages=5, questions=40, choices=4, missing=0.2, tied=True):
    """Return (logprob, key) with the axes of `stacking.Aligned`: some questions are missing, many ties if ``tied``."""
    random = np.random.default_rng(seed)
    shared = random.normal(size=(questions, choices))
    logprob = (shared + random.normal(size=(languages, questions, choices))).astype(np.float32)
    logprob = np.round(logprob) if tied else logprob
    key = np.broadcast_to(random.integers(choices, size=questions), (languages, questions)).copy()
    absent = random.random((languages, questions)) < missing
    absent[:, :4] = False
    logprob[absent], key[absent] = np.nan, -1
    return logprob, key


def question_ids(n):
    return [f"q{i:03}" for i in range(n)]


def answers_table(logprob, key, order=None):
    """Return table "answers" of one language from its slice of the arrays, with rows in ``order``."""
    present = [i for i in (range(len(key)) if order is None else order) if key[i] >= 0]
    ids = question_ids(len(key))
    return pa.table(
        {
            "question_id": pa.array([ids[i] for i in present], pa.string()),
            "key": pa.array(key[present], pa.int8()),
            "logprob": fixed_size(logprob[present].astype(np.float32)),
        }
    )


def lens_table(logprob, key, layers, forms):
    """Return table "lens" of one language from [question, layer, form, choice], without questions whose key is -1."""
    present = np.flatnonzero(key >= 0)
    ids = question_ids(len(logprob))
    rows = [(ids[i], layer, form) for i in present for layer in layers for form in forms]
    # (question, layer, form, choice) -> (row, choice)
    values = logprob[present].reshape(-1, logprob.shape[-1]).astype(np.float32)
    question, layer, form = zip(*rows, strict=True)
    return pa.table(
        {
            "question_id": pa.array(question, pa.string()),
            "key": pa.array(np.repeat(key[present], len(rows) // len(present)), pa.int8()),
            "layer": pa.array(layer, pa.int16()),
            "prompt": category(["native"] * len(form)),
            "form": category(form),
            "logprob": fixed_size(values),
            "first_logprob": fixed_size(values),
            "n_tokens": fixed_size(np.ones_like(values, np.int16)),
            "n_characters": fixed_size(np.ones_like(values, np.int32)),
        }
    )


def steered_table(logprob, held_out, conditions):
    """Return table "steered" of one language from [question, condition, choice] for the questions ``held_out``."""
    ids = question_ids(len(logprob))
    conditions = [Condition(*condition) for condition in conditions]
    rows = [(ids[i], *condition) for i in held_out for condition in conditions]
    question, layer, gamma, vector, operation = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    return pa.table(
        {
            "question_id": pa.array(question, pa.string()),
            "layer": pa.array(layer, pa.int16()),
            "gamma": pa.array(gamma, pa.float32()),
            "vector": category(vector),
            "operation": category(operation),
            "logprob": fixed_size(logprob[held_out].reshape(-1, logprob.shape[-1]).astype(np.float32)),
        }
    )


def states_table(states, ids, layer=3):
    """Return table "hidden_states" of one language with one layer."""
    return pa.table(
        {"question_id": pa.array(ids, pa.string()), f"layer_{layer}": fixed_size(states.astype(np.float32))}
    )


def permuted_table(logprob, key, shift, asked):
    """Return table "permuted" of one language for the questions ``asked``; logprob is mapped back to the choices."""
    ids = question_ids(len(key))
    return pa.table(
        {
            "question_id": pa.array([ids[i] for i in asked], pa.string()),
            "key": pa.array(key[asked], pa.int8()),
            "shift": pa.array(shift[asked], pa.int8()),
            "logprob": fixed_size(logprob[asked].astype(np.float32)),
        }
    )


def two_orders(knows, prefers, shift, random, noise=1.0):
    """Return letter log-probabilities [language, question, choice] in the original order and in the other, mapped back.

    knows: what a model knows of the choices, [language, question, choice]. prefers: of the letters, [language, letter].
    """
    answers = []
    for moved in (np.zeros_like(shift), shift):
        # choice c stands at place (c + shift) mod J
        place = (np.arange(knows.shape[-1]) + moved[:, None]) % knows.shape[-1]
        logits = knows + prefers[:, place] + noise * random.normal(size=knows.shape)
        answers.append((logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)).astype(np.float32))
    return answers

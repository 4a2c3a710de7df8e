"""Made-up tables "lens" and "answers" with controls and further prompts, as inference writes them, without a model.

The controls' donors are found here in another way than in the library: by sorting hashes.
"""

import hashlib

import numpy as np
import pyarrow as pa
from crosslens.metrics import question_means
from crosslens.tables.files import category, fixed_size

LAYER = 2


def donors(ids: list[str], seed: int) -> dict[str, str]:
    """Return the next question in the order of the hashes, for every sampled question."""
    ordered = sorted(ids, key=lambda name: hashlib.sha256(f"{seed}:{name}".encode()).hexdigest())
    return {name: ordered[(i + 1) % len(ordered)] for i, name in enumerate(ordered)}


def lens_table(rows: list[dict], choices: int = 4) -> pa.Table:
    """Return table "lens" of rows with question_id, key, prompt, form, and logprob and first of every choice.

    n_tokens and n_characters are 1 for every choice, or those that the row states.
    """

    def padded(values, fill):
        return np.array([[*row, *[fill] * (choices - len(row))] for row in values])

    ones = [[1] * len(row["logprob"]) for row in rows]
    lengths = {
        name: padded([row.get(name, one) for row, one in zip(rows, ones, strict=True)], 0)
        for name in ("n_tokens", "n_characters")
    }
    return pa.table(
        {
            "question_id": pa.array([row["question_id"] for row in rows], pa.string()),
            "key": pa.array([row["key"] for row in rows], pa.int8()),
            "layer": pa.array([LAYER] * len(rows), pa.int16()),
            "prompt": category([row["prompt"] for row in rows]),
            "form": category([row["form"] for row in rows]),
            "logprob": fixed_size(padded([row["logprob"] for row in rows], np.nan).astype(np.float32)),
            "first_logprob": fixed_size(
                padded([row.get("first", row["logprob"]) for row in rows], np.nan).astype(np.float32)
            ),
            "n_tokens": fixed_size(lengths["n_tokens"].astype(np.int16)),
            "n_characters": fixed_size(lengths["n_characters"].astype(np.int32)),
        }
    )


def letters_table(ids: list[str], key: np.ndarray, choice: np.ndarray, choices: int = 4) -> pa.Table:
    """Return table "answers" whose most probable letters are ``choice``."""
    logprob = np.full((len(ids), choices), -3, np.float32)
    logprob[np.arange(len(ids)), choice] = -1
    return pa.table(
        {
            "question_id": pa.array(ids, pa.string()),
            "key": pa.array(key, pa.int8()),
            "logprob": fixed_size(logprob),
        }
    )


def intervals(ids: list[str], languages, bootstrap=200, level=0.95, seed=0, families=None, clusters=None):
    """Return the intervals of questions that are clusters of their own, in languages that are families of their own."""
    families = families or dict(zip(languages, languages, strict=True))
    clusters = clusters or dict(zip(ids, ids, strict=True))
    return question_means.intervals([clusters], bootstrap, level, seed, families)

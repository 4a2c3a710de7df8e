"""Inference tables of worlds whose truth is planted: what is shared between languages is one thing only, or all of it.

Nine languages of nine families, the first of which is the pivot; 300 questions in clusters of two; one layer.
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from crosslens.tables.conditions import Condition
from made_answers import answers_table, question_ids, steered_table
from made_lens import LAYER, donors, lens_table

NAMES = ["en", *(f"x{i}" for i in range(1, 9))]
FAMILIES = {name: f"family {name}" for name in NAMES}
N, CHOICES, SAMPLED, SEED = 300, 4, 80, 7
IDS = question_ids(N)
CLUSTERS = {name: str(i // 2) for i, name in enumerate(IDS)}
CONDITIONS = [Condition(LAYER, 2.0), Condition(LAYER, 2.0, "random_1"), Condition(LAYER, 2.0, "random_2")]


class Tables(NamedTuple):
    """The tables of inference, by language."""

    answers: dict[str, pa.Table]
    lens: dict[str, pa.Table]
    steered: dict[str, pa.Table]


def world(name: str, seed: int = 0) -> Tables:
    """Return the tables of a world: "a letter prior", "shared difficulty", "copying", "a letter shift", "knowledge"."""
    random = np.random.default_rng(seed)
    key = random.integers(CHOICES, size=N)
    at_key = np.eye(CHOICES)[key]
    prior = np.array([3.0, 1, 0, -1]) * (name in ("a letter prior", "a letter shift"))
    shared = {
        "shared difficulty": 2.5 * random.normal(size=(N, 1)) * at_key,
        "a letter shift": 3.0 * (random.random((N, 1)) < 0.6) * at_key,
        "knowledge": 3.0 * (random.random((N, 1)) < 0.6) * at_key,
    }.get(name, np.zeros((N, CHOICES)))
    answers, lens, steered = {}, {}, {}
    for language in NAMES:
        plain = shared + prior + random.gumbel(size=(N, CHOICES))
        answers[language] = answers_table(plain, key)
        own = {"a letter shift": -prior, "knowledge": 1.5 * at_key}.get(name, 0)
        after = [plain + random.normal(0, 0.2, plain.shape) for _ in CONDITIONS]
        after[0] = after[0] + own
        # condition x (question, choice) -> (question, condition, choice)
        held_out = np.arange(0 if language != "en" else N, N)
        steered[language] = steered_table(np.stack(after, axis=1), held_out, CONDITIONS)
        lens[language] = _lens(name, key, random)
    return Tables(answers, lens, steered)


def _lens(name: str, key: np.ndarray, random: np.random.Generator) -> pa.Table:
    """Return a lens that favours the texts that stand in its prompt ("copying"), or native ones ("knowledge")."""

    def scored(prompt: str, form: str, own: bool) -> list[float]:
        copied = name == "copying" and own and prompt == form
        prefers = name == "knowledge" and form.startswith("native")
        return (2.0 * copied + 1.0 * prefers + random.normal(0, 1, CHOICES)).tolist()

    def row(prompt: str, form: str, question: str, donor: str) -> dict:
        place = {"question_id": question, "key": int(key[IDS.index(donor)]), "prompt": prompt, "form": form}
        return place | {"logprob": scored(prompt, form, question == donor)}

    forms, sample = ("native", "pivot"), IDS[:SAMPLED]
    rows = [row("native", form, question, question) for question in IDS for form in forms]
    for question, donor in donors(sample, SEED).items():
        rows += [row("native", f"{form}_control", question, donor) for form in forms]
        rows += [row(prompt, form, question, question) for prompt in ("without_choices", "pivot") for form in forms]
    return lens_table(rows)

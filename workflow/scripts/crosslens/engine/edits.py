"""What is done to the steering copies of a job: the vector of every condition, and the questions that it is applied to.

Every vector that is added or projected out has the norm of the language's own vector at the layer, so that gamma means
the same length for all of them. Runs no model; `forward` applies the edits.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from jaxtyping import Float

from crosslens.errors import CrosslensError
from crosslens.tables import conditions as names
from crosslens.tables.conditions import ADD, OWN, PATCH, REPLACE, Condition
from crosslens.tables.files import matrix
from crosslens.tables.gather import stored_layers


@dataclass(frozen=True)
class Edits:
    """The edits of a job's copies: edit i is that of condition ``condition[i]``, with the vector ``vector[i]``.

    conditions: the configured ones. checks: conditions that are only for run-time checks; an index into the conditions
    goes on into these. question: per edit, the only question that it is for, or None. used: per vector, the questions
    that it was made from, to which it is not applied.
    """

    conditions: list[Condition]
    checks: list[Condition]
    condition: list[int]
    vector: Float[np.ndarray, "edit d_model"]
    question: list[str | None]
    used: Mapping[str, frozenset[str]]

    @property
    def all_conditions(self) -> list[Condition]:
        """Return the configured conditions, followed by those of the checks."""
        return [*self.conditions, *self.checks]

    @property
    def kinds(self) -> list[Condition]:
        """Return the condition of every edit."""
        return [self.all_conditions[index] for index in self.condition]

    def copies(self, question_ids: Sequence[str]) -> list[list[int]]:
        """Return, per question, the edits of which its prompt has a copy.

        Raises CrosslensError if a vector applies to none of the questions.
        """
        patches: dict[str, list[int]] = {}
        for edit, question in enumerate(self.question):
            if question is not None:
                patches.setdefault(question, []).append(edit)
        shared = [(i, kind.vector) for i, kind in enumerate(self.kinds) if self.question[i] is None]
        chosen = [
            [i for i, vector in shared if question not in self.used[vector]] + patches.get(question, [])
            for question in question_ids
        ]
        self._check_applied(question_ids, {edit for edits in chosen for edit in edits})
        return chosen

    def _check_applied(self, question_ids: Sequence[str], applied: Iterable[int]) -> None:
        vectors = {self.kinds[edit].vector for edit in applied}
        lacking = next((each.vector for each in self.conditions if each.vector not in vectors), None)
        if lacking == PATCH:
            raise CrosslensError(
                f"the pivot's states are stored for none of the {len(question_ids)} questions, so none can be patched. "
                "Raise 'states.questions', or remove 'vector: patch' from 'steering.conditions'."
            )
        if lacking is not None:
            raise CrosslensError(
                f"all {len(question_ids)} questions were used for the steering vector, so none is left to be steered. "
                "Lower 'steering.questions', remove the language, or remove the model from 'steering.conditions'."
            )

    def describe(self) -> dict[str, dict[str, object]]:
        """Return, for the provenance, the number of questions that each vector was made from, and its norm by layer."""
        described: dict[str, dict] = {}
        for kind, vector in zip(self.kinds, self.vector, strict=True):
            if kind.vector != PATCH and kind.gamma:
                norm = float(np.linalg.norm(vector)) / abs(kind.gamma)
                of_vector = described.setdefault(kind.vector, {"used": len(self.used[kind.vector]), "norm": {}})
                of_vector["norm"][str(kind.layer)] = round(norm, 6)
        return described


def make(conditions: Sequence[Sequence], sources: Mapping[str, pa.Table], seed: int = 0, place: str = "") -> Edits:
    """Return the edits of ``conditions``, whose fields are those of `Condition`.

    sources: what `conditions.sources` names: tables "steering_vectors", and for patches the pivot's "hidden_states".
    seed, place: random vectors depend on these; the place says which model, data set and language it is. Raises
    CrosslensError if a vector cannot be scaled to the norm of the language's own.
    """
    configured = [Condition(*condition) for condition in conditions]
    checks = _checks(configured, sources)
    condition, vectors, questions = [], [], []
    for index, each in enumerate([*configured, *checks]):
        if each.vector == PATCH:
            of_each, asked = matrix(sources[PATCH], f"layer_{each.layer}"), sources[PATCH]["question_id"].to_pylist()
        else:
            vector = _vector(each, sources, seed, place)
            of_each, asked = (np.float32(each.gamma) * vector if each.operation == ADD else vector)[None], [None]
        condition += [index] * len(asked)
        vectors.append(of_each)
        questions += asked
    stacked = np.concatenate(vectors) if vectors else np.zeros((0, 0), np.float32)
    return Edits(configured, checks, condition, stacked, questions, _used(configured, sources))


def _checks(conditions: Sequence[Condition], sources: Mapping[str, pa.Table]) -> list[Condition]:
    """Return the conditions whose letters are known: gamma = 0, and a patch of the last layer."""
    added = [each.layer for each in conditions if each.operation == ADD]
    zero = [Condition(added[0], 0.0)] if added else []
    last = [Condition(max(stored_layers(sources[PATCH])), 1.0, PATCH, REPLACE)] if PATCH in sources else []
    return zero + last


def _vector(
    condition: Condition, sources: Mapping[str, pa.Table], seed: int, place: str
) -> Float[np.ndarray, " d_model"]:
    """Return the vector of a condition, scaled to the norm of the language's own."""
    own = _at(sources[OWN], condition.layer)
    if condition.vector == OWN:
        return own
    if condition.vector in sources:
        other = _at(sources[condition.vector], condition.layer)
    else:
        drawn = hashlib.sha256(f"{seed}:{condition.vector}:{place}:{condition.layer}".encode()).digest()
        other = np.random.default_rng(int.from_bytes(drawn)).standard_normal(len(own))
    length = np.linalg.norm(other.astype(np.float64))
    if not length > 0:
        raise CrosslensError(
            f"the steering vector '{condition.vector}' has length {length:g} at layer {condition.layer}, so it cannot "
            "be scaled to another length. Remove it from 'steering.conditions'."
        )
    return (other * (np.linalg.norm(own.astype(np.float64)) / length)).astype(np.float32)


def _at(vectors: pa.Table, layer: int) -> Float[np.ndarray, " d_model"]:
    return matrix(vectors, "vector")[vectors["layer"].to_pylist().index(layer)]


def _used(conditions: Sequence[Condition], sources: Mapping[str, pa.Table]) -> dict[str, frozenset[str]]:
    """Return, per vector, the questions that it, or the language's own vector, was made from.

    The questions of another data set are others, even if their ids are the same.
    """
    used = {}
    for vector in {each.vector for each in conditions} | ({OWN} if OWN in sources else set()):
        tables = [OWN] * (vector != PATCH) + [vector] * (names.split(vector)[0] == "language")
        used[vector] = frozenset(name for each in tables for name in sources[each]["question_ids"][0].as_py())
    return used

"""The names of what steered inference does: a condition is a layer, a multiplier, a vector and an operation.

Knows no arrays and no files. `experiment.steering` makes conditions of the config, `engine.edits` finds their vectors.
The strings are those of the columns "vector" and "operation".
"""

from collections.abc import Sequence
from typing import NamedTuple

# Vectors: the language's own, and the state that the pivot has for the same question, which replaces the language's.
OWN, PATCH = "own", "patch"
# Operations on a state h with a vector v: h + gamma v; h minus its component along v; v instead of h.
ADD, PROJECT_OUT, REPLACE = "add", "project_out", "replace"


class Condition(NamedTuple):
    """What is done after block ``layer``; gamma is 1 if the operation has no multiplier."""

    layer: int
    gamma: float
    vector: str = OWN
    operation: str = ADD


def random(n: int) -> str:
    """Return the name of the n-th random vector, from 1."""
    return f"random_{n}"


def of_language(tag: str) -> str:
    """Return the name of another language's vector."""
    return f"language:{tag}"


def of_dataset(dataset: str) -> str:
    """Return the name of the vector that the same language has in another data set."""
    return f"dataset:{dataset}"


def split(vector: str) -> tuple[str, str]:
    """Return the kind of a vector and what it is of: a language, a data set, or nothing."""
    kind, _, name = vector.partition(":")
    return kind, name


def sources(conditions: Sequence[Condition]) -> list[str]:
    """Return the vectors of ``conditions`` that are read from files, each once.

    The language's own is among them if any other is scaled to its norm: all but patches are.
    """
    vectors = [condition.vector for condition in conditions]
    own = [OWN] if any(vector != PATCH for vector in vectors) else []
    others = [vector for vector in vectors if vector == PATCH or ":" in vector]
    return [*own, *dict.fromkeys(others)]

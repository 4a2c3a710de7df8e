"""Which questions are sampled: a function of the seed and of each question's id alone.

So adding a language, a model or a data set never changes another's sample, and a larger sample contains the smaller
one.
"""

import hashlib
from collections.abc import Iterable, Sequence

from crosslens.errors import CrosslensError


def order(question_ids: Iterable[str], seed: int) -> list[str]:
    """The questions ordered by a hash of (seed, question_id)."""
    return sorted(question_ids, key=lambda question: hashlib.sha256(f"{seed}:{question}".encode()).digest())


def first_common(ids: Iterable[str], other_ids: Iterable[str], n: int, seed: int, names: tuple[str, str]) -> list[str]:
    """The first ``n`` questions, in hash order, of those that both have.

    ``names`` are the two languages. Raises CrosslensError, naming them, where they share fewer than ``n`` questions.
    """
    common = order(set(ids) & set(other_ids), seed)
    if len(common) < n:
        raise CrosslensError(
            f"{names[0]} and {names[1]} share only {len(common)} stored questions, {n} are needed for a "
            "steering vector. Lower steering.questions or raise states.questions in the config."
        )
    return common[:n]


def derangement(question_ids: Sequence[str], seed: int) -> dict[str, str]:
    """For each question another one: its successor in hash order, cyclically. No question is its own.

    The shuffled-answer control takes its answers from it. Raises CrosslensError for fewer than two questions.
    """
    if len(question_ids) < 2:
        raise CrosslensError(f"the shuffled-answer control needs at least 2 questions, there are {len(question_ids)}.")
    ordered = order(question_ids, seed)
    return dict(zip(ordered, ordered[1:] + ordered[:1], strict=True))

"""The order in which questions are sampled. It depends on the seed and on each question's own id only.

Adding a language, a model or a data set therefore never changes another's sample, and a larger sample contains the
smaller one.
"""

import hashlib
from collections.abc import Iterable, Sequence

from crosslens.errors import CrosslensError

HALVES = DEVELOPMENT, TEST = "development", "test"


def order(question_ids: Iterable[str], seed: int) -> list[str]:
    """Return the questions sorted by a hash of (seed, question_id)."""
    return sorted(question_ids, key=lambda question: hashlib.sha256(f"{seed}:{question}".encode()).digest())


def first_common(
    ids: Iterable[str], other_ids: Iterable[str], n: int, seed: int, names: tuple[str, str], fit: bool = False
) -> list[str]:
    """Return the first ``n`` questions, in hash order, that occur in both ``ids`` and ``other_ids``.

    ``names`` are the two languages. Raises CrosslensError, naming them, if they share fewer than ``n`` questions. With
    ``fit``, at most half of the common questions are taken instead, so that as many are left to be steered.
    """
    common = order(set(ids) & set(other_ids), seed)
    if fit:
        n = max(1, min(n, len(common) // 2))
    if len(common) < n:
        raise CrosslensError(
            f"{names[0]} and {names[1]} share only {len(common)} stored questions, but a steering vector needs {n}. "
            "Lower 'steering.questions' or raise 'states.questions' in the config."
        )
    return common[:n]


def shift(question_id: str, n_choices: int, seed: int) -> int:
    """Return by how many places a question's choices are moved when their order is permuted: 1 to ``n_choices`` - 1.

    It is the same in all languages. 0 for a question of one choice.
    """
    digest = hashlib.sha256(f"{seed}:shift:{question_id}".encode()).digest()
    return 1 + int.from_bytes(digest[:8], "big") % (n_choices - 1) if n_choices > 1 else 0


def half(cluster: str, seed: int) -> str:
    """Return which half of the questions those of a cluster belong to, the same in all languages: one of `HALVES`.

    What is chosen on the development half is reported on the test half. Questions of a cluster are not independent, so
    they are in the same half.
    """
    digest = hashlib.sha256(f"{seed}:half:{cluster}".encode()).digest()
    return HALVES[digest[0] % 2]


def derangement(question_ids: Sequence[str], seed: int) -> dict[str, str]:
    """Return, for each question, another one: the next in hash order, cyclically, so that none maps to itself.

    The shuffled-answer control takes the choices of that question. Raises CrosslensError for fewer than two questions.
    """
    if len(question_ids) < 2:
        raise CrosslensError(
            f"the shuffled-answer control needs at least 2 questions, but there are {len(question_ids)}."
        )
    ordered = order(question_ids, seed)
    return dict(zip(ordered, ordered[1:] + ordered[:1], strict=True))

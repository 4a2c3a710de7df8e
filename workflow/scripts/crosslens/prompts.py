"""The prompt that a model is given: an English frame around a question and its answer choices (the paper's Table 3).

Makes text only: tokens, and where the answer begins, are `tokens`' part.
"""

from collections.abc import Sequence
from string import ascii_uppercase

from crosslens.formats import FORMATS

INSTRUCTION = "Given the following question and answer choices, output the letter corresponding to the correct answer."


def render(question: str, choices: Sequence[str], passage: str = "", separator: str = " ") -> str:
    """The prompt of a question; ``separator`` stands between the fields, and an empty ``passage`` is left out.

    It ends with "Answer:", without a space: the space belongs to the token of the letter that follows.
    """
    letters = ascii_uppercase[: len(choices)]
    lettered = [f"{letter}: {choice}" for letter, choice in zip(letters, choices, strict=True)]
    fields = [INSTRUCTION, passage, f"Question: {question}", *lettered, "Answer:"]
    return separator.join(field for field in fields if field)


def template(format: str, n_choices: int, separator: str = " ") -> str:
    """The prompt of a data set of shape ``format`` with the names of its parts in place of texts, as in Table 3."""
    parts = FORMATS[format]
    choices = [parts.choice.format(n=n, letter=ascii_uppercase[n - 1].lower()) for n in range(1, n_choices + 1)]
    return render(parts.question, choices, parts.passage, separator)

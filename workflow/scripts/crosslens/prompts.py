"""The prompt that a model is given: a frame around a question and its answer choices (the paper's Table 3).

Makes text only: tokens, a model's chat template, and where the answer begins, are `tokens`' part.
"""

from collections.abc import Mapping, Sequence

from crosslens import formats

INSTRUCTION = "Given the following question and answer choices, output the letter corresponding to the correct answer."
# The paper's frame, which is English around questions in any language; config/instructions.yaml has it in others.
FRAME = {"instruction": INSTRUCTION, "question": "Question:", "answer": "Answer:"}


def render(
    question: str,
    choices: Sequence[str],
    passage: str = "",
    separator: str = " ",
    letter_form: str = "A:",
    frame: Mapping[str, str] = FRAME,
) -> str:
    """The prompt of a question; ``separator`` stands between the fields, and an empty ``passage`` is left out.

    letter_form: how the letter before a choice is written, see `letters`. frame: the instruction, and what stands
    before the question and at the end. There is no space at the end: it belongs to the letter that follows.
    """
    lettered = [
        f"{letter} {choice}" for letter, choice in zip(letters(len(choices), letter_form), choices, strict=True)
    ]
    fields = [frame["instruction"], passage, f"{frame['question']} {question}", *lettered, frame["answer"]]
    return separator.join(field for field in fields if field)


def letters(n: int, form: str) -> list[str]:
    """The first ``n`` letters as ``form`` writes the first of them: "(a)" gives "(a)", "(b)", ..."""
    first = next(character for character in form if character in "Aa")  # there may be words of other scripts
    return [form.replace(first, chr(ord(first) + i)) for i in range(n)]


def template(
    format: str,
    n_choices: int,
    separator: str = " ",
    letter_form: str = "A:",
    frame: Mapping[str, str] = FRAME,
) -> str:
    """The prompt of a data set of ``format`` with the names of its parts in place of texts, as in Table 3."""
    parts = formats.module(format).PARTS
    choices = [parts.choice.format(n=n, letter=chr(ord("a") + n - 1)) for n in range(1, n_choices + 1)]
    return render(parts.question, choices, parts.passage, separator, letter_form, frame)

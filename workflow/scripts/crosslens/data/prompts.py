"""The prompt that a model is given: a frame around a question and its answer choices (the paper's Table 3).

Makes text only: `engine.tokens` takes care of tokens, a model's chat template, and where the answer begins.
"""

from collections.abc import Mapping, Sequence

INSTRUCTION = "Given the following question and answer choices, output the letter corresponding to the correct answer."
# The paper's frame: English, whatever the question's language. config/instructions.yaml has it in other languages.
FRAME = {"instruction": INSTRUCTION, "question": "Question:", "answer": "Answer:"}


def render(
    question: str,
    choices: Sequence[str],
    passage: str = "",
    separator: str = " ",
    letter_form: str = "A:",
    frame: Mapping[str, str] = FRAME,
) -> str:
    """Return the prompt of a question, its fields joined by ``separator``; an empty ``passage`` is left out.

    letter_form: how the letter before a choice is written, see `letters`. frame: the instruction, the text before the
    question and the text at the end. The prompt does not end in a space, which belongs to the letter that follows.
    """
    lettered = [
        f"{letter} {choice}" for letter, choice in zip(letters(len(choices), letter_form), choices, strict=True)
    ]
    fields = [frame["instruction"], passage, f"{frame['question']} {question}", *lettered, frame["answer"]]
    return separator.join(field for field in fields if field)


def letters(n: int, form: str) -> list[str]:
    """Return the first ``n`` letters, written as ``form`` writes the first of them: "(a)" gives "(a)", "(b)", ..."""
    first = next(character for character in form if character in "Aa")  # the rest may be words in other scripts
    return [form.replace(first, chr(ord(first) + i)) for i in range(n)]


def template(
    parts: Mapping[str, str],
    n_choices: int,
    separator: str = " ",
    letter_form: str = "A:",
    frame: Mapping[str, str] = FRAME,
) -> str:
    """Return a data set's prompt with the names of parts in place of texts (the paper's Table 3).

    parts: the names of ``passage`` ("" for none), ``question`` and ``choice``, in which {n} stands for 1, 2, ... and
    {letter} for a, b, ...
    """
    choices = [parts["choice"].format(n=n, letter=chr(ord("a") + n - 1)) for n in range(1, n_choices + 1)]
    return render(parts["question"], choices, parts["passage"], separator, letter_form, frame)

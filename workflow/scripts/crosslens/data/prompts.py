"""The prompt that a model is given: a frame around a question and its answer choices (the paper's Table 3).

Makes text only: `engine.tokens` takes care of tokens, a model's chat template, and where the answer begins.
"""

from collections.abc import Mapping, Sequence

INSTRUCTION = "Given the following question and answer choices, output the letter corresponding to the correct answer."
# The paper's frame: English, whatever the question's language. config/instructions.yaml has it in other languages.
FRAME = {"instruction": INSTRUCTION, "question": "Question:", "answer": "Answer:"}
BLANK_LINE = "\n\n"  # around every example


def render(
    question: str,
    choices: Sequence[str],
    passage: str = "",
    separator: str = " ",
    letter_form: str = "A:",
    frame: Mapping[str, str] = FRAME,
    examples: Sequence[str] = (),
) -> str:
    """Return the prompt of a question, its fields joined by ``separator``; an empty ``passage`` is left out.

    letter_form: how the letter before a choice is written, see `letters`. frame: the instruction, the text before the
    question and the text at the end. examples: texts of `example`, which stand between the instruction and the
    question, with a blank line around each. The prompt does not end in a space, which belongs to the letter that
    follows.
    """
    block = _block(question, choices, passage, separator, letter_form, frame)
    parts = [frame["instruction"], *examples, block]
    return (BLANK_LINE if examples else separator).join(part for part in parts if part)


def example(
    question: str,
    choices: Sequence[str],
    key: int,
    passage: str = "",
    separator: str = " ",
    letter_form: str = "A:",
    frame: Mapping[str, str] = FRAME,
) -> str:
    """Return a question with its answer, one of the ``examples`` of `render`; ``key`` is the correct choice, from 0.

    It is the question's prompt without the instruction, then a space and the bare letter, as answers are scored.
    """
    letter = chr(ord(_first_letter(letter_form)) + key)
    return f"{_block(question, choices, passage, separator, letter_form, frame)} {letter}"


def _block(
    question: str,
    choices: Sequence[str],
    passage: str,
    separator: str,
    letter_form: str,
    frame: Mapping[str, str],
) -> str:
    """Return what a prompt says of one question: everything but the instruction."""
    lettered = [
        f"{letter} {choice}" for letter, choice in zip(letters(len(choices), letter_form), choices, strict=True)
    ]
    fields = [passage, f"{frame['question']} {question}", *lettered, frame["answer"]]
    return separator.join(field for field in fields if field)


def letters(n: int, form: str) -> list[str]:
    """Return the first ``n`` letters, written as ``form`` writes the first of them: "(a)" gives "(a)", "(b)", ..."""
    first = _first_letter(form)
    return [form.replace(first, chr(ord(first) + i)) for i in range(n)]


def _first_letter(form: str) -> str:
    return next(character for character in form if character in "Aa")  # the rest may be words in other scripts


def template(
    parts: Mapping[str, str],
    n_choices: int,
    separator: str = " ",
    letter_form: str = "A:",
    frame: Mapping[str, str] = FRAME,
    examples: str = "",
) -> str:
    """Return a data set's prompt with the names of parts in place of texts (the paper's Table 3).

    parts: the names of ``passage`` ("" for none), ``question`` and ``choice``, in which {n} stands for 1, 2, ... and
    {letter} for a, b, ... examples: a note on the examples before the question, of which one is then shown; "" if there
    are none.
    """
    choices = [parts["choice"].format(n=n, letter=chr(ord("a") + n - 1)) for n in range(1, n_choices + 1)]
    texts = (parts["question"], choices, parts["passage"], separator, letter_form, frame)
    shown = [f"[{examples}]\n{_block(*texts)} <letter>"] if examples else []
    return render(*texts, examples=shown)

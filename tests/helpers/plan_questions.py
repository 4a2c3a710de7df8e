"""Questions of known size, for the tests of the plan."""

import pyarrow as pa
from crosslens.tables.columns import INT8, STRING
from crosslens.tables.files import write_table
from crosslens.tables.inference import QUESTIONS

TYPICAL = {"questions": 900, "choices": 4, "prompt_tokens": 400, "answer_tokens": 8}


def write_questions(path, n: int, word: str = "wort", words: int = 3):
    """``n`` questions whose prompts have ``words`` times ``word``, and choices of one, two and three words."""
    choices = pa.array([[word, f"{word} {word}", f"{word} {word} {word}"]] * n, pa.list_(STRING))
    columns = {
        "question_id": [str(i) for i in range(n)],
        "prompt": [" ".join([word] * words)] * n,
        "choices": choices,
        "pivot_choices": choices,
        "key": pa.array([0] * n, INT8),
        "group": ["g"] * n,
    }
    write_table(path, QUESTIONS, columns, {})
    return path

"""The Arrow tables up to inference, declared once: their columns, their types, and what they mean.

Other tables, made from these on a CPU, are in `metric_schemas`, `figures.plotted` and `plan`, which add theirs to
TABLES: all jobs on a GPU import this module and rerun after an edit of it. Declares and compares only; reading and
writing files is in `tables`. "Per" an axis means a fixed-size list whose length is that axis's size (number of choices,
width of the model); it may differ between files, never within one.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

import pyarrow as pa

from crosslens.errors import CrosslensError


class Per(NamedTuple):
    """A fixed-size list with one value per element of ``axis``; the size is the file's own."""

    axis: str
    value: pa.DataType

    def __str__(self) -> str:
        return f"fixed_size_list<{self.value}>[{self.axis}]"


@dataclass(frozen=True)
class Column:
    """One column. ``repeated``: the name is a pattern and it may occur several times, e.g. ``layer_{layer}``."""

    name: str
    type: pa.DataType | Per
    doc: str
    nullable: bool = False
    repeated: bool = False

    def matches(self, name: str) -> bool:
        return bool(re.fullmatch(r"layer_\d+", name)) if self.repeated else name == self.name

    def accepts(self, found: pa.DataType) -> bool:
        if isinstance(self.type, Per):
            return pa.types.is_fixed_size_list(found) and found.value_type == self.type.value
        return found == self.type


STRING, BOOL = pa.string(), pa.bool_()
INT8, INT16, INT32 = pa.int8(), pa.int16(), pa.int32()
FLOAT32, FLOAT64 = pa.float32(), pa.float64()
CATEGORY = pa.dictionary(pa.int8(), pa.string())

QUESTION_ID = Column("question_id", STRING, "the same in all languages")
LANGUAGE = Column("language", STRING, "language tag, as in config/languages.tsv")
LAYER = Column("layer", INT16, "1..L; the residual stream after this block")
GAMMA = Column("gamma", FLOAT32, "multiplier of the steering vector")
KEY = Column("answer", INT8, "index of the key in choices, from 0")
LETTER_LOGPROB = Column("logprob", Per("choice", FLOAT32), "letter log-probability over the full vocabulary, nats")

# Whose texts the lens scores: the choices in the prompt's language and in the pivot's, and another question's in both.
FORMS = ("native", "pivot", "native_control", "pivot_control")

TABLES: dict[str, list[Column]] = {
    "questions": [
        QUESTION_ID,
        Column("prompt", STRING, "rendered prompt, ends before the answer"),
        Column("choices", pa.list_(STRING), "answer choices in the prompt's language"),
        Column("pivot_choices", pa.list_(STRING), "the same choices in the pivot language"),
        KEY,
        Column("group", STRING, "subject or passage that the question belongs to"),
    ],
    "audit": [
        LANGUAGE,
        QUESTION_ID,
        Column("reason", STRING, "what is wrong with the question in this language"),
        Column("excluded", BOOL, "whether the question was left out of questions/"),
    ],
    "hidden_states": [
        QUESTION_ID,
        Column(
            "layer_{layer}",
            Per("d_model", FLOAT32),
            "state of the last prompt token after block {layer}, no final norm",
            repeated=True,
        ),
    ],
    "steering_vectors": [
        LAYER,
        Column("vector", Per("d_model", FLOAT32), "mean over questions of h(pivot) - h(language) (Eq. 8)"),
        Column("norm", FLOAT32, "Euclidean norm of the vector"),
        Column("n_questions", INT32, "number of parallel questions averaged"),
        Column("question_ids", pa.list_(STRING), "those questions; steering is evaluated on the others"),
    ],
    "answers": [QUESTION_ID, KEY, LETTER_LOGPROB],
    "lens": [
        QUESTION_ID,
        KEY,
        LAYER,
        Column("form", CATEGORY, "whose texts are scored, one of FORMS"),
        Column("logprob", Per("choice", FLOAT32), "mean latent log-probability per token of the text, nats (Eq. 7)"),
        Column("n_tokens", Per("choice", INT16), "tokens of the text"),
    ],
    "steered": [QUESTION_ID, LAYER, GAMMA, LETTER_LOGPROB],
}


def columns(table: str) -> list[Column]:
    """The declarations of a table's columns. Raises CrosslensError where no imported module declares it."""
    if table not in TABLES:
        raise CrosslensError(
            f"no table is called '{table}'; declared are {', '.join(sorted(TABLES))}. Correct the name, or import the "
            "module that declares it: `metric_schemas`, `figures` or `plan`."
        )
    return TABLES[table]


def column(table: str, name: str) -> Column | None:
    """The declaration of column ``name`` of ``table``, or None where it has none."""
    return next((c for c in columns(table) if c.matches(name)), None)

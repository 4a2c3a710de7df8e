"""The vocabulary of the workflow's Arrow tables: a `Table` is a name and a list of `Column`.

Declares and compares only; `tables.files` reads and writes. The tables themselves are declared in `tables.inference`,
in the modules that `tables.metrics` gathers, in `plan.table` and, for the values that a figure plots, in the figure's
module. `Per` an axis means a fixed-size list whose length is the size of that axis (number of choices, width of the
model). The size may differ between files, but not within a file.
"""

import re
from dataclasses import KW_ONLY, dataclass
from typing import NamedTuple

import pyarrow as pa


class Per(NamedTuple):
    """The type of a fixed-size list with one value per element of ``axis``; its size may differ between files.

    ragged: a row may have fewer values, at least 2; the list is then as long as the longest row, and NaN stands after
    the row's own values, and nowhere else.
    """

    axis: str
    value: pa.DataType
    ragged: bool = False

    def __str__(self) -> str:
        return f"fixed_size_list<{self.value}>[{self.axis}]"


@dataclass(frozen=True)
class Column:
    """A column of a table.

    doc: describes the column to people; fingerprints ignore it, so editing a description reruns nothing. nullable:
    values may be null, which means undefined. repeated: the name is a pattern, such as ``layer_{layer}``, and the table
    may have several such columns.
    """

    name: str
    type: pa.DataType | Per
    _: KW_ONLY
    doc: str = ""
    nullable: bool = False
    repeated: bool = False

    def matches(self, name: str) -> bool:
        """Return whether a file's column called ``name`` is this column."""
        return bool(re.fullmatch(r"layer_\d+", name)) if self.repeated else name == self.name

    def accepts(self, actual: pa.DataType) -> bool:
        """Return whether a file's column may have the type ``actual``."""
        if isinstance(self.type, Per):
            return pa.types.is_fixed_size_list(actual) and actual.value_type == self.type.value
        return actual == self.type


@dataclass(frozen=True)
class Table:
    """A table: its name and its columns, in order."""

    name: str
    columns: list[Column]

    def column(self, name: str) -> Column | None:
        """Return the declaration of column ``name``, or None if the table has no such column."""
        return next((column for column in self.columns if column.matches(name)), None)


STRING, BOOL = pa.string(), pa.bool_()
INT8, INT16, INT32 = pa.int8(), pa.int16(), pa.int32()
FLOAT32, FLOAT64 = pa.float32(), pa.float64()
CATEGORY = pa.dictionary(pa.int8(), pa.string())

QUESTION_ID = Column("question_id", STRING, doc="the question's id, the same in all languages")
LANGUAGE = Column("language", STRING, doc="language tag, as in config/languages.tsv")
LAYER = Column("layer", INT16, doc="1..L; layer k is the residual stream after block k")
GAMMA = Column("gamma", FLOAT32, doc="multiplier of the steering vector; 1 for operations that have none")
MODEL = Column("model", STRING, doc="the model's name in config/models.yaml")
DATASET = Column("dataset", STRING, doc="the data set's name in config/datasets.yaml")
VECTOR_DOC = (
    "the language's own, random_1, ..., language:{tag} or dataset:{name} (all of the own one's norm), or patch: the "
    "pivot's state of the question"
)
OPERATION_DOC = "add: h + gamma v; project_out: h minus its component along v; replace: v"

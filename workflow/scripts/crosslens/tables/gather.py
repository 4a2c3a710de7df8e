"""Read the tables of several models, data sets or languages together."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from crosslens.tables.columns import Table
from crosslens.tables.files import read_table
from crosslens.tables.inference import HIDDEN_STATES


def gather(paths: Sequence[str | Path], table: Table, labels: Sequence[Mapping[str, str]]) -> pa.Table:
    """Return the files of ``table`` below one another, in the order of ``paths``.

    ``labels`` holds, per file, the columns that its rows get before their own: model, dataset.
    """
    parts = []
    for path, label in zip(paths, labels, strict=True):
        part = read_table(path, table).replace_schema_metadata()
        before = {name: pa.array([value] * len(part), pa.string()) for name, value in label.items()}
        parts.append(pa.table(before | dict(zip(part.column_names, part.columns, strict=True))))
    return pa.concat_tables(parts)


def states(paths: Sequence[str | Path], languages: Sequence[str], layer: int | str) -> dict[str, pa.Table]:
    """Return per language the question ids and the states after block ``layer``; other layers are not read."""
    columns = ["question_id", f"layer_{layer}"]
    return {language: read_table(path, HIDDEN_STATES, columns) for language, path in zip(languages, paths, strict=True)}


def stored_layers(states: pa.Table) -> list[int]:
    """Return the layers of a table "hidden_states", in the order of its columns."""
    return [int(name.removeprefix("layer_")) for name in states.column_names if name.startswith("layer_")]


def n_choices(questions: pa.Table) -> dict[str, int]:
    """Return the number of answer choices of each data set, from its questions in one language.

    ``questions`` is the table of that name with an additional column dataset.
    """
    lengths = pc.list_value_length(questions["choices"])
    return dict(zip(questions["dataset"].to_pylist(), lengths.to_pylist(), strict=True))

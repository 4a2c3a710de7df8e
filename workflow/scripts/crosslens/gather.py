"""Tables of many models, data sets or languages together. Reads only; `summaries` and `figures` use them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from crosslens.tables import read_table


def gather(paths: Sequence[str | Path], schema: str, keys: Sequence[Mapping[str, str]]) -> pa.Table:
    """The tables at ``paths`` below one another, in front of each row the ``keys`` of its file: model, dataset."""
    parts = []
    for path, key in zip(paths, keys, strict=True):
        part = read_table(path, schema).replace_schema_metadata()
        named = {name: pa.array([value] * len(part), pa.string()) for name, value in key.items()}
        parts.append(pa.table(named | dict(zip(part.column_names, part.columns, strict=True))))
    return pa.concat_tables(parts)


def states(paths: Sequence[str | Path], languages: Sequence[str], layer: int | str) -> dict[str, pa.Table]:
    """Of the tables "hidden_states" of ``languages``, question ids and the states after one block; not the rest."""
    columns = ["question_id", f"layer_{layer}"]
    return {
        language: read_table(path, "hidden_states", columns) for language, path in zip(languages, paths, strict=True)
    }


def n_choices(questions: pa.Table) -> dict[str, int]:
    """Number of answer choices of each data set, from its questions in one language (with a column dataset)."""
    lengths = pc.list_value_length(questions["choices"])
    return dict(zip(questions["dataset"].to_pylist(), lengths.to_pylist(), strict=True))

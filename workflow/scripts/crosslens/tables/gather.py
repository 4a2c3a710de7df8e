"""Read the tables of several models, data sets or languages together."""

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from crosslens.tables.columns import Table
from crosslens.tables.conditions import PATCH, Condition, sources
from crosslens.tables.files import read_table
from crosslens.tables.inference import HIDDEN_STATES, QUESTIONS, STEERING_VECTORS


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


def clusters(paths: Sequence[str | Path], languages: Sequence[str] = ()) -> list[dict[str, str]]:
    """Return the cluster of every question by id, per file of table "questions".

    languages: those of the files if each has questions of its own; ids and clusters then begin with the language.
    """
    found = []
    for i, path in enumerate(paths):
        table, before = read_table(path, QUESTIONS, ["question_id", "cluster"]), f"{languages[i]} " if languages else ""
        columns = ([before + value for value in column.to_pylist()] for column in table.columns)
        found.append(dict(zip(*columns, strict=True)))
    return found


def groups(paths: Sequence[str | Path]) -> dict[str, list[str]]:
    """Return the groups of every question by id, as name=value, from files of table "questions"."""
    tables = [read_table(path, QUESTIONS, ["question_id", "groups"]) for path in paths]
    return {row["question_id"]: row["groups"] for table in tables for row in table.to_pylist()}


def read_vectors(conditions: Sequence[Sequence], paths: Sequence[str | Path]) -> dict[str, pa.Table]:
    """Return the tables that ``conditions`` need, by the names of `conditions.sources`, in whose order the paths are.

    They are steering vectors, and for patches the pivot's hidden states.
    """
    names = sources([Condition(*each) for each in conditions])
    return {
        name: read_table(path, HIDDEN_STATES if name == PATCH else STEERING_VECTORS)
        for name, path in zip(names, paths, strict=True)
    }


def stored_layers(states: pa.Table) -> list[int]:
    """Return the layers of a table "hidden_states", in the order of its columns."""
    return [int(name.removeprefix("layer_")) for name in states.column_names if name.startswith("layer_")]


def n_choices(questions: pa.Table) -> dict[str, int]:
    """Return the number of answer choices of each data set, the largest if it varies, from its questions in a language.

    ``questions`` is the table of that name with an additional column dataset.
    """
    return {dataset: max(counted) for dataset, counted in _counted_choices(questions).items()}


def chance(questions: pa.Table) -> dict[str, float]:
    """Return the accuracy of guessing in each data set, in [0, 1]: the mean over questions of 1 / number of choices.

    ``questions`` is as in `n_choices`. The mean is exact before it is rounded, so that it is 1 / J for J choices.
    """
    return {
        dataset: float(sum(n * Fraction(1, j) for j, n in counted.items()) / counted.total())
        for dataset, counted in _counted_choices(questions).items()
    }


def _counted_choices(questions: pa.Table) -> dict[str, Counter[int]]:
    """Return for each data set how many questions have how many choices."""
    counted: dict[str, Counter[int]] = {}
    lengths = pc.list_value_length(questions["choices"]).to_pylist()
    for dataset, length in zip(questions["dataset"].to_pylist(), lengths, strict=True):
        counted.setdefault(dataset, Counter())[length] += 1
    return counted

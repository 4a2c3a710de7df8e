"""Values in every replicate of a bootstrap of the questions, as rows of tables and back as arrays.

`resampling` draws, `differences` makes intervals of differences between such values; this module only arranges them.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float, Int

from crosslens.metrics import means
from crosslens.metrics.stacking import nullable
from crosslens.tables.columns import FLOAT32


class Drawn(NamedTuple):
    """A measure of several languages, on n questions each; NaN where undefined."""

    languages: tuple[str, ...]
    n: Int[np.ndarray, " language"]
    value: Float[np.ndarray, " language"]
    replicates: Float[np.ndarray, "replicate language"]


class DrawnPairs(NamedTuple):
    """Sums of a measure over the ordered pairs of languages of two families, whose number is ``count``."""

    families: tuple[str, ...]
    count: Int[np.ndarray, "family family"]
    value: Float[np.ndarray, "family family"]
    replicates: Float[np.ndarray, "replicate family family"]


def columns(rows: Mapping[tuple, Drawn], where: Sequence[str] = ("measure",)) -> dict:
    """Return the columns of tables "replicates": a row per key of ``rows`` and language.

    where: the names of the columns that the parts of a key stand in.
    """
    keys = [key for key, drawn in rows.items() for _ in drawn.languages]
    parts = zip(*keys, strict=True) if keys else [()] * len(where)
    return {
        **{name: list(values) for name, values in zip(where, parts, strict=True)},
        "language": [language for drawn in rows.values() for language in drawn.languages],
        "n": pa.array(np.concatenate([drawn.n for drawn in rows.values()] or [[]]), pa.int32()),
        "value": nullable(np.concatenate([drawn.value for drawn in rows.values()] or [[]])),
        "replicates": _lists([drawn.replicates.T for drawn in rows.values()]),
    }


def pair_columns(rows: Mapping[str, DrawnPairs]) -> dict:
    """Return the columns of tables "pair_replicates": per measure a row for every two families that have a pair."""
    names: dict[str, list] = {name: [] for name in ("measure", "source_family", "target_family", "n_pairs", "value")}
    replicates = []
    for measure, drawn in rows.items():
        source, target = np.nonzero(drawn.count)
        names["measure"] += [measure] * len(source)
        names["source_family"] += [drawn.families[i] for i in source]
        names["target_family"] += [drawn.families[i] for i in target]
        names["n_pairs"] += drawn.count[source, target].tolist()
        names["value"] += drawn.value[source, target].tolist()
        replicates.append(drawn.replicates[:, source, target].T)
    return {**names, "n_pairs": pa.array(names["n_pairs"], pa.int32()), "replicates": _lists(replicates)}


def of_pairs(
    observed: Float[np.ndarray, "source target"],
    replicates: Float[np.ndarray, "replicate family family"],
    families: Sequence[str],
) -> DrawnPairs:
    """Return the sums over pairs of families of ``observed``, which is NaN where undefined, and their replicates.

    families: that of each language. replicates: as `means.family_sums` returns them, in its order of the families.
    """
    count = means.family_sums(np.where(np.isnan(observed), np.nan, 1.0), families).round().astype(int)
    return DrawnPairs(tuple(sorted(set(families))), count, means.family_sums(observed, families), replicates)


def of_measure(table: pa.Table, measure: str, **where: object) -> Drawn:
    """Return the rows of a table "replicates" about a measure, and with these values in other columns.

    Without such rows there are no languages and no replicates.
    """
    rows = _rows(table, measure=measure, **where)
    value = rows["value"].to_numpy(zero_copy_only=False)
    return Drawn(tuple(rows["language"].to_pylist()), rows["n"].to_numpy(), value, _matrix(rows))


def of_pair_measure(table: pa.Table, measure: str) -> DrawnPairs:
    """Return the rows of a table "pair_replicates" about a measure; families without a pair have a sum of 0."""
    rows = _rows(table, measure=measure)
    sides = [rows[f"{side}_family"].to_pylist() for side in ("source", "target")]
    families = tuple(sorted({*sides[0], *sides[1]}))
    where = tuple(np.array([families.index(name) for name in side], int) for side in sides)
    shape = (len(families), len(families))
    count, value, drawn = np.zeros(shape, int), np.zeros(shape), _matrix(rows)
    replicates = np.zeros((len(drawn), *shape))
    count[where], value[where] = rows["n_pairs"].to_numpy(), rows["value"].to_numpy()
    replicates[:, *where] = drawn
    return DrawnPairs(families, count, value, replicates)


def measures(table: pa.Table) -> list[str]:
    """Return the measures that a table of replicates has, in the order of their first rows."""
    return table["measure"].unique().to_pylist()


def _lists(blocks: Sequence[Float[np.ndarray, "_ replicate"]]) -> pa.Array:
    """Return a list of single-precision values per row, null where NaN."""
    flat = np.concatenate([block.astype(np.float32).reshape(-1) for block in blocks] or [np.zeros(0, np.float32)])
    lengths = np.concatenate([np.full(len(block), block.shape[1]) for block in blocks] or [np.zeros(0, int)])
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
    return pa.ListArray.from_arrays(offsets, pa.array(flat, FLOAT32, from_pandas=True))


def _rows(table: pa.Table, **where: object) -> pa.Table:
    for name, value in where.items():
        table = table.filter(pc.equal(table[name], pa.scalar(value, table[name].type)))
    return table


def _matrix(rows: pa.Table) -> Float[np.ndarray, "replicate row"]:
    """Return the replicates of rows that have equally many."""
    flat = pc.list_flatten(rows["replicates"]).to_numpy(zero_copy_only=False).astype(np.float64)
    return flat.reshape(len(rows), -1).T if len(rows) else np.zeros((0, 0))

"""Means over languages, with their t-intervals, from tables with one row per language. Draws nothing."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crosslens.metrics.intervals import mean_interval

BOUNDS = ("mean", "low", "high")


def over_languages(
    table: pa.Table, by: Sequence[str], value: str, level: float, baseline: str | None = None
) -> pa.Table:
    """Return the mean of column ``value`` over the languages of each group, in the order of ``table``.

    Columns: ``by``, mean, low, high, n_languages, n_questions_min and n_questions_max. low and high bound Student's
    t-interval over the languages at ``level``, and are null for a single language. With a column ``baseline``, the
    interval is that of the change from the baseline, because languages differ far more from each other than from their
    own baseline. Nulls are left out, and so are groups that have only nulls.
    """
    origin = table[baseline] if baseline else pa.array(np.zeros(len(table)))
    used = pa.table({name: table[name] for name in [*by, "n"]} | {"value": table[value], "origin": origin}).drop_null()
    groups = grouped(used, by, [("value", "list"), ("origin", "list"), ("n", "min"), ("n", "max")])
    values, origins = (
        [np.array(group) for group in groups[f"{name}_list"].to_pylist()] for name in ("value", "origin")
    )
    means = [_mean(*group, level) for group in zip(values, origins, strict=True)]
    bounds = np.array(means).reshape(-1, len(BOUNDS)).T  # (group, bound) -> (bound, group)
    return pa.table(
        {name: groups[name] for name in by}
        | {name: pa.array(column, mask=np.isnan(column)) for name, column in zip(BOUNDS, bounds, strict=True)}
        | {"n_languages": pa.array(map(len, values), pa.int32())}
        | {f"n_questions_{end}": groups[f"n_{end}"] for end in ("min", "max")}
    )


def by_layer(series: Mapping[str, tuple[pa.Table, str]], level: float, baseline: str | None = None) -> pa.Table:
    """Return `over_languages` per model, data set and layer of each series, with an additional column series.

    ``series`` maps the name of a series to its (table, column).
    """
    tables = []
    for name, (table, value) in series.items():
        means = over_languages(table, ["model", "dataset", "layer"], value, level, baseline)
        tables.append(means.append_column("series", pa.array([name] * len(means), pa.string())))
    return pa.concat_tables(tables)


def grouped(table: pa.Table, by: Sequence[str], aggregations: list[tuple]) -> pa.Table:
    """Return ``table.group_by(by).aggregate(aggregations)``, groups in the order of their first row in ``table``."""
    numbered = table.append_column("row", pa.array(range(len(table)), pa.int64()))
    groups = numbered.group_by(list(by)).aggregate([*aggregations, ("row", "min")])
    return groups.sort_by("row_min").drop_columns("row_min")


def without(table: pa.Table, column: str, value: str) -> pa.Table:
    """Return the rows whose ``column`` is not ``value``."""
    return table.filter(pc.field(column) != value)


def percent(table: pa.Table, *columns: str) -> pa.Table:
    """Return the table with the shares in ``columns`` as percentages."""
    for name in columns:
        table = table.set_column(table.column_names.index(name), name, pc.multiply(table[name], 100.0))
    return table


def _mean(values: np.ndarray, origin: np.ndarray, level: float) -> np.ndarray:
    """Return the mean of ``values``, and around it the bounds of the interval of their differences from ``origin``."""
    return np.array(mean_interval(values - origin, level)) + origin.mean()

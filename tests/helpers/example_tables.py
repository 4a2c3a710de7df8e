"""Every table that the workflow declares, and a valid example of each, made from its declaration."""

from importlib import import_module

import numpy as np
import pyarrow as pa
from crosslens.plan.table import PLAN
from crosslens.report.figures.catalogue import FIGURES
from crosslens.tables import columns, files, inference, metrics

SIZES = {"choice": 4, "d_model": 6}


def declared(module) -> list[columns.Table]:
    """Return the tables that are variables of ``module``."""
    return [value for value in vars(module).values() if isinstance(value, columns.Table)]


PLOTTED = [import_module(f"crosslens.report.figures.{name}").PLOTTED for name in FIGURES]
ALL = [*declared(inference), *metrics.TABLES.values(), PLAN, *PLOTTED]
TABLES = {table.name: table for table in ALL}


def example(name: str, rows: int = 3, seed: int = 0) -> pa.Table:
    """Return random values of the declared types for the table called ``name``; repeated columns occur twice."""
    random = np.random.default_rng(seed)
    arrays = {}
    for column in TABLES[name].columns:
        for column_name in [column.name.format(layer=layer) for layer in (2, 4)] if column.repeated else [column.name]:
            arrays[column_name] = _values(column.type, rows, random)
    return pa.table(arrays)


def _values(type_: pa.DataType | columns.Per, rows: int, random: np.random.Generator) -> pa.Array:
    if isinstance(type_, columns.Per):
        dtype = type_.value.to_pandas_dtype()
        return files.fixed_size(random.normal(0, 5, (rows, SIZES[type_.axis])).astype(dtype))
    if pa.types.is_list(type_) and pa.types.is_floating(type_.value_type):
        return pa.array(random.normal(0, 5, (rows, 4)).tolist(), type_)
    if pa.types.is_list(type_):
        return pa.array([[f"text {i}", "ü 中"] for i in range(rows)], type_)
    if pa.types.is_dictionary(type_):
        return files.category(["native", "pivot", "native"][:rows])
    if pa.types.is_string(type_):
        return pa.array([f"id {i}" for i in range(rows)], type_)
    return pa.array(random.integers(0, 2, rows), pa.int8()).cast(type_)

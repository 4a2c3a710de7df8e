"""A valid table of every schema, made from its declaration."""

import numpy as np
import pyarrow as pa
from crosslens import figures, metric_schemas, plan, schemas, tables  # noqa: F401 - for the tables they declare

SIZES = {"choice": 4, "d_model": 6}


def example(name: str, rows: int = 3, seed: int = 0) -> pa.Table:
    """Random values of the declared types; repeated columns occur twice."""
    random = np.random.default_rng(seed)
    columns = {}
    for column in schemas.TABLES[name]:
        for key in [column.name.format(layer=layer) for layer in (2, 4)] if column.repeated else [column.name]:
            columns[key] = _values(column.type, rows, random)
    return pa.table(columns)


def _values(type_: pa.DataType | schemas.Per, rows: int, random: np.random.Generator) -> pa.Array:
    if isinstance(type_, schemas.Per):
        dtype = type_.value.to_pandas_dtype()
        return tables.fixed_size(random.normal(0, 5, (rows, SIZES[type_.axis])).astype(dtype))
    if pa.types.is_list(type_):
        return pa.array([[f"text {i}", "ü 中"] for i in range(rows)], type_)
    if pa.types.is_dictionary(type_):
        return tables.category(["native", "pivot", "native"][:rows])
    if pa.types.is_string(type_):
        return pa.array([f"id {i}" for i in range(rows)], type_)
    return pa.array(random.integers(0, 2, rows), pa.int8()).cast(type_)

"""Every table is declared once, documented, and accepts exactly its own types."""

from importlib import import_module
from pathlib import Path

import pyarrow as pa
import pytest
from crosslens.tables import inference, metrics
from crosslens.tables.inference import HIDDEN_STATES
from example_tables import ALL, TABLES, declared, example

OTHER_TYPES = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.float32(), pa.float64(), pa.string(), pa.bool_()]
OTHER_TYPES += [pa.list_(pa.string()), pa.list_(pa.float32()), pa.list_(pa.float32(), 4), pa.list_(pa.float64(), 4)]


def test_every_table_is_declared_under_a_name_of_its_own():
    assert len(TABLES) == len(ALL)


def test_every_table_of_metrics_is_found_by_its_name():
    files = (file for file in Path(metrics.__file__).parent.glob("*.py") if not file.stem.startswith("_"))
    found = {table.name for file in files for table in declared(import_module(f"crosslens.tables.{file.stem}"))}
    assert set(metrics.TABLES) == found - {table.name for table in declared(inference)}
    assert all(table.name == name for name, table in metrics.TABLES.items())


@pytest.mark.parametrize("name", TABLES)
def test_columns_are_documented_and_named_once(name):
    columns = TABLES[name].columns
    assert len({column.name for column in columns}) == len(columns)
    assert all(column.doc for column in columns)
    for column_name in example(name).column_names:
        assert sum(column.matches(column_name) for column in columns) == 1


@pytest.mark.parametrize("name", TABLES)
def test_a_column_accepts_only_its_own_type(name):
    for field in example(name).schema:
        column = TABLES[name].column(field.name)
        assert column.accepts(field.type)
        # Files may differ in the size of a fixed-size list, but not in the type of its values.
        others = [t for t in OTHER_TYPES if t != field.type]
        if pa.types.is_fixed_size_list(field.type):
            others = [t for t in others if not pa.types.is_fixed_size_list(t) or t.value_type != field.type.value_type]
        assert not any(column.accepts(t) for t in others)


@pytest.mark.parametrize("name", ["layer_1", "layer_42"])
def test_repeated_columns_are_found_by_their_pattern(name):
    assert HIDDEN_STATES.column(name).name == "layer_{layer}"


@pytest.mark.parametrize("name", ["layer_", "layer_x", "layer_1_old", "my_layer_1", "layer_{layer}"])
def test_near_misses_of_the_pattern_are_unknown(name):
    assert HIDDEN_STATES.column(name) is None

"""Every table is declared once, documented, and accepts exactly its own types."""

import pyarrow as pa
import pytest
from crosslens import schemas
from example_tables import example

OTHER_TYPES = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.float32(), pa.float64(), pa.string(), pa.bool_()]
OTHER_TYPES += [pa.list_(pa.string()), pa.list_(pa.float32()), pa.list_(pa.float32(), 4), pa.list_(pa.float64(), 4)]


@pytest.mark.parametrize("name", schemas.TABLES)
def test_columns_are_documented_and_named_once(name):
    columns = schemas.TABLES[name]
    assert len({c.name for c in columns}) == len(columns)
    assert all(c.doc for c in columns)
    for found in example(name).column_names:
        assert sum(c.matches(found) for c in columns) == 1


@pytest.mark.parametrize("name", schemas.TABLES)
def test_a_column_accepts_only_its_own_type(name):
    for field in example(name).schema:
        declared = schemas.column(name, field.name)
        assert declared.accepts(field.type)
        # The size of a fixed-size list is the file's own, its kind of values is not.
        others = [t for t in OTHER_TYPES if t != field.type]
        if pa.types.is_fixed_size_list(field.type):
            others = [t for t in others if not pa.types.is_fixed_size_list(t) or t.value_type != field.type.value_type]
        assert not any(declared.accepts(t) for t in others)


@pytest.mark.parametrize("found", ["layer_1", "layer_42"])
def test_repeated_columns_are_found_by_their_pattern(found):
    assert schemas.column("hidden_states", found).name == "layer_{layer}"


@pytest.mark.parametrize("found", ["layer_", "layer_x", "layer_1_old", "my_layer_1", "layer_{layer}"])
def test_near_misses_of_the_pattern_are_unknown(found):
    assert schemas.column("hidden_states", found) is None

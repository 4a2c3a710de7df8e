"""Tables of several files read together: labelled rows, single layers of states, numbers of choices."""

import numpy as np
import pyarrow as pa
import pytest
from crosslens.tables.files import write_table
from crosslens.tables.gather import chance, gather, n_choices, read_vectors, states, stored_layers
from crosslens.tables.inference import AUDIT, HIDDEN_STATES, STEERING_VECTORS
from example_tables import example
from synthetic import Run


def test_gathered_rows_carry_their_labels(tmp_path):
    table = pa.table({"language": ["de"], "question_id": ["q1"], "reason": ["other_key"], "excluded": [True]})
    for name in "ab":
        write_table(tmp_path / f"{name}.arrow", AUDIT, table, {})
    paths, labels = [tmp_path / "a.arrow", tmp_path / "b.arrow"], [{"dataset": "A"}, {"dataset": "B"}]
    gathered = gather(paths, AUDIT, labels)
    assert gathered["dataset"].to_pylist() == ["A", "B"]
    assert gathered.column_names == ["dataset", *table.column_names]
    with pytest.raises(ValueError):
        gather(paths, AUDIT, labels[:1])


def test_states_are_those_of_one_layer_by_language(tmp_path):
    tables = {"en": example("hidden_states", seed=1), "de": example("hidden_states", seed=2)}
    for language, table in tables.items():
        write_table(tmp_path / language, HIDDEN_STATES, table, {})
    read = states([tmp_path / "en", tmp_path / "de"], ["en", "de"], 4)
    assert read == {language: table.select(["question_id", "layer_4"]) for language, table in tables.items()}


def test_stored_layers_are_those_of_the_table():
    assert stored_layers(example("hidden_states")) == [2, 4]


def test_choices_are_counted_by_data_set():
    assert n_choices(Run(datasets=2, choices=3).questions()) == {"set-0": 3, "set-1": 3}


@pytest.mark.parametrize("choices", [2, 3, 4, 5, 7, 10])
def test_chance_is_one_over_the_number_of_choices(choices):
    assert chance(Run(datasets=2, choices=choices).questions()) == {"set-0": 1 / choices, "set-1": 1 / choices}


def test_chance_of_a_varying_number_of_choices_is_the_mean_over_questions():
    choices = [["a"] * 4, ["a"] * 5, ["a"] * 4, ["a"] * 2]
    questions = pa.table({"dataset": ["x"] * 3 + ["y"], "choices": choices})
    assert chance(questions) == {"x": pytest.approx((1 / 4 + 1 / 5 + 1 / 4) / 3), "y": 0.5}
    assert n_choices(questions) == {"x": 5, "y": 2}


def test_vectors_are_those_that_the_conditions_need_in_the_order_of_their_names(tmp_path):
    states = {"question_id": ["q0"], "layer_2": np.ones((1, 3), np.float32)}
    write_table(tmp_path / "patch", HIDDEN_STATES, states, {})
    for name in ("own", "de"):
        columns = {"layer": [2], "vector": np.ones((1, 3), np.float32), "norm": [1.0], "n_questions": [1]}
        write_table(tmp_path / name, STEERING_VECTORS, columns | {"question_ids": [[name]]}, {})
    conditions = [[2, 1.0, "language:de", "add"], [2, 1.0, "patch", "replace"], [2, 1.0, "random_1", "add"]]
    tables = read_vectors(conditions, [tmp_path / name for name in ("own", "de", "patch")])
    assert list(tables) == ["own", "language:de", "patch"]
    assert [tables[name]["question_ids"].to_pylist() for name in ("own", "language:de")] == [[["own"]], [["de"]]]
    assert "layer_2" in tables["patch"].column_names
    assert read_vectors([], []) == {}

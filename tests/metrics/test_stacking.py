"""Stacking of single languages' tables into arrays."""

import numpy as np
import pyarrow as pa
import pytest
from crosslens.errors import CrosslensError
from crosslens.metrics import stacking
from made_answers import answers_table, question_ids, random_answers


def test_rows_find_their_question_whatever_their_order():
    logprob, key = random_answers(0, languages=3)
    order = np.random.default_rng(0).permutation(key.shape[1])
    tables = {"en": answers_table(logprob[0], key[0], order), "de": answers_table(logprob[1], key[1], order[::-1])}
    tables["sw"] = answers_table(logprob[2], key[2])
    aligned = stacking.align(tables)
    assert aligned.question_ids.to_pylist() == question_ids(key.shape[1])
    np.testing.assert_array_equal(aligned.logprob, logprob)
    np.testing.assert_array_equal(aligned.key, key)


def test_positions_name_an_unknown_question():
    with pytest.raises(CrosslensError, match="lens of language 'de': unknown question 'x'"):
        stacking.positions(pa.chunked_array([["a", "x"]]), pa.array(["a", "b"]), "lens of language 'de'")


def test_repeated_question_no_question_and_other_number_of_choices_are_errors():
    logprob, key = random_answers(0, languages=1, missing=0)
    table = answers_table(logprob[0], key[0])
    with pytest.raises(CrosslensError, match="'de': a question occurs twice"):
        stacking.align({"en": table, "de": pa.concat_tables([table, table.slice(3, 1)])})
    with pytest.raises(CrosslensError, match="'de': there are no questions"):
        stacking.align({"en": table, "de": table.slice(0, 0)})
    fewer = answers_table(logprob[0, :, :3], key[0])
    with pytest.raises(CrosslensError, match="language 'de' has 3 answer choices, but 'en' has 4"):
        stacking.align({"en": table, "de": fewer})


def test_pair_columns_hold_every_ordered_pair_and_null_for_undefined():
    values = np.array([[1, 2], [np.nan, 4]])
    columns = stacking.pair_columns(["en", "de"], np.array([[5, 6], [7, 8]]), {"consistency": values})
    assert {name: column.to_pylist() for name, column in columns.items()} == {
        "source": ["en", "de"],
        "target": ["de", "en"],
        "n": [6, 7],
        "consistency": [2, None],
    }

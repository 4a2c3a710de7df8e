"""What the config may pick for a figure, and the errors that name figure and key."""

import pytest
from crosslens import selection
from crosslens.errors import CrosslensError


def test_layers_are_picked_by_word_list_or_model():
    def pick(wanted):
        return selection.layers("pca", wanted, "m", [8, 2, 6, 4])

    assert pick("all") == [2, 4, 6, 8]
    assert pick("middle") == [4]
    assert pick([8, 2]) == [2, 8]
    assert pick({"m": [6]}) == [6]
    assert pick({"other": [6]}) == [4]


def test_an_unknown_model_or_data_set_is_an_error_that_names_figure_and_key():
    assert selection.names("pca", "models", "all", ["a", "b"]) == ["a", "b"]
    with pytest.raises(CrosslensError, match=r"figures\.pca\.models names 'c'.*\['a', 'b'\]"):
        selection.names("pca", "models", ["c"], ["a", "b"])


def test_a_gamma_that_is_not_run_is_an_error():
    selection.gamma("gamma_sweep", 2.0, "m", [-2.0, 2.0])
    with pytest.raises(CrosslensError, match=r"figures\.gamma_sweep\.gamma needs γ = 3.*'m'.*\[-2\.0, 2\.0\]"):
        selection.gamma("gamma_sweep", 3.0, "m", [2.0, -2.0])

"""Layers said by number, by word or as a fraction of depth, and the conditions made from them."""

import pytest
from crosslens.errors import CrosslensError
from crosslens.experiment import layers


@pytest.mark.parametrize(
    ("n_layers", "every", "grid"),
    [
        (42, 4, [2, 6, 10, 14, 18, 22, 26, 30, 34, 38, 42]),  # Gemma 2 9B, as in the paper
        (28, 4, [4, 8, 12, 16, 20, 24, 28]),  # Qwen 2.5 7B
        (46, 4, [2, 6, 10, 14, 18, 22, 26, 30, 34, 38, 42, 46]),  # Gemma 2 27B
        (4, 1, [1, 2, 3, 4]),
        (3, 4, [3]),
        (5, 5, [5]),
        (4, 0.25, [1, 2, 3, 4]),
        (28, 0.25, [7, 14, 21, 28]),
        (26, 0.5, [13, 26]),
        (2, 0.1, [1, 2]),
    ],
)
def test_the_grid_ends_at_the_last_layer(n_layers, every, grid):
    assert layers.grid(n_layers, every) == grid


GRID = [2, 6, 10, 14, 18, 22, 26]  # of 26 layers


@pytest.mark.parametrize(
    ("selection", "chosen"),
    [
        ("grid", GRID),
        ("all", GRID),
        ("middle", [14]),
        ([0.5], [14]),
        ([0.4], [10]),
        ([0.01, 0.99], [2, 26]),
        ([0.5, "middle", 14], [14]),
        ([26, 2], [2, 26]),
    ],
)
def test_layers_are_numbers_words_or_fractions_of_depth(selection, chosen):
    assert layers.resolve(selection, GRID, 26, "key", "mine") == chosen


def test_of_two_equally_near_layers_the_lower_is_taken():
    assert layers.resolve("middle", [2, 4], 6, "key", "mine") == [2]


def test_layers_of_table_2_are_for_all_models_whose_grids_differ():
    assert layers.correlation_layers("all", [2, 4], 4, "mine") == [2, 4]
    assert layers.correlation_layers([2, 3], [2, 4], 4, "mine") == [2]
    assert layers.correlation_layers([3, 0.9], [2, 4], 4, "mine") == [4]
    with pytest.raises(CrosslensError, match="reads none of the layers of mine, but only 2, 4"):
        layers.correlation_layers([3], [2, 4], 4, "mine")
    layers.check_read_of_some_model([2, 3], [[2, 4], [3, 6]])
    with pytest.raises(CrosslensError, match="the lens reads layer 5 of no model of this run"):
        layers.check_read_of_some_model([2, 5], [[2, 4], [3, 6]])

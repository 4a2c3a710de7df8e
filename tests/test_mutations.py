"""The oracle is sharp: each of the mistakes that are easily made with packed prompts makes the comparison fail."""

import pytest
import test_forward
import tiny_models
import torch
from crosslens import attention, packing
from test_forward import ANSWERS, CONDITIONS, assert_equals_plain_forwards, prompts


def full_mask_everywhere(monkeypatch):
    """What a single four-dimensional mask does to a model with two types of layers."""
    monkeypatch.setattr(attention, "windows", lambda config: [None] * config.num_hidden_layers)


def sliding_mask_everywhere(monkeypatch):
    monkeypatch.setattr(attention, "windows", lambda config: [config.sliding_window] * config.num_hidden_layers)


def plain_causal_mask(monkeypatch):
    """Every token sees all earlier ones of its row, other answers and copies among them."""

    def causal(positions, ends, window):
        index = torch.arange(positions.shape[1])
        allowed = (index[None, :] <= index[:, None]).repeat(len(positions), 1, 1)
        if window is not None:
            allowed &= positions[:, :, None] - positions[:, None, :] < window
        return allowed[:, None]

    monkeypatch.setattr(attention, "tree_mask", causal)


def copies_see_the_last_prompt_token(monkeypatch):
    def pack(*arguments):
        row = packing.pack(*arguments)
        row.ends[row.last] = packing.FOREVER
        return row

    monkeypatch.setattr(test_forward, "pack", pack)


def window_by_index(monkeypatch):
    """The distance within the row instead of the depth in the tree."""
    by_position = attention.tree_mask

    def by_index(positions, ends, window):
        index = torch.arange(positions.shape[1])
        near = index[:, None] - index[None, :] < (window or len(index))
        return by_position(positions, ends, None) & near

    monkeypatch.setattr(attention, "tree_mask", by_index)


MUTATIONS = [
    full_mask_everywhere,
    sliding_mask_everywhere,
    plain_causal_mask,
    copies_see_the_last_prompt_token,
    window_by_index,
]


def compare(model):
    assert_equals_plain_forwards(model, prompts(9, 3, 14), ANSWERS["shared prefixes"], CONDITIONS["one layer"])


@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda mutate: mutate.__name__)
@pytest.mark.parametrize("make", [tiny_models.gemma2, tiny_models.qwen2], ids=["gemma2", "qwen2"])
def test_the_comparison_fails_for(make, mutate, monkeypatch):
    compare(make())
    mutate(monkeypatch)
    with pytest.raises(AssertionError, match="Tensor-likes are not close"):
        compare(make())

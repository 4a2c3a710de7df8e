"""The oracle is sharp: the comparison fails for each mistake that is easily made with packed prompts."""

import packed_against_plain
import pytest
import tiny_models
import torch
from crosslens.engine import attention, packing
from packed_against_plain import CONDITIONS, CONTINUATIONS, assert_equals_plain_forwards, related_prompts


def full_mask_everywhere(monkeypatch):
    """Ignore windows, as a single four-dimensional mask does for a model with two types of layers."""
    monkeypatch.setattr(attention, "windows", lambda config: [None] * config.num_hidden_layers)


def sliding_mask_everywhere(monkeypatch):
    monkeypatch.setattr(attention, "windows", lambda config: [config.sliding_window] * config.num_hidden_layers)


def plain_causal_mask(monkeypatch):
    """Let every token see all earlier tokens of its row, including other continuations and copies."""

    def causal(positions, places, ends, window):
        index = torch.arange(positions.shape[1])
        allowed = (index[None, :] <= index[:, None]).repeat(len(positions), 1, 1)
        if window is not None:
            allowed &= positions[:, :, None] - positions[:, None, :] < window
        return allowed[:, None]

    monkeypatch.setattr(attention, "tree_mask", causal)


def change_ends(monkeypatch, change):
    """Let ``change`` alter the ends of every row that is packed."""

    def pack(prompts):
        row = packing.pack(prompts)
        change(row)
        return row

    monkeypatch.setattr(packed_against_plain, "pack", pack)


def end_of_copies(row, branches):
    """Return the end of a prompt's copies in depth-first order."""
    return max(row.places[copy] for copy in branches.copies) + 1


def copies_see_the_last_prompt_token(monkeypatch):
    def change(row):
        for branches in row.branches:
            row.ends[branches.last] = end_of_copies(row, branches)

    change_ends(monkeypatch, change)


def a_question_sees_its_neighbour(monkeypatch):
    def change(row):
        for branches in row.branches:
            row.ends[branches.last] = len(row)

    change_ends(monkeypatch, change)


def only_the_first_question_sees_the_passage(monkeypatch):
    def change(row):
        first_end = min(end_of_copies(row, branches) for branches in row.branches)
        row.ends[:] = [min(end, max(first_end, place + 1)) for place, end in zip(row.places, row.ends, strict=True)]

    change_ends(monkeypatch, change)


def questions_share_a_passage_in_which_they_differ(monkeypatch):
    monkeypatch.setattr(packing, "common_length", lambda a, b: min(len(a), len(b)))


def window_by_index(monkeypatch):
    """Measure the window by the distance within the row instead of the depth in the tree."""
    by_position = attention.tree_mask

    def by_index(positions, places, ends, window):
        index = torch.arange(positions.shape[1])
        near = index[:, None] - index[None, :] < (window or len(index))
        return by_position(positions, places, ends, None) & near

    monkeypatch.setattr(attention, "tree_mask", by_index)


MUTATIONS = [
    full_mask_everywhere,
    sliding_mask_everywhere,
    plain_causal_mask,
    copies_see_the_last_prompt_token,
    a_question_sees_its_neighbour,
    only_the_first_question_sees_the_passage,
    questions_share_a_passage_in_which_they_differ,
    window_by_index,
]


def compare(model):
    assert_equals_plain_forwards(model, related_prompts(), CONTINUATIONS["shared prefixes"], CONDITIONS["one layer"])


@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda mutate: mutate.__name__)
@pytest.mark.parametrize("make", [tiny_models.gemma2, tiny_models.qwen2], ids=["gemma2", "qwen2"])
def test_the_comparison_fails_for(make, mutate, monkeypatch):
    compare(make())
    mutate(monkeypatch)
    with pytest.raises(AssertionError, match="Tensor-likes are not close"):
        compare(make())

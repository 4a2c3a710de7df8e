"""Plain rows give what plain forwards give, for architectures that packed rows can express and for others."""

import dataclasses

import packed_against_plain
import pytest
import tiny_models
import torch
from crosslens.engine import batches, forward, models, plain
from crosslens.engine.packing import Prompt, pack
from packed_against_plain import CONDITIONS, CONTINUATIONS, assert_equals_plain_forwards, related_prompts

# One prompt is longer than the 16 positions at which dynamic rotary embeddings and LongRoPE change, one shorter.
PROMPTS = packed_against_plain.prompts(25, 3, 12)


def test_a_row_lists_the_passes_of_a_prompt():
    row = plain.row(Prompt([5, 6], [[7, 8, 9], [7, 8, 4], [7], [7, 3]], [0, 4]))
    assert row.tokens == [5, 6] + [5, 6, 7, 8] + [5, 6, 7] + [5, 6] + [5, 6]
    assert row.positions == [0, 1] + [0, 1, 2, 3] + [0, 1, 2] + [0, 1] + [0, 1]
    assert row.ends == [2] * 2 + [6] * 4 + [9] * 3 + [11] * 2 + [13] * 2
    (branches,) = row.branches
    assert branches.last == 1 and list(branches.copies) == [10, 12]
    assert branches.paths == [[3, 4, 5], [3, 4, 5], [1], [7, 8]]
    assert branches.queries == [1, 3, 4, 5, 7, 8]


def test_a_prompt_alone_is_one_pass():
    row = plain.row(Prompt([5]))
    assert row.tokens == [5] and not row.branches[0].queries and not row.branches[0].copies


@pytest.mark.parametrize("name", tiny_models.PLAIN)
def test_architectures_that_cannot_be_packed_equal_plain_forwards(name):
    """Chosen without being asked for; states, letters, lens and steering."""
    model = tiny_models.plain(name)
    assert models.dissect(model).why_plain
    assert_equals_plain_forwards(model, PROMPTS, CONTINUATIONS["shared prefixes"], CONDITIONS["first and last"])


@pytest.mark.parametrize("name", ["qwen2", "gemma2"])
@pytest.mark.parametrize("continuations", CONTINUATIONS)
def test_architectures_that_can_be_packed_equal_plain_forwards_too(name, continuations):
    model = getattr(tiny_models, name)()
    assert_equals_plain_forwards(
        model, related_prompts(), CONTINUATIONS[continuations], CONDITIONS["one layer"], mode="plain"
    )


@pytest.mark.parametrize("make", [tiny_models.qwen2, tiny_models.gemma2])
def test_a_plain_row_is_also_a_packed_row(make):
    """Read in one pass under the masks of packed rows, its passes do not see one another."""
    decoder = models.dissect(make())
    asked = [Prompt(tokens, CONTINUATIONS["shared prefixes"], [0, 1]) for tokens in PROMPTS]
    batch = batches.collate([plain.row(prompt) for prompt in asked])
    copies = forward.Copies([2, 4], torch.randn(2, 32, generator=torch.Generator().manual_seed(0)), ["add"] * 2)
    in_one, in_many = (
        forward.run(dataclasses.replace(decoder, why_plain=why), batch, [2], copies) for why in (None, "a test")
    )
    for one, many in ((in_one.prompt, in_many.prompt), (in_one.queries, in_many.queries)):
        for layer in (2, 4):
            torch.testing.assert_close(one[layer], many[layer], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(in_one.copies, in_many.copies, rtol=1e-4, atol=1e-4)
    assert len(in_one.copies) == 6 and not torch.allclose(in_one.copies[0], in_one.copies[1])


def test_a_row_with_branches_is_refused():
    decoder = models.dissect(tiny_models.qwen2(), "plain")
    with pytest.raises(ValueError, match="branches"):
        forward.run(decoder, batches.collate([pack([Prompt([5, 6], [[7, 8]], [0])])]), [2])


@pytest.mark.parametrize("name", ["convolutions (LFM2)", "dynamic rotary embedding", "LongRoPE", "ALiBi (BLOOM)"])
def test_packed_rows_of_such_a_model_would_be_read_wrongly(name, monkeypatch):
    """Otherwise the slow path would be for nothing, or the comparison blunt."""
    dissect = models.dissect

    def as_if_packed(model, mode):
        return dataclasses.replace(dissect(model, mode), why_plain=None, windows=[None] * 4)

    monkeypatch.setattr(models, "dissect", as_if_packed)
    # Convolutions and BLOOM stop at the shape of the mask.
    with pytest.raises((AssertionError, RuntimeError, ValueError)):
        assert_equals_plain_forwards(tiny_models.plain(name), PROMPTS, CONTINUATIONS["long"], [])


def test_a_dynamic_rotary_embedding_that_remembers_longer_rows_is_noticed(monkeypatch):
    monkeypatch.setattr(models.Decoder, "forget_rows", lambda decoder: None)
    with pytest.raises(AssertionError):
        # Both are longer than 16; the second is read as if it were as long as the first.
        prompts = packed_against_plain.prompts(40, 20)
        assert_equals_plain_forwards(
            tiny_models.plain("dynamic rotary embedding"), prompts, CONTINUATIONS["one token"], []
        )

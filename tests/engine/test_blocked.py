"""Attention in blocks is sdpa under the whole mask, and reads no key that a block does not need."""

import pytest
import tiny_models
import torch
from crosslens.engine import attention, batches, blocked, forward, models
from crosslens.engine.blocked import BlockedMask
from packed_against_plain import (
    CONDITIONS,
    CONTINUATIONS,
    assert_equals_plain_forwards,
    prompts,
    related_prompts,
    rows_of,
)
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention as sdpa


@pytest.fixture(params=[1, 4, 7])
def small_blocks(request, monkeypatch):
    monkeypatch.setattr(blocked, "QUERIES", request.param)


def random_mask(n_rows, n, share, seed=0):
    """Return a mask in which every query may attend to itself and to a share of the other tokens."""
    others = torch.rand(n_rows, 1, n, n, generator=torch.Generator().manual_seed(seed)) < share
    return others | torch.eye(n, dtype=torch.bool)


def heads(n_rows, n, dtype=torch.float32):
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(n_rows, 3, n, 8, generator=generator).to(dtype) for _ in range(3)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.9])
@pytest.mark.parametrize("n", [1, 6, 8, 29])
def test_blocks_give_what_the_whole_mask_gives(n, share, dtype, small_blocks):
    allowed, (query, key, value) = random_mask(2, n, share), heads(2, n, dtype)
    found = sdpa(query, key, value, attn_mask=BlockedMask(allowed), scale=0.7)
    assert type(found) is Tensor and found.dtype == dtype
    rounding = {"rtol": 0, "atol": 8 * torch.finfo(dtype).eps}
    torch.testing.assert_close(found, sdpa(query, key, value, attn_mask=allowed, scale=0.7), **rounding)


def test_the_mask_between_the_first_tokens_is_made_once(small_blocks):
    allowed, (query, key, value) = random_mask(2, 29, 0.3), (each[:, :, :17] for each in heads(2, 29))
    mask = BlockedMask(allowed)
    assert mask.first(17) is mask.first(17) and torch.equal(mask.first(17), allowed[..., :17, :17])
    found, whole = (sdpa(query, key, value, attn_mask=each) for each in (mask.first(17), allowed[..., :17, :17]))
    torch.testing.assert_close(found, whole)


def test_keys_to_which_no_query_of_a_block_may_attend_are_not_read(monkeypatch):
    """What sdpa masks it still reads: nan times a weight of 0 is nan."""
    monkeypatch.setattr(blocked, "QUERIES", 4)
    allowed = torch.ones(1, 1, 8, 8, dtype=torch.bool)
    allowed[..., :4, 5] = False
    query, key, value = heads(1, 8)
    value[:, :, 5] = float("nan")
    found = sdpa(query, key, value, attn_mask=BlockedMask(allowed))
    assert torch.isfinite(found[:, :, :4]).all() and torch.isnan(found[:, :, 4:]).all()
    assert [block.keys for block in BlockedMask(allowed[..., :4, :4]).blocks(torch.float32)] == [slice(0, 4)]


def test_one_query_for_all_heads_of_a_group_is_not_cut(monkeypatch):
    """With a single token transformers counts heads on the axis of queries."""
    monkeypatch.setattr(blocked, "QUERIES", 1)
    query, key, value = torch.randn(1, 2, 5, 8), torch.randn(1, 2, 1, 8), torch.randn(1, 2, 1, 8)
    found = sdpa(query, key, value, attn_mask=BlockedMask(torch.ones(1, 1, 1, 1, dtype=torch.bool)))
    torch.testing.assert_close(found, value.expand(1, 2, 5, 8))


def test_to_all_else_it_is_a_tensor():
    allowed = random_mask(1, 5, 0.5)
    mask = BlockedMask(allowed)
    for found in (mask & True, mask[0], torch.where(mask, True, False), ~~mask):
        assert type(found) is Tensor
    assert torch.equal(mask & True, allowed) and mask.to("cpu") is mask


@pytest.mark.parametrize("make", [tiny_models.qwen2, tiny_models.gemma3, lambda: tiny_models.make("gpt_neox")])
def test_packed_rows_in_blocks_equal_plain_forwards(make, small_blocks):
    for conditions in ("many", "none"):
        work = related_prompts(), CONTINUATIONS["shared prefixes"], CONDITIONS[conditions]
        assert_equals_plain_forwards(make(), *work)


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_only_a_cpu_takes_blocks(device):
    positions = torch.arange(4, device=device)[None]
    mask = attention.mask(positions, positions, positions + 1, None, "sdpa", torch.float32)
    assert isinstance(mask, BlockedMask) == (device == "cpu") and mask.dtype == torch.bool


def test_the_engine_attends_in_blocks(monkeypatch):
    seen, attend = [], blocked._attention
    monkeypatch.setattr(blocked, "_attention", lambda *args, **options: seen.append(1) or attend(*args, **options))
    decoder = models.dissect(tiny_models.qwen2())
    forward.run(decoder, batches.collate(rows_of(prompts(9))), [4])
    assert len(seen) == len(decoder.layers)

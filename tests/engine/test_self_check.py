"""A model that changes its logits or masks in an unknown way is refused; others pass in every precision."""

import dataclasses

import numpy as np
import pytest
import tiny_models
import torch
from crosslens.engine import forward, lens, models, self_check
from crosslens.engine.batches import collate
from crosslens.engine.packing import pack
from crosslens.errors import CrosslensError

LAYERS = [2, 4]
# Longer than the window of 6, so that a wrong window is noticed.
ROWS = [pack(list(range(5, 5 + n)), [[9, 8, 7], [9, 6]], 1) for n in (12, 3, 20)]
WRONG_LOGITS = {
    "scaled": lambda logits: logits * 1.1,
    "soft-capped": lambda logits: 3 * torch.tanh(logits / 3),
    "some tokens suppressed": lambda logits: torch.cat([logits[..., :60], logits[..., 60:] - 5], dim=-1),
}


def check(model, token_budget=10**4, **changes):
    self_check.check_own_distribution(dataclasses.replace(models.dissect(model), **changes), ROWS, LAYERS, token_budget)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", ["qwen2", "gemma2"])
def test_supported_models_pass(name, dtype, capsys):
    check(getattr(tiny_models, name)().to(dtype))
    assert capsys.readouterr().out.count("own next-token distribution: mean difference") == len(ROWS)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("wrong", WRONG_LOGITS.values(), ids=WRONG_LOGITS)
def test_unknown_changes_of_the_logits_are_refused(wrong, dtype):
    model = tiny_models.qwen2().to(dtype)
    model.lm_head.register_forward_hook(lambda module, args, logits: wrong(logits))
    with pytest.raises(CrosslensError, match="own next-token distribution: it differs by .* nats"):
        check(model)


@pytest.mark.parametrize("token_budget", [1, 10**4])
def test_it_stays_within_the_token_budget_and_survives_a_full_gpu(token_budget, monkeypatch, capsys):
    plain = forward.run

    def room_for_one(decoder, batch, *arguments, **options):
        if len(batch.rows) > 1:
            raise torch.OutOfMemoryError
        return plain(decoder, batch, *arguments, **options)

    monkeypatch.setattr(forward, "run", room_for_one)
    check(tiny_models.qwen2(), token_budget)
    said = capsys.readouterr().out
    assert said.count("mean difference") == len(ROWS)
    assert ("out of memory" in said) == (token_budget > 1)


def test_a_constant_added_to_all_logits_changes_nothing():
    model = tiny_models.qwen2()
    model.lm_head.register_forward_hook(lambda module, args, logits: logits + 7)
    check(model)


@pytest.mark.parametrize("name", ["qwen2", "gemma2"])
def test_wrong_windows_are_refused(name):
    with pytest.raises(CrosslensError, match="does not reproduce"):
        check(getattr(tiny_models, name)(), windows=[None] * 4)


def test_a_forgotten_soft_cap_is_refused():
    model = tiny_models.gemma2()
    head = models.dissect(model).head
    with pytest.raises(CrosslensError, match="does not reproduce"):
        check(model, head=lens.Unembedding(head.weight))


def test_states_that_are_not_numbers_are_refused(monkeypatch):
    monkeypatch.setattr(
        self_check, "token_logprobs", lambda states, head, state, token: torch.full(token.shape, torch.nan)
    )
    with pytest.raises(CrosslensError, match="nan"):
        check(tiny_models.qwen2())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_gamma_zero_allows_rounding_and_nothing_more(dtype):
    noise = np.random.default_rng(0).normal(0, self_check.TOLERANCE[dtype] / 4, (50, 4))
    self_check.check_gamma_zero(noise, dtype)
    not_a_number = np.where(noise == noise.max(), np.nan, noise)
    for wrong in (noise + 3 * self_check.TOLERANCE[dtype], noise * 100, not_a_number):
        with pytest.raises(CrosslensError, match="gamma = 0"):
            self_check.check_gamma_zero(wrong, dtype)


def test_a_copy_with_a_wrong_mask_is_far_beyond_the_tolerance():
    """The tolerance is useful only if mistakes exceed it: here a copy also sees the last token of its prompt."""
    decoder = models.dissect(tiny_models.qwen2())
    letters = torch.tensor([5, 6, 7])
    differences = []
    for wrong in (False, True):
        row = pack(list(range(5, 17)), [], 1)
        row.ends[row.last] += wrong
        read = forward.run(decoder, collate([row]), [4])
        pair = forward.letter_logprobs(decoder, torch.cat([read.prompt[4], read.copies]), letters)
        differences.append((pair[1] - pair[0]).numpy())
    self_check.check_gamma_zero(differences[0], torch.float32)
    with pytest.raises(CrosslensError):
        self_check.check_gamma_zero(differences[1], torch.float32)

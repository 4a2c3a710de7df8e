"""A model that changes its logits or masks in an unknown way is refused; others pass in every precision."""

import dataclasses

import numpy as np
import pytest
import tiny_models
import torch
from crosslens.engine import batches, forward, lens, models, self_check
from crosslens.engine.batches import collate
from crosslens.engine.packing import Prompt, pack
from crosslens.errors import CrosslensError
from packed_against_plain import copies_of

# Longer than the window of 6, so that a wrong window is noticed.
PROMPTS = [Prompt(list(range(5, 5 + n)), [[9, 8, 7], [9, 6]], [0]) for n in (12, 3, 20)]
WRONG_LOGITS = {
    "scaled": lambda logits: logits * 1.1,
    "soft-capped": lambda logits: 3 * torch.tanh(logits / 3),
    "some tokens suppressed": lambda logits: torch.cat([logits[..., :60], logits[..., 60:] - 5], dim=-1),
}


def check(model, token_budget=10**4, prompts=PROMPTS, copies=None, **changes):
    self_check.check_passes(dataclasses.replace(models.dissect(model), **changes), prompts, token_budget, copies)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", ["qwen2", "gemma2"])
def test_supported_models_pass(name, dtype, capsys):
    check(getattr(tiny_models, name)().to(dtype))
    assert capsys.readouterr().out.count("own next-token distribution: mean difference") == len(PROMPTS)


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
        if len(batch.prompts) > 1:
            raise torch.OutOfMemoryError
        return plain(decoder, batch, *arguments, **options)

    monkeypatch.setattr(forward, "run", room_for_one)
    check(tiny_models.qwen2(), token_budget)
    said = capsys.readouterr().out
    assert said.count("own next-token distribution: mean difference") == len(PROMPTS)
    assert said.count("out of memory") == (2 if token_budget > 1 else 1), "two prompts share a row"


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


def test_float16_that_overflows_is_refused_with_the_remedy():
    model = tiny_models.qwen2(dtype=torch.float16)
    model.model.layers[1].register_forward_hook(lambda module, args, output: output * 1e5)
    with pytest.raises(CrosslensError, match="infinity or nan in float16.*'dtype: bfloat16' .or float32."):
        check(model)


def test_states_that_are_not_numbers_are_refused(monkeypatch):
    monkeypatch.setattr(
        self_check, "token_logprobs", lambda states, head, state, token: torch.full(token.shape, torch.nan)
    )
    with pytest.raises(CrosslensError, match="nan"):
        check(tiny_models.qwen2())


def copies(*conditions):
    vectors = torch.randn(len(conditions), 32, generator=torch.Generator().manual_seed(3))
    sizes = torch.tensor([[size] for _, size, *_ in conditions])
    return copies_of(conditions, vectors * sizes)


@pytest.mark.parametrize("token_budget", [1, 10**4])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", ["qwen2", "gemma2"])
def test_steering_copies_and_a_choice_are_compared_too(name, dtype, token_budget, capsys):
    conditions = [(), [2, 0, 1], range(3)]
    prompts = [dataclasses.replace(prompt, conditions=own) for prompt, own in zip(PROMPTS, conditions, strict=True)]
    check(getattr(tiny_models, name)().to(dtype), token_budget, prompts, copies((2, 0.0), (1, 1.0), (2, -3.0)))
    said = capsys.readouterr().out
    assert said.count("steered in the same way") == 2 and said.count("log-probabilities of a choice") == 2


@pytest.mark.parametrize("wrong", [{"vector": -1}, {"layer": 1}], ids=["another sign", "another layer"])
def test_wrongly_steered_copies_are_refused(wrong, monkeypatch):
    plain = forward.run

    def run(decoder, batch, layers, shifts):
        layer = [max(1, layer - wrong.get("layer", 0)) for layer in shifts.layer]
        return plain(
            decoder, batch, layers, forward.Copies(layer, shifts.vector * wrong.get("vector", 1), shifts.operation)
        )

    monkeypatch.setattr(forward, "run", run)
    with pytest.raises(CrosslensError, match="does not reproduce a plain forward pass that is steered in the same way"):
        check(tiny_models.qwen2(), copies=copies((3, 2.0)))


def test_a_choice_whose_tokens_are_at_wrong_positions_is_refused(monkeypatch):
    def shifted(prompts):
        row = pack(prompts)
        for index in range(20, len(row)):
            row.positions[index] += 1
        return row

    monkeypatch.setattr(self_check, "pack", shifted)
    with pytest.raises(CrosslensError, match="own log-probabilities of a choice"):
        check(tiny_models.qwen2(), prompts=[Prompt(list(range(5, 25)), [[9, 8, 7], [9, 6]])])


def test_a_choice_that_is_scored_by_other_tokens_is_refused(monkeypatch):
    plain = forward.latent_logprobs
    monkeypatch.setattr(
        forward, "latent_logprobs", lambda *arguments: forward.Latent(*(each + 0.1 for each in plain(*arguments)))
    )
    with pytest.raises(CrosslensError, match="own log-probabilities of a choice"):
        check(tiny_models.qwen2())


def test_prompts_of_different_lengths_are_checked_in_one_batch():
    prompts = [Prompt([5] * n) for n in (30, 31, 4, 33, 32, 35, 20, 34, 36)]
    chosen = {budget: [each.depth for each in self_check.sample(prompts, budget)] for budget in (1, 80, 120, 10**4)}
    assert chosen == {1: [36, 4], 80: [36, 4], 120: [36, 32, 4], 10**4: [36, 33, 31, 4]}
    for budget in (80, 120, 10**4):
        assert len(batches.split(chosen[budget], budget)) == 1
    assert [prompt.depth for prompt in self_check.sample(prompts[:1], 1)] == [30]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("largest, passes", [(2, False), (40, True)])
def test_the_rounding_of_large_logits_is_allowed_in_low_precision_only(dtype, largest, passes, monkeypatch):
    """Gemma 3 270M in bfloat16 differs by 0.16 nats, the same for all tokens: its largest logit is rounded to 1/8."""
    model, plain = tiny_models.qwen2().to(dtype), self_check.token_logprobs
    with torch.no_grad():
        factor = largest / float(model(input_ids=torch.tensor([PROMPTS[0].tokens])).logits[0, -1].abs().max())
        model.model.norm.weight.mul_(factor)
    monkeypatch.setattr(self_check, "token_logprobs", lambda *arguments: plain(*arguments) + 0.17)
    if dtype == torch.bfloat16 and passes:
        check(model, prompts=PROMPTS[:1])
    else:
        with pytest.raises(CrosslensError, match="does not reproduce"):
            check(model, prompts=PROMPTS[:1])


@pytest.mark.parametrize("kind", ["dynamic rotary embedding", "LongRoPE"])
def test_positions_that_depend_on_the_longest_row_of_the_batch_are_refused_if_packed(kind):
    """Rows of one length would pass: the short prompt is read otherwise only beside a long one."""
    model, packed = tiny_models.plain(kind), {"why_plain": None, "windows": [None] * 4}
    short, long = (Prompt(list(range(3, 3 + n)), [[9, 8]]) for n in (8, 40))
    check(model, prompts=[short, short], **packed)
    with pytest.raises(CrosslensError, match="does not reproduce.*Set 'forward: plain'"):
        check(model, prompts=[long, short], **packed)
    check(model, prompts=[long, short])


@pytest.mark.parametrize("wrong", WRONG_LOGITS.values(), ids=WRONG_LOGITS)
def test_unknown_changes_of_the_logits_are_refused_on_plain_rows_too(wrong):
    model = tiny_models.plain("convolutions (LFM2)")
    model.lm_head.register_forward_hook(lambda module, args, logits: wrong(logits))
    with pytest.raises(CrosslensError, match="own next-token distribution: it differs by .* nats"):
        check(model)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_gamma_zero_allows_rounding_and_nothing_more(dtype):
    noise = np.random.default_rng(0).normal(0, self_check.TOLERANCE[dtype] / 4, (50, 4))
    self_check.check_letters(noise, dtype, self_check.ZERO)
    not_a_number = np.where(noise == noise.max(), np.nan, noise)
    for wrong in (noise + 3 * self_check.TOLERANCE[dtype], noise * 100, not_a_number):
        with pytest.raises(CrosslensError, match="gamma = 0"):
            self_check.check_letters(wrong, dtype, self_check.ZERO)


def test_a_copy_with_a_wrong_mask_is_far_beyond_the_tolerance():
    """The tolerance is useful only if mistakes exceed it: here a copy also sees the last token of its prompt."""
    decoder = models.dissect(tiny_models.qwen2())
    letters = torch.tensor([5, 6, 7])
    differences = []
    for wrong in (False, True):
        row = pack([Prompt(list(range(5, 17)), [], [0])])
        row.ends[row.branches[0].last] += wrong
        pair = forward.letter_logprobs(decoder, forward.run(decoder, collate([row]), [4]).final, letters)
        differences.append((pair[1] - pair[0]).numpy())
    self_check.check_letters(differences[0], torch.float32, self_check.ZERO)
    with pytest.raises(CrosslensError):
        self_check.check_letters(differences[1], torch.float32, self_check.ZERO)


@pytest.mark.parametrize("wrong", ["a neighbour is seen", "a passage is shared where it differs"])
def test_prompts_that_are_read_in_one_row_are_compared(wrong, monkeypatch):
    """The sampled prompts but the longest share a row, so that what goes wrong between questions shows."""
    prompts = [Prompt([5, 6, 7, *range(8, 8 + n)], [[9, 8, 7]]) for n in (20, 9, 5)]
    check(tiny_models.qwen2(), prompts=prompts)

    def mixed_up(asked):
        row = pack(asked)
        if wrong == "a neighbour is seen":
            row.ends[:] = [len(row)] * len(row)
        elif len(asked) > 1:
            row.tokens[2] += 1
        return row

    monkeypatch.setattr(self_check, "pack", mixed_up)
    with pytest.raises(CrosslensError, match="own next-token distribution"):
        check(tiny_models.qwen2(), prompts=prompts)

"""Chunked log-probabilities equal a full log-softmax; in low precision they are less noisy than the model's own."""

import pytest
import torch
from crosslens.engine import lens
from crosslens.engine.lens import Unembedding

N, D, VOCABULARY = 5, 8, 37
HEADS = {
    "plain": {},
    "bias": {"bias": True},
    "scale": {"scale": 0.25},
    "softcap": {"softcap": 2.0},
    "all": {"bias": True, "scale": 3.0, "softcap": 5.0},
}


def random_head(bias=False, dtype=torch.float32, **values):
    generator = torch.Generator().manual_seed(3)
    weight = torch.randn(VOCABULARY, D, generator=generator).to(dtype)
    return Unembedding(weight, torch.randn(VOCABULARY, generator=generator).to(dtype) if bias else None, **values)


def full_log_softmax(states, head):
    """Return the log-softmax over the full vocabulary in float64, written out step by step."""
    logits = states.double() @ head.weight.double().T
    if head.bias is not None:
        logits = logits + head.bias.double()
    logits = logits * head.scale
    if head.softcap is not None:
        logits = head.softcap * torch.tanh(logits / head.softcap)
    return torch.log_softmax(logits, dim=-1)


def targets(n=N):
    generator = torch.Generator().manual_seed(4)
    state = torch.randint(0, n, (40,), generator=generator)
    return state, torch.randint(0, VOCABULARY, (40,), generator=generator)


def chunks(n):
    """Return chunk sizes of 1, 2, one with a remainder, and one below, equal to and above the vocabulary's size."""
    return [n * size for size in (1, 2, 10, VOCABULARY - 1, VOCABULARY, VOCABULARY + 1)] + [1 << 23, 1]


@pytest.mark.parametrize("name", HEADS)
@pytest.mark.parametrize("elements", chunks(N))
def test_token_logprobs_are_those_of_a_full_log_softmax(monkeypatch, name, elements):
    monkeypatch.setattr(lens, "CPU_CHUNK_ELEMENTS", elements)
    head, (state, token) = random_head(**HEADS[name]), targets()
    states = torch.randn(N, D, generator=torch.Generator().manual_seed(5)) * 3
    ours = lens.token_logprobs(states, head, state, token)
    torch.testing.assert_close(ours.double(), full_log_softmax(states, head)[state, token], rtol=0, atol=1e-5)
    assert ours.dtype == torch.float32


def test_every_token_of_the_vocabulary_adds_up_to_one(monkeypatch):
    monkeypatch.setattr(lens, "CPU_CHUNK_ELEMENTS", 7)
    states = torch.randn(1, D, dtype=torch.float64)
    head = random_head(dtype=torch.float64)
    logprobs = lens.token_logprobs(states, head, torch.zeros(VOCABULARY, dtype=torch.long), torch.arange(VOCABULARY))
    assert logprobs.dtype == torch.float64 and float(logprobs.exp().sum()) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("size", [1e3, 1e5])
def test_large_logits_neither_overflow_nor_vanish(monkeypatch, size):
    monkeypatch.setattr(lens, "CPU_CHUNK_ELEMENTS", 3 * N)
    head, (state, token) = random_head(), targets()
    states = torch.randn(N, D, generator=torch.Generator().manual_seed(5)) * size
    ours = lens.token_logprobs(states, head, state, token)
    torch.testing.assert_close(ours.double(), full_log_softmax(states, head)[state, token], rtol=1e-5, atol=1e-3)


def test_never_more_logits_at_once_than_allowed(monkeypatch):
    seen, products = [], lens._products
    monkeypatch.setattr(lens, "CPU_CHUNK_ELEMENTS", 4 * N)
    monkeypatch.setattr(lens, "_products", lambda s, w: seen.append(len(s) * len(w)) or products(s, w))
    lens.log_normalizer(torch.randn(N, D), random_head())
    assert max(seen) <= 4 * N and sum(seen) == N * VOCABULARY


@pytest.mark.parametrize("at_once", [1, 2, N - 1, N, 99])
def test_on_a_cpu_many_states_are_taken_in_parts_of_equal_size(monkeypatch, at_once):
    seen, products, head = [], lens._products, random_head()
    states = torch.randn(N, D, generator=torch.Generator().manual_seed(5))
    monkeypatch.setattr(lens, "CPU_STATES", at_once)
    monkeypatch.setattr(lens, "_products", lambda s, w: seen.append(len(s)) or products(s, w))
    found = lens.log_normalizer(states, head)
    torch.testing.assert_close(found, torch.logsumexp(head.finish(states @ head.weight.T, head.bias), dim=-1))
    assert sum(seen) == N and max(seen) <= at_once and max(seen) - min(seen) <= 1
    assert lens.log_normalizer(states[:0], head).shape == (0,)


def test_a_state_shared_by_many_targets_is_normalized_once(monkeypatch):
    seen, normalizer = [], lens.log_normalizer
    monkeypatch.setattr(lens, "log_normalizer", lambda s, h: seen.append(len(s)) or normalizer(s, h))
    lens.token_logprobs(torch.randn(2, D), random_head(), torch.zeros(30, dtype=torch.long), torch.arange(30))
    assert seen == [2]


@pytest.mark.parametrize("name", HEADS)
def test_bfloat16_is_less_noisy_than_the_models_own_head(name):
    """The naive way computes logits in bfloat16, as the model does: above 16 they are rounded to multiples of 1/8."""
    generator = torch.Generator().manual_seed(6)
    head = random_head(dtype=torch.bfloat16, **HEADS[name])
    states = (torch.randn(200, D, generator=generator) * 4).bfloat16()
    state = torch.arange(200).repeat_interleave(VOCABULARY)
    token = torch.arange(VOCABULARY).repeat(200)
    truth = full_log_softmax(states, head)
    naive = states @ head.weight.T
    naive = (naive if head.bias is None else naive + head.bias) * head.scale
    naive = naive if head.softcap is None else head.softcap * torch.tanh(naive / head.softcap)
    ours = lens.token_logprobs(states, head, state, token).view(200, VOCABULARY)

    def noise(logprobs):
        return float((logprobs.double() - truth).abs().mean())

    assert ours.dtype == torch.float32
    assert noise(ours) < noise(torch.log_softmax(naive.float(), dim=-1))


def test_entries_that_are_impossible_add_nothing(monkeypatch):
    """Heads may have a bias of -inf for entries that fill up the vocabulary: a whole chunk of them is possible."""
    monkeypatch.setattr(lens, "CPU_CHUNK_ELEMENTS", 2 * N)
    head = random_head(bias=True)
    head.bias[-6:] = float("-inf")
    states = torch.randn(N, D)
    expected = torch.logsumexp(head.finish(states @ head.weight.T, head.bias), dim=-1)
    torch.testing.assert_close(lens.log_normalizer(states, head), expected)


def test_no_states_give_no_values():
    nothing = torch.zeros(0, dtype=torch.long)
    assert lens.token_logprobs(torch.zeros(0, D), random_head(), nothing, nothing).shape == (0,)


def test_mean_over_groups_in_any_order():
    group = torch.tensor([2, 0, 1, 2, 0, 2, 2])
    values = torch.randn(7)
    expected = torch.stack([values[group == g].mean() for g in range(3)])
    torch.testing.assert_close(lens.mean_over(values, group, 3), expected)

"""Batches hold the texts' tokens, with the weight on the targets."""

import random

import pytest
import torch
from crosslens.demo import batches
from crosslens.demo.corpus import Stage, draw_text
from demo_tokenizer import demo_tokenizer


@pytest.fixture
def tokenizer():
    return demo_tokenizer()


def test_the_encoder_is_the_tokenizer_without_bos(tokenizer):
    encode, random_ = batches.encoder(tokenizer), random.Random(0)
    for _ in range(300):
        text = draw_text(random_, Stage())
        both = [tokenizer.bos_token_id, *encode(text.context), *encode(text.target)]
        assert both == tokenizer(" ".join(text))["input_ids"]


def test_collate_pads_on_the_right_and_weighs_targets_equally():
    batch = batches.collate([([1, 7, 8], [9]), ([1, 5], [6, 7, 8, 9])])
    assert batch.tokens.tolist() == [[1, 7, 8, 9, 0, 0], [1, 5, 6, 7, 8, 9]]
    assert batch.weight.tolist() == [[0, 0, 0, 1, 0, 0], [0, 0, 0.25, 0.25, 0.25, 0.25]]


def test_a_change_of_stage_takes_effect_at_once(tokenizer):
    current = [Stage(1, ("mmmlu",), english_choices_only=True)]
    encode = batches.encoder(tokenizer)
    drawn = batches.draw_batches(random.Random(0), encode, tokenizer.bos_token_id, lambda: current[0])
    animals = encode("animals")[0]
    assert (next(drawn).tokens == animals).any(dim=1).all()
    current[0] = Stage(english_choices_only=True)
    assert not (next(drawn).tokens == animals).any(dim=1).all()


def test_the_same_seed_draws_the_same_batches(tokenizer):
    encode = batches.encoder(tokenizer)
    one, two = (batches.draw_batches(random.Random(3), encode, 1, Stage) for _ in range(2))
    for _ in range(6):
        assert torch.equal(next(one).tokens, next(two).tokens)

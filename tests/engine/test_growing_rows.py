"""Steering copies join their rows after the layers at which they are steered, and until then cost nothing."""

import pytest
import tiny_models
import torch
from crosslens.engine import attention, batches, forward, models
from crosslens.engine.hooks import Edit, Places, residual_stream
from crosslens.engine.packing import Prompt, pack
from packed_against_plain import (
    CONDITIONS,
    CONTINUATIONS,
    assert_equals_plain_forwards,
    copies_of,
    prompts,
    related_prompts,
    rows_of,
)
from torch import nn

GROWING = {
    "qwen2": tiny_models.qwen2,
    "gemma2": tiny_models.gemma2,
    "gemma3": tiny_models.gemma3,
    "gpt_oss": tiny_models.gpt_oss,
    **{name: lambda name=name: tiny_models.make(name) for name in ("llama", "mistral", "qwen3", "phi3", "cohere2")},
    **{name: lambda name=name: tiny_models.make(name) for name in ("olmo2", "gpt_neox", "mixtral")},
}
FIXED = {name: lambda name=name: tiny_models.make(name) for name in ("gpt2", "opt")}


def lengths_of(decoder, rows, conditions):
    """Return the number of tokens per row that every layer of a pass is given."""
    lengths = []
    handles = [
        layer.register_forward_pre_hook(lambda module, args: lengths.append(args[0].shape[1]))
        for layer in decoder.layers
    ]
    batch = batches.collate(rows, multiple=decoder.multiple)
    forward.run(decoder, batch, [4], copies_of(conditions, torch.ones(len(conditions), 32)))
    for handle in handles:
        handle.remove()
    return lengths


@pytest.mark.parametrize("name", [*GROWING, *FIXED])
def test_layers_get_the_copies_that_were_steered_before(name):
    """The longest row is the second one: copies of the first one, which has fewer tokens, are padding until then."""
    decoder = models.dissect({**GROWING, **FIXED}[name]())
    conditions = [(1, 1.0), (2, 1.0), (2, 2.0), (4, 1.0)]
    rows = rows_of(prompts(3, 9), CONTINUATIONS["shared prefixes"], conditions)
    base = len(rows[1]) - 4
    expected = [base, base + 1, base + 3, base + 3] if name in GROWING else [base + 4] * 4
    assert decoder.grows == (name in GROWING) and lengths_of(decoder, rows, conditions) == expected


@pytest.mark.parametrize("name", ["gpt_neox", "mixtral", *FIXED])
def test_rows_that_grow_and_rows_that_do_not_equal_plain_forwards(name):
    model = {**GROWING, **FIXED}[name]()
    work = related_prompts(), CONTINUATIONS["shared prefixes"], CONDITIONS["many"]
    assert_equals_plain_forwards(model, *work)


def test_flex_attention_keeps_one_length():
    model = tiny_models.qwen2()
    model.set_attn_implementation("flex_attention")
    assert not models.dissect(model).grows


def test_rows_of_several_prompts_and_of_none_to_steer_share_a_batch():
    """Lengths differ between rows, layers and prompts: a copy that is not there yet must never be read."""
    conditions = [(1, 3.0), (3, -2.0), (4, 1.0)]
    decoder, vectors = models.dissect(tiny_models.gemma2()), torch.randn(3, 32)
    copies = copies_of(conditions, vectors)
    steered = [[0, 1, 2], [2], [], [1, 0], [0, 1, 2]]
    asked = [
        Prompt(tokens, [[5, 6]], chosen, i, [conditions[c][0] for c in chosen])
        for i, (tokens, chosen) in enumerate(zip(prompts(4, 11, 6, 3, 8), steered, strict=True))
    ]
    rows = [pack(asked[:2]), pack(asked[2:3]), pack(asked[3:])]
    together = forward.run(decoder, batches.collate(rows), [2], copies)
    alone = [forward.run(decoder, batches.collate([pack([prompt])]), [2], copies) for prompt in asked]
    assert len(together.copies) == 9
    torch.testing.assert_close(together.copies, torch.cat([each.copies for each in alone]))
    torch.testing.assert_close(together.prompt[2], torch.cat([each.prompt[2] for each in alone]))


def test_a_stream_is_filled_up_before_it_is_edited_and_read():
    hidden, layers = torch.randn(2, 3, 4), nn.ModuleList([nn.Identity(), nn.Identity()])
    at, last = Places(torch.tensor([0, 1]), torch.tensor([4, 3])), Places(torch.tensor([0, 1]), torch.tensor([2, 1]))
    edit = Edit(at, torch.full((2, 4), 10.0), source=last)
    with residual_stream(layers, {1: at, 2: at}, {1: [edit]}, {1: 5}) as states:
        stream = layers[1](layers[0](hidden))
    assert torch.equal(stream[:, :3], hidden) and stream.shape == (2, 5, 4)
    assert torch.equal(states[1], hidden[last] + 10) and torch.equal(states[2], states[1])
    assert not stream[0, 3].any() and not stream[1, 4].any()


@torch.inference_mode()
def test_a_layer_gets_the_part_of_mask_and_positions_that_its_tokens_need():
    seen = []

    class Layer(nn.Module):
        def forward(self, hidden_states, attention_mask=None, position_ids=None, position_embeddings=None):
            seen.append((attention_mask, position_ids, position_embeddings))
            return hidden_states

    layers, mask = nn.ModuleList([Layer()]), torch.rand(1, 1, 5, 5) < 0.5
    ids, angles = torch.arange(5)[None], torch.randn(1, 5, 6)
    with attention.masked_layers(layers, [mask]):
        for n in (3, 5):
            layers[0](torch.zeros(1, n, 2), None, position_ids=ids, position_embeddings=(angles, -angles))
    for n, (given, positions, (cosines, sines)) in zip((3, 5), seen, strict=True):
        assert torch.equal(given, mask[..., :n, :n]) and torch.equal(positions, ids[:, :n])
        assert torch.equal(cosines, angles[:, :n]) and torch.equal(sines, -angles[:, :n])


@torch.inference_mode()
def test_a_layer_without_positions_gets_none():
    """In some models a part of the layers has no rotary embedding."""
    seen = []

    class Layer(nn.Module):
        def forward(self, hidden_states, attention_mask=None, position_embeddings=None):
            seen.append((attention_mask.shape, position_embeddings))
            return hidden_states

    layers = nn.ModuleList([Layer()])
    with attention.masked_layers(layers, [torch.ones(1, 1, 5, 5)]):
        layers[0](torch.zeros(1, 3, 2), None, position_embeddings=None)
    assert seen == [((1, 1, 3, 3), None)]


def test_copies_that_are_not_steered_are_in_their_rows_from_the_beginning():
    decoder = models.dissect(tiny_models.qwen2())
    batch = batches.collate(rows_of(prompts(3, 9), CONTINUATIONS["shared prefixes"], [(1, 1.0), (4, 1.0)]))
    found = forward.run(decoder, batch, [4])
    torch.testing.assert_close(found.copies, found.prompt[4].repeat_interleave(2, dim=0))


def test_a_layer_that_is_given_something_unknown_gets_all_tokens_at_once():
    class Layer(nn.Module):
        def forward(self, hidden_states, attention_mask, position_embeddings, per_layer_input):
            return hidden_states

    assert not attention.takes_longer_rows(Layer())

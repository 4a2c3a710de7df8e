"""The last feed-forward part runs for the tokens that are read; what is read is the same."""

import pytest
import tiny_models
import torch
from crosslens.engine import batches, forward, models
from crosslens.engine.hooks import Places
from crosslens.engine.last_layer import only_read
from packed_against_plain import CONTINUATIONS, copies_of, prompts, rows_of
from torch import nn


class Layer(nn.Module):
    def __init__(self, wrap=lambda hidden: hidden):
        super().__init__()
        self.mlp, self.seen = nn.Linear(3, 3), []
        self.wrap = wrap
        self.mlp.register_forward_hook(lambda module, args, output: self.seen.append(args[0].shape) or wrap(output))

    def forward(self, hidden):
        return hidden + torch.as_tensor(self.mlp(hidden) if self.wrap(1) == 1 else self.mlp(hidden)[0])


PLACES = Places(torch.tensor([0, 1, 1, 0]), torch.tensor([2, 0, 3, 2]))


@pytest.mark.parametrize("wrap", [lambda h: h, lambda h: (h, "router")], ids=["tensor", "tuple"])
@torch.inference_mode()
def test_the_part_runs_at_the_places_and_adds_zero_elsewhere(wrap):
    layer, hidden = Layer(wrap), torch.randn(2, 4, 3)
    with only_read(layer, PLACES):
        found = layer(hidden)
    everywhere = layer(hidden)
    assert layer.seen == [(1, 4, 3), (2, 4, 3)], "places may be repeated; afterwards the layer is as before"
    torch.testing.assert_close(found[PLACES], everywhere[PLACES])
    others = torch.ones(2, 4, dtype=torch.bool)
    others[PLACES] = False
    assert torch.equal(found[others], hidden[others])


def test_a_layer_without_such_a_part_runs_as_it_is():
    layer = nn.Linear(3, 3)
    with only_read(layer, PLACES):
        assert layer(torch.zeros(2, 4, 3)).shape == (2, 4, 3)


@pytest.mark.parametrize(
    "call", [lambda mlp, h: mlp(h, h), lambda mlp, h: mlp(hidden=h), lambda mlp, h: mlp(h, scale=h)]
)
def test_a_part_that_is_given_more_than_the_states_runs_for_all_tokens(call):
    class Part(nn.Module):
        def forward(self, hidden, residual=None, scale=None):
            return hidden * 2 + (0 if residual is None else residual)

    layer, hidden = nn.Module(), torch.randn(2, 4, 3)
    layer.mlp = Part()
    with only_read(layer, PLACES):
        assert torch.equal(call(layer.mlp, hidden), call(Part(), hidden))


@pytest.mark.parametrize("make", [tiny_models.qwen2, tiny_models.gemma2, lambda: tiny_models.make("gpt2")])
@pytest.mark.parametrize("grow", [True, False])
def test_a_pass_runs_the_last_part_for_what_it_reads(make, grow):
    decoder, conditions = models.dissect(make()), [(1, 1.0), (4, 1.0)]
    batch = batches.collate(rows_of(prompts(9, 3), CONTINUATIONS["shared prefixes"], conditions, grow=grow))
    seen = {}
    handles = [
        layer.mlp.register_forward_hook(lambda module, args, output, i=i: seen.update({i: args[0].shape[:2]}))
        for i, layer in enumerate(decoder.layers)
    ]
    forward.run(decoder, batch, [2], copies_of(conditions, torch.ones(2, 32)))
    for handle in handles:
        handle.remove()
    # Per prompt its last token, the queries, which are this token and two of the answers, and two copies
    assert seen[3] == (1, 2 * (1 + 3 + 2))
    assert all(seen[i][0] == 2 and seen[i][1] > 9 for i in range(3))

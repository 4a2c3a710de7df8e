"""The states read are the layer's output, shifted at the given places with one rounding; no hook stays behind."""

import pytest
import torch
from crosslens.engine.hooks import Edit, Places, residual_stream
from crosslens.errors import CrosslensError
from torch import nn


class Layer(nn.Module):
    """Adds a constant and returns ``wrap`` of the hidden states."""

    def __init__(self, constant, wrap=lambda hidden: hidden):
        super().__init__()
        self.constant, self.wrap = constant, wrap

    def forward(self, hidden):
        return self.wrap(hidden + self.constant)


def places(*pairs):
    return Places(*torch.tensor(pairs).T)


def stack(n=3, wrap=lambda hidden: hidden):
    return nn.ModuleList(Layer(10.0**i, wrap) for i in range(n))


def through(layers, hidden):
    for layer in layers:
        out = layer(hidden)
        hidden = out[0] if isinstance(out, tuple) else out
    return hidden


@pytest.mark.parametrize("wrap", [lambda h: h, lambda h: (h,), lambda h: (h, "cache", None)], ids=["tensor", "1", "3"])
def test_reads_chosen_tokens_after_chosen_layers(wrap):
    hidden = torch.randn(2, 4, 3)
    layers, wanted = stack(wrap=wrap), {1: places((0, 3), (1, 0)), 3: places((1, 2))}
    with residual_stream(layers, wanted, {}) as states:
        final = through(layers, hidden)
    assert states.keys() == {1, 3}
    torch.testing.assert_close(states[1], torch.stack([hidden[0, 3], hidden[1, 0]]) + 1)
    torch.testing.assert_close(states[3], hidden[1, 2:3] + 111)
    torch.testing.assert_close(final, hidden + 111)


def test_shifts_flow_on_and_are_read_after_they_are_added():
    hidden, layers, delta = torch.randn(2, 4, 3), stack(wrap=lambda h: (h, "rest")), torch.randn(2, 3)
    where = places((0, 1), (1, 3))
    with residual_stream(layers, {2: where, 3: where}, {2: [Edit(where, delta)]}) as states:
        final = through(layers, hidden)
        assert layers[1](hidden)[1] == "rest", "whatever else a layer returns is kept"
    expected = hidden + 111
    expected[0, 1] += delta[0]
    expected[1, 3] += delta[1]
    torch.testing.assert_close(final, expected)
    torch.testing.assert_close(states[3], torch.stack([expected[0, 1], expected[1, 3]]))


def test_a_shift_is_added_in_float32_and_rounded_once():
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(4, 8, 16, generator=generator).bfloat16()
    where = places(*[(i, j) for i in range(4) for j in range(0, 8, 2)])
    delta = torch.randn(len(where.row), 16, generator=generator) * 0.37
    layer = nn.ModuleList([Layer(0.0)])
    with residual_stream(layer, {}, {1: [Edit(where, delta)]}):
        shifted = layer[0](hidden)
    before = hidden[where].double()
    assert torch.equal(shifted[where], (before + delta.double()).to(torch.bfloat16))
    assert not torch.equal(shifted[where], hidden[where] + delta.bfloat16()), "rounding twice would differ here"
    others = torch.ones(4, 8, dtype=torch.bool)
    others[where] = False
    assert shifted.dtype == torch.bfloat16 and torch.equal(shifted[others], hidden[others])


def test_a_shift_of_zero_changes_no_bit_and_no_shift_touches_the_input():
    hidden, layer = torch.randn(2, 3, 4).bfloat16(), nn.ModuleList([nn.Identity()])
    before = hidden.clone()
    for delta, same in [(torch.zeros(1, 4), True), (torch.ones(1, 4), False)]:
        with residual_stream(layer, {}, {1: [Edit(places((0, 1)), delta)]}):
            assert torch.equal(layer[0](hidden), before) == same
        assert torch.equal(hidden, before)


def test_float64_is_not_narrowed():
    hidden, layer = torch.full((1, 1, 1), 1.0, dtype=torch.float64), nn.ModuleList([Layer(0.0)])
    tiny = torch.full((1, 1), 2.0**-40)
    with residual_stream(layer, {}, {1: [Edit(places((0, 0)), tiny)]}):
        assert float(layer[0](hidden)) == 1 + 2.0**-40


@pytest.mark.parametrize("output", [{"hidden": 1}, (), ("states", 1), None], ids=str)
def test_an_output_of_another_kind_is_refused(output):
    layers = nn.ModuleList([Layer(0.0, lambda hidden: output)])
    with pytest.raises(CrosslensError, match="Layer returned .*instead of a tensor"):  # noqa: SIM117
        with residual_stream(layers, {1: places((0, 0))}, {}):
            layers[0](torch.zeros(1, 1, 1))
    assert not layers[0]._forward_hooks


def test_hooks_are_removed_on_leaving_and_on_errors():
    layers, hidden = stack(), torch.zeros(1, 1, 1)
    with residual_stream(layers, {1: places((0, 0))}, {2: [Edit(places((0, 0)), torch.ones(1, 1))]}) as states:
        assert [len(layer._forward_hooks) for layer in layers] == [1, 1, 0], "only where needed"
    assert not any(layer._forward_hooks for layer in layers)
    with pytest.raises(RuntimeError), residual_stream(layers, {1: places((0, 0))}, {}):
        raise RuntimeError
    assert not any(layer._forward_hooks for layer in layers)
    through(layers, hidden)
    assert states == {}

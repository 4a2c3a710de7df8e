"""Masks express the tree and the window, and they reach the layers whatever masks the model makes itself."""

from types import SimpleNamespace

import pytest
import tiny_models
import torch
from crosslens.engine import attention, batches, models
from crosslens.engine.packing import Prompt, pack
from crosslens.errors import CrosslensError
from tree_relations import may_attend, sequences

TREES = [
    ([3], [[5, 6, 7]], 2),
    ([3, 4, 5, 6, 7, 8], [[5, 6, 7], [5, 6, 8, 9], [5, 9], [9]], 3),
    ([3, 4], [[5] * 6, [5, 5, 6, 7], [8, 5, 5, 5, 5]], 1),
    ([3, 4, 5], [], 4),
    ([3, 4, 5, 9], [], 0),
]


@pytest.mark.parametrize("window", [None, 1, 2, 3, 5, 100])
def test_the_mask_is_the_ancestor_relation_of_the_tree_within_the_window(window):
    rows = [pack([Prompt(tokens, continuations, range(n))]) for tokens, continuations, n in TREES]
    rows.append(pack([Prompt(tokens, continuations, range(n)) for tokens, continuations, n in TREES]))
    batch = batches.collate(rows)
    mask = attention.tree_mask(batch.positions, batch.places, batch.ends, window)
    length = max(map(len, rows))
    assert mask.shape == (len(rows), 1, length, length)
    for i, row in enumerate(rows):
        paths = sequences(row)
        for q in range(length):
            for k in range(length):
                if k >= len(row):
                    expected = q == k  # only padding itself sees padding, so that no softmax is empty
                elif q >= len(row):
                    continue
                else:
                    near = window is None or len(paths[q]) - len(paths[k]) < window
                    expected = may_attend(paths[q], paths[k]) and near
                assert bool(mask[i, 0, q, k]) == expected, (i, q, k)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
def test_additive_masks_give_exactly_no_attention_to_what_is_not_allowed(dtype):
    allowed = torch.tensor([[True, False, False], [False, True, True]])
    additive = attention.as_additive(allowed, dtype)
    assert additive.dtype == dtype and bool(torch.isfinite(additive).all())
    scores = torch.tensor([[-50.0, 50.0, 0.0], [50.0, 1.0, 1.0]], dtype=dtype)
    assert torch.softmax(scores + additive, dim=-1).tolist() == [[1, 0, 0], [0, 0.5, 0.5]]


def test_windows_of_every_kind_of_config():
    def config(**values):
        return SimpleNamespace(model_type="any", num_hidden_layers=2, **values)

    both = [attention.SLIDING, attention.FULL]
    assert attention.windows(config()) == [None, None]
    assert attention.windows(config(sliding_window=5)) == [5, 5]
    assert attention.windows(config(sliding_window=None)) == [None, None]
    assert attention.windows(config(sliding_window=5, layer_types=both)) == [5, None]
    assert attention.windows(config(sliding_window=None, layer_types=[attention.FULL] * 2)) == [None, None]


@pytest.mark.parametrize("kind", ["chunked_attention", "linear_attention", "conv"])
def test_a_layer_type_that_cannot_express_the_tree_is_refused(kind):
    config = SimpleNamespace(model_type="exotic", num_hidden_layers=2, layer_types=[attention.FULL, kind])
    with pytest.raises(CrosslensError) as error:
        attention.windows(config)
    assert "'exotic'" in str(error.value) and kind in str(error.value) and attention.FULL in str(error.value)


@pytest.mark.parametrize("make", [tiny_models.qwen2, tiny_models.gemma2])
@torch.inference_mode()
def test_masks_reach_every_layer_and_only_within_the_context(make):
    """With a diagonal mask every token sees only itself; afterwards the model is as before."""
    decoder = models.dissect(make())
    tokens, positions = torch.tensor([[5, 9, 7, 5]]), torch.arange(4)[None]

    def states(tokens, positions, masks=None):
        return decoder.stack(
            input_ids=tokens, position_ids=positions, attention_mask=masks and masks[0], use_cache=False
        ).last_hidden_state

    plain = states(tokens, positions)
    diagonal = torch.eye(4, dtype=torch.bool)[None, None]
    if decoder.implementation == "eager":
        diagonal = attention.as_additive(diagonal, decoder.dtype)
    with attention.masked_layers(decoder.layers, [diagonal] * 4):
        alone = states(tokens, positions, [diagonal])
    for i in range(4):
        torch.testing.assert_close(alone[0, i], states(tokens[:, i : i + 1], positions[:, i : i + 1])[0, 0])
    assert torch.equal(states(tokens, positions), plain) and not torch.allclose(plain, alone)


@torch.inference_mode()
def test_each_layer_gets_its_own_mask():
    decoder = models.dissect(tiny_models.qwen2())
    masks = [torch.ones(1, 1, 2, 2, dtype=torch.bool) for _ in decoder.layers]
    seen = []
    handles = [
        layer.self_attn.register_forward_pre_hook(lambda m, a, k: seen.append(k["attention_mask"]), with_kwargs=True)
        for layer in decoder.layers
    ]
    with attention.masked_layers(decoder.layers, masks):
        decoder.stack(input_ids=torch.tensor([[5, 6]]), attention_mask=masks[0], use_cache=False)
    assert len(handles) == len(seen) and all(used is mask for used, mask in zip(seen, masks, strict=True))


def test_the_hooks_are_removed_when_the_pass_fails():
    layers = torch.nn.ModuleList([torch.nn.Identity(), torch.nn.Identity()])
    with pytest.raises(RuntimeError, match="out of luck"), attention.masked_layers(layers, [torch.zeros(1)] * 2):
        assert all(layer._forward_pre_hooks for layer in layers)
        raise RuntimeError("out of luck")
    assert not any(layer._forward_pre_hooks for layer in layers)


def test_a_layer_called_without_a_mask_keyword_is_refused():
    layers = torch.nn.ModuleList([torch.nn.Identity()])
    with (
        pytest.raises(CrosslensError, match="Identity.*attention_mask"),
        attention.masked_layers(layers, [torch.zeros(1)]),
    ):
        layers[0](torch.zeros(1))
    assert not layers[0]._forward_pre_hooks

"""Find the parts of a causal language model by their structure: decoder stack, layers, final norm, unembedding.

A part that is found wrongly gives other log-probabilities than the model's own, which the run-time check refuses.
"""

from torch import nn

from crosslens.engine.lens import Unembedding


def stack(model: nn.Module) -> nn.Module:
    """Return the decoder stack; transformers returns the whole model for some types, among them Llama 4."""
    found = model.get_decoder()
    return getattr(model, "model", found) if found is model else found


def layers(stack: nn.Module) -> nn.ModuleList | None:
    """Return the decoder layers: `layers`, or the one list of as many modules as the config says."""
    n = getattr(stack.config, "num_hidden_layers", None)
    lists = [child for child in stack.children() if isinstance(child, nn.ModuleList) and len(child) == n]
    named = getattr(stack, "layers", None)
    return named if isinstance(named, nn.ModuleList) else lists[0] if len(lists) == 1 else None


def final_norm(stack: nn.Module, layers: nn.ModuleList) -> nn.Module | None:
    """Return the norm after the last layer: `norm`, or the stack's only norm, or its first one behind the layers.

    Types of models give it many names, and some have other norms beside it. A wrong one fails the run-time check.
    """
    children = list(stack.children())
    norms = [child for child in children if "norm" in type(child).__name__.lower()]
    after = [child for child in norms if children.index(child) > children.index(layers)]
    named = getattr(stack, "norm", None)
    return named if named is not None else (norms if len(norms) == 1 else [*after, None])[0]


def unembedding(model: nn.Module, config) -> Unembedding | None:
    """Return the map from normed states to logits; None if the model has no output embedding with a weight."""
    head = model.get_output_embeddings()
    if getattr(head, "weight", None) is None:
        return None
    return Unembedding(head.weight.detach(), getattr(head, "bias", None), _logit_scale(config), _softcap(config))


def _softcap(config) -> float | None:
    """Return c of the logits' soft-cap c * tanh(x / c): RecurrentGemma and xLSTM have names of their own for it."""
    names = ("final_logit_softcapping", "logits_soft_cap", "output_logit_soft_cap")
    return next((getattr(config, name) for name in names if getattr(config, name, None)), None)


def _logit_scale(config) -> float:
    """Return the factor of the logits: Cohere and Falcon-H1 multiply them by one number, Granite divides by another."""
    factors = [getattr(config, name, None) or 1.0 for name in ("logit_scale", "lm_head_multiplier")]
    return factors[0] * factors[1] / getattr(config, "logits_scaling", 1.0)

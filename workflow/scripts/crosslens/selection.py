"""What the config picks for a figure: models, data sets, layers, gamma. A wrong pick is an error that says why.

Also used where the workflow is parsed, so that a wrong pick fails before anything runs: imports nothing heavy.
"""

from collections.abc import Mapping, Sequence

from crosslens.errors import CrosslensError


def names(figure: str, key: str, wanted: str | Sequence[str], available: Sequence[str]) -> list[str]:
    """The names of ``figures.<figure>.<key>``, or all where that is "all".

    Raises CrosslensError where a name is not among ``available``, the run's own.
    """
    if wanted == "all":
        return list(available)
    for name in wanted:
        if name not in available:
            raise CrosslensError(
                f"config: figures.{figure}.{key} names '{name}', which this run does not have. "
                f"Add it to '{key}' or use one of {list(available)}."
            )
    return list(wanted)


def models_of_layers(figure: str, wanted: object, models: Sequence[str]) -> None:
    """Raises CrosslensError where ``wanted``, the config's ``figures.<figure>.layers``, names an unknown model."""
    for name in wanted if isinstance(wanted, Mapping) else ():
        if name not in models:
            raise CrosslensError(
                f"config: figures.{figure}.layers has layers for '{name}', which is not among this run's models: "
                f"{list(models)}. Take it out, or add it to models."
            )


def layers(
    figure: str, wanted: str | Sequence[int] | Mapping[str, Sequence[int]], model: str, available: Sequence[int]
) -> list[int]:
    """The layers of ``figures.<figure>.layers`` for ``model``, in ascending order.

    ``wanted`` is "all", "middle" (of ``available``, the lower of two), a list for all models or a list per model; a
    model without a list gets the middle layer. Raises CrosslensError where a layer is not among ``available``.
    """
    if isinstance(wanted, Mapping):
        wanted = wanted.get(model, "middle")
    ordered = sorted(available)
    if wanted == "all":
        return ordered
    if wanted == "middle":
        return [ordered[(len(ordered) - 1) // 2]]
    for layer in wanted:
        if layer not in ordered:
            raise CrosslensError(
                f"config: figures.{figure}.layers asks for layer {layer} of model '{model}', which has {ordered} here. "
                "Use one of these, a list per model, or add the layer to layers or steering.conditions."
            )
    return sorted(wanted)


def gamma(figure: str, wanted: int | float, model: str, available: Sequence[int | float]) -> None:
    """Raises CrosslensError where ``wanted``, the config's ``figures.<figure>.gamma``, is not one of the model's."""
    if wanted not in available:
        raise CrosslensError(
            f"config: figures.{figure}.gamma needs γ = {wanted:g}, with which model '{model}' is not steered. "
            f"Use one of {sorted(available)} or add it to steering.conditions."
        )

"""Turn what a config says about layers ("grid", "middle", a number, a fraction of depth) into layer numbers.

Layers are numbered 1..L, the output of block k. A model's grid holds the layers at which the lens is read and states
are stored; every other selection picks from it.
"""

from collections.abc import Collection, Sequence

from crosslens.errors import CrosslensError

Selection = str | Sequence[int | float | str]


def grid(n_layers: int, every: int | float) -> list[int]:
    """Return every ``every``-th layer, ending at the last: L, L - every, ..., ascending.

    A fraction below 1 is a share of the depth: 0.25 means every quarter of the L layers, at least one layer apart.
    """
    step = every if isinstance(every, int) else max(1, round(every * n_layers))
    return list(range(n_layers, 0, -step))[::-1]


def resolve(
    selection: Selection,
    available: Sequence[int],
    n_layers: int,
    key: str,
    model: str,
    place: str = "on the grid",
    remedy: str = "layers.every",
) -> list[int]:
    """Return the ``available`` layers that ``selection`` names, ascending, each once.

    ``selection`` is "grid" or "all" (all of them), "middle", or a list whose items are layer numbers, "middle" or
    fractions of depth in (0, 1): 0.5, like "middle", is the available layer nearest to half of the model's
    ``n_layers`` layers (the lower of two). Raises CrosslensError, naming the config ``key``, the ``model`` and what to
    change (``remedy``), for a layer that is not available; ``place`` says what it is not on.
    """
    if selection in ("grid", "all"):
        return sorted(available)
    chosen = set()
    for item in [selection] if isinstance(selection, str) else selection:
        layer = _nearest(0.5 if item == "middle" else item, available, n_layers) if _is_relative(item) else item
        if layer not in available:
            raise CrosslensError(
                f"config key '{key}': layer {item} is not {place} of {model} "
                f"({', '.join(map(str, sorted(available)))}). "
                f'Name one of these, "middle" or a fraction of depth such as 0.5, or change {remedy}.'
            )
        chosen.add(layer)
    return sorted(chosen)


def _is_relative(item: int | float | str) -> bool:
    return item == "middle" or isinstance(item, float)


def _nearest(fraction: float, available: Sequence[int], n_layers: int) -> int:
    return min(available, key=lambda layer: (abs(layer - fraction * n_layers), layer))


def correlation_layers(selection: Selection, read: Sequence[int], n_layers: int, model: str) -> list[int]:
    """Return the layers over which a model's log ratio is averaged (config key correlations.layers).

    They are among those that the lens reads. A list is for all models, of which different layers are read, so numbers
    that are read of another model only are left out. Raises CrosslensError if none is left.
    """
    if selection == "all":
        return list(read)
    if not isinstance(selection, str):
        selection = [item for item in selection if not isinstance(item, int) or item in read]
        if not selection:
            raise CrosslensError(
                f"config key 'correlations.layers': the lens reads none of the layers of {model}, but only "
                f'{", ".join(map(str, read))}. Name one of these, "all", "middle" or a fraction of depth such as 0.5.'
            )
    place, remedy = "read by the lens, whose layers are those", "lens.layers"
    return resolve(selection, read, n_layers, "correlations.layers", model, place, remedy)


def check_read_of_some_model(selection: Selection, read: Collection[Sequence[int]]) -> None:
    """Raise CrosslensError for a layer number of correlations.layers that the lens reads of none of the models."""
    for item in () if isinstance(selection, str) else selection:
        if isinstance(item, int) and not any(item in layers for layers in read):
            raise CrosslensError(
                f"config key 'correlations.layers': the lens reads layer {item} of no model of this run. Leave it out, "
                "or add it to 'lens.layers'."
            )

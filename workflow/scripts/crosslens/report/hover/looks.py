"""How the series of the interactive figures look: as in the static ones; and columns that tell series apart."""

from collections.abc import Callable

import matplotlib
import pyarrow as pa

from crosslens.report.figures import conditions, gamma_sweep, languages, pca, steering_controls, steering_size, style
from crosslens.report.hover.parts import Look, Looks, LooksOfPanels, Names
from crosslens.tables.conditions import OWN


def of_series(looks: Callable[[pa.Table, style.Titles], dict]) -> LooksOfPanels:
    """Return the looks of a figure whose module gives matplotlib's properties by series."""
    return lambda table, names: _alike({(key,): Look.of(look) for key, look in looks(table, names.titles).items()})


def _alike(looks: Looks) -> Callable[[pa.Table], Looks]:
    """Return the looks of panels that do not differ in them."""
    return lambda panel: looks


def of_sweep(table: pa.Table, names: Names) -> Callable[[pa.Table], Looks]:
    """Return looks by vector and layer: colour and marker are the layer's, dashes are a control vector's."""

    def of_panel(panel: pa.Table) -> Looks:
        layers, found = gamma_sweep.looks(style.order(panel, "layer")), {}
        for vector in style.order(panel, "vector"):
            for layer, look in layers.items():
                name, dashed = f"layer {layer}", {}
                if vector != OWN:
                    name, dashed = f"{name}, {conditions.label(vector, names.titles)}", conditions.look(vector)
                found[vector, layer] = Look.of(look | dashed, name)
        return found

    return of_panel


def of_depths(table: pa.Table, names: Names) -> Callable[[pa.Table], Looks]:
    """Return looks by layer: colours are relative depths."""

    def of_panel(panel: pa.Table) -> Looks:
        depths = dict(zip(*(panel[name].to_pylist() for name in ("layer", "depth")), strict=True))
        shades = {
            layer: matplotlib.colormaps["viridis"](steering_size.SHADES * depth) for layer, depth in depths.items()
        }
        return {
            (layer,): Look.of(
                {"color": shades[layer], "marker": style.MARKERS[i % len(style.MARKERS)]}, f"layer {layer}"
            )
            for i, layer in enumerate(sorted(depths))
        }

    return of_panel


def of_scripts(table: pa.Table, names: Names) -> Callable[[pa.Table], Looks]:
    """Return looks by script."""
    looks = languages.looks_of_scripts(dict(zip(*(table[c].to_pylist() for c in ("language", "script")), strict=True)))
    named = {(name,): Look.of({"color": color, "marker": marker}, name) for name, (color, marker) in looks.items()}
    return _alike(named)


def of_languages(table: pa.Table, names: Names) -> Callable[[pa.Table], Looks]:
    """Return looks by language or, if these are too many for colours, by script: see `grouped`."""
    looks, scripts = pca.looks(table), dict(zip(*(table[c].to_pylist() for c in ("language", "script")), strict=True))
    many = len(looks) > pca.NAMED
    found = {(scripts[tag] if many else tag): look for tag, look in looks.items()}
    return _alike(
        {
            (name,): Look.of({"color": color, "marker": marker}, name if many else names.language(name))
            for name, (color, marker) in found.items()
        }
    )


def grouped(table: pa.Table, titles: style.Titles) -> pa.Table:
    """Add what the points' colours stand for: the language or, with too many languages, the script."""
    many = len(style.order(table, "language")) > pca.NAMED
    return table.append_column("group", table["script" if many else "language"])


def of_controls(table: pa.Table, names: Names) -> Callable[[pa.Table], Looks]:
    """Return the looks of what was selected and of its controls: see `with_conditions`."""
    labels, looks = {True: "selected condition", False: "control"}, steering_controls.LOOKS
    return _alike({(selected,): Look.of(look, labels[selected]) for selected, look in looks.items()})


def with_conditions(table: pa.Table, titles: style.Titles) -> pa.Table:
    """Add what is done in each row, and whether it is what was selected: the first row of its panel."""
    rows, seen, first = table.to_pylist(), set(), []
    for row in rows:
        panel = row["model"], row["dataset"]
        first.append(panel not in seen)
        seen.add(panel)
    names = pa.array([steering_controls.label(row, titles) for row in rows], pa.string())
    return table.append_column("condition", names).append_column("selected", pa.array(first, pa.bool_()))

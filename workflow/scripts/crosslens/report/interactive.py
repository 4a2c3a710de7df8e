"""The figures of the report as one explores them: every point and cell has its names, value and n on hover.

They show exactly the plotted values, one panel at a time, and nothing comes from the network. `hover` holds what is
shown of each figure.
"""

import base64
import gzip
import html as markup
from collections.abc import Mapping
from importlib.resources import files

import plotly.graph_objects as go
import pyarrow as pa

from crosslens.report.figures import style
from crosslens.report.hover import heatmap, lines, parts, points
from crosslens.report.hover.loader import LOADER
from crosslens.report.hover.specs import PICKED, SPECS, VALUES

FONT = {"family": "system-ui, sans-serif", "size": 12}
AXIS = {"automargin": True, "gridcolor": "#ebebeb", "zeroline": False, "linecolor": "#595959", "ticks": "outside"}
DRAW = {"lines": lines, "points": points, "heatmap": heatmap}
# Greatest width and height of a figure on the page; on narrow screens the cells of a heat map stay about square.
SIZES = {"lines": ("64rem", "26rem"), "points": ("64rem", "30rem"), "heatmap": ("58rem", "min(50rem, 86vw)")}


def figure(name: str, table: pa.Table, titles: style.Titles, languages: Mapping[str, str]) -> go.Figure | None:
    """Return the figure ``name`` of its plotted values, with all panels; None if it has no spec or no rows.

    languages: names by tag. Every trace has the index of its panel in `meta`; the first panel's are visible. What
    differs between panels is in `layout.meta`: what a reader picks, and each panel's axes, n and shading.
    """
    spec = SPECS.get(name)
    if spec is None or not len(table):
        return None
    table = spec.prepare(table, titles) if spec.prepare else table
    names = parts.Names(titles, languages, VALUES.get(name, {}))
    looks = spec.looks(table, names)
    traces, panels = [], []
    for index, (values, rows) in enumerate(parts.panels(table, spec.picked)):
        where = " · ".join(names.of(*pair) for pair in zip(spec.picked, values, strict=True) if pair[0] != "measure")
        panel = parts.Panel(rows, spec, looks(rows), _axes(spec, rows, names), where, names)
        traces += [{**trace, "meta": index, "visible": index == 0} for trace in DRAW[spec.kind].traces(panel)]
        pick = [str(value) for value in values]
        axes = {"x": panel.axes[0], "y": panel.axes[1]}
        panels.append({"pick": pick, **axes, "note": _note(rows), "shapes": DRAW[spec.kind].shapes(panel)})
    meta = {"name": name, "lists": _lists(table, spec, names), "panels": panels}
    return go.Figure(traces, _layout(spec, table, panels[0]) | {"meta": meta})


def _lists(table: pa.Table, spec: parts.Spec, names: parts.Names) -> list[dict]:
    """Return the lists that a reader picks from: a label, and values and texts of the options."""
    return [
        {"label": PICKED[column], "options": [[str(value), names.option(column, value)] for value in order]}
        for column, order in parts.orders(table, spec.picked).items()
    ]


def html(figure: go.Figure) -> str:
    """Return a figure as a div that the script of `plotly_js` fills when it is first seen; the same bytes each time."""
    name = figure.layout.meta["name"]
    width, height = SIZES[SPECS[name].kind]
    packed = _packed(figure.to_json(engine="json"))
    return (
        f'<div class="crosslens-figure" id="interactive-{name}" data-width="{width}" data-height="{height}">'
        f'<script type="text/plain">{packed}</script></div>'
    )


def plotly_js() -> str:
    """Return the script that a page needs once: the packaged plotly.min.js, compressed, and what shows the divs."""
    library = files("plotly").joinpath("package_data/plotly.min.js").read_text(encoding="utf-8")
    return LOADER.replace("PLOTLY", _packed(library))


def _packed(text: str) -> str:
    """Return text as base64 of gzip, without a date."""
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def _axes(spec: parts.Spec, rows: pa.Table, names: parts.Names) -> tuple[str, str]:
    """Return the labels of a panel's axes."""
    row = rows.slice(0, 1).to_pylist()[0]
    known = {key: value if isinstance(value, float) else names.of(key, value) for key, value in row.items()}
    known |= {"pivot": markup.escape(names.titles.pivot, quote=False)}
    if "gamma" in row:
        known["gamma"] = parts.number(row["gamma"])
    x, y = (label.format_map(known) for label in spec.labels)
    return x, y


def _note(rows: pa.Table) -> str:
    """Return what n is in a panel, as in the static figures."""
    if "n_languages" in rows.column_names:
        return style.counts(rows, "n_questions_min", "n_questions_max")
    sides = [name for name in ("language", "source", "target") if name in rows.column_names]
    languages = len({tag for name in sides for tag in style.order(rows, name)})
    if "question_id" in rows.column_names:
        return f"n = {len(style.order(rows, 'question_id')):,} questions, {languages} languages"
    return style.counts(rows, languages=languages) if "n" in rows.column_names else f"n = {languages} languages"


def _layout(spec: parts.Spec, table: pa.Table, first: Mapping) -> dict:
    """Return the layout with the axes and the shading of the first panel; the legend is below the axes."""
    layout = {
        **{"template": go.layout.Template(), "font": FONT, "plot_bgcolor": "white", "hovermode": "closest"},
        **{"margin": {"l": 10, "r": 10, "t": 30, "b": 10}, "shapes": first["shapes"], "separators": ".,"},
        "hoverlabel": {"bgcolor": "white", "align": "left", "font": {"size": 12}},
        "legend": {"orientation": "h", "yanchor": "top", "y": -0.22, "x": 0},
        "xaxis": AXIS | {"title": {"text": first["x"], "standoff": 8}},
        "yaxis": AXIS | {"title": {"text": first["y"], "standoff": 8}},
    }
    if spec.x == "layer":
        layers = parts.orders(table, ("layer",))["layer"]
        layout["xaxis"] |= {"tick0": layers[-1], "dtick": max(1, round((layers[-1] - layers[0]) / 9))}
    if spec.kind == "heatmap":
        layout["plot_bgcolor"] = "#e6e6e6"
        cells = {"showgrid": False, "ticks": "", "tickfont": {"size": 9}}
        layout["xaxis"] |= cells
        layout["yaxis"] |= cells | {"autorange": "reversed"}
    if spec.y == "condition":
        layout["yaxis"] |= {"autorange": "reversed", "tickfont": {"size": 11}}
    return layout

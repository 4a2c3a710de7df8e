"""Lines of means with their bands; every point says on hover what it is."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pyarrow as pa
from matplotlib.colors import to_hex, to_rgb

from crosslens.report.figures import style
from crosslens.report.hover import parts

SHADE = {"type": "rect", "yref": "paper", "y0": 0, "y1": 1, "fillcolor": "#e0e0e0", "line": {"width": 0}}


def traces(panel: parts.Panel) -> Iterator[dict]:
    """Yield the traces of a panel: its reference line, then for each series the band and the line."""
    spec = panel.spec
    if spec.reference:
        at, label = spec.reference
        height, x = panel.rows[at][0].as_py() if isinstance(at, str) else at, parts.floats(panel.rows, spec.x)
        ends = {"x": [float(x.min()), float(x.max())], "y": [height, height]}
        line = {"color": to_hex(style.QUIET), "width": 1, "dash": "dash"}
        yield {
            "type": "scatter",
            "mode": "lines",
            "name": label,
            "line": line,
            "hoverinfo": "skip",
            "showlegend": bool(label),
            **ends,
        }
    series = parts.groups(panel.rows, spec.series)
    for key, look in panel.looks.items():
        if key in series:
            rows = series[key].sort_by(spec.x)
            if look.symbol:  # bands of many controls, which have no markers, would hide one another
                yield from _band(rows, spec, look)
            yield _line(rows, look, panel)


def shapes(panel: parts.Panel) -> list[dict]:
    """Return rectangles over the layers that are to be shaded, each up to half of the way to its neighbours."""
    if panel.spec.shaded is None:
        return []
    column, _ = panel.spec.shaded
    rows = panel.rows.select([panel.spec.x, column]).to_pylist()
    x, shaded = sorted({row[panel.spec.x] for row in rows}), {row[panel.spec.x] for row in rows if row[column]}
    edges = [x[0] - 0.5, *((a + b) / 2 for a, b in pairwise(x)), x[-1] + 0.5]
    sides = zip(x, pairwise(edges), strict=True)
    return [{**SHADE, "layer": "below", "x0": left, "x1": right} for at, (left, right) in sides if at in shaded]


def _band(rows: pa.Table, spec: parts.Spec, look: parts.Look) -> Iterator[dict]:
    x, low, high = (parts.floats(rows, name) for name in (spec.x, *spec.bounds))
    known = np.isfinite(low) & np.isfinite(high)
    if known.any():
        x, low, high = x[known], low[known], high[known]
        red, green, blue = (round(255 * part) for part in to_rgb(look.color))
        yield {
            **{"type": "scatter", "mode": "lines", "fill": "toself", "line": {"width": 0}, "hoverinfo": "skip"},
            **{"fillcolor": f"rgba({red},{green},{blue},0.15)", "legendgroup": look.label, "showlegend": False},
            **{"x": np.concatenate([x, x[::-1]]), "y": np.concatenate([high, low[::-1]])},
        }


def _line(rows: pa.Table, look: parts.Look, panel: parts.Panel) -> dict:
    spec, axes, texts = panel.spec, panel.axes, []
    for row in rows.to_pylist():
        along = f"{axes[0]}: {parts.number(row[spec.x])}"
        others = [f"{name} {parts.number(row[key])}" for key, name in (("layer", "layer"), ("gamma", "γ"))
                  if key in row and key != spec.x]  # fmt: skip
        value = f"{axes[1]}: {parts.number(row[spec.y])}{parts.interval(row, spec.bounds)}"
        shaded = [spec.shaded[1]] if spec.shaded and row[spec.shaded[0]] else []
        lines = [f"<b>{look.label}</b>", ", ".join([along, *others]), value, *shaded, parts.counts(row), panel.where]
        texts.append("<br>".join(lines))
    marker = {"symbol": look.symbol or "circle", "size": 6, "color": look.color}
    return {
        **{"type": "scatter", "mode": "lines+markers" if look.symbol else "lines"},
        **{"name": look.label, "legendgroup": look.label, "marker": marker},
        "line": {"color": look.color, "dash": look.dash, "width": 2 if look.symbol else 1.2},
        **{"x": parts.floats(rows, spec.x), "y": parts.floats(rows, spec.y)},
        **{"text": texts, "hovertemplate": "%{text}<extra></extra>"},
    }

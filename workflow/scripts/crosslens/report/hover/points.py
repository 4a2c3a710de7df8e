"""Points: one per language, condition or question; each says on hover what it is."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from matplotlib.colors import to_hex

from crosslens.report.figures import style
from crosslens.report.hover import parts

MANY = 1000  # from this many points in a panel on, they are small
WEBGL = 20_000  # from this many on, they are drawn by WebGL, which not every browser has: no other way is fast enough


def traces(panel: parts.Panel) -> Iterator[dict]:
    """Yield a trace per group of points of a panel, with error bars if its table has bounds."""
    n, spec, series = len(panel.rows), panel.spec, parts.groups(panel.rows, panel.spec.series)
    said = _of_questions if "question_id" in panel.rows.column_names else _of_rows
    for key, look in panel.looks.items():
        if key in series:
            rows = series[key]
            marker = {
                "symbol": look.symbol or "circle",
                "color": look.color,
                "size": 8 if n < MANY else 4,
                "opacity": 0.8,
            }
            yield {
                **{"type": "scatter" if n < WEBGL else "scattergl", "mode": "markers", "name": look.label},
                **{"marker": marker, "x": _values(rows, spec.x), "y": _values(rows, spec.y)},
                **_bars(rows, spec, look),
                **said(rows, panel),
            }


def shapes(panel: parts.Panel) -> list[dict]:
    """Return the reference line of a panel, across its whole width or height."""
    if panel.spec.reference is None:
        return []
    across, value = ("y", "x") if panel.spec.along == "x" else ("x", "y")
    ends = {f"{across}ref": "paper", f"{across}0": 0, f"{across}1": 1}
    ends |= {f"{value}0": panel.spec.reference[0], f"{value}1": panel.spec.reference[0]}
    return [{"type": "line", "layer": "below", "line": {"width": 1, "color": to_hex(style.QUIET)}, **ends}]


def _values(rows: pa.Table, column: str) -> np.ndarray | list[str]:
    is_text = pa.types.is_string(rows[column].type)
    return rows[column].to_pylist() if is_text else parts.floats(rows, column)


def _bars(rows: pa.Table, spec: parts.Spec, look: parts.Look) -> dict:
    """Return error bars from the bounds, if the table has them; an undefined bound draws no bar."""
    if not set(spec.bounds) <= set(rows.column_names):
        return {}
    low, high = (parts.floats(rows, name) for name in spec.bounds)
    value = parts.floats(rows, spec.x if spec.along == "x" else spec.y)
    up, down = np.nan_to_num(high - value), np.nan_to_num(value - low)
    bars = {"type": "data", "symmetric": False, "array": up, "arrayminus": down, "thickness": 1, "width": 0}
    return {f"error_{spec.along}": bars | {"color": look.color}}


def _of_rows(rows: pa.Table, panel: parts.Panel) -> dict:
    """Return hover text of points that are languages or conditions, written out for each."""
    spec, names, texts = panel.spec, panel.names, []
    for row in rows.to_pylist():
        language = "language" in row
        lines = [f"<b>{names.of('language', row['language']) if language else names.of(spec.y, row[spec.y])}</b>"]
        lines += [f"script {names.of('script', row['script'])}"] if language else []
        for axis, column, label in zip("xy", (spec.x, spec.y), panel.axes, strict=True):
            if not isinstance(row[column], str):
                bounds = parts.interval(row, spec.bounds) if axis == spec.along else ""
                lines.append(f"{label}: {parts.number(row[column])}{bounds}")
        layer = [] if "layer" in spec.picked else [f"layer {row['layer']}"]  # then it is among the panel's names
        lines.append(", ".join([*layer, f"γ {parts.number(row['gamma'])}"]))
        texts.append("<br>".join([*lines, parts.counts(row), panel.where]))
    return {"text": texts, "hovertemplate": "%{text}<extra></extra>"}


def _of_questions(rows: pa.Table, panel: parts.Panel) -> dict:
    """Return hover text of many points: what differs between them is in two lists, all else in the template."""
    labels = {tag: panel.names.language(tag) for tag in style.order(rows, "language")}
    languages = [labels[tag] for tag in rows["language"].to_pylist()]
    template = "<b>%{text}</b><br>question %{customdata}<br>PC 1: %{x:.4~g}, PC 2: %{y:.4~g}<br>"
    lists = {"text": np.array(languages, object), "customdata": np.array(rows["question_id"].to_pylist(), object)}
    return {**lists, "hovertemplate": f"{template}{panel.where}<extra></extra>"}

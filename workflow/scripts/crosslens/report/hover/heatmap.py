"""Heat maps of ordered pairs of languages: a cell has both names, the value, its standard error and n on hover."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crosslens.report.figures import style
from crosslens.report.hover import parts


def with_limits(table: pa.Table, titles: style.Titles) -> pa.Table:
    """Add the least and the greatest value of the measure, the limits of the colours in all of its panels."""
    limits = table.group_by("measure").aggregate([("value", "min"), ("value", "max")]).to_pydict()
    place = pc.index_in(table["measure"], value_set=pa.array(limits["measure"]))
    for name in ("value_min", "value_max"):
        table = table.append_column(name, pa.array(limits[name]).take(place))
    return table


def shapes(panel: parts.Panel) -> list[dict]:
    """Return nothing: heat maps have no shapes."""
    return []


def traces(panel: parts.Panel) -> Iterator[dict]:
    """Yield the heat map of a panel: rows are sources, columns are targets, in the order of the table."""
    part, names = panel.rows, panel.names
    measure, least, greatest = (part[name][0].as_py() for name in ("measure", "value_min", "value_max"))
    label = names.of("measure", measure)
    sources = list(dict.fromkeys(part["source"].to_pylist()))
    languages = list(dict.fromkeys(sources + part["target"].to_pylist()))
    tags = pa.array(languages, pa.string())
    place = tuple(pc.index_in(part[side], value_set=tags).to_numpy() for side in ("source", "target"))
    labels = [names.language(tag) for tag in languages]
    template = f"<b>%{{y}} → %{{x}}</b><br>{label}: %{{z:.4~g}}"
    added = {}
    errors = parts.floats(part, "se")
    if np.isfinite(errors).any():
        added["customdata"] = _matrix(_rounded(errors), place, len(labels))
        template += ", standard error %{customdata:.2~g}"
    n = part["n"].to_numpy()
    if n.min() == n.max():
        template += f"<br>n = {n[0]:,} questions"
    else:
        added["text"] = _matrix(n.astype(np.uint16 if n.max() < 2**16 else np.uint32), place, len(labels))
        template += "<br>n = %{text:,} questions"
    yield {
        **{"type": "heatmap", "x": labels, "y": labels, "z": _matrix(parts.floats(part, "value"), place, len(labels))},
        **{"colorscale": "Viridis", "zmin": least, "zmax": greatest, "hoverongaps": False, **added},
        "colorbar": {"title": {"text": label, "side": "right"}, "thickness": 12, "outlinewidth": 0},
        "hovertemplate": f"{template}<br>{panel.where}<extra></extra>",
    }


def _rounded(errors: np.ndarray) -> np.ndarray:
    """Return standard errors to two digits, as hover text shows them, and with 8 bits: so they compress well."""
    known = np.where(np.isfinite(errors), errors, 0)
    digits = np.floor(np.log10(np.where(known > 0, known, 1))) - 1
    bits = (np.round(known / 10**digits) * 10**digits).astype(np.float32).view(np.uint32)
    bits = (bits + np.uint32(0x8000)) & np.uint32(0xFFFF0000)  # to the nearest float with 8 bits, within 0.4 %
    return np.where(np.isfinite(errors), bits.view(np.float32), np.float32(np.nan))


def _matrix(values: np.ndarray, place: tuple[np.ndarray, np.ndarray], size: int) -> np.ndarray:
    """Return the values as an array [source, target]; where there is none, NaN, or 0 if they are integers."""
    matrix = np.full((size, size), np.nan if values.dtype.kind == "f" else 0, values.dtype)
    matrix[place] = values  # (pair) -> (source, target)
    return matrix

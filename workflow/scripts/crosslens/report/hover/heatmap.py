"""Heat maps of pairs of languages: a cell has both names and the value on hover, standard error and n if there are."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crosslens.report.figures import style, vector_similarity
from crosslens.report.hover import parts


def with_limits(table: pa.Table, titles: style.Titles) -> pa.Table:
    """Add the least and the greatest value of the measure, the limits of the colours in all of its panels."""
    limits = table.group_by("measure").aggregate([("value", "min"), ("value", "max")]).to_pydict()
    place = pc.index_in(table["measure"], value_set=pa.array(limits["measure"]))
    for name in ("value_min", "value_max"):
        table = table.append_column(name, pa.array(limits[name]).take(place))
    return table


def mirrored(table: pa.Table, titles: style.Titles) -> pa.Table:
    """Return the cosines of vectors as values of ordered pairs, languages in the order of the drawn matrix.

    They are rounded to three digits, so that they compress well.
    """
    ordered = pa.concat_tables([vector_similarity.mirrored(part) for part in vector_similarity.panels(table)])
    ordered = ordered.rename_columns({"cosine": "value"})
    ordered = ordered.set_column(ordered.column_names.index("value"), "value", pc.round(ordered["value"], 3))
    return with_limits(ordered.append_column("measure", pa.repeat("cosine", len(ordered))), titles)


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
    added, text = _added(part, place, len(labels))
    template += text
    yield {
        **{"type": "heatmap", "x": labels, "y": labels, "z": _matrix(parts.floats(part, "value"), place, len(labels))},
        **{"colorscale": "Viridis", "zmin": least, "zmax": greatest, "hoverongaps": False, **added},
        "colorbar": {"title": {"text": label, "side": "right"}, "thickness": 12, "outlinewidth": 0},
        "hovertemplate": f"{template}<br>{panel.where}<extra></extra>",
    }


def _added(part: pa.Table, place: tuple[np.ndarray, np.ndarray], size: int) -> tuple[dict, str]:
    """Return what a trace holds besides the values, standard errors and n, and how hover text shows it."""
    added, template = {}, ""
    errors = parts.floats(part, "se") if "se" in part.column_names else np.zeros(0)
    if np.isfinite(errors).any():
        added["customdata"] = _matrix(_rounded(errors), place, size)
        template += ", standard error %{customdata:.2~g}"
    n = part["n"].to_numpy() if "n" in part.column_names else np.zeros(0, int)
    if len(n) and n.min() == n.max():
        template += f"<br>n = {n[0]:,} questions"
    elif len(n):
        added["text"] = _matrix(n.astype(np.uint16 if n.max() < 2**16 else np.uint32), place, size)
        template += "<br>n = %{text:,} questions"
    return added, template


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

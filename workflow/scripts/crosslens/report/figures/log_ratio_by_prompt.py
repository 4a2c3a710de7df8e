"""Log ratio by layer after several prompts, per token and of the first token alone. Not in the paper.

The paper's prompt shows the native choices, which a model can copy; languages differ in the number of tokens. A layer
at which these choices decide the sign is shaded: nothing about the model's language follows from it.
"""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from crosslens.report.figures import lines, style
from crosslens.report.figures.plotted import BY_LAYER
from crosslens.tables.columns import BOOL, Column, Table
from crosslens.tables.latent_metrics import NORMALISATION

LOOKS = {
    "native_sample": {"color": style.PALETTE[0], "linestyle": "-", "marker": "o", "label": "the paper's prompt"},
    "without_choices": {"color": style.PALETTE[1], "linestyle": "--", "marker": "s", "label": "without the choices"},
    "pivot": {"color": style.PALETTE[3], "linestyle": ":", "marker": "^"},
    "symmetric": {"color": style.PALETTE[2], "linestyle": "-.", "marker": "D"},
}
NORMALISATIONS = {"per_token": "per token", "first_token": "first token"}
# The measures that must agree in sign; after the pivot's prompt it is the pivot's choices that can be copied.
COMPARED = ("native_sample", "without_choices", "symmetric")
DISAGREE = Column("disagree", BOOL, doc="whether the means of COMPARED and NORMALISATIONS at the layer differ in sign")
PLOTTED = Table("figure_log_ratio_by_prompt", [*BY_LAYER, NORMALISATION, DISAGREE])
SHADE = {"color": "0.88", "linewidth": 0, "zorder": 0}


def data(log_ratio_means: pa.Table) -> pa.Table:
    """Return the means (nats) by prompt, normalisation and layer, and whether the measures disagree there."""
    shown = pc.is_in(pc.field("prompt"), pa.array(list(LOOKS)))
    shown &= pc.is_in(pc.field("normalisation"), pa.array(list(NORMALISATIONS)))
    rows = log_ratio_means.filter(shown & (pc.field("series") == "log_ratio") & pc.is_valid(pc.field("mean")))
    rows = rows.drop_columns("series").rename_columns({"prompt": "series"})
    table = rows.select([column.name for column in [*BY_LAYER, NORMALISATION]])
    signs: dict[tuple, set] = {}
    for row in table.to_pylist():
        if row["series"] in COMPARED:
            signs.setdefault((row["model"], row["dataset"], row["layer"]), set()).add(np.sign(row["mean"]))
    places = zip(*(table[name].to_pylist() for name in ("model", "dataset", "layer")), strict=True)
    return table.append_column("disagree", pa.array([{-1, 1} <= signs.get(place, set()) for place in places], BOOL))


@style.styled
def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """Draw a row of panels per model and normalisation, a column per data set; shaded layers disagree in sign."""
    models, datasets, norms = (style.order(table, name) for name in ("model", "dataset", "normalisation"))
    present = style.order(table, "series")
    shown = {name: look for name, look in looks(titles).items() if name in present}
    figure, axes = style.panels(len(models) * len(norms), len(datasets), sharex="row", sharey="row")
    for i, model in enumerate(models):
        block = axes[i * len(norms) : (i + 1) * len(norms)]
        of_model = table.filter(pc.field("model") == model)
        for norm, dataset, panel, part in style.cells(of_model, "normalisation", "dataset", block):
            _shade(panel, part)
            panel.axhline(0, **lines.REFERENCE)
            for name, look in shown.items():
                lines.band(panel, part.filter(pc.field("series") == name), "layer", look)
            panel.set_xticks(lines.ticks(part))
            note = style.counts(part, "n_questions_min", "n_questions_max")
            style.title(panel, f"{titles.panel(model, dataset)}, {NORMALISATIONS[norm]}", note)
            panel.set_xlabel("layer")
    style.label_y(axes, f"log p(native) /\np({titles.pivot}), nats")
    handles = [Line2D([], [], **look) for look in shown.values()]
    handles.append(Line2D([], [], label="equally probable", **lines.REFERENCE))
    style.legend(figure, [*handles, Patch(label="measures disagree in sign", **SHADE)])
    return figure


def looks(titles: style.Titles) -> dict[str, dict]:
    """Return the properties of every series' line, with its label."""
    known = {"pivot": f"the prompt in {titles.pivot}", "symmetric": f"mean of own and {titles.pivot} prompt"}
    return {name: {"label": known.get(name), **look} for name, look in LOOKS.items()}


def _shade(panel: Axes, part: pa.Table) -> None:
    """Shade the layers that disagree, each up to half of the way to its neighbours."""
    layers = sorted(style.order(part, "layer"))
    disagree = set(part.filter(pc.field("disagree"))["layer"].to_pylist())
    between = [(a + b) / 2 for a, b in pairwise(layers)]
    edges = [layers[0] - 0.5, *between, layers[-1] + 0.5]
    for layer, left, right in zip(layers, edges[:-1], edges[1:], strict=True):
        if layer in disagree:
            panel.axvspan(left, right, **SHADE)

"""What figures call languages and scripts, how scripts look, and labels of languages that do not overlap."""

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from adjustText import adjust_text
from fontTools import unicodedata
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from crosslens.report.figures import style

NAMED = 40  # up to this many languages, those on an axis are called by their names; with more, by their tags
LONGEST = 20  # characters of a name along an axis
ENTRIES = 9  # most entries of a legend of scripts or languages
EXTREMES = 3  # largest and smallest values that are labelled
LINE = 18  # characters of a name on a line
# Forces with which names push each other away, and the longest moves, pixels, in the order in which they are tried.
ATTEMPTS = ((0.5, 20), (1, 10), (2, 5), (2, 20), (4, 10))
SETTINGS = {"expand": (1.15, 1.7), "force_explode": (0.3, 1), "prevent_crossings": False}
SETTINGS |= {"iter_lim": 300}  # and no limit of time: the same figure gives the same file
APART = 3  # from this distance on, a name has a line to its point, points
# Scripts of ISO 15924 that Unicode does not tell from the scripts they consist of.
WRITTEN = {"Hans": "Han (simplified)", "Hant": "Han (traditional)", "Jpan": "Japanese", "Kore": "Korean"}
OTHERS = ("0.55", "d")  # colour and marker of the scripts that have no entry of their own

# What is behind names: points show through, letters stay readable.
PAPER = {"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 0.3}

Looks = Mapping[str, tuple[str, str]]  # script -> colour and marker


def script_name(code: str) -> str:
    """Return the English name of a script by its code in ISO 15924; an unknown code is its own name."""
    return WRITTEN.get(code) or unicodedata.script_name(code, code)


def axis_names(tags: Sequence[str], titles: style.Titles) -> list[str]:
    """Return what the languages along an axis are called: the tag of each if there are many or if its name is long."""
    names = [titles.languages.get(tag, tag) for tag in tags]
    short = [name if len(name) <= LONGEST else tag for name, tag in zip(names, tags, strict=True)]
    return short if len(tags) <= NAMED else list(tags)


def looks_of_scripts(script_of: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return colour and marker of each script of the languages ``script_of``, those of the most languages first.

    If there are more scripts than entries, the less frequent ones share one look.
    """
    frequent = [
        script for script, _ in sorted(Counter(script_of.values()).items(), key=lambda each: (-each[1], each[0]))
    ]
    own = frequent if len(frequent) <= ENTRIES else frequent[: ENTRIES - 1]
    looks = dict(zip(own, zip(style.PALETTE, style.MARKERS, strict=False), strict=False))
    return {script: looks.get(script, OTHERS) for script in frequent}


def script_handles(looks: Looks, marker: str = "") -> list[Line2D]:
    """Return the legend entries of scripts, with ``marker`` if given; those that share a look are one, with number."""
    own = {script_name(script): look for script, look in looks.items() if look != OTHERS}
    others = sum(look == OTHERS for look in looks.values())
    entries = own | ({f"other ({others} scripts)": OTHERS} if others else {})
    return [style.point(name, color, marker or of_script) for name, (color, of_script) in entries.items()]


def extremes(values: np.ndarray, also: Sequence[int] = ()) -> list[int]:
    """Return the indices of the smallest and largest values, a few of each, and of ``also``."""
    ascending = np.argsort(values, kind="stable")
    return list(dict.fromkeys([*ascending[:EXTREMES].tolist(), *ascending[::-1][:EXTREMES].tolist(), *also]))


def label(axes: Axes, names: Sequence[str], x: np.ndarray, y: np.ndarray, chosen: Sequence[int]) -> None:
    """Write the names of the ``chosen`` points beside them, so that no name covers another or, if possible, a point.

    The figure's layout must be settled. A name that is not beside its point has a line to it.
    """
    look = {**style.LABEL, "linespacing": 0.95, "bbox": PAPER, "zorder": 2.5, "in_layout": False}
    texts = [axes.text(x[i], y[i], textwrap.fill(names[i], LINE), **look) for i in chosen]
    for force, move in ATTEMPTS if texts else ():
        for text, i in zip(texts, chosen, strict=True):
            text.set(position=(x[i], y[i]), ha="left", va="bottom")
        adjust_text(texts, x, y, ax=axes, force_text=(force, 2 * force), max_move=move, **SETTINGS)
        if not any(a.get_window_extent().overlaps(b.get_window_extent()) for a, b in combinations(texts, 2)):
            break
    to_pixels, lines = axes.transData, []
    for text, i in zip(texts, chosen, strict=True):
        box, point = text.get_window_extent(), to_pixels.transform((x[i], y[i]))
        nearest = np.clip(point, box.min, box.max)
        if np.hypot(*(nearest - point)) > APART * axes.figure.dpi / 72:
            lines.append([to_pixels.inverted().transform(nearest), (x[i], y[i])])
    axes.add_collection(LineCollection(lines, colors=style.QUIET, linewidths=0.4, zorder=2.4), autolim=False)

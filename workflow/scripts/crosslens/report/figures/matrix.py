"""Matrices of languages × languages: panels with room for every label, blocks of scripts and families, colour bars.

Up to `languages.NAMED` languages have their names along the axes. More have their tags, in several columns (rows) if
one would be too narrow for the smallest font. Sizes are in inches.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np
import seaborn
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from scipy.optimize import isotonic_regression

from crosslens.report.figures import languages, style

ANNOTATED = 15  # up to this many languages, cells show their value and blocks have no names
CHARACTER, PITCH = 0.054, 0.088  # width of a character of the smallest font, and least distance of two lines of it
CELL = 0.27  # side of a cell that shows its value
TITLE, AXIS = 0.55, 0.2  # height of a panel's title, and of the label of an axis
BAR = 0.5  # height of a colour bar with its label
GAP = 0.06  # between labels and what they are beside
BLOCK = 3  # least number of languages of a block that is set off by lines
LEADER = {"colors": "0.55", "linewidths": 0.4, "clip_on": False}


@dataclass(frozen=True)
class Room:
    """What a panel needs: the side of its matrix, and how much labels need on each side of it.

    levels: in how many columns labels stand left of the matrix, each ``length`` wide; below it as many rows. across:
    how many panels fit beside one another.
    """

    side: float
    levels: int
    length: float
    right: float
    top: float
    across: int

    @property
    def left(self) -> float:
        """The width of labels and of the axis' label left of the matrix; as high below it."""
        return AXIS + self.levels * self.length

    @property
    def width(self) -> float:
        """The width of a panel."""
        return self.left + self.side + self.right

    @property
    def height(self) -> float:
        """The height of a panel."""
        return TITLE + self.top + self.side + self.left


def room(n: int, names: Sequence[str], panels: int, right: float, top: float) -> Room:
    """Return the room of panels of ``n`` languages, of which at most ``panels`` are to be beside one another."""
    length = GAP + CHARACTER * max(map(len, names))
    least = n * (CELL if n <= ANNOTATED else PITCH)
    fitting = int((style.TEXT + 1e-6) // (AXIS + length + least + right))
    across = max(1, min(panels, fitting, style.ACROSS))
    width = style.COLUMN if across == 1 and AXIS + length + least + right <= style.COLUMN else style.TEXT / across
    for levels in range(1, n + 1):
        side = width - AXIS - levels * length - right
        if levels * side / n >= PITCH - 1e-9:
            break
    return Room(min(side, n * 2 * CELL), levels, length, right, top, across)


def width(rooms: Room) -> float:
    """Return the width of a figure of such panels: that of a column if one panel fits there, else of the text."""
    return style.COLUMN if rooms.across == 1 and rooms.width <= style.COLUMN else style.TEXT


def grid(
    rooms: Room, lines: Sequence[Sequence], bars: Sequence[int], below: float = 0.0
) -> tuple[Figure, list[list[Axes]], list[Axes]]:
    """Return a figure with a line of panels for each of ``lines``, their axes, and axes of colour bars.

    bars: the numbers of lines after each of which there is a colour bar. below: room for a legend.
    """
    wide, height = width(rooms), len(lines) * rooms.height + len(bars) * BAR + below
    figure, y, found, colours = Figure(figsize=(wide, height)), height, [], []
    for i, line in enumerate(lines, start=1):
        y -= rooms.height
        place = [
            (j * wide / rooms.across + rooms.left, y + rooms.left, rooms.side, rooms.side) for j in range(len(line))
        ]
        found.append([figure.add_axes(_fractions(each, wide, height)) for each in place])
        if i in bars:
            y -= BAR
            long = min(wide - rooms.left - rooms.right, 3.0)
            colours.append(figure.add_axes(_fractions((rooms.left, y + 0.36, long, 0.08), wide, height)))
    return figure, found, colours


def _fractions(place: Sequence[float], wide: float, height: float) -> tuple[float, ...]:
    return tuple(value / of for value, of in zip(place, (wide, height) * 2, strict=True))


def draw(axes: Axes, values: Float[np.ndarray, "source target"], names: Sequence[str], rooms: Room, span: dict) -> None:
    """Draw the matrix with the names of its languages left of it and below; ``span`` is the range of colours."""
    annotated = len(names) <= ANNOTATED
    text = np.round(values, 2) + 0.0 if annotated else False  # 0.00, not -0.00
    seaborn.heatmap(
        values, ax=axes, cmap="viridis", cbar=False, **span, annot=text, fmt=".2f",
        annot_kws={"size": style.SMALL}, xticklabels=False, yticklabels=False, rasterized=not annotated,
    )  # fmt: skip
    at = np.arange(len(names)) + 0.5
    axes.set_xticks(at, names, rotation=90 if rooms.levels > 1 or CHARACTER * max(map(len, names)) > CELL else 0)
    axes.set_yticks(at, names, rotation=0)
    axes.tick_params(labelsize=style.SMALL, length=0, pad=2)
    for axis in (axes.xaxis, axes.yaxis):
        for i, tick in enumerate(axis.get_major_ticks()):
            if out := i % rooms.levels:  # labels further out have a line to their row
                tick.set_pad(2 + 72 * out * rooms.length)
                tick.tick1line.set(
                    markersize=72 * out * rooms.length, markeredgewidth=0.3, markeredgecolor="0.6", visible=True
                )
    axes.grid(visible=False)
    axes.set_facecolor("0.9")


def blocks(axes: Axes, tags: Sequence[str], titles: style.Titles, rooms: Room) -> None:
    """Separate blocks of one script and family; name scripts right of the matrix and families above it."""
    scripts = [titles.scripts.get(tag, "") for tag in tags]
    families = list(zip(scripts, (titles.families.get(tag, "") for tag in tags), strict=True))
    for of, linewidth in ((families, 0.4), (scripts, 1.0)):
        for (_, first, start), (_, _, end) in pairwise(runs(of)):
            if max(start - first, end - start) >= BLOCK:
                axes.axhline(start, color="white", linewidth=linewidth)
                axes.axvline(start, color="white", linewidth=linewidth)
    if len(tags) > ANNOTATED:
        _name(axes, [(languages.script_name(name), *ends) for name, *ends in runs(scripts)], rooms, right=True)
        _name(axes, [(name[1], *ends) for name, *ends in runs(families)], rooms, right=False)


def runs(values: Sequence) -> list[tuple]:
    """Return (value, start, end) of each run of equal values."""
    found, start = [], 0
    for value, run in groupby(values):
        end = start + len(list(run))
        found.append((value, start, end))
        start = end
    return found


def spread(centres: Float[np.ndarray, " label"], gap: float, most: int) -> Float[np.ndarray, " label"]:
    """Return the places in [0, most], in the same order, ``gap`` apart, that are nearest to ``centres``."""
    steps = gap * np.arange(len(centres))
    return np.clip(isotonic_regression(centres - steps).x, 0, max(0, most - steps[-1])) + steps


def _name(axes: Axes, found: Sequence[tuple[str, int, int]], rooms: Room, right: bool) -> None:
    """Write the names of blocks at their middle, or as near as other names allow, with a line to the block."""
    n = found[-1][2]
    one = n / rooms.side  # inches -> cells
    centres = np.array([(start + end) / 2 for _, start, end in found])
    near, far = (1 + i * GAP / rooms.side for i in (1, 3))
    transform = axes.get_yaxis_transform() if right else axes.get_xaxis_transform()
    lines = []
    for (name, start, end), centre, place in zip(found, centres, spread(centres, PITCH * one, n), strict=True):
        path = [(near, start + 0.15), (near, end - 0.15)], [(near, centre), (far, place)]
        lines += path if right else [[point[::-1] for point in each] for each in path]
        where = {"x": far, "y": place} if right else {"x": place, "y": far}
        turned = {"va": "center_baseline", "ha": "left"} if right else {"va": "bottom", "ha": "center", "rotation": 90}
        axes.text(**where, s=f" {name}", transform=transform, **style.LABEL, **turned)
    axes.add_collection(LineCollection(lines, transform=transform, **LEADER), autolim=False)


def block_room(tags: Sequence[str], titles: style.Titles) -> tuple[float, float]:
    """Return the room that names of scripts need right of a matrix, and names of families above it."""
    if len(tags) <= ANNOTATED:
        return 0.1, 0.0
    names = [languages.script_name(titles.scripts.get(tag, "")) for tag in tags]
    families = [titles.families.get(tag, "") for tag in tags]
    return tuple(4 * GAP + CHARACTER * max(map(len, each)) for each in (names, families))


def in_lines(panels: Sequence, across: int) -> list[list]:
    """Return the panels in lines of at most ``across``."""
    return [list(panels[i * across : (i + 1) * across]) for i in range(math.ceil(len(panels) / across))]


def values_of(sides: Mapping[str, list[str]], values: np.ndarray, tags: Sequence[str]) -> np.ndarray:
    """Return the values of pairs as an array [source, target], NaN where there is none."""
    index = {tag: i for i, tag in enumerate(tags)}
    found = np.full((len(tags), len(tags)), np.nan)
    source, target = ([index[tag] for tag in sides[side]] for side in ("source", "target"))
    found[source, target] = values  # (pair) -> (source, target)
    return found

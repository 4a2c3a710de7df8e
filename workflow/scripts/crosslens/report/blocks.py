"""The blocks of the report: figures and tables, each with its title, its place in the paper and its caption."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from markupsafe import Markup

from crosslens.report import assets, captions, interactive
from crosslens.report.dictionary import figure_table
from crosslens.report.figures.catalogue import FIGURES
from crosslens.report.figures.style import Titles
from crosslens.report.grids import Grid, grid
from crosslens.tables.files import read_table
from crosslens.tables.findings import CLAIM_PARTS
from crosslens.tables.metrics import TABLES

# The figures that the findings show: transfer, latent language and steering, each in one picture.
FIRST = ("transfer_heatmap", "log_ratio_by_layer", "steering_controls")
# An interactive figure of more data, such as the principal components of a hundred languages, is not worth its size.
INTERACTIVE_LIMIT = 2_500_000  # characters
# Name of a table -> its title, its number in the paper, and its declaration.
TABULATED = {
    "claim_parts": ("Claims, part by part", "", CLAIM_PARTS),
    "accuracy": ("Accuracy by language", "", TABLES["accuracy_table"]),
    "letters": ("Letters by language", "", TABLES["letters_table"]),
    "table1": ("Accuracy, consistency and transfer", "Table 1", TABLES["table1"]),
    "table2": ("Correlations of the log ratio", "Table 2", TABLES["table2"]),
    "table3": ("Prompt templates", "Table 3", TABLES["table3"]),
    "published": ("Published and reproduced numbers", "Tables 1 and 2", TABLES["published"]),
    "audit": ("Audit of the questions", "", TABLES["audit_table"]),
}


@dataclass(frozen=True)
class Shown:
    """A figure of the page: the image, what says the same to those who cannot see it, and its caption."""

    name: str
    title: str
    paper: str
    image: Markup
    alt: str
    caption: Markup
    interactive: Markup


@dataclass(frozen=True)
class Section:
    """A section of the page: its figures, and those that the findings above already show."""

    id: str
    title: str
    figures: Sequence[Shown]
    above: Sequence[Shown]


@dataclass(frozen=True)
class Tabulated:
    """A table of the page with its caption."""

    id: str
    title: str
    paper: str
    grid: Grid
    caption: Markup


class Captions:
    """The captions of a run: texts in ``folder``, the run's ``config``, and per name the rule's facts and settings."""

    def __init__(self, folder: Path, config: Mapping, params: Mapping[str, Mapping]):
        self.folder, self.config, self.params = folder, config, params

    def __getitem__(self, name: str) -> Markup:
        given = self.params[name]
        return Markup(captions.caption(self.folder / f"{name}.rst", self.config, given["facts"], given["settings"]))


def shown(name: str, folder: Path, texts: Captions, titles: Mapping, languages: Mapping[str, str]) -> Shown:
    """Return a figure of the run's ``folder`` of figures.

    titles: the fields of `style.Titles`. languages: names by tag.
    """
    described = FIGURES[name]
    table = read_table(folder / f"data/{name}.arrow", figure_table(name))
    return Shown(
        name=name,
        title=described.title,
        paper="" if described.paper == "-" else described.paper,
        image=Markup(assets.image(folder / f"{name}.svg", folder / f"{name}.png")),
        alt=f"{described.description} The caption below says how to read it; the values are in the run's tables.",
        caption=texts[name],
        interactive=_interactive(name, table, Titles(**titles), languages),
    )


def _interactive(name: str, table: pa.Table, titles: Titles, languages: Mapping[str, str]) -> Markup:
    figure = interactive.figure(name, table, titles, languages)
    html = "" if figure is None else interactive.html(figure)
    return Markup(html if len(html) <= INTERACTIVE_LIMIT else "")


def sections(figures: Mapping[str, Shown]) -> list[Section]:
    """Return the sections of the figures in the order of the catalogue; those of FIRST are above."""
    found: dict[str, list[Shown]] = {}
    for name, figure in figures.items():
        found.setdefault(FIGURES[name].section, []).append(figure)
    return [
        Section(
            title.lower().replace(" ", "-"),
            title,
            [figure for figure in those if figure.name not in FIRST],
            [figure for figure in those if figure.name in FIRST],
        )
        for title, those in found.items()
    ]


def tabulated(name: str, data: pa.Table, texts: Captions, names: Mapping[str, Mapping[str, str]]) -> Tabulated:
    """Return a table with its caption. names: per column, what its values are called."""
    title, paper, table = TABULATED[name]
    return Tabulated(name, title, paper, grid(title, data, table, names), texts[name])

"""The report: one page that opens with the findings and holds all that it shows, figures and scripts included.

The wording, the style and the script are in workflow/report/page, the captions beside it. `findings_page` makes what
the page opens with, `blocks` its figures and tables.
"""

from collections.abc import Mapping
from pathlib import Path

from markupsafe import Markup

from crosslens.report import assets, blocks, interactive, markdown
from crosslens.report.dictionary import dictionary
from crosslens.report.findings_page import opening
from crosslens.report.sources import Sources


def values(
    run: Mapping,
    methods: Mapping,
    sources: Sources,
    titles: Mapping[str, Mapping],
    captioned: Mapping[str, Mapping],
    folder: Path,
    root: Path,
) -> dict:
    """Return all that the template of the page shows.

    run: the values of `description.report`. methods: those of the page on methods. titles: per figure of the run, the
    fields of its `style.Titles`. captioned: per figure and table, the facts and settings of its caption. folder: where
    the figures are. root: the folder of the Snakefile.
    """
    names, texts = called(run), blocks.Captions(root / "workflow/report", run["config"], captioned)
    drawn = {name: blocks.shown(name, folder, texts, titles[name], run["languages"]) for name in titles}
    data = {name: getattr(sources, name) for name in blocks.TABULATED}
    tables = {name: blocks.tabulated(name, table, texts, names) for name, table in data.items() if table is not None}
    library, style = assets.datatables()
    page = {
        **methods,
        "level": 3,  # of the headings of the methods
        **opening({**run, **methods}, sources, names, root),
        "claims_caption": texts["claims"],
        "first": [drawn[name] for name in blocks.FIRST if name in drawn],
        "sections": blocks.sections(drawn),
        "audit": tables.pop("audit"),
        "published": tables.pop("published", None),
        "tables": list(tables.values()),
        "departures": _page(root / "docs/departures.md"),
        "dictionary": dictionary(drawn),
        "styles": {"tables": Markup(style)},
        "scripts": {"datatables": Markup(library), "interactive": Markup(_script(drawn))},
    }
    return page | {"contents": contents(page)}


def called(run: Mapping) -> dict[str, dict[str, str]]:
    """Return per column of tables what its values are called: titles, and names of languages with their tags."""
    return {
        **{kind: {name: one["title"] for name, one in run[f"{kind}s"].items()} for kind in ("model", "dataset")},
        "language": {tag: f"{name} ({tag})" for tag, name in run["languages"].items()},
    }


def _page(path: Path) -> Markup | None:
    return Markup(markdown.part(path, 3)) if path.exists() else None


def _script(drawn: Mapping[str, blocks.Shown]) -> str:
    """Return the script of interactive figures, if there are any."""
    return f"<script>{interactive.plotly_js()}</script>" if any(each.interactive for each in drawn.values()) else ""


def contents(values: Mapping) -> list[tuple[str, str]]:
    """Return the id and the title of every section of the page."""
    optional = {"published": "Published and reproduced numbers", "departures": "Departures from the paper"}
    listed = [("findings", "Findings"), *((each.id, each.title) for each in values["sections"]), ("tables", "Tables")]
    listed += [("published", optional["published"])] if values["published"] else []
    listed += [("audit", "Audit"), ("methods", "Methods")]
    listed += [("departures", optional["departures"])] if values["departures"] else []
    return [*listed, ("dictionary", "Data dictionary"), ("cite", "How to cite")]

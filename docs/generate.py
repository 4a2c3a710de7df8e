"""Write the generated parts of the documentation: `make docs`. All other text is written by hand.

A part stands between `<!-- generated: NAME -->` and `<!-- end -->`, and `PARTS` says how NAME is made. Tables of keys
come from the JSON schemas; the tree of results and its columns come from the declarations of the tables.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from crosslens.experiment.catalogues import load_schema
from crosslens.findings.claims import CLAIMS, Claim, Part
from crosslens.findings.verdicts import quantity
from crosslens.report.dictionary import TABLES, by_columns, type_name
from crosslens.report.figures.catalogue import FIGURES

ROOT = Path(__file__).resolve().parents[1]
_schema = partial(load_schema, ROOT / "workflow/schemas")
PAGES = ("config/README.md", "docs/design.md")
MARKED = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    """Bring the generated parts of all pages up to date."""
    for path in map(ROOT.joinpath, PAGES):
        path.write_text(render(path.read_text(encoding="utf-8")), encoding="utf-8")


def render(page: str) -> str:
    """Return a page's text with every generated part made again."""
    return MARKED.sub(lambda part: f"{part[1]}\n{PARTS[part[2]]()}\n\n{part[3]}", page)


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    cells = [[cell.replace("|", r"\|") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in [header, ["---"] * len(header), *cells])


def keys(schema: Mapping, prefix: str = "", required: str = "required") -> list[tuple[str, str, str]]:
    """Return (key, default, meaning) of every key that a schema allows; keys of a list's items have the list's name."""
    rows = []
    for key, below in schema.get("properties", {}).items():
        optional = "" if below.get("default") in (None, {}) else f"`{json.dumps(below['default'])}`"
        default = required if key in schema.get("required", []) else optional
        rows.append((f"`{prefix}{key}`", default, " ".join(below["description"].split())))
        rows += keys(below, f"{prefix}{key}.")
    rows += keys(schema["items"], prefix) if "items" in schema else []
    return rows + [row for below in schema.get("oneOf", []) for row in keys(below, prefix, "one of these")]


def config_keys() -> str:
    """Return the table of the config's keys; those of the figures have a table of their own."""
    schema = _schema("config")
    schema["properties"]["figures"] = {**schema["properties"]["figures"], "properties": {}}
    return markdown(("key", "default", "meaning"), keys(schema))


def catalogue_keys(name: str) -> str:
    """Return the table of the keys that every entry of config/{name}.yaml has."""
    return markdown(("key", "default", "meaning"), keys(_schema(name)["additionalProperties"]))


def figure_keys() -> str:
    """Return the tables of all figures and of their keys; keys that mean the same in several figures share a row."""
    shown = [(f"`{name}`", figure.description) for name, figure in FIGURES.items()]
    names: dict[tuple[str, str, str], list[str]] = {}
    for name, figure in _schema("config")["properties"]["figures"]["properties"].items():
        for row in keys(figure):
            names.setdefault(row, []).append(f"`{name}`")
    rows = [
        (key, "all" if len(figures) == len(FIGURES) else ", ".join(figures), default, meaning)
        for (key, default, meaning), figures in names.items()
    ]
    return f"{markdown(('figure', 'shows'), shown)}\n\n{markdown(('key', 'of figures', 'default', 'meaning'), rows)}"


def claims() -> str:
    """Return the table of claims: what each says, its effect, the smallest effect of interest, and its parts."""
    scopes = {"model": "every model", "small": "the smallest model of a series", "series": "a series"}
    rows = [(one.id, one.statement, one.theta, _smallest(one), scopes[one.scope], _parts(one.parts)) for one in CLAIMS]
    return markdown(("claim", "says", "θ", "δ", "tested on", "parts"), rows)


def _smallest(claim: Claim) -> str:
    own = [(part.smallest_effect, part.unit) for part in claim.parts if part.smallest_effect is not None]
    return ", ".join(quantity(size, unit) for size, unit in [(claim.smallest_effect, claim.unit), *own])


def _parts(parts: Sequence[Part]) -> str:
    """Return the names of parts; of many, which are combinations of names, these."""
    if len(parts) <= 4:
        return "; ".join(part.name if part.counts else f"{part.name} (reported only)" for part in parts)
    names = [
        ", ".join(dict.fromkeys(side)).replace("_", " ")
        for side in zip(*(part.arguments for part in parts), strict=True)
    ]
    return " × ".join(f"{{{name}}}" for name in names)


def results() -> str:
    """Return the list of a run's tables, one line per file."""
    width = max(map(len, TABLES))
    lines = [f"  {path:{width}}  one row per {row}" for path, (_, row) in TABLES.items()]
    figure = "figures/data/{figure}.arrow"
    return "\n".join(["```", "results/{run}/", *lines, f"  {figure:{width}}  exactly what the figure shows", "```"])


def columns() -> str:
    """Return a table of columns per file; files with the same columns share one."""
    described = []
    for declared, paths in by_columns().items():
        rows = [
            (f"`{column.name}`", f"`{type_name(column)}`".replace(" or null`", "` or null"), column.doc)
            for column in declared
        ]
        described.append(
            f"{', '.join(f'`{path}`' for path in paths)}\n\n{markdown(('column', 'type', 'meaning'), rows)}"
        )
    return "\n\n".join(described)


PARTS: dict[str, Callable[[], str]] = {
    "config": config_keys,
    "figures": figure_keys,
    "claims": claims,
    "results": results,
    "columns": columns,
    **{name: partial(catalogue_keys, name) for name in ("models", "datasets", "gpus", "instructions")},
}

if __name__ == "__main__":
    main()

"""Write the generated parts of the documentation: `make docs`. All other text is written by hand.

A part stands between `<!-- generated: NAME -->` and `<!-- end -->`, and `PARTS` says how NAME is made. Tables of keys
come from the JSON schemas; the tree of results and its columns come from the declarations of the tables.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path

from crosslens.experiment.catalogues import load_schema
from crosslens.findings.claims import CLAIMS, Claim, Part
from crosslens.plan.table import PLAN
from crosslens.report.figures.catalogue import FIGURES
from crosslens.tables import inference
from crosslens.tables.columns import CATEGORY, Column, Table
from crosslens.tables.metrics import TABLES as METRICS

ROOT = Path(__file__).resolve().parents[1]
_schema = partial(load_schema, ROOT / "workflow/schemas")
PAGES = ("config/README.md", "docs/design.md")
MARKED = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
PLACE = "{model}/{dataset}"

# File of a run -> its table and what a row is.
TABLES: dict[str, tuple[Table, str]] = {
    "questions/{dataset}/{language}.arrow": (inference.QUESTIONS, "question"),
    "audit/{dataset}/{language}.arrow": (inference.AUDIT, "defect of a question"),
    "audit/{dataset}.arrow": (inference.AUDIT, "defect of a question, all languages"),
    f"hidden_states/{PLACE}/{{language}}.arrow": (inference.HIDDEN_STATES, "sampled question"),
    f"steering_vectors/{PLACE}/{{language}}.arrow": (inference.STEERING_VECTORS, "layer"),
    f"inference/{PLACE}/{{language}}/answers.arrow": (inference.ANSWERS, "question"),
    f"inference/{PLACE}/{{language}}/lens.arrow": (inference.LENS, "question, prompt, layer and form"),
    f"inference/{PLACE}/{{language}}/permuted.arrow": (inference.PERMUTED, "question that is asked once more"),
    f"inference/{PLACE}/{{language}}/steered.arrow": (inference.STEERED, "question and condition"),
    f"metrics/{PLACE}/languages.arrow": (METRICS["language_metrics"], "language"),
    f"metrics/{PLACE}/pairs.arrow": (METRICS["pair_metrics"], "ordered pair of languages"),
    f"metrics/{PLACE}/expectations.arrow": (METRICS["expectations"], "metric"),
    f"metrics/{PLACE}/replicates.arrow": (METRICS["replicates"], "measure and language"),
    f"metrics/{PLACE}/pair_replicates.arrow": (METRICS["pair_replicates"], "measure and two families"),
    f"metrics/{PLACE}/n_way.arrow": (METRICS["n_way"], "measure"),
    f"metrics/{PLACE}/accuracy_by_group.arrow": (METRICS["accuracy_by_group"], "grouping and group"),
    f"metrics/{PLACE}/letters.arrow": (METRICS["letters"], "language"),
    f"metrics/{PLACE}/letter_shares.arrow": (METRICS["letter_shares"], "language and choice"),
    f"metrics/{PLACE}/ceiling.arrow": (METRICS["ceiling"], "language that was asked twice"),
    f"metrics/{PLACE}/ceiling_pairs.arrow": (METRICS["ceiling_pairs"], "ordered pair of languages"),
    f"metrics/{PLACE}/ceiling_means.arrow": (METRICS["ceiling_means"], "measure"),
    f"metrics/{PLACE}/steering.arrow": (METRICS["steered_metrics"], "language and condition"),
    f"metrics/{PLACE}/steering_by_half.arrow": (METRICS["steering_by_half"], "half, language and condition"),
    f"metrics/{PLACE}/steering_gains.arrow": (METRICS["steering_gains"], "measure, part of questions and comparison"),
    f"metrics/{PLACE}/steering_selected.arrow": (METRICS["steering_selected"], "measure"),
    f"metrics/{PLACE}/steering_replicates.arrow": (METRICS["steering_replicates"], "layer, gamma and language"),
    f"metrics/{PLACE}/steering_sizes.arrow": (METRICS["steering_sizes"], "language and layer"),
    f"metrics/{PLACE}/vector_cosines.arrow": (METRICS["vector_cosines"], "layer and pair of languages"),
    f"metrics/{PLACE}/latent/layer_{{layer}}.arrow": (METRICS["latent_metrics"], "language"),
    f"metrics/{PLACE}/latent_pairs/layer_{{layer}}.arrow": (METRICS["latent_pair_metrics"], "form and ordered pair"),
    f"metrics/{PLACE}/log_ratios/layer_{{layer}}.arrow": (METRICS["log_ratios"], "language, prompt and normalisation"),
    f"metrics/{PLACE}/log_ratio_means/layer_{{layer}}.arrow": (
        METRICS["log_ratio_means"],
        "prompt, normalisation and series",
    ),
    f"metrics/{PLACE}/latent_means/layer_{{layer}}.arrow": (METRICS["latent_means"], "measure"),
    f"metrics/{PLACE}/error_split/layer_{{layer}}.arrow": (METRICS["error_split"], "language"),
    f"metrics/{PLACE}/depth_replicates.arrow": (METRICS["depth_replicates"], "third, measure and language"),
    f"metrics/{PLACE}/depth_pair_replicates.arrow": (METRICS["pair_replicates"], "measure and two families"),
    f"metrics/{PLACE}/similarity/layer_{{layer}}.arrow": (METRICS["similarity"], "ordered pair of languages"),
    f"metrics/{PLACE}/similarity_means/layer_{{layer}}.arrow": (
        METRICS["similarity_means"],
        "measure and kind of pairs",
    ),
    f"metrics/{PLACE}/language_probe/layer_{{layer}}.arrow": (METRICS["language_probe"], "layer"),
    f"metrics/{PLACE}/similarity_relation.arrow": (METRICS["similarity_relation"], "layer, measure and outcome"),
    f"metrics/{PLACE}/pca/layer_{{layer}}.arrow": (METRICS["pca"], "language and question"),
    "tables/correlations.arrow": (METRICS["correlations"], "model, data set, log ratio and outcome"),
    "tables/accuracy.arrow": (METRICS["accuracy_table"], "model, data set and language"),
    "tables/letters.arrow": (METRICS["letters_table"], "model, data set and language"),
    "tables/table1.arrow": (METRICS["table1"], "model and data set"),
    "tables/table2.arrow": (METRICS["table2"], "model, data set and outcome"),
    "tables/table3.arrow": (METRICS["table3"], "data set"),
    "tables/audit.arrow": (METRICS["audit_table"], "data set, language and reason"),
    "tables/claims.arrow": (METRICS["claims"], "claim, model or series, and data set"),
    "tables/claim_parts.arrow": (METRICS["claim_parts"], "part of a claim, model or series, and data set"),
    "../compare/{a}-{b}/differences.arrow": (METRICS["differences"], "model, data set and measure, of runs a and b"),
    "../compare/{a}-{b}/settings.arrow": (METRICS["settings"], "setting that differs between runs a and b"),
    "tables/plan.csv": (PLAN, "model and data set"),
}


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
    return ", ".join(f"{size:g} {unit}".strip() for size, unit in [(claim.smallest_effect, claim.unit), *own])


def _parts(parts: Sequence[Part]) -> str:
    """Return the names of parts; of many, which are combinations of names, these."""
    if len(parts) <= 4:
        return "; ".join(part.name if part.counts else f"{part.name} (told, does not count)" for part in parts)
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
    files: dict[tuple[Column, ...], list[str]] = {}
    for path, (table, _) in TABLES.items():
        files.setdefault(tuple(table.columns), []).append(f"`{path}`")
    for name in FIGURES:
        table = import_module(f"crosslens.report.figures.{name}").PLOTTED
        files.setdefault(tuple(table.columns), []).append(f"`figures/data/{name}.arrow`")
    return "\n\n".join(f"{', '.join(paths)}\n\n{_described(declared)}" for declared, paths in files.items())


def _described(declared: Iterable[Column]) -> str:
    return markdown(
        ("column", "type", "meaning"), [(f"`{column.name}`", _type(column), column.doc) for column in declared]
    )


def _type(column: Column) -> str:
    name = "category" if column.type == CATEGORY else str(column.type).replace("item: ", "")
    name = re.sub(r"\bfloat\b", "float32", name).replace("double", "float64")
    return f"`{name}`" + (" or null" if column.nullable else "")


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

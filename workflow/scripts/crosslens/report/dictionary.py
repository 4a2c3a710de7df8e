"""The data dictionary: every table of a run, what a row of it is, and what its columns mean, from the declarations."""

import re
from collections.abc import Iterable
from importlib import import_module

from crosslens.plan.columns import PLAN
from crosslens.report.figures.catalogue import FIGURES
from crosslens.report.grids import Cell, Grid, Heading
from crosslens.tables import inference
from crosslens.tables.columns import CATEGORY, Column, Table
from crosslens.tables.metrics import TABLES as METRICS

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
    f"metrics/{PLACE}/pairs_by_group.arrow": (METRICS["pairs_by_group"], "grouping, group and measure"),
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
    "tables/published.arrow": (METRICS["published"], "number that the paper publishes, for its models and data sets"),
    "tables/table3.arrow": (METRICS["table3"], "data set"),
    "tables/audit.arrow": (METRICS["audit_table"], "data set, language and reason"),
    "tables/claims.arrow": (METRICS["claims"], "claim, model or series, and data set"),
    "tables/claim_parts.arrow": (METRICS["claim_parts"], "part of a claim, model or series, and data set"),
    "../compare/{a}-{b}/differences.arrow": (METRICS["differences"], "model, data set and measure, of runs a and b"),
    "../compare/{a}-{b}/settings.arrow": (METRICS["settings"], "setting that differs between runs a and b"),
    "tables/plan.csv": (PLAN, "model and data set"),
}

OF_A_RUN = [path for path in TABLES if not path.startswith("..")]


def figure_tables(names: Iterable[str]) -> dict[str, Table]:
    """Return the file of every figure's plotted values, with its table."""
    return {f"figures/data/{name}.arrow": figure_table(name) for name in names}


def figure_table(name: str) -> Table:
    """Return the table of a figure's plotted values, which the figure's module declares."""
    return import_module(f"crosslens.report.figures.{name}").PLOTTED


def by_columns() -> dict[tuple[Column, ...], list[str]]:
    """Return the files of a run by their columns: files with the same columns are described together."""
    files: dict[tuple[Column, ...], list[str]] = {}
    for path, table in [*((path, table) for path, (table, _) in TABLES.items()), *figure_tables(FIGURES).items()]:
        files.setdefault(tuple(table.columns), []).append(path)
    return files


def type_name(column: Column) -> str:
    """Return the type of a column's values for people."""
    name = "category" if column.type == CATEGORY else str(column.type).replace("item: ", "")
    name = re.sub(r"\bfloat\b", "float32", name).replace("double", "float64")
    return name + (" or null" if column.nullable else "")


def dictionary(figures: Iterable[str]) -> Grid:
    """Return a row per file and column of a run with these figures."""
    described = [(path, row, table) for path, (table, row) in TABLES.items() if path in OF_A_RUN]
    described += [(path, "what the figure shows", table) for path, table in figure_tables(figures).items()]
    headings = [Heading("file"), Heading("a row is one"), Heading("column"), Heading("type"), Heading("meaning")]
    rows = [
        [
            Cell(path, kind="code"),
            Cell(row),
            Cell(column.name, kind="code"),
            Cell(type_name(column)),
            Cell(column.doc, kind="wide"),
        ]
        for path, row, table in described
        for column in table.columns
    ]
    return Grid("Data dictionary", headings, rows)

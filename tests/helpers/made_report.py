"""A run's folder and the report's values of made-up numbers, without Snakemake, models or data."""

from importlib import import_module
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from crosslens.report import page, paper_tables
from crosslens.report.figures import style
from crosslens.report.sources import Sources
from crosslens.tables.columns import Table
from crosslens.tables.files import check, write_table
from crosslens.tables.findings import CLAIM_PARTS, CLAIMS
from crosslens.tables.inference import AUDIT
from crosslens.tables.metrics import TABLES
from synthetic import Run
from workflow_runs import ROOT

CONFIG = {
    "run": "made",
    "seed": 7,
    "pivot": "en",
    "models": ["toy-0", "toy-1"],
    "datasets": ["set-0", "set-1", "set-2"],
    "exclude_misaligned": True,
    "prompt": {"instruction_language": "en", "chat_template": False, "examples": {"number": 0}},
    "layers": {"every": 1},
    "states": {"questions": 200},
    "lens": {
        "control_questions": 31,
        "prompts": ["without_choices"],
        "final_norm": True,
        "softcap": True,
        "aggregate": "mean_logprob",
    },
    "ceiling": {"questions": 43},
    "steering": {"questions": 45},
    "pca": {"questions": 67},
    "correlations": {"layers": "all"},
    "intervals": {"bootstrap": 89, "level": 0.9},
}
SETTINGS = {"gamma": 2.0}
FACTS = {
    "pivot": "English",
    "toys": [],
    "lacking": "",
    "limits": {"languages": 6, "families": 8, "alpha": 0.05, "equivalence_level": 0.9},
}
CAPTIONED = ("claims", "claim_parts", "accuracy", "letters", "table1", "table2", "table3", "audit")
NO_REASON = "the run has 1 size of Toy; at least 2 are needed"


def claim(number: int, dataset: str = "set-0", models: str = "toy-0", **changed) -> dict:
    """Return a row of table "claims" that cannot be tested, or is as ``changed`` says."""
    undefined = dict.fromkeys(("estimate", "low", "high", "p_value", "p_holm"))
    row = {"claim": f"C{number}", "statement": f"Statement {number}.", "models": models, "dataset": dataset}
    row |= {"n_parts": 1, "part": "", **undefined, "smallest_effect": 0.02, "unit": "points", "n_languages": 5}
    row |= {"n_families": 4, "n_questions": 240, "verdict": "cannot be tested", "reason": NO_REASON}
    return row | changed


def supported(number: int, **where) -> dict:
    """Return a row that is supported."""
    numbers = {"estimate": 0.123, "low": 0.1, "high": 0.15, "p_value": 0.001, "p_holm": 0.002}
    return claim(number, **where, **numbers, verdict="supported", reason="the effect is at least 0.02 points")


def table_of(table: Table, rows: list[dict]) -> pa.Table:
    """Return rows as a table that is checked against its declaration."""
    names = [column.name for column in table.columns]
    schema = pa.schema([(column.name, column.type) for column in table.columns])
    made = pa.Table.from_pylist([{name: row[name] for name in names} for row in rows], schema)
    check(made, table, table.name)
    return made


def claims(run: Run) -> pa.Table:
    """Return 18 claims on every model and data set, of which the eighth is supported."""
    where = [{"dataset": panel["dataset"], "models": panel["model"]} for panel in run.panels()]
    return table_of(CLAIMS, [(supported if n == 8 else claim)(n, **one) for n in range(1, 19) for one in where])


def audits(run: Run) -> pa.Table:
    """Return table "audit" of all data sets: a question is left out in the last language, for two reasons."""
    rows = [
        {"dataset": dataset, "language": run.languages[-1], "question_id": "q1", "reason": reason, "excluded": True}
        for dataset in run.datasets
        for reason in ("missing", "empty_choice")
    ]
    return run.table(AUDIT, rows)


def ceiling_means(run: Run) -> pa.Table:
    """Return table "ceiling_means" of all models and data sets."""
    rows = [panel | {"measure": "self_consistency"} | run.over_all(0.71) for panel in run.panels()]
    return run.table(TABLES["ceiling_means"], rows)


def sources(run: Run) -> Sources:
    """Return all tables of the report."""
    ratios = run.log_ratio_means()
    found = audits(run)
    return Sources(
        claims=claims(run),
        claim_parts=table_of(CLAIM_PARTS, claims(run).to_pylist()),
        table1=paper_tables.table1(run.expectations()),
        table2=paper_tables.table2(run.correlations()),
        table3=table_of(TABLES["table3"], [{"dataset": name, "template": "<question> 問題"} for name in run.datasets]),
        published=None,
        accuracy=run.language_metrics(),
        letters=paper_tables.letters_table(run.letters(), run.ceiling()),
        audit=paper_tables.audit_table(found),
        audits=found,
        ceiling=ceiling_means(run),
        selected=run.steering_selected(),
        log_ratios=ratios.filter(pc.field("layer") == run.middle),
        chance=dict.fromkeys(run.datasets, 0.25),
    )


def described(run: Run) -> dict:
    """Return the values of `description.report`; no model is a toy."""
    model = {"source": {"path": "x"}, "layers": run.layers[-1], "grid": run.layers, "correlated": run.layers}
    model |= {"conditions": [[run.middle, 2.0]], "controls": {"random_1, add": [[run.middle, 2.0]]}}
    tags = {tag: f"Language {tag}" for tag in run.languages}
    dataset = {"source": {"path": "x"}, "languages": tags, "shares": ("questions", "choices"), "examples": ""}
    return {
        "config": CONFIG,
        "pivot": "English",
        "models": {name: model | {"title": title} for name, title in run.models.items()},
        "datasets": {name: dataset | {"title": title} for name, title in run.datasets.items()},
        "left_out": [],
        "languages": tags,
    }


def methods(run: Run) -> dict:
    """Return the values of the page on methods."""
    computed = {name: {"device": "cpu", "forward": "packed rows"} for name in run.models}
    prompts = [{"dataset": name, "template": "<question>"} for name in run.datasets]
    values = {"findings": [], "prompts": prompts, "versions": {"torch": "2"}, "computed": computed, "level": 2}
    return described(run) | values


def draw(run: Run, folder: Path, names: list[str]) -> None:
    """Draw figures into ``folder`` as the rules do."""
    for name in names:
        module = import_module(f"crosslens.report.figures.{name}")
        table = module.data(**run.tables(name), **run.settings(name))
        write_table(folder / f"data/{name}.arrow", module.PLOTTED, table, {})
        figure = style.styled(module.draw)(table, run.titles)
        style.save(figure, {kind: folder / f"{name}.{kind}" for kind in ("svg", "png")})


def values(run: Run, folder: Path, names: list[str]) -> dict:
    """Return the values of the report with these figures, which are in ``folder``."""
    captioned = dict.fromkeys([*names, *CAPTIONED], {"facts": FACTS, "settings": SETTINGS})
    titles = dict.fromkeys(names, run.titles._asdict())
    return page.values(described(run), methods(run), sources(run), titles, captioned, folder, ROOT)

"""The documentation: generated parts are current, links lead somewhere, recipes work, `make help` is complete."""

import importlib.util
import re
import subprocess
from types import ModuleType

import numpy as np
import pytest
import scipy.stats
from crosslens.data.readers import Record
from crosslens.report.figures import catalogue
from crosslens.tables import columns, files, output_metrics
from synthetic import Run
from workflow_runs import ROOT

PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "config/README.md", *(ROOT / "docs").glob("*.md")])
FIGURE = "figures/data/{figure}.arrow"  # one per figure; the rules name them in a loop


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    """Return the module docs/generate.py."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs/generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def recipes(section: str) -> list[str]:
    """Return the blocks of Python in a section of docs/extending.md."""
    text = (ROOT / "docs/extending.md").read_text(encoding="utf-8").split(f"\n## {section}\n")[1].split("\n## ")[0]
    blocks = re.findall(r"^   ```python\n(.*?)^   ```$", text, re.MULTILINE | re.DOTALL)
    return [re.sub("^   ", "", block, flags=re.MULTILINE) for block in blocks]


def module_of(code: str) -> ModuleType:
    """Return a module made of ``code``."""
    module = ModuleType("recipe")
    exec(code, module.__dict__)
    return module


@pytest.mark.parametrize("page", ["config/README.md", "docs/design.md"])
def test_generated_parts_are_current(generate, page):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert generate.render(text) == text, f"{page} is out of date: run `make docs`"


def test_every_part_is_on_a_page_and_every_page_is_generated(generate):
    texts = [(ROOT / page).read_text(encoding="utf-8") for page in generate.PAGES]
    names = [match[1] for text in texts for match in re.finditer("<!-- generated: (.*) -->", text)]
    assert sorted(names) == sorted(generate.PARTS)
    assert all(text.count("<!-- generated:") == len(generate.MARKED.findall(text)) for text in texts)


def test_a_text_between_markers_is_replaced_and_all_else_is_kept(generate):
    page = "before\n<!-- generated: gpus -->\nold | text\n<!-- end -->\nafter\n"
    made = generate.render(page)
    assert made.startswith("before\n<!-- generated: gpus -->\n") and made.endswith("\n<!-- end -->\nafter\n")
    assert "| `throughput` | required |" in made and "old" not in made
    assert generate.render(made) == made


def test_keys_are_dotted_with_their_defaults_and_alternatives(generate):
    described = {"description": "Some\n  text."}
    schema = {
        "required": ["a"],
        "properties": {
            "a": {**described, "properties": {"b": {**described, "default": False}, "c": {**described, "default": {}}}},
            "d": {**described, "items": {"required": ["e"], "properties": {"e": described}}},
            "f": {**described, "oneOf": [{"required": ["g"], "properties": {"g": described}}, {"const": "all"}]},
        },
    }
    assert generate.keys(schema) == [
        ("`a`", "required", "Some text."),
        ("`a.b`", "`false`", "Some text."),
        ("`a.c`", "", "Some text."),
        ("`d`", "", "Some text."),
        ("`d.e`", "required", "Some text."),
        ("`f`", "", "Some text."),
        ("`f.g`", "one of these", "Some text."),
    ]


def test_the_tree_of_results_has_every_table_that_a_rule_names(generate):
    rules = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "workflow/rules").glob("*.smk"))
    named = set(re.findall(r'\bout\(\s*"([^"]+\.arrow)"', rules)) | {FIGURE, "tables/plan.csv"}
    named |= {f"../compare/{{a}}-{{b}}/{file}" for file in re.findall(r"{COMPARED}/(\w+\.arrow)", rules)}
    assert {*generate.TABLES, FIGURE} == named


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if target.startswith("http"):
            continue
        file, _, heading = target.partition("#")
        path = page.parent / file if file else page
        assert path.exists(), target
        if heading:
            assert heading in anchors(path.read_text(encoding="utf-8")), target


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_recipe_of_a_format_reads_a_row():
    (code,) = recipes("A data set format")
    row = {"id": "q1", "question": "2 + 2?", "choices": {"text": ["3", "4"], "label": ["A", "B"]}, "answerKey": "B"}
    question = module_of(code).read(Record(row, 0, "arc.jsonl, line 1"))
    assert (question.question_id, question.question, question.choices, question.key) == ("q1", "2 + 2?", ("3", "4"), 1)


def test_the_recipe_of_a_metric_is_the_entropy():
    function, declaration = recipes("A metric")
    logprob = np.log(np.random.default_rng(0).dirichlet(np.ones(4), (2, 5))) - 3
    entropy = module_of(f"from crosslens.metrics.answers import *\n{function}").entropy
    expected = scipy.stats.entropy(np.exp(logprob), axis=-1).mean(axis=1)
    np.testing.assert_allclose(entropy(logprob), expected)
    column = eval(declaration, dict(vars(output_metrics)))
    assert isinstance(column, columns.Column) and column.nullable


def test_the_recipe_of_a_figure_draws_what_it_declares():
    code, entry = recipes("A figure")
    ((name, figure),) = eval(f"{{{entry}}}", dict(vars(catalogue))).items()
    run, module = Run(models=1, datasets=1), module_of(code)
    plotted = module.data(**{table: getattr(run, table)() for table in figure.tables})
    files.check(plotted, module.PLOTTED, name)
    assert module.PLOTTED.name == f"figure_{name}" and not figure.settings
    axes, *_ = module.draw(plotted, run.titles).axes
    assert len(axes.get_lines()[-1].get_xdata()) == len(run.layers)


def test_make_help_lists_every_command():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    commands = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split()
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert [line.split()[1] for line in shown.splitlines()] == commands
    assert ".DEFAULT_GOAL := demo" in makefile

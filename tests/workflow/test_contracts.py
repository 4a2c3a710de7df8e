"""What every rule, script, config key and figure must have. The workflow is parsed once, by Snakemake itself."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from crosslens.experiment.languages import read_languages
from crosslens.fingerprint import fingerprint
from snakemake.api import SnakemakeApi
from snakemake.settings.types import ConfigSettings, OutputSettings, ResourceSettings
from workflow_runs import ROOT

SCRIPTS = sorted((ROOT / "workflow/scripts").glob("*.py"))
# Rules that only name targets, or fetch by revision: see their docstrings.
WITHOUT_SCRIPT = {"all", "exports"}
WITHOUT_FINGERPRINT = {"all", "exports", "fetch_model", "fetch_questions"}


@pytest.fixture(scope="session")
def rules():
    """All rules of the workflow by name."""
    with SnakemakeApi(OutputSettings(verbose=False)) as api:
        workflow = api.workflow(
            resource_settings=ResourceSettings(cores=1),
            config_settings=ConfigSettings(),
            snakefile=ROOT / "Snakefile",
            workdir=ROOT,
        )._workflow
        yield {rule.name: rule for rule in workflow.rules}


def test_every_rule_is_documented_logged_benchmarked_and_has_an_environment(rules):
    for name, rule in rules.items():
        assert rule.docstring, f"rule {name} has no docstring"
        if name not in WITHOUT_SCRIPT:
            assert rule.log, f"rule {name} has no log"
            assert rule.benchmark, f"rule {name} has no benchmark"
            assert rule._conda_env, f"rule {name} has no conda environment"


def imported_by_name(rule: str) -> list[str]:
    """What a rule's script imports by its name in the catalogue, which its own fingerprint does not cover."""
    return [f"report/figures/{rule.removeprefix('figure_')}"] if rule.startswith("figure_") else []


def test_every_rule_carries_the_fingerprint_of_its_script(rules):
    for name, rule in rules.items():
        if name not in WITHOUT_FINGERPRINT:
            code = fingerprint(ROOT / f"workflow/scripts/{Path(rule.script).name}")
            package = ROOT / "workflow/scripts/crosslens"
            by_name = [package / f"{file}.py" for file in imported_by_name(name)]
            # A data set may name a module of its own; none of the catalogue's does.
            expected = [code, *map(fingerprint, by_name)] if by_name or name == "questions" else code
            given = dict(rule.params.items()).get("code")
            given = given(SimpleNamespace(dataset="toy-hellaswag")) if callable(given) else given
            assert given == expected, f"params.code of rule {name}"


def test_every_script_has_a_rule_of_its_name_and_the_reverse(rules):
    used = {Path(rule.script).stem for rule in rules.values() if rule.script}
    assert used == {script.stem for script in SCRIPTS}
    for name, rule in rules.items():
        if name not in WITHOUT_SCRIPT:
            assert rule.script, f"rule {name} has no script"


def test_logs_and_benchmarks_stay_in_the_run_or_the_resources(rules):
    for rule in rules.values():
        for path in [*rule.log, *([rule.benchmark] if rule.benchmark else [])]:
            assert str(path).startswith(("results/", "resources/")), f"{rule.name}: {path}"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_thin_and_see_config_only_through_params(script):
    text = script.read_text(encoding="utf-8")
    assert "snakemake.config" not in text
    assert "argparse" not in text
    assert len(text.splitlines()) <= 40
    body = re.sub(r'^""".*?"""', "", text, flags=re.DOTALL)
    first_call = re.search(r"^\w+\.\w+\(", body, flags=re.MULTILINE)
    assert first_call and first_call[0] == "job.begin(", "a script begins with its log"


def test_no_library_module_imports_snakemake():
    for module in (ROOT / "workflow/scripts/crosslens").rglob("*.py"):
        assert not re.search(r"^\s*(import|from) snakemake", module.read_text(encoding="utf-8"), re.MULTILINE), module


def test_catalogue_entries_name_known_languages_and_codes():
    known = read_languages(ROOT / "config/languages.tsv")
    columns = next(iter(known.values()))
    used = set()
    for name, entry in catalogue("datasets").items():
        assert entry["codes"] in columns, f"{name}: languages.tsv has no column {entry['codes']}"
        used.add(entry["codes"])
        assert "{code}" in str(entry["files"]["translations"]) or "{code}" in str(entry["read"]["where"]), name
        tags = (
            [tag for tag in known if known[tag][entry["codes"]]] if entry["languages"] == "all" else entry["languages"]
        )
        assert ("en" in tags or entry.get("parallel") == "none") and len(set(tags)) == len(tags), name
        for tag in tags:
            assert tag in known, f"{name}: {tag} is not in languages.tsv"
            assert known[tag][entry["codes"]], f"{name}: {tag} has no code in column {entry['codes']}"
    unused = set(columns) - used - {"language", "name", "script", "family", "resource"}
    assert not unused, f"no data set has its codes in {unused}"
    assert set(catalogue("instructions")) <= set(known)


def catalogue(name: str) -> dict:
    return yaml.safe_load((ROOT / f"config/{name}.yaml").read_text(encoding="utf-8"))


def test_conda_environments_are_what_the_lock_says():
    import importlib.util

    spec = importlib.util.spec_from_file_location("export", ROOT / "envs/export.py")
    export = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(export)
    for name, direct in export.DIRECT.items():
        assert (ROOT / f"envs/{name}.yaml").read_text(encoding="utf-8") == export.environment(direct), name

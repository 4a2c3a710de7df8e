"""Nothing in the user's environment changes a result: folder, locale, time zone, home, Python, matplotlib."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from crosslens.experiment.command_line import typed
from crosslens.report.figures.catalogue import FIGURES
from crosslens.tables.files import write_table
from crosslens.tables.inference import QUESTIONS
from crosslens.tables.metrics import TABLES
from synthetic import Run
from workflow_runs import ROOT, copy_project, snakemake

TARGETS = [f"results/demo/{path}" for path in ("tables/audit.csv", "tables/table3.csv", "prompts/toy-belebele.txt")]
# A notebook's backend, a locale without Unicode, and a home and a matplotlib folder that cannot be made.
HOSTILE = {
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "MPLCONFIGDIR": "/proc/nowhere",
    "HOME": "/proc/nowhere",
    "LC_ALL": "C",
    "PYTHONCOERCECLOCALE": "0",
    "PYTHONUTF8": "0",
    "PYTHONSTARTUP": "/nowhere/startup.py",
    "TZ": "Pacific/Apia",
    "OMP_NUM_THREADS": "3",
}
MATPLOTLIBRC = "font.size: 31\nlines.linewidth: 9\naxes.facecolor: red\nsavefig.bbox: tight\nfigure.facecolor: black\n"


@pytest.fixture()
def modules_of_the_user(tmp_path) -> Path:
    """Return a folder for PYTHONPATH, with another crosslens and a sitecustomize that prints and changes matplotlib."""
    (tmp_path / "modules/crosslens").mkdir(parents=True)
    (tmp_path / "modules/crosslens/__init__.py").write_text("raise RuntimeError('another copy')")
    (tmp_path / "modules/sitecustomize.py").write_text("print('hello')")
    return tmp_path / "modules"


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files of ``folder`` by their path in it, without the times in benchmarks."""
    files = [file for file in folder.rglob("*") if file.is_file() and "benchmarks" not in file.parts]
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def test_another_folder_and_a_hostile_environment_give_the_same_files(tmp_path, monkeypatch, modules_of_the_user):
    (project := tmp_path / "my project").mkdir()
    (elsewhere := tmp_path / "else where").mkdir()
    copy_project(project)
    snakemake(project, "--cores", "2", *TARGETS)
    for name, value in HOSTILE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("HF_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))  # Snakemake itself stops without a folder for it
    monkeypatch.setenv("PYTHONPATH", str(modules_of_the_user))
    arguments = ["--snakefile", str(project / "Snakefile"), "--directory", str(elsewhere), "--cores", "2"]
    snakemake(tmp_path, *arguments, *TARGETS)
    assert contents(elsewhere / "results") == contents(project / "results") != {}
    _report(project, elsewhere)


def _report(project: Path, elsewhere: Path) -> None:
    """Run scripts/workflow_report.py in the folder ``elsewhere`` as its rule does, on the tables that are there."""
    config = {"run": "demo"}
    fake = (
        "from types import SimpleNamespace as N\n"
        f"snakemake = N(log=['report.log'], input={TARGETS!r}, output=['report.html'], params=N(config={config!r}), "
        f"scriptdir={str(project / 'workflow/scripts')!r})\n"
    )
    code = fake + (project / "workflow/scripts/workflow_report.py").read_text(encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(project / "workflow/scripts")}
    done = subprocess.run([sys.executable, "-c", code], cwd=elsewhere, env=environment)
    assert done.returncode == 0, (elsewhere / "report.log").read_text(encoding="utf-8")
    assert "Questions about which the audit has a finding" in (elsewhere / "report.html").read_text(encoding="utf-8")


def test_the_project_runs_from_a_folder_of_its_own_choice(project, tmp_path):
    """The profile, the config and the catalogues are found beside the Snakefile."""
    (other := tmp_path / "other").mkdir()
    (overlay := other / "mine.yaml").write_text("run: mine\n")
    for folder, arguments in (
        (other, ["--snakefile", str(project / "Snakefile")]),
        (project, ["--directory", str(other)]),
    ):
        done = snakemake(folder, *arguments, "--dry-run", "--quiet", "rules", "--configfile", str(other / "mine.yaml"))
        assert "profiles/default" in done.stdout and "figure_pca" in done.stdout, overlay


def test_numbers_in_nested_settings_of_the_command_line_are_numbers(project):
    steering = "steering={questions: 40, conditions: [{layers: [middle], gammas: [-2.5, 1]}]}"
    for settings in ([steering, "figures={}"], ["intervals={level: 0.9}", "seed=3"], ["prompt={chat_template: false}"]):
        done = snakemake(project, "--dry-run", "--quiet", "rules", "--config", *settings, check=False)
        assert "is not of type" not in done.stdout, done.stdout[-2000:]
    done = snakemake(project, "--dry-run", "--config", "steering={questions: forty}", check=False)
    assert done.returncode and "key 'steering.questions': 'forty' is not of type 'integer' (Number of" in done.stdout


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), ("-2", -2), ("0.9", 0.9), ("1e-3", 0.001), ("true", True), ("False", False), ("null", None)],
)
def test_text_that_is_a_number_or_a_truth_value(text, value):
    assert typed({"a": [{"b": text}]}) == {"a": [{"b": value}]} and type(typed(text)) is type(value)


@pytest.mark.parametrize("text", ["no", "yes", "1.2.3", "en", "", "0x1", "1_000", "nan", "inf", "A1", "٣"])
def test_other_text_stays(text):
    assert typed({"languages": [text]}) == {"languages": [text]}


@pytest.mark.parametrize("name", ["gamma_sweep", "pca", "steering_transfer_change", "transfer_heatmap"])
def test_figures_are_drawn_alike_whatever_the_user_has_set_for_matplotlib(name, tmp_path, modules_of_the_user):
    code = _figure_script(name, tmp_path)
    (modules_of_the_user / "sitecustomize.py").write_text("import matplotlib; matplotlib.rcParams['font.size'] = 40")
    for folder in (plain := tmp_path / "plain", hostile := tmp_path / "hostile"):
        folder.mkdir()
    (hostile / "matplotlibrc").write_text(MATPLOTLIBRC)
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("MPL")}
    scripts = str(ROOT / "workflow/scripts")
    for folder, environment in (
        (plain, {"PYTHONPATH": scripts}),
        (hostile, {**HOSTILE, "PYTHONPATH": scripts}),
        (hostile, {"PYTHONPATH": f"{scripts}:{modules_of_the_user}"}),
        (hostile, {**HOSTILE, "PYTHONPATH": scripts, "MPLBACKEND": "nonsense"}),
    ):
        done = subprocess.run([sys.executable, "-c", code], cwd=folder, env=inherited | environment)
        assert done.returncode == 0, (folder / "log").read_text(encoding="utf-8")
        for file in ("figure.svg", "figure.png", "figure.pdf", "figure.arrow"):
            assert (folder / file).read_bytes() == (plain / file).read_bytes(), file


def _figure_script(name: str, tmp_path: Path) -> str:
    """Return scripts/figure.py with a stand-in for what its rule gives it, which writes to the working directory."""
    run, known = Run(), {**TABLES, "questions": QUESTIONS}
    paths, panels = {}, {}
    for table, data in run.tables(name).items():
        own = {column for column in ("model", "dataset") if known[table].column(column) is None}
        labels = [dict(zip(sorted(own), row, strict=True)) for row in _distinct(data, sorted(own))]
        paths[table], panels[table] = [], labels
        for i, label in enumerate(labels):
            part = data
            for column, value in label.items():
                part = part.filter([cell == value for cell in part[column].to_pylist()])
            paths[table].append(str(tmp_path / f"{table}{i}.arrow"))
            write_table(paths[table][-1], known[table], part.drop_columns(sorted(own)), {})
    output = {kind: f"figure.{kind}" for kind in ("svg", "png", "pdf")}
    values = json.dumps(
        {"figure": name, "panels": panels, "settings": run.settings(name), "titles": run.titles._asdict()}
    )
    assert name in FIGURES
    return (
        "import json\nfrom types import SimpleNamespace as N\n"
        f"class Output(dict): data = 'figure.arrow'\n"
        f"snakemake = N(log=['log'], input={paths!r}, output=Output({output!r}), rule='figure', "
        f"params=N(**json.loads({values!r})))\n"
    ) + (ROOT / "workflow/scripts/figure.py").read_text(encoding="utf-8")


def _distinct(data, columns: list[str]) -> list[tuple]:
    return list(dict.fromkeys(zip(*(data[column].to_pylist() for column in columns), strict=True)))

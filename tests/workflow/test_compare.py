"""`snakemake compare` on two finished runs, as a user runs it: nothing of either run is made again."""

import shutil

from crosslens.tables.compare import DIFFERENCES, SETTINGS
from crosslens.tables.files import read_table
from workflow_runs import snakemake


def test_the_demo_and_its_copy_are_the_same_and_stay_as_they_are(demo, project):
    for name in ("demo", "again"):
        shutil.copytree(demo / "results/demo", project / "results" / name)
    before = {path: path.stat().st_mtime_ns for path in (project / "results").rglob("*.arrow")}
    text = snakemake(project, "compare", "--config", "runs=[demo,again]", "--cores", "1").stdout
    assert text.count("paired: the same draws of the same questions") == 6 and "No setting differs." in text
    rows = read_table(project / "results/compare/demo-again/differences.arrow", DIFFERENCES).to_pylist()
    assert {row["difference"] for row in rows} == {0.0} and all(row["paired"] for row in rows)
    assert {"accuracy", "upper accuracy_pivot", "steering_gain"} < {row["measure"] for row in rows}
    assert len({(row["model"], row["dataset"]) for row in rows}) == 6
    assert len(read_table(project / "results/compare/demo-again/settings.arrow", SETTINGS)) == 0
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())


def test_runs_that_cannot_be_compared_are_an_error_that_says_why(project):
    done = snakemake(project, "compare", "--cores", "1", check=False)
    assert done.returncode != 0 and "needs the names of two different runs" in done.stdout
    done = snakemake(project, "compare", "--config", "runs=[mine,other]", "--cores", "1", check=False)
    assert done.returncode != 0 and "Traceback" not in done.stdout.split("error: ")[-1]
    assert "error: There is no run 'mine': results/mine does not exist." in done.stdout

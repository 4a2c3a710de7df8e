"""`snakemake plan` as a user runs it."""

from workflow_runs import copy_project, snakemake


def test_snakemake_plan_of_the_paper_needs_nothing_and_prints_the_table(tmp_path):
    project = copy_project(tmp_path)
    for _ in range(2):
        text = snakemake(project, "plan", "--configfile", "config/paper.yaml", "--cores", "1").stdout
        assert "GPU-hours" in text and text.count("belebele") == text.count("mhellaswag") == 6
        assert "HF_TOKEN first: google/gemma-2-2b-it, google/gemma-2-9b-it, google/gemma-2-27b-it." in text
        assert "fetch" not in text
    assert not (project / "resources").exists()
    assert len((project / "results/paper/tables/plan.csv").read_text().splitlines()) == 1 + 6 * 3

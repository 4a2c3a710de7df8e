"""Under pytest, shapes and types in signatures are checked at run time; the demo is run once for all tests."""

import pytest
from jaxtyping import install_import_hook

install_import_hook("crosslens", "beartype.beartype")


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """The embedded default, run once from nothing; its output is in demo.txt."""
    from workflow_runs import copy_project, snakemake

    folder = copy_project(tmp_path_factory.mktemp("demo"))
    folder.joinpath("demo.txt").write_text(snakemake(folder, "--cores", "all").stdout)
    return folder


@pytest.fixture()
def project(tmp_path):
    """A fresh copy of the project, without results."""
    from workflow_runs import copy_project

    return copy_project(tmp_path)

"""Under pytest, shapes and types in signatures are checked at run time; the demo is run once for all tests."""

from pathlib import Path

import pytest
from jaxtyping import install_import_hook

install_import_hook("crosslens", "beartype.beartype")


@pytest.hookimpl(tryfirst=True)  # before pytest selects tests by their marks
def pytest_collection_modifyitems(items):
    """Mark everything that starts Snakemake as slow, and what looks at the finished demo as demo.

    `make test-fast` leaves the slow tests out. `make test` runs those of the demo beside all others.
    """
    for item in items:
        if Path(__file__).parent / "workflow" in item.path.parents:
            item.add_marker("slow")
        if "demo" in item.fixturenames:
            item.add_marker("demo")


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

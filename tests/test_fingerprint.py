"""Edits of code that runs change the fingerprint; comments, docstrings, formatting and unrelated files do not."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from crosslens import fingerprint

FILES = {
    "job.py": '"""A script."""\n\nfrom crosslens import direct\n\nprint(direct.double(2))\n',
    "crosslens/__init__.py": '"""The package."""\n',
    "crosslens/direct.py": (
        '"""Imports another."""\n\nfrom crosslens.sub.deep import CONSTANT\n\n\n'
        'def double(x):\n    """Twice x."""\n    # a comment\n    return CONSTANT * x\n'
    ),
    "crosslens/sub/__init__.py": "",
    "crosslens/sub/deep.py": (
        "import crosslens.late_binding as other\nfrom . import sibling\nfrom .. import uncle\nfrom ..aunt import NAME\n"
        "\nCONSTANT = 2\n"
    ),
    "crosslens/sub/sibling.py": "VALUE = 1\n",
    "crosslens/uncle.py": "VALUE = 1\n",
    "crosslens/aunt.py": "NAME = 'aunt'\n",
    "crosslens/late_binding.py": "def use():\n    from crosslens import lazy\n\n    return lazy\n",
    "crosslens/lazy.py": "import crosslens.direct  # a circle\n\nVALUE = 'text'\n",
    "crosslens/unrelated.py": "def other():\n    return 1\n",
}
CHANGES = {
    "the script": ("job.py", "double(2)", "double(3)"),
    "an imported module": ("crosslens/direct.py", "CONSTANT * x", "CONSTANT + x"),
    "a module imported by it": ("crosslens/sub/deep.py", "= 2", "= 3"),
    "one imported from its own package": ("crosslens/sub/sibling.py", "= 1", "= 2"),
    "one imported from the package above": ("crosslens/uncle.py", "= 1", "= 2"),
    "one whose name is imported from above": ("crosslens/aunt.py", "'aunt'", "'ant'"),
    "one imported inside a function": ("crosslens/lazy.py", "'text'", "'other text'"),
    "the package's __init__": ("crosslens/__init__.py", "\n", "\nimport os\n"),
    "a subpackage's __init__": ("crosslens/sub/__init__.py", "", "FLAG = True\n"),
    "a name": ("crosslens/direct.py", "def double(x)", "def double(x, y=0)"),
    "a string that is no docstring": ("crosslens/direct.py", "return", "'begin'.upper()\n    return"),
}
NO_CHANGES = {
    "a comment": ("crosslens/direct.py", "# a comment", "# another comment"),
    "a comment less": ("crosslens/direct.py", "    # a comment\n", ""),
    "a function's docstring": ("crosslens/direct.py", "Twice x.", "The double of x."),
    "a docstring less": ("crosslens/direct.py", '    """Twice x."""\n', ""),
    "a module's docstring": ("crosslens/direct.py", "Imports another.", "Something else."),
    "the script's docstring": ("job.py", "A script.", "Another script."),
    "formatting": ("crosslens/direct.py", "CONSTANT * x", "(\n        CONSTANT\n        * x\n    )"),
    "quotes": ("crosslens/lazy.py", "'text'", '"text"'),
    "empty lines": ("crosslens/sub/deep.py", "\n\n", "\n\n\n\n"),
    "an unrelated module": ("crosslens/unrelated.py", "return 1", "return 2"),
}


def write(root, files):
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    return root


@pytest.fixture
def hashed(monkeypatch):
    """fingerprint(job.py) of a tree of scripts with a package in it."""

    def compute(root: Path) -> str:
        monkeypatch.setattr(fingerprint, "PACKAGE", root / "crosslens")
        fingerprint._read.cache_clear()
        return fingerprint.fingerprint(root / "job.py")

    yield compute
    fingerprint._read.cache_clear()


def edited(root, edit):
    name, old, new = edit
    assert old in FILES[name]
    return write(root, {**FILES, name: FILES[name].replace(old, new, 1)})


@pytest.mark.parametrize("edit", CHANGES.values(), ids=CHANGES)
def test_code_counts(tmp_path, hashed, edit):
    assert hashed(edited(tmp_path / "b", edit)) != hashed(write(tmp_path / "a", FILES))


@pytest.mark.parametrize("edit", NO_CHANGES.values(), ids=NO_CHANGES)
def test_what_does_not_run_does_not_count(tmp_path, hashed, edit):
    assert hashed(edited(tmp_path / "b", edit)) == hashed(write(tmp_path / "a", FILES))


def test_touching_a_file_changes_nothing(tmp_path, hashed):
    before = hashed(write(tmp_path, FILES))
    for name in FILES:
        os.utime(tmp_path / name, (0, 0))
    assert hashed(tmp_path) == before


def test_a_new_file_counts_once_it_is_imported(tmp_path, hashed):
    before = hashed(write(tmp_path, FILES))
    write(tmp_path, {"crosslens/new.py": "VALUE = 1\n"})
    assert hashed(tmp_path) == before
    write(tmp_path, {"job.py": FILES["job.py"] + "from crosslens import new\n"})
    with_new = hashed(tmp_path)
    write(tmp_path, {"crosslens/new.py": "VALUE = 2\n"})
    assert len({before, with_new, hashed(tmp_path)}) == 3


def test_moving_code_to_another_module_counts(tmp_path, hashed):
    """Two modules that swap their contents are not the same program."""
    swapped = {"crosslens/lazy.py": FILES["crosslens/direct.py"], "crosslens/direct.py": FILES["crosslens/lazy.py"]}
    assert hashed(write(tmp_path / "a", FILES)) != hashed(write(tmp_path / "b", {**FILES, **swapped}))


def test_a_working_tree_behind_a_symbolic_link(tmp_path):
    """Home folders of clusters are often links."""
    scripts = fingerprint.PACKAGE.parent
    shutil.copytree(scripts / "crosslens", tmp_path / "real/crosslens", ignore=shutil.ignore_patterns("__pycache__"))
    write(tmp_path / "real", {"job.py": "from crosslens import packing\n"})
    (tmp_path / "link").symlink_to(tmp_path / "real")
    code = "import sys; sys.path.insert(0, sys.argv[1]); from crosslens.fingerprint import *; "
    code += "print(fingerprint(sys.argv[1] + '/job.py'))"
    found = [
        subprocess.run([sys.executable, "-c", code, tmp_path / name], capture_output=True, text=True, check=True).stdout
        for name in ("real", "link")
    ]
    assert found[0] == found[1] != ""


def test_every_module_that_python_loads_is_among_the_sources(tmp_path):
    """The oracle is Python's own import system; imports inside functions may add to the sources."""
    code = """
import json, sys
loaded = {}
for script in sys.argv[1:]:
    for name in [name for name in sys.modules if name.partition(".")[0] == "crosslens"]:
        del sys.modules[name]
    exec(open(script).read())
    loaded[script] = [sys.modules[name].__file__ for name in sys.modules if name.partition(".")[0] == "crosslens"]
print(json.dumps(loaded))
"""
    names = ["configuration", "metrics", "inference", "hidden_states"]
    write(tmp_path, {f"{name}.py": f"from crosslens import {name}\n" for name in names})
    scripts = [str(tmp_path / f"{name}.py") for name in names]
    environment = {**os.environ, "PYTHONPATH": str(fingerprint.PACKAGE.parent)}
    ended = subprocess.run(
        [sys.executable, "-c", code, *scripts], capture_output=True, text=True, check=True, env=environment
    )
    for script, files in json.loads(ended.stdout).items():
        assert set(map(Path, files)) <= set(fingerprint.sources(Path(script))), script


def test_inference_follows_the_engine_and_not_the_metrics():
    names = {path.stem for path in fingerprint.sources(fingerprint.PACKAGE.parent / "inference.py")}
    assert {"inference", "forward", "attention", "hooks", "lens", "packing", "sampling", "tables"} <= names
    assert not {"metrics", "latent", "intervals", "audit", "configuration", "fingerprint"} & names

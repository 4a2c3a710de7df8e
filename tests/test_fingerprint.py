"""Edits of code that runs change the fingerprint; comments, docstrings, formatting and unrelated files do not."""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from crosslens import fingerprint
from crosslens.tables import metrics

SCRIPTS = fingerprint.PACKAGE.parent
METRICS = {fingerprint.PACKAGE / f"tables/{module.__name__.rsplit('.', 1)[1]}.py" for module in metrics.MODULES}
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
    "crosslens/uncle.py": "from crosslens.table import TABLE\n\nVALUE = 1\n",
    "crosslens/aunt.py": "NAME = 'aunt'\n",
    "crosslens/late_binding.py": "def use():\n    from crosslens import lazy\n\n    return lazy\n",
    "crosslens/lazy.py": "import crosslens.direct  # a circle\n\nVALUE = 'text'\n",
    "crosslens/table.py": (
        "def Column(name, type, *, doc, nullable=False):\n    return name\n\n\n"
        "def _measure(name, doc):\n    return Column(name, 'float', doc=doc + '; or null', nullable=True)\n\n\n"
        "TABLE = [Column('a', 'int', doc='what a is'), _measure('b', doc='what b is'), print('x', 'y', 'z')]\n"
    ),
    "crosslens/unrelated.py": "def other():\n    return 1\n",
}
CHANGES = {
    "the script": ("job.py", "double(2)", "double(3)"),
    "an imported module": ("crosslens/direct.py", "CONSTANT * x", "CONSTANT + x"),
    "a module imported by it": ("crosslens/sub/deep.py", "= 2", "= 3"),
    "one imported from its own package": ("crosslens/sub/sibling.py", "= 1", "= 2"),
    "one imported from the package above": ("crosslens/uncle.py", "= 1", "= 2"),
    "a column's name": ("crosslens/table.py", "'a'", "'aa'"),
    "a column's type": ("crosslens/table.py", "'int'", "'float'"),
    "a measure's name": ("crosslens/table.py", "'b'", "'bb'"),
    "a column more": ("crosslens/table.py", ", _measure('b'", ", Column('c', 'int', doc='what c is'), _measure('b'"),
    "whether it may be null": ("crosslens/table.py", "'what a is')", "'what a is', nullable=True)"),
    "the third argument of another function": ("crosslens/table.py", "'z'", "'zz'"),
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
    "a column's description": ("crosslens/table.py", "what a is", "what else a is"),
    "a description of two parts": ("crosslens/table.py", "'what a is'", "'what a' + ' is'"),
    "a measure's description": ("crosslens/table.py", "what b is", "what else b is"),
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


def newer(tree: ast.AST) -> ast.AST:
    """The tree as Python 3.12 and later give it: functions and classes have type parameters."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            node._fields = (*node._fields, "type_params")
            node.type_params = []
    return tree


def older(tree: ast.AST) -> ast.AST:
    """The tree without the fields that are empty, as if this version of Python did not know them."""
    for node in ast.walk(tree):
        node._fields = tuple(name for name in node._fields if getattr(node, name, None) not in (None, []))
    return tree


@pytest.mark.parametrize("version", [newer, older])
def test_all_versions_of_python_give_the_same(tmp_path, hashed, monkeypatch, version):
    before, parse = hashed(write(tmp_path, FILES)), ast.parse
    assert ast.dump(version(parse(FILES["crosslens/direct.py"]))) != ast.dump(parse(FILES["crosslens/direct.py"]))
    monkeypatch.setattr(ast, "parse", lambda *given: version(parse(*given)))
    assert hashed(tmp_path) == before


SNIPPETS = r"""
f()|f(x)|f(*x)|f(x=1)|f(**x)|f[x]|f[x:]|f[:x]|f[::x]|f.x|x.f|f = x|f += x|f: x|f: x = x|f|del f|f, x|[f, x]|{f, x}
{f: x}|{**f}|{f: 1, **x}|None|True|1|1.0|1j|'1'|b'1'|...|f'1'|f'{x}'|f'{x!r}'|f'{x:1}'|f'{x:{f}}'|-x|not x|x + 1
x or 1|x and 1|x < 1|x < 1 < f|x if f else 1|lambda: x|lambda x: x|lambda *x: x|lambda **x: x|lambda x=1: x
lambda *, x: x|lambda x, /: x|lambda *, x=None: x|[x for x in f]|{x for x in f}|(x for x in f)|{x: x for x in f}
[x for x in f if x]|(yield)|(yield x)|(x := f)|return|return x|return None|raise|raise x|raise x from f|assert x
assert x, f|import x|import x as f|from x import f|from . import x|from .. import x|pass|global x|nonlocal x|break
continue|async def f(): pass|def f(): pass|def f(x): pass|def f() -> x: pass|class f: pass|class f(x): pass
class f(x=1): pass|if x: pass|while x: pass|for x in f: pass|with x: pass|with x as f: pass|@x\ndef f(): pass
try: pass\nfinally: x|try: pass\nexcept: x|try: pass\nexcept x: x|try: pass\nexcept x as f: x
try: pass\nexcept: x\nelse: x|match x:\n case None: pass|match x:\n case True: pass|match x:\n case 1: pass
match x:\n case _: pass|match x:\n case f: pass|match x:\n case [*_]: pass|match x:\n case []: pass
""".strip()


def test_different_statements_give_different_texts():
    """The oracle is Python's own dump of this version."""
    statements = [text.replace(r"\n", "\n") for line in SNIPPETS.splitlines() for text in line.split("|")]
    trees = [ast.parse(text) for text in statements]
    assert len(set(map(fingerprint._text, trees))) == len(set(map(ast.dump, trees))) == len(statements)


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
    write(tmp_path / "real", {"job.py": "from crosslens.engine import packing\n"})
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
    modules = ["experiment.experiment", "metrics.output", "engine.inference", "report.figures.pca"]
    write(tmp_path, {f"{name}.py": f"import crosslens.{name}\n" for name in modules})
    scripts = [str(tmp_path / f"{name}.py") for name in modules]
    environment = {**os.environ, "PYTHONPATH": str(fingerprint.PACKAGE.parent)}
    ended = subprocess.run(
        [sys.executable, "-c", code, *scripts], capture_output=True, text=True, check=True, env=environment
    )
    for script, files in json.loads(ended.stdout).items():
        assert set(map(Path, files)) <= set(fingerprint.sources(Path(script))), script


def test_descriptions_are_keywords_of_what_declares_columns_and_of_nothing_else():
    """Another function's ``doc`` could change what runs, and an edit of it would rerun nothing."""
    called = set()
    for file in fingerprint.PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and any(keyword.arg == fingerprint.DESCRIPTION for keyword in node.keywords):
                called.add(node.func.id)
    assert called == {"Column", "measure", "_number"}


def test_no_expensive_job_follows_the_tables_of_metrics():
    """Weeks of GPU time do not run again because a table of the report gets a column."""
    scripts = ["questions", "hidden_states", "steering_vectors", "inference", "train_demo_model", "make_demo_data"]
    for script in [*scripts, "fetch_model", "fetch_questions", "audit", "prompt_sheet"]:
        assert METRICS.isdisjoint(fingerprint.sources(SCRIPTS / f"{script}.py")), script


def test_inference_follows_the_engine_and_not_the_metrics():
    rooms = {path.parent.name for path in fingerprint.sources(SCRIPTS / "inference.py") if path.name != "__init__.py"}
    assert rooms == {"scripts", "crosslens", "tables", "data", "engine"}
    names = {path.stem for path in fingerprint.sources(SCRIPTS / "inference.py")}
    assert {"inference", "forward", "attention", "hooks", "lens", "packing", "sampling", "files"} <= names
    assert not {"metrics", "audit", "catalogues", "fingerprint"} & names

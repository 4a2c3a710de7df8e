"""A hash of a script and of every crosslens module that it imports, which changes only when code that runs changes.

Comments, docstrings and formatting do not count. Rules carry it as a parameter, so that editing `lens` reruns inference
and editing a comment reruns nothing. Snakemake's own code trigger does not see imported modules and fires on a touch.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def fingerprint(script: str | Path) -> str:
    """Hash of the syntax trees of ``script`` and, transitively, of the modules of this package that it imports."""
    parts = [f"{path.relative_to(PACKAGE.parent)}\n{_normalized(path)}" for path in sources(Path(script))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def sources(script: Path) -> list[Path]:
    """The script and every file of this package that it imports directly or indirectly, sorted."""
    found, queue = set(), [script.resolve()]
    while queue:
        path = queue.pop()
        if path not in found:
            found.add(path)
            queue += _imports(path)
    return sorted(found)


@cache
def _normalized(path: Path) -> str:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and _is_docstring(body):
            node.body = body[1:]
    return ast.dump(tree)


def _is_docstring(body: list) -> bool:
    first = body[0] if body else None
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)


@cache
def _imports(path: Path) -> list[Path]:
    """Files of this package that the file imports, including the packages' own __init__ files."""
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return sorted({file for name in names for file in _files(name)})


def _files(name: str) -> list[Path]:
    """crosslens.a.b -> the files of crosslens, crosslens.a and crosslens.a.b that exist."""
    first, *rest = name.split(".")
    if first != PACKAGE.name:
        return []
    found = []
    for i in range(len(rest) + 1):
        base = PACKAGE.joinpath(*rest[:i])
        found += [file for file in (base / "__init__.py", base.with_suffix(".py")) if file.is_file()]
    return found

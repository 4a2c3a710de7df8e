"""A hash of a script and of every crosslens module that it imports, which changes only when code that runs changes.

Comments, docstrings, formatting and what describes the columns of tables do not count. Rules carry it as a parameter,
so that editing `lens` reruns inference and editing a comment reruns nothing. Snakemake's own code trigger does not see
imported modules and fires on a touch.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
# The keyword argument that only describes something to people, wherever it is passed.
DESCRIPTION = "doc"


def fingerprint(script: str | Path) -> str:
    """Hash of the syntax trees of ``script`` and, transitively, of the modules of this package that it imports."""
    parts = [f"{path.relative_to(PACKAGE.parent)}\n{_read(path)[0]}" for path in sources(Path(script))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def sources(script: Path) -> list[Path]:
    """The script and every file of this package that it imports directly or indirectly, sorted."""
    found, queue = set(), [script.resolve()]
    while queue:
        path = queue.pop()
        if path not in found:
            found.add(path)
            queue += _read(path)[1]
    return sorted(found)


@cache
def _read(path: Path) -> tuple[str, list[Path]]:
    """A file's syntax tree, as text, less docstrings and descriptions; the files of this package that it imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = []
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and _is_docstring(body):
            node.body = body[1:]
        elif isinstance(node, ast.Call):
            node.keywords = [keyword for keyword in node.keywords if keyword.arg != DESCRIPTION]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = _absolute(node, path)
            names += [module, *(f"{module}.{alias.name}" for alias in node.names)]
    return _text(tree), sorted({file for name in names for file in _files(name)})


def _text(node) -> str:
    """A syntax tree as text, the same in all versions of Python: `ast.dump` is not, for it shows or omits empty fields.

    Newer versions know more fields, such as a function's type parameters; they are empty unless the code uses them.
    Whether a name is read or written (``ctx``) is left out: its place says it.
    """
    if isinstance(node, ast.AST):
        values = [(name, getattr(node, name, None)) for name in node._fields if name != "ctx"]
        fields = [f"{name}={_text(value)}" for name, value in values if value is not None and value != []]
        return f"{node.__class__.__name__}({','.join(fields)})"
    return f"[{','.join(map(_text, node))}]" if isinstance(node, list) else repr(node)


def _is_docstring(body: list) -> bool:
    first = body[0] if body else None
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)


def _absolute(node: ast.ImportFrom, path: Path) -> str:
    """The module that names are imported from; a relative one, counted from the package that ``path`` is in."""
    if not node.level:
        return node.module
    package = path.relative_to(PACKAGE.parent).parts[: -node.level]
    return ".".join([*package, node.module] if node.module else package)


def _files(name: str) -> list[Path]:
    """crosslens.a.b -> the files of crosslens, crosslens.a and crosslens.a.b that exist, the packages' __init__ too."""
    first, *rest = name.split(".")
    if first != PACKAGE.name:
        return []
    found = []
    for i in range(len(rest) + 1):
        base = PACKAGE.joinpath(*rest[:i])
        found += [file for file in (base / "__init__.py", base.with_suffix(".py")) if file.is_file()]
    return found

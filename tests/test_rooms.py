"""The rooms of the library: imports go downwards only, every room says what is in it, few modules lie beside them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from crosslens.fingerprint import PACKAGE

# From the ground up; a room may import from those before it and from the modules beside the rooms.
ROOMS = ["tables", "data", "demo", "engine", "metrics", "findings", "plan", "report", "exports", "experiment"]


def imported_rooms(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "crosslens":
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from {name.split(".")[1] for name in names} & set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_from_rooms_below_it(room):
    below = {*ROOMS[: ROOMS.index(room)], room}
    for file in (PACKAGE / room).rglob("*.py"):
        assert set(imported_rooms(file)) <= below, file


def test_the_rooms_are_all_there_is_but_for_a_few_modules():
    assert sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py")) == sorted(ROOMS)
    modules = list(PACKAGE.glob("*.py"))
    assert len(modules) <= 6
    for file in modules:
        assert not set(imported_rooms(file)), file


@pytest.mark.parametrize("room", [*ROOMS, "data/formats", "report/figures", "report/hover"])
def test_a_room_says_in_a_few_lines_what_is_in_it(room):
    text = (PACKAGE / room / "__init__.py").read_text(encoding="utf-8")
    assert len(ast.get_docstring(ast.parse(text)).splitlines()) >= 3
    assert len(ast.parse(text).body) == 1, "a docstring and nothing else"

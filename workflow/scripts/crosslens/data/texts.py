"""Compile the texts of a mapping: each says how to make a text (an id, a question, a subject) from a row.

A text is compiled once per file, against the file's columns, into a function of a record. `mapping` puts the texts of a
question together; docs/mapping.md describes the grammar.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from crosslens.data.records import Record, shown
from crosslens.errors import CrosslensError

Text = Callable[[Record], str]
Value = Callable[[Record], object]

SOURCES = ("column", "path", "template", "lookup", "position")  # a text has exactly one of these
NAMED = re.compile(r"\{([^{}]*)\}")  # what a template names
OTHERWISE = "*"  # the key of a lookup for all other values


@dataclass(frozen=True)
class Scope:
    """Where a part of a mapping is compiled.

    key: its key in the catalogue, for messages. language: the tag of the file's language. columns: the file's columns;
    None while the mapping is checked without a file. first: the file's first record. complete: whether the file has all
    rows that it should have. plain: whether numbers are good for texts too, as in ids and groups. required: whether a
    null is an error rather than an empty text, as in ids. place: where the data set's entry is, for messages.
    """

    key: str
    language: str = ""
    columns: frozenset[str] | None = None
    first: Record | None = None
    complete: bool = False
    plain: bool = False
    required: bool = False
    place: str = "config/datasets.yaml"

    def at(self, key: str, **changed) -> "Scope":
        """Return the scope of the part at ``key``."""
        return replace(self, key=f"{self.key}.{key}", **changed)

    def error(self, problem: str) -> CrosslensError:
        """Return an error, to be raised, on the mapping itself."""
        return CrosslensError(f"{self.place} key '{self.key}': {problem}")

    def check_column(self, name: str) -> None:
        """Raise CrosslensError if the file has no column ``name``."""
        if self.columns is not None and name not in self.columns:
            there = ", ".join(map(repr, self.first.fields))
            raise self.first.error(name, f"is missing (there are {there}), but '{self.key}' names it")


def regex(pattern: str, scope: Scope, groups: int | None = None) -> re.Pattern:
    """Return a compiled pattern. Raises CrosslensError if it is none, or has another number of groups."""
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise scope.error(f"'{pattern}' is no regular expression ({error}).") from None
    if groups is not None and compiled.groups != groups:
        raise scope.error(
            f"'{pattern}' has {compiled.groups} groups, expected {groups}: write (...) around what to take."
        )
    return compiled


def value(spec: str | Mapping, scope: Scope) -> Value:
    """Return the function that reads a cell, or what is inside one.

    ``spec`` is a column's name, or a mapping with ``column`` or ``path``. A dotted name reaches into nested values only
    if no column has that very name.
    """
    column = spec if isinstance(spec, str) else spec.get("column")
    if column is None:
        return _path(spec["path"], scope)
    steps = column.split(".")
    if scope.columns is not None and column not in scope.columns and len(steps) > 1:
        return _path(steps, scope)
    if len(steps) == 1:
        scope.check_column(column)
    return lambda record: record.value(column)


def _path(steps: Sequence[str | int], scope: Scope) -> Value:
    first, *inner = steps
    scope.check_column(first)
    name = ".".join(map(str, steps))

    def reach(record: Record) -> object:
        value = record.value(first)
        for step in inner:
            value = _inside(value, step, record, name)
        return value

    return reach


def _inside(value: object, step: str | int, record: Record, name: str) -> object:
    """Return what is at ``step`` inside a value: an item of a list by its number, or what is there in every item."""
    if isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
        return value[step]
    if isinstance(value, list) and not isinstance(step, int):
        return [_inside(item, step, record, name) for item in value]
    if not isinstance(value, Mapping) or step not in value:
        raise record.error(name, f"is missing: there is no '{step}' in {shown(value)}")
    return value[step]


def text(spec: str | Mapping, scope: Scope) -> Text:
    """Return the function that makes a text of a record, without surrounding white space.

    Raises CrosslensError if the mapping is wrong, or names a column that the file lacks; so does the function if a
    record's value is not text.
    """
    if isinstance(spec, str):
        spec = {"column": spec}
    source = _one_source(spec, scope)
    made = COMPILERS[source](spec, scope)
    if "capture" in spec:
        made = captured(made, regex(spec["capture"], scope, groups=1), _name(spec))
    if "replace" in spec:
        made = _then(made, replacer(spec["replace"], scope))
    return made


def _one_source(spec: Mapping, scope: Scope) -> str:
    found = [source for source in SOURCES if source in spec]
    if len(found) != 1:
        has = f"has {' and '.join(found)}" if found else "has none"
        raise scope.error(f"a text is made from one of {', '.join(SOURCES)}; this one {has} of them.")
    for key, owners in OWNERS.items():
        if key in spec and found[0] not in owners:
            raise scope.error(f"'{key}' goes with {' or '.join(owners)}, not with '{found[0]}'.")
    return found[0]


def _name(spec: Mapping) -> str:
    """Return the name of a text's source for messages."""
    return str(spec.get("column", spec.get("path", spec.get("template", "position"))))


def _cell(spec: Mapping, scope: Scope) -> Text:
    read, name = value(spec, scope), _name(spec)
    plain, required = scope.plain, scope.required

    def cell(record: Record) -> str:
        content = read(record)
        if isinstance(content, str):
            return content.strip()
        if content is None and not required:
            return ""
        if plain and isinstance(content, int):
            return str(content)
        raise record.error(name, f"is {shown(content)}, expected text")

    return cell


def _template(spec: Mapping, scope: Scope) -> Text:
    pattern = spec["template"]
    if isinstance(pattern, Mapping):
        pattern = _chosen(pattern, scope.language, scope)
    parts = NAMED.split(pattern)  # text, name, text, name, ..., text
    named = spec.get("with", {})
    if unused := [name for name in named if name not in parts[1::2]]:
        raise scope.error(f"the template has no '{{{unused[0]}}}', but 'with' says what it is.")
    fillers = [text(named.get(name, name), scope.at("template")) for name in parts[1::2]]
    texts = parts[::2]

    def fill(record: Record) -> str:
        filled = [texts[0]]
        for filler, after in zip(fillers, texts[1:], strict=True):
            filled += [filler(record), after]
        return "".join(filled).strip()

    return fill


def _lookup(spec: Mapping, scope: Scope) -> Text:
    by, table = spec.get("by", []), spec["lookup"]
    if not by:
        raise scope.error("'lookup' needs 'by', the columns whose cells are looked up; 'language' is the tag.")
    keys = [_by(name, scope) for name in by]

    def look_up(record: Record) -> str:
        found: object = table
        for name, key in zip(by, keys, strict=True):
            cell = key(record)
            if not isinstance(found, Mapping) or (cell not in found and OTHERWISE not in found):
                raise record.error(name, f"is '{cell}', which '{scope.key}.lookup' does not have")
            found = found.get(cell, found.get(OTHERWISE))
        return str(found)

    return look_up


def _by(name: str, scope: Scope) -> Text:
    return (lambda record: scope.language) if name == "language" else text(name, scope.at("by", plain=True))


def _chosen(table: Mapping, language: str, scope: Scope) -> str:
    """Return the text for a language from a mapping of tags; "*" is for all others."""
    if language not in table and OTHERWISE not in table:
        raise scope.error(f"has no text for language '{language}'; '*' would be for all others.")
    return table.get(language, table.get(OTHERWISE))


def _position(spec: Mapping, scope: Scope) -> Text:
    if spec["position"] != "row":
        raise scope.error(f"position is '{spec['position']}', but there is only the position 'row'.")
    check = spec.get("check")
    if check is None or (scope.columns is not None and check not in scope.columns):
        return lambda record: str(record.row)
    within = text(spec["within"], scope.at("within", plain=True)) if "within" in spec else None
    return _checked_position(check, within, scope.complete)


def _checked_position(check: str, within: Text | None, complete: bool) -> Text:
    """Return a record's position; raise CrosslensError where a column of numbers contradicts it.

    The numbers must increase among the rows with the same text ``within`` and, in a file that is ``complete``, count
    these rows from 0.
    """
    seen: dict[str, tuple[int, int]] = {}  # text -> number of its rows so far, the last one's number

    def position(record: Record) -> str:
        group = within(record) if within else ""
        before, last = seen.get(group, (0, -1))
        number = record.integer(check)
        if number <= last:
            raise record.error(check, f"is {number} after {last}: the rows are in another order, and they are the ids")
        if complete and number != before:
            raise record.error(
                check, f"is {number}, but {before} rows are before it: a row is missing, or one too many"
            )
        seen[group] = before + 1, number
        return str(record.row)

    return position


def captured(made: Text, pattern: re.Pattern, name: str) -> Text:
    """Return the function that takes what the group of a pattern matches. It raises CrosslensError without a match."""

    def capture(record: Record) -> str:
        content = made(record)
        match = pattern.search(content)
        if not match:
            raise record.error(name, f"is '{content}', which does not match {pattern.pattern}")
        return match[1]

    return capture


def _then(made: Text, change: Callable[[str], str]) -> Text:
    return lambda record: change(made(record))


def replacer(pairs: Sequence[Sequence[str]], scope: Scope) -> Callable[[str], str]:
    """Return the function that replaces, in order, what matches each pattern, and removes white space at both ends."""
    compiled = [(regex(pattern, scope.at("replace")), replacement) for pattern, replacement in pairs]

    def clean(content: str) -> str:
        content = content.strip()
        for pattern, replacement in compiled:
            content = pattern.sub(replacement, content)
        return content.strip()

    return clean


COMPILERS: dict[str, Callable[[Mapping, Scope], Text]] = {
    "column": _cell,
    "path": _cell,
    "template": _template,
    "lookup": _lookup,
    "position": _position,
}
# Keys that only go with some sources of a text.
OWNERS = {"with": ("template",), "by": ("lookup",), "check": ("position",), "within": ("position",)}

"""Compile the answer choices of a mapping and the key among them; docs/mapping.md describes the grammar.

Choices are first read as they are, then the key is found, then empty ones at the end are dropped (never the key).
"""

import ast
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from string import ascii_uppercase

from crosslens.data import patterns
from crosslens.data.records import Record, shown
from crosslens.data.texts import Scope, Text, Value, captured, regex, replacer, text, value
from crosslens.errors import CrosslensError

Raw = Callable[[Record], list]  # the choices as the file has them
Key = Callable[[Record, list, list[str]], int]  # from the raw choices and their texts
DECODERS: dict[str, Callable[[str], object]] = {"json": json.loads, "python": ast.literal_eval}
SHUFFLED = {"first", "one_hot"}  # these answers stand first in many files, so their choices are shuffled


class Choices:
    """The choices of a file's questions: reads them from a record, with notes on them."""

    def __init__(self, spec: Sequence | Mapping, answer: Mapping, scope: Scope) -> None:
        where = scope.at("choices")
        options = spec if isinstance(spec, Mapping) else {}
        self.raw, self.name = _raw(spec, where)
        self.key = _key(answer, scope.at("answer"))
        self.shuffled = answer["as"] in SHUFFLED
        self.empty = set(options.get("empty", []))
        self.clean = _cleaner(options, where)
        self.unnamed = _unnamed(options, where)

    def read(self, record: Record, question_id: str) -> tuple[tuple[str, ...], int, tuple[str, ...]]:
        """Return the texts of a record's choices, the index of the key, and notes.

        A choice that is not text becomes "", with a note. Raises CrosslensError if there are fewer than two choices, or
        if the key is none of them.
        """
        raw = self.raw(record)
        if len(raw) < 2:
            raise record.error(self.name, f"has {len(raw)} answer choices, expected at least 2")
        clean = self.clean
        texts = [clean(choice) if isinstance(choice, str) else "" for choice in raw]
        key = self.key(record, raw, texts)
        filled = self._filled(raw, texts)
        kept = max(2, key + 1, filled)
        texts = [*texts[:filled], *[""] * (kept - filled)]
        odd = any(choice is not None and not isinstance(choice, str) for choice in raw[:filled])
        notes = ("malformed_choice",) if odd else ()
        if self.unnamed and any(record.fields.get(name) for name in self.unnamed):
            notes += ("unnamed_choice",)
            self.unnamed = []  # noted once per file
        if self.shuffled:
            order = permutation(question_id, kept)
            texts, key = [texts[i] for i in order], order.index(key)
        return tuple(texts), key, notes

    def _filled(self, raw: list, texts: list[str]) -> int:
        """Return the number of choices without the empty ones at the end."""
        n, empty = len(raw), self.empty
        while n and (raw[n - 1] is None or texts[n - 1] in empty):
            n -= 1
        return n


def permutation(question_id: str, n: int) -> list[int]:
    """Return an order of ``n`` choices that depends on the question's id alone, so it is the same in all languages."""
    return sorted(range(n), key=lambda i: hashlib.sha256(f"{question_id}#{i}".encode()).digest())


def _raw(spec: Sequence | Mapping, scope: Scope) -> tuple[Raw, str]:
    """Return the function that reads the choices as they are, and a name for messages."""
    if not isinstance(spec, Mapping):
        return _of_texts(spec, scope)
    sources = [source for source in ("range", "column", "path") if source in spec]
    if len(sources) != 1:
        raise scope.error("choices are a list of texts, or come from one of range, column, path.")
    ways = [way for way in ("decode", "split") if way in spec]
    if ways and sources[0] == "range":
        raise scope.error(f"'{ways[0]}' goes with column or path, not with 'range'.")
    if len(ways) > 1:
        raise scope.error("a text becomes a list by 'decode' or by 'split', not by both.")
    if "range" in spec:
        return _of_columns(expanded(spec["range"], scope), scope)
    name = str(spec.get("column") or ".".join(map(str, spec.get("path", []))))
    return _of_list(value(spec, scope), name, _decoder(spec)), name


def _decoder(spec: Mapping) -> Callable[[str], object] | None:
    """Return the function that makes a list of a cell's text; None where the cell itself is a list."""
    if "split" in spec:
        return lambda cell: str.split(cell, spec["split"])
    return DECODERS.get(spec.get("decode", ""))


def expanded(pattern: str, scope: Scope) -> list[str]:
    """Return the columns of a range. Raises CrosslensError if it is none, or has fewer than two."""
    try:
        names = patterns.expand(pattern)
    except CrosslensError as error:
        raise scope.error(str(error)) from None
    if len(names) < 2:
        raise scope.error(f"'{pattern}' is not a pattern with one range such as {{a..e}} or {{0..9}}.")
    return names


def _of_columns(names: Sequence[str], scope: Scope) -> tuple[Raw, str]:
    """Choices in columns of their own; what a row lacks is empty, but each must be in some row."""
    for name in names:
        scope.check_column(name)
    return lambda record: [record.fields.get(name) for name in names], names[0]


def _of_texts(specs: Sequence, scope: Scope) -> tuple[Raw, str]:
    if all(isinstance(spec, str) and (scope.columns is None or spec in scope.columns) for spec in specs):
        return _of_columns(specs, scope)
    makers = [text(spec, scope.at(str(i))) for i, spec in enumerate(specs)]
    return lambda record: [make(record) for make in makers], str(specs[0])


def _of_list(read: Value, name: str, decode: Callable[[str], object] | None) -> Raw:
    """Choices in one cell: a list, or a dictionary whose keys (letters) say the order."""

    def choices(record: Record) -> list:
        cell = read(record)
        if decode:
            cell = _decoded(cell, decode, record, name)
        if isinstance(cell, Mapping):
            cell = [cell[key] for key in sorted(cell)]
        if not isinstance(cell, list):
            hint = "; `decode` or `split` make a list of a text" if isinstance(cell, str) else ""
            raise record.error(name, f"is {shown(cell)}, expected a list of answer choices{hint}")
        return cell

    return choices


def _decoded(cell: object, decode: Callable[[str], object], record: Record, name: str) -> object:
    try:
        return decode(cell)
    except (ValueError, SyntaxError, TypeError):
        raise record.error(name, f"is {shown(cell)}, expected the text of a list") from None


def _cleaner(options: Mapping, scope: Scope) -> Callable[[str], str]:
    replace = replacer(options["replace"], scope) if "replace" in options else str.strip
    if "strip" not in options:
        return replace
    prefix = regex(options["strip"], scope.at("strip"))

    def clean(content: str) -> str:
        content = content.strip()
        match = prefix.match(content)
        return replace(content[match.end() :] if match else content)

    return clean


def _unnamed(options: Mapping, scope: Scope) -> list[str]:
    """Return the file's columns that look like choices, but are beyond the range."""
    pattern = patterns.beyond(options.get("range", ""))
    if pattern is None or scope.columns is None:
        return []
    return sorted(filter(pattern.fullmatch, scope.columns - set(patterns.expand(options["range"]))))


def _key(spec: Mapping, scope: Scope) -> Key:
    kind = spec["as"]
    if kind == "first":
        return lambda record, raw, texts: 0
    if ("column" in spec) == ("path" in spec):
        raise scope.error("an answer is in a 'column' or at a 'path', in one of them.")
    for option, kinds in {"from": ("index", "letter"), "in": ("label",)}.items():
        if option in spec and kind not in kinds:
            raise scope.error(f"'{option}' goes with as: {' or '.join(kinds)}, not with as: {kind}.")
    if kind == "label" and "in" not in spec:
        raise scope.error("as: label needs 'in', the list of labels.")
    name = str(spec.get("column") or ".".join(map(str, spec.get("path", []))))
    read = value(spec, scope)
    if "capture" in spec:
        if kind == "one_hot":
            raise scope.error("'capture' goes with a text, not with as: one_hot, which is a list.")
        read = captured(_cell_text(read, name), regex(spec["capture"], scope, groups=1), name)
    return KEYS[kind](read, name, spec, scope)


def _cell_text(read: Value, name: str) -> Text:
    return lambda record: record.as_text(name, read(record))


def _index(read: Value, name: str, spec: Mapping, scope: Scope) -> Key:
    first = spec.get("from", 0)

    def key(record: Record, raw: list, texts: list[str]) -> int:
        number = record.as_integer(name, read(record))
        if not first <= number < first + len(raw):
            raise record.error(name, f"is {number}, but the keys are {first} to {first + len(raw) - 1}")
        return number - first

    return key


def _letter(read: Value, name: str, spec: Mapping, scope: Scope) -> Key:
    digits = _index(read, name, spec, scope) if "from" in spec else None

    def key(record: Record, raw: list, texts: list[str]) -> int:
        cell = record.as_text(name, read(record))
        if digits and cell.isdecimal():
            return digits(record, raw, texts)
        letters = ascii_uppercase[: len(raw)]
        if len(cell) != 1 or cell not in letters:
            raise record.error(name, f"is '{cell}', but the keys are {', '.join(letters)}")
        return letters.index(cell)

    return key


def _label(read: Value, name: str, spec: Mapping, scope: Scope) -> Key:
    labels = _of_list(value(spec["in"], scope.at("in")), str(spec["in"]), None)

    def key(record: Record, raw: list, texts: list[str]) -> int:
        cell, known = read(record), labels(record)
        if cell not in known:
            raise record.error(name, f"is {cell!r}, but the labels are {', '.join(map(str, known))}")
        return known.index(cell)

    return key


def _text(read: Value, name: str, spec: Mapping, scope: Scope) -> Key:
    def key(record: Record, raw: list, texts: list[str]) -> int:
        cell = record.as_text(name, read(record))
        places = [i for i, choice in enumerate(raw) if isinstance(choice, str) and cell in (choice.strip(), texts[i])]
        if len(places) != 1:
            raise record.error(name, f"is '{cell}', which is {len(places)} of the answer choices, expected one of them")
        return places[0]

    return key


def _one_hot(read: Value, name: str, spec: Mapping, scope: Scope) -> Key:
    def key(record: Record, raw: list, texts: list[str]) -> int:
        marks = read(record)
        if not isinstance(marks, list) or len(marks) != len(raw) or [m for m in marks if m] != [1]:
            raise record.error(name, f"is {shown(marks)}, expected one 1 and otherwise 0 for {len(raw)} answer choices")
        return marks.index(1)

    return key


KEYS: dict[str, Callable[[Value, str, Mapping, Scope], Key]] = {
    "index": _index,
    "letter": _letter,
    "label": _label,
    "text": _text,
    "one_hot": _one_hot,
}

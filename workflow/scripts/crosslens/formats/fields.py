"""What the fields of several formats have in common: the answer choices, and the key among them."""

from collections.abc import Callable, Sequence

from crosslens.records import Record


def present(record: Record, names: Sequence[str]) -> list[str]:
    """Those of ``names`` that the record has, at least two and none left out between them."""
    found = [name for name in names if name in record.fields]
    for expected in names[: max(2, len(found))]:
        record.value(expected)
    return found


def choices(
    values: object, record: Record, field: str, clean: Callable[[str], str] = str.strip
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The choices, and the notes on them. A choice that is not a text becomes "" and is noted."""
    if not isinstance(values, list):
        raise record.error(field, f"is {values!r}, expected a list of answer choices")
    if len(values) < 2:
        raise record.error(field, f"has {len(values)} answer choices, expected at least 2")
    texts = tuple(clean(value) if isinstance(value, str) else "" for value in values)
    whole = all(isinstance(value, str) for value in values)
    return texts, () if whole else ("malformed_choice",)


def index(record: Record, field: str, numbers: range) -> int:
    """The position in ``numbers`` of the key that the field gives."""
    number = record.integer(field)
    if number not in numbers:
        raise record.error(field, f"is {number}, but the keys are {numbers.start} to {numbers.stop - 1}")
    return number - numbers.start


def letter_index(record: Record, field: str, letters: list[str]) -> int:
    """The position in ``letters`` of the key that the field gives."""
    letter = record.text(field)
    if letter not in letters:
        raise record.error(field, f"is '{letter}', but the keys are {', '.join(letters)}")
    return letters.index(letter)

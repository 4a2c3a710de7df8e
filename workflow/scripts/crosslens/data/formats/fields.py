"""Fields that several formats share: the answer choices, and the key among them."""

from collections.abc import Callable, Sequence

from crosslens.data.records import Record


def present(record: Record, names: Sequence[str]) -> list[str]:
    """Return those of ``names`` that the record has.

    Raises CrosslensError if there are fewer than two, or if one is missing between them.
    """
    in_record = [name for name in names if name in record.fields]
    for expected in names[: max(2, len(in_record))]:
        record.value(expected)
    return in_record


def choices(
    values: object, record: Record, field: str, clean: Callable[[str], str] = str.strip
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the choices' texts, and notes on them. A choice that is not text becomes "", with a note.

    Raises CrosslensError if ``values`` is not a list of at least two.
    """
    if not isinstance(values, list):
        raise record.error(field, f"is {values!r}, expected a list of answer choices")
    if len(values) < 2:
        raise record.error(field, f"has {len(values)} answer choices, expected at least 2")
    texts = tuple(clean(value) if isinstance(value, str) else "" for value in values)
    all_text = all(isinstance(value, str) for value in values)
    return texts, () if all_text else ("malformed_choice",)


def numbered_key(record: Record, field: str, numbers: range) -> int:
    """Return the position in ``numbers`` of the key that the field gives; raise CrosslensError if it is not there."""
    number = record.integer(field)
    if number not in numbers:
        raise record.error(field, f"is {number}, but the keys are {numbers.start} to {numbers.stop - 1}")
    return number - numbers.start


def lettered_key(record: Record, field: str, letters: list[str]) -> int:
    """Return the position in ``letters`` of the key that the field gives; raise CrosslensError if it is not there."""
    letter = record.text(field)
    if letter not in letters:
        raise record.error(field, f"is '{letter}', but the keys are {', '.join(letters)}")
    return letters.index(letter)

"""A record: one row of a data file, whose fields are validated on access.

Imports only the standard library, since every parse of the workflow checks the mappings, which are made of records.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from crosslens.errors import CrosslensError


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a data file: its fields, its number among the language's rows (from 0), and its place for messages.

    ``entry`` is the data set's name in config/datasets.yaml, for messages.
    """

    fields: Mapping[str, object]
    row: int
    where: str
    entry: str = ""

    def error(self, field: str, problem: str) -> CrosslensError:
        """Return an error, to be raised, that names the row and the field and says what to do."""
        return CrosslensError(
            f"{self.where}: field '{field}' {problem}. Fix the row (of a download: delete the file to get it again), "
            f"leave it out by `where`, or correct `read` or `files` of {named(self.entry)}."
        )

    def value(self, field: str) -> object:
        """Return the field as it is. Raises CrosslensError if there is none."""
        if field not in self.fields:
            raise self.error(field, f"is missing (there are {', '.join(map(repr, self.fields))})")
        return self.fields[field]

    def text(self, field: str) -> str:
        """Return the field without surrounding white space. Raises CrosslensError if it is not text."""
        return self.as_text(field, self.value(field))

    def integer(self, field: str) -> int:
        """Return the field as a whole number. Raises CrosslensError unless it is one, or text of digits and spaces."""
        return self.as_integer(field, self.value(field))

    def as_text(self, field: str, value: object) -> str:
        """Return a value found at ``field`` as `text` does."""
        if not isinstance(value, str):
            raise self.error(field, f"is {shown(value)}, expected text")
        return value.strip()

    def as_integer(self, field: str, value: object) -> int:
        """Return a value found at ``field`` as `integer` does."""
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if not isinstance(value, str) or not value.strip().isdecimal():
            raise self.error(field, f"is {shown(value)}, expected a whole number")
        return int(value)


def named(entry: str) -> str:
    """Return how messages call a data set."""
    return f"data set '{entry}' (in config/datasets.yaml or `define`)" if entry else "the data set"


def shown(value: object) -> str:
    """Return a value and its type for messages, shortened."""
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:57] + '...'} ({type(value).__name__})"

"""Names that stand for several: ranges such as ``option_{a..e}``, and the files that a pattern of paths names.

Imports only the standard library, since every parse of the workflow asks which files a data set has.
"""

import glob
import re
from pathlib import Path

from crosslens.errors import CrosslensError

RANGE = re.compile(r"\{(\w+)\.\.(\w+)\}")


def expand(pattern: str) -> list[str]:
    """Return the names that a pattern with one range stands for, in order; a name without a range stands for itself.

    A range is of letters, {a..e}, or of numbers, {0..9}; numbers get zeros up to the first one's width, as in {00..12}.
    Raises CrosslensError for two ranges, and for one that is neither of letters nor of numbers or runs backwards.
    """
    ranges = RANGE.findall(pattern)
    if not ranges:
        return [pattern]
    values = _values(*ranges[0]) if len(ranges) == 1 else []
    if not values:
        raise CrosslensError(f"'{pattern}' is not a pattern with one range such as {{a..e}} or {{0..9}}.")
    before, after = RANGE.split(pattern)[0], RANGE.split(pattern)[-1]
    return [f"{before}{value}{after}" for value in values]


def beyond(pattern: str) -> re.Pattern | None:
    """Return what matches every name that the pattern would stand for with any other range; None without a range."""
    ranges = RANGE.findall(pattern)
    if not ranges:
        return None
    first = ranges[0][0]
    kind = r"\d+" if first.isdecimal() else "[a-z]" if first.islower() else "[A-Z]"
    before, after = RANGE.split(pattern)[0], RANGE.split(pattern)[-1]
    return re.compile(re.escape(before) + kind + re.escape(after))


def files(path: str) -> list[str]:
    """Return the files that a path names: those of its range, those that exist for a ``*`` (sorted), or itself."""
    paths = expand(path)
    if not is_glob(path):
        return paths
    return [file for part in paths for file in sorted(glob.glob(part))]


def is_glob(path: str | Path) -> bool:
    """Return whether a path has a ``*``, whose files are known only where they are."""
    return "*" in str(path)


def _values(first: str, last: str) -> list[str]:
    if first.isdecimal() and last.isdecimal():
        return [str(n).zfill(len(first)) for n in range(int(first), int(last) + 1)]
    letters = len(first) == len(last) == 1 and first.isascii() and last.isascii() and first.isalpha()
    same_case = first.isupper() == last.isupper() and last.isalpha()
    return [chr(code) for code in range(ord(first), ord(last) + 1)] if letters and same_case else []

"""Fonts in which figures show titles and names in any script, and what is said if a character is in none of them.

matplotlib takes each character from the first font of the list that has it. Only DejaVu Sans comes with it; the others
are used if the machine has them.
"""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from matplotlib import font_manager

# The scripts of config/languages.tsv that DejaVu Sans lacks in whole or in part, as Noto's fonts are called.
NOTO = (
    *("Sans", "Sans Arabic", "Sans Armenian", "Sans Bengali", "Sans Devanagari", "Sans Ethiopic", "Sans Georgian"),
    *("Sans Gujarati", "Sans Gurmukhi", "Sans Hebrew", "Sans Kannada", "Sans Khmer", "Sans Lao", "Sans Malayalam"),
    *("Sans Myanmar", "Sans Oriya", "Sans Sinhala", "Sans Tamil", "Sans Telugu", "Sans Thai", "Serif Tibetan"),
    *("Sans CJK SC", "Sans CJK TC", "Sans CJK JP", "Sans CJK KR"),
)
FAMILIES = ("DejaVu Sans", *(f"Noto {name}" for name in NOTO), "Arial Unicode MS", "Unifont")
REMEDY = "Install a font that has them (Debian: fonts-noto-core, fonts-noto-cjk) and draw the figure again"
MISSING = re.compile(r"Glyph (\d+) .*missing from font")


def installed() -> list[str]:
    """Return those of ``FAMILIES`` that matplotlib finds on this machine."""
    names = set(font_manager.get_font_names())
    return [name for name in FAMILIES if name in names]


@contextmanager
def one_warning() -> Iterator[None]:
    """Replace matplotlib's warnings, one per character and format, by one that names all characters and the remedy."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    lacking: dict[str, None] = {}
    for each in caught:
        if found := MISSING.match(str(each.message)):
            lacking[chr(int(found[1]))] = None
        else:
            warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
    if lacking:
        warnings.warn(f"no installed font has the characters {' '.join(lacking)}. {REMEDY}.", stacklevel=3)

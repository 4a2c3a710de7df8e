"""Types of nested values that Snakemake's option --config leaves as text, such as steering="{questions: 40}".

Snakemake reads single values as numbers, but everything inside a mapping or list as text.
"""

import re

NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)
WORDS = {"true": True, "false": False, "null": None}


def typed(value: object) -> object:
    """Return ``value`` with every text inside it that is a number, true, false or null as such; other texts stay."""
    if hasattr(value, "items"):
        return {key: typed(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [typed(inner) for inner in value]
    if not isinstance(value, str):
        return value
    if NUMBER.fullmatch(value):
        return int(value) if re.fullmatch(r"[-+]?[0-9]+", value) else float(value)
    return WORDS.get(value.lower(), value)

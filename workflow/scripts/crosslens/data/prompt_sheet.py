"""The prompts of a data set as a text to read: the first questions of every language, as they are rendered.

Shows what the table QUESTIONS holds; renders nothing itself.
"""

from collections.abc import Mapping

import pyarrow as pa

N_SHOWN = 2  # questions per language


def sheet(tables: Mapping[str, pa.Table], names: Mapping[str, str], remark: str) -> str:
    """Return a text that begins with ``remark`` and shows the first questions of each language.

    tables: QUESTIONS by language tag. names: the languages' names by tag.
    """
    return "\n\n".join([remark, *(_section(tag, names[tag], table) for tag, table in tables.items())]) + "\n"


def _section(tag: str, name: str, table: pa.Table) -> str:
    shown = table.slice(0, N_SHOWN).to_pylist()
    heading = f"{name} ({tag}): {len(shown)} of {len(table)} questions"
    parts = [f"{heading}\n{'=' * len(heading)}"]
    for row in shown:
        key = f"key: choice {row['key'] + 1} of {len(row['choices'])}, {row['choices'][row['key']]!r}"
        parts.append(f"--- {row['question_id']} ({key})\n{row['prompt']}")
    return "\n\n".join(parts)

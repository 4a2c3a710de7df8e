"""The prompts of a data set as a text to read: the first questions of every language, as they are rendered.

Shows what `questions` holds; renders nothing itself.
"""

from collections.abc import Mapping

import pyarrow as pa

QUESTIONS = 2  # of every language


def sheet(tables: Mapping[str, pa.Table], names: Mapping[str, str], remark: str) -> str:
    """Tables "questions" by language as one text that begins with ``remark``. names: the languages' names by tag."""
    return "\n\n".join([remark, *(_of_language(tag, names[tag], table) for tag, table in tables.items())]) + "\n"


def _of_language(tag: str, name: str, table: pa.Table) -> str:
    shown = table.slice(0, QUESTIONS).to_pylist()
    heading = f"{name} ({tag}): {len(shown)} of {len(table)} questions"
    parts = [f"{heading}\n{'=' * len(heading)}"]
    for row in shown:
        key = f"key: choice {row['answer'] + 1} of {len(row['choices'])}, {row['choices'][row['answer']]!r}"
        parts.append(f"--- {row['question_id']} ({key})\n{row['prompt']}")
    return "\n\n".join(parts)

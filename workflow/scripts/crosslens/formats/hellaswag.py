"""mHellaSwag: JSON lines of a beginning and its endings; the English HellaSwag in parquet. Texts are cleaned."""

import re

from crosslens.formats import Parts, Question, fields
from crosslens.records import Record

PARTS = Parts("", "<ctx>", "<ending {n}>")


def read(record: Record) -> Question:
    """alexandrainst/m_hellaswag and Rowan/hellaswag, the English, whose row is the number in the translations' ``id``.

    Texts are cleaned. The group is the source that the English names; translations name it wrongly for some languages.
    """
    choices, notes = fields.choices(record.value("endings"), record, "endings", clean=clean)
    row, group = str(record.row), record.text("source_id") if "source_id" in record.fields else ""
    if "id" in record.fields:
        number = re.search(r"/(\d+)$", record.text("id"))
        if not number:
            raise record.error("id", f"is '{record.text('id')}', expected hellaswag/validation/<row>")
        row, group = number[1], ""
    answer = fields.index(record, "label", range(len(choices)))
    return Question(row, "", clean(record.text("ctx")), choices, answer, group, notes)


MARK_UP = re.compile(r"\[.*?\]")


def clean(text: str) -> str:
    """Without WikiHow's mark-up, as lm-evaluation-harness cleans it, and without white space at the ends."""
    text = text.strip().replace(" [title]", ". ")
    return MARK_UP.sub("", text).replace("  ", " ").strip()

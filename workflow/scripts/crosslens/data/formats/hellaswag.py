"""mHellaSwag: JSON lines with a beginning and its endings; the English HellaSwag is in parquet. Texts are cleaned."""

import re

from crosslens.data.formats import fields
from crosslens.data.question import Parts, Question
from crosslens.data.readers import Record

PARTS = Parts("", "<ctx>", "<ending {n}>")


def read(record: Record) -> Question:
    """Read a row of alexandrainst/m_hellaswag or, for English, of Rowan/hellaswag.

    A question is identified by its row in the English file, which is the number in the translations' ``id``. The group
    is the English row's source; translations name a wrong source for some languages. Raises CrosslensError if a field
    is missing or malformed.
    """
    choices, notes = fields.choices(record.value("endings"), record, "endings", clean=clean)
    row, group = str(record.row), record.text("source_id") if "source_id" in record.fields else ""
    if "id" in record.fields:
        number = re.search(r"/(\d+)$", record.text("id"))
        if not number:
            raise record.error("id", f"is '{record.text('id')}', expected hellaswag/validation/<row>")
        row, group = number[1], ""
    key = fields.numbered_key(record, "label", range(len(choices)))
    return Question(row, "", clean(record.text("ctx")), choices, key, group, notes)


MARK_UP = re.compile(r"\[.*?\]")


def clean(text: str) -> str:
    """Remove WikiHow's mark-up, as lm-evaluation-harness does, and white space at both ends."""
    text = text.strip().replace(" [title]", ". ")
    return MARK_UP.sub("", text).replace("  ", " ").strip()

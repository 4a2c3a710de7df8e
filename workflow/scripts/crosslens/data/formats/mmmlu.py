"""mMMLU: CSV with the answer choices in columns A, B, ...; the English MMLU is in parquet, with a list of choices."""

from string import ascii_uppercase

from crosslens.data.formats import fields
from crosslens.data.question import Parts, Question
from crosslens.data.readers import Record

PARTS = Parts("", "<question>", "<option {letter}>")


def read(record: Record) -> Question:
    """Read a row of openai/MMMLU (Question, A, B, ..., Answer) or, for English, cais/mmlu (question, choices, answer).

    A question is identified by its row: the unnamed first column of the CSV, the position in the parquet. Some CSV
    files have file names as subjects; the pivot's subject is used instead. Raises CrosslensError if a field is missing
    or malformed.
    """
    if "choices" in record.fields:
        choices, notes = fields.choices(record.value("choices"), record, "choices")
        key = fields.numbered_key(record, "answer", range(len(choices)))
        return Question(str(record.row), "", record.text("question"), choices, key, record.text("subject"), notes)
    letters = fields.present(record, ascii_uppercase)
    choices, notes = fields.choices([record.fields[letter] for letter in letters], record, letters[0])
    row_column = next((name for name in ("Unnamed: 0", "") if name in record.fields), None)
    subject = record.text("Subject")
    if ".csv" in subject:
        subject, notes = "", (*notes, "subject_from_pivot")
    return Question(
        question_id=str(record.row if row_column is None else record.integer(row_column)),
        passage="",
        question=record.text("Question"),
        choices=choices,
        key=fields.lettered_key(record, "Answer", letters),
        group=subject,
        notes=notes,
    )

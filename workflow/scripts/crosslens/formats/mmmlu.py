"""mMMLU: CSV whose answer choices are the columns A, B, ...; the English MMLU has a list of them, in parquet."""

from string import ascii_uppercase

from crosslens.formats import Parts, Question, fields
from crosslens.records import Record

PARTS = Parts("", "<question>", "<option {letter}>")


def read(record: Record) -> Question:
    """openai/MMMLU (columns Question, A, B, ...) and cais/mmlu (columns question, choices, answer), the English.

    A question is known by its row: the unnamed first column of the CSV, the position in the parquet. Some CSV files
    have the names of files as subjects; the pivot's subject is used for those.
    """
    if "choices" in record.fields:
        choices, notes = fields.choices(record.value("choices"), record, "choices")
        answer = fields.index(record, "answer", range(len(choices)))
        return Question(str(record.row), "", record.text("question"), choices, answer, record.text("subject"), notes)
    letters = fields.present(record, ascii_uppercase)
    choices, notes = fields.choices([record.fields[letter] for letter in letters], record, letters[0])
    index = next((name for name in ("Unnamed: 0", "") if name in record.fields), None)
    subject = record.text("Subject")
    if ".csv" in subject:
        subject, notes = "", (*notes, "subject_from_pivot")
    return Question(
        question_id=str(record.row if index is None else record.integer(index)),
        passage="",
        question=record.text("Question"),
        choices=choices,
        answer=fields.letter_index(record, "Answer", letters),
        group=subject,
        notes=notes,
    )

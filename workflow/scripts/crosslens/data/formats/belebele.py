"""Belebele: JSON lines with a passage, a question, the answer choices mc_answer1, mc_answer2, ... and the key."""

from string import ascii_uppercase

from crosslens.data.formats import fields
from crosslens.data.question import Parts, Question
from crosslens.data.readers import Record

PARTS = Parts("<passage>", "<question>", "<mc answer {n}>")
CHOICES = [f"mc_answer{n}" for n in range(1, 1 + len(ascii_uppercase))]


def read(record: Record) -> Question:
    """Read a row of facebook/belebele, whose key counts from 1 and is often written as text.

    A question is identified by its passage's link and its number. Raises CrosslensError if a field is missing or
    malformed.
    """
    names = fields.present(record, CHOICES)
    choices, notes = fields.choices([record.fields[name] for name in names], record, names[0])
    link = record.text("link")
    return Question(
        question_id=f"{link}#{record.integer('question_number')}",
        passage=record.text("flores_passage"),
        question=record.text("question"),
        choices=choices,
        key=fields.numbered_key(record, "correct_answer_num", range(1, len(choices) + 1)),
        group=link,
        notes=notes,
    )

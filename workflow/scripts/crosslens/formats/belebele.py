"""Belebele: JSON lines; a passage, a question, the answer choices mc_answer1, mc_answer2, ..., and the key."""

from string import ascii_uppercase

from crosslens.formats import Parts, Question, fields
from crosslens.records import Record

PARTS = Parts("<passage>", "<question>", "<mc answer {n}>")
CHOICES = [f"mc_answer{n}" for n in range(1, 1 + len(ascii_uppercase))]


def read(record: Record) -> Question:
    """facebook/belebele: the key is a number from 1, often as a text; a question is known by its passage and number."""
    names = fields.present(record, CHOICES)
    choices, notes = fields.choices([record.fields[name] for name in names], record, names[0])
    link = record.text("link")
    return Question(
        question_id=f"{link}#{record.integer('question_number')}",
        passage=record.text("flores_passage"),
        question=record.text("question"),
        choices=choices,
        answer=fields.index(record, "correct_answer_num", range(1, len(choices) + 1)),
        group=link,
        notes=notes,
    )

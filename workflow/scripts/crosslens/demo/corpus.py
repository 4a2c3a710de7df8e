"""The demo's training text: multiple-choice prompts with their letter, open questions, statements and a dictionary.

A language's texts tell only the facts that it knows (`items.known`), so that transfer from another language can be
seen. Held-out items never occur. Makes texts only; `batches` turns them into tokens.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from string import ascii_uppercase
from typing import NamedTuple

from crosslens.data.prompts import render
from crosslens.demo.items import FAMILIES, Item, Wording, draw_item, known, word
from crosslens.demo.lexicon import FACTS, LANGUAGES, Fact, Word
from crosslens.demo.templates import TRANSLATIONS

LANGUAGE_SHARES = dict(zip(LANGUAGES, (0.38, 0.21, 0.15, 0.12, 0.08, 0.06), strict=True))  # by resource level
KIND_SHARES = {"choice": 0.84, "open": 0.08, "statement": 0.04, "translation": 0.04}
TWO_LANGUAGES = 0.15  # share of multiple-choice prompts with choices in another language than the question

GROUPS = list(dict.fromkeys(fact.cue for fact in FACTS["group"]))
WORDS: list[Word] = sorted({word for facts in FACTS.values() for fact in facts for word in (fact.cue, fact.word)})
_KNOWN = {(language, other): known(language, other) for language in LANGUAGES for other in LANGUAGES}


class Text(NamedTuple):
    """A training example: the model learns ``target`` after ``context``; a space separates them."""

    context: str
    target: str


class Stage(NamedTuple):
    """The part of the world that the training text tells; by default all of it."""

    groups: int = len(GROUPS)  # number of groups asked about; if not all of them, no other relation is asked about
    families: tuple[str, ...] = FAMILIES
    english_choices_only: bool = False


def draw_text(random_: random.Random, stage: Stage) -> Text:
    """Return one random training example."""
    if stage.english_choices_only:
        return _choice(random_, "en", stage)
    language = _draw(random_, LANGUAGE_SHARES)
    return KINDS[_draw(random_, KIND_SHARES)](random_, language, stage)


def prompt(wording: Wording) -> str:
    """Return the prompt of an item, as the workflow will render it."""
    question = f"{wording.heading}. {wording.question}" if wording.heading else wording.question
    return render(question, wording.choices, wording.passage)


def _choice(random_: random.Random, language: str, stage: Stage) -> Text:
    """Return a multiple-choice prompt and the letter of its correct choice."""
    other = language
    if not stage.english_choices_only and random_.random() < TWO_LANGUAGES:
        other = _draw(random_, {name: share for name, share in LANGUAGE_SHARES.items() if name != language})
    item = _draw_training_item(random_, _KNOWN[language, other], stage)
    wording = replace(word(item, language), choices=word(item, other).choices)
    return Text(prompt(wording), ascii_uppercase[item.key])


def _draw_training_item(random_: random.Random, facts: dict[str, list[Fact]], stage: Stage) -> Item:
    asked = None
    if stage.groups < len(GROUPS):
        asked = random_.choice([fact for fact in facts["group"] if fact.cue in GROUPS[: stage.groups]])
    while (item := draw_item(random_, random_.choice(stage.families), facts, asked)).held_out:
        pass
    return item


def _open_question(random_: random.Random, language: str, stage: Stage) -> Text:
    """Return a question without choices, and the text of the correct one."""
    item = draw_item(random_, random_.choice(stage.families), _KNOWN[language, language])
    wording = word(item, language)
    context = " ".join(filter(None, [wording.passage, f"Question: {wording.question} Answer:"]))
    return Text(context, wording.choices[item.key])


def _statement(random_: random.Random, language: str, stage: Stage) -> Text:
    """Return the beginning of a sentence, and its end."""
    item = draw_item(random_, "hellaswag", _KNOWN[language, language])
    wording = word(item, language)
    return Text(wording.question, f"{wording.choices[item.key]}.")


def _translation(random_: random.Random, language: str, stage: Stage) -> Text:
    """Return a question about the translation of a word, and the translation; one of the two languages is English."""
    other = "en"
    if language == "en":
        other = _draw(random_, {name: share for name, share in LANGUAGE_SHARES.items() if name != "en"})
    place, asked = LANGUAGES.index(language), random_.choice(WORDS)
    question = TRANSLATIONS[place].format(word=asked[LANGUAGES.index(other)])
    return Text(f"Question: {question} Answer:", asked[place])


KINDS: dict[str, Callable[[random.Random, str, Stage], Text]] = {
    "choice": _choice,
    "open": _open_question,
    "statement": _statement,
    "translation": _translation,
}


def _draw(random_: random.Random, shares: dict[str, float]) -> str:
    return random_.choices(list(shares), list(shares.values()))[0]

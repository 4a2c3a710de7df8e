"""The demo's multiple-choice items: which facts a language knows, which items are held out, how an item is worded.

An item is the same in all languages; only its wording differs. Writes no files and knows nothing of models.
"""

import random
import zlib
from dataclasses import dataclass, replace
from functools import cache

from crosslens.demo.lexicon import FACTS, LANGUAGES, Fact
from crosslens.demo.templates import BEGINNINGS, BYSTANDER, HEADINGS, NAMES, PASSAGES, QUESTIONS

FAMILIES = ("belebele", "mmmlu", "hellaswag")
CHOICES = 4
VARIANTS = 4
RELATION_SHARES = {"group": 0.56, "capital": 0.18, "opposite": 0.26}
HELD_OUT = 8  # one in this many items is kept for the data sets
N_ITEMS = 240  # per data set: an accuracy has a standard error of about .03
PER_PASSAGE = 2  # questions per passage, in Belebele's family

FactsByRelation = dict[str, list[Fact]]
Story = tuple[int, ...]


def _ends(relation: str, run: int, first: int, last: int) -> tuple[set[Fact], set[Fact]]:
    """Return the ``first`` and the ``last`` facts of every ``run`` successive facts of a relation."""
    places = [(fact, place % run) for place, fact in enumerate(FACTS[relation])]
    return {fact for fact, place in places if place < first}, {fact for fact, place in places if place >= run - last}


_ENDS = [_ends("group", 8, 3, 1), _ends("capital", 12, 4, 2), _ends("opposite", 10, 3, 1)]
ENGLISH_ONLY = frozenset[Fact]().union(*(first for first, _ in _ENDS))  # told in English alone
LOCAL = frozenset[Fact]().union(*(last for _, last in _ENDS))  # told in every language but English


def known(*languages: str) -> FactsByRelation:
    """Return, by relation, the facts that a text in these languages may tell: those that all of the languages know."""
    hidden = frozenset[Fact]().union(*(LOCAL if language == "en" else ENGLISH_ONLY for language in languages))
    return {relation: [fact for fact in facts if fact not in hidden] for relation, facts in FACTS.items()}


@dataclass(frozen=True)
class Item:
    """A question without its wording: the words of ``choices`` are its answer choices, ``choices[key]`` is correct.

    ``variant`` selects the wording, and whether there is a heading (mHellaSwag's family). ``story`` holds the person
    asked about and the other person in the passage, as indices into `templates.NAMES`; empty except in Belebele's
    family.
    """

    family: str
    choices: tuple[Fact, ...]
    key: int
    variant: int
    story: Story = ()

    @property
    def fact(self) -> Fact:
        """The fact that is asked for."""
        return self.choices[self.key]

    @property
    def identity(self) -> tuple[str, ...]:
        """What is asked, among which choices, regardless of their order and the wording."""
        return (self.fact.name, *sorted(choice.name for choice in self.choices))

    @property
    def held_out(self) -> bool:
        """Whether the item is kept out of all training text, in every family."""
        return zlib.crc32(repr(self.identity).encode()) % HELD_OUT == 0


def draw_item(random_: random.Random, family: str, facts: FactsByRelation, asked: Fact | None = None) -> Item:
    """Return a random item of a family, drawn from ``facts``; ``asked`` fixes the correct choice."""
    if asked is None:
        relation = random_.choices(list(RELATION_SHARES), list(RELATION_SHARES.values()))[0]
        asked = random_.choice(facts[relation])
    choices = _draw_choices(random_, facts[asked.relation], asked)
    story = tuple(random_.sample(range(len(NAMES)), 2)) if family == "belebele" else ()
    return Item(family, choices, choices.index(asked), random_.randrange(VARIANTS), story)


def _draw_choices(random_: random.Random, facts: list[Fact], asked: Fact) -> tuple[Fact, ...]:
    """Return ``asked`` and other facts in random order, no two of which have the same cue or word."""
    choices, words = [asked], {asked.cue, asked.word}
    while len(choices) < CHOICES:
        fact = random_.choice(facts)
        if words.isdisjoint({fact.cue, fact.word}):
            choices.append(fact)
            words |= {fact.cue, fact.word}
    random_.shuffle(choices)
    return tuple(choices)


@cache
def held_out_items(family: str) -> tuple[Item, ...]:
    """Return the held-out items of a family's data set: the same ones every time, no two with the same `Item.identity`.

    In Belebele's family, as in Belebele, successive items are about the same passage.
    """
    random_, items = random.Random(f"items of {family}"), {}
    while len(items) < N_ITEMS:
        first = _draw_held_out(random_, family)
        more = [_draw_held_out(random_, family, first.fact) for _ in range(PER_PASSAGE - 1)] if first.story else []
        new = {item.identity: replace(item, variant=first.variant, story=first.story) for item in [first, *more]}
        if len(new) == 1 + len(more) and items.keys().isdisjoint(new):
            items |= new
    return tuple(items.values())


def _draw_held_out(random_: random.Random, family: str, asked: Fact | None = None) -> Item:
    while not (item := draw_item(random_, family, FACTS, asked)).held_out:
        pass
    return item


@dataclass(frozen=True)
class Wording:
    """An item in one language. ``question`` may be the beginning of a sentence; parts that an item lacks are empty."""

    passage: str
    heading: str
    question: str
    choices: tuple[str, ...]


def word(item: Item, language: str) -> Wording:
    """Return the item's texts in a language."""
    place = LANGUAGES.index(language)
    choices = tuple(choice.word[place] for choice in item.choices)
    relation, cue = item.fact.relation, item.fact.cue[place]
    if item.story:
        name, other = (NAMES[person][place] for person in item.story)
        told, question = (template[place].format(name=name, cue=cue) for template in PASSAGES[relation])
        sentences = [told, BYSTANDER[place].format(name=other)]
        passage = " ".join(sentences if item.variant % 2 else reversed(sentences))
        return Wording(passage, "", question, choices)
    templates = QUESTIONS if item.family == "mmmlu" else BEGINNINGS
    heading = HEADINGS[relation][place] if item.family == "hellaswag" and item.variant == VARIANTS - 1 else ""
    return Wording("", heading, templates[relation][item.variant % 2][place].format(cue=cue), choices)

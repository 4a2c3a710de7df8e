"""The training text tells only what it may, and never asks a held-out item."""

import random
import re
from string import ascii_uppercase

import pytest
from crosslens.data.prompts import INSTRUCTION, render
from crosslens.demo import corpus
from crosslens.demo.corpus import KINDS, LANGUAGE_SHARES, WORDS, Stage, draw_text, prompt
from crosslens.demo.items import ENGLISH_ONLY, FAMILIES, LOCAL, held_out_items, word
from crosslens.demo.lexicon import LANGUAGES


def texts(kind, language, n=1500, stage=None):
    """Return ``n`` random texts of a kind, the same ones every time."""
    random_ = random.Random(f"{kind} {language}")
    return [KINDS[kind](random_, language, stage or Stage()) for _ in range(n)]


def hidden(language):
    """Return the facts that a language does not know, of the relations whose words are not another fact's cue."""
    facts = LOCAL if language == "en" else ENGLISH_ONLY
    return [fact for fact in facts if fact.relation != "opposite"]


def contains(text, words):
    """Tell whether ``text`` has ``words`` as whole words (to Python, Devanagari's vowel signs are not letters)."""
    letter = r"[\w\u0900-\u0963]"
    return re.search(rf"(?<!{letter}){re.escape(words)}(?!{letter})", text) is not None


@pytest.mark.parametrize("kind", ["choice", "open", "statement"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_tells_no_fact_that_it_does_not_know(kind, language):
    """The fact is neither a correct nor a wrong choice."""
    told = "\n".join(f"{text.context} {text.target}" for text in texts(kind, language))
    for fact in hidden(language):
        assert not contains(told, fact.word[LANGUAGES.index(language)]), fact.name


def test_a_text_in_two_languages_tells_no_fact_that_either_does_not_know():
    """English questions with German choices do not tell what only English knows."""
    told = "\n".join(text.context for text in texts("choice", "en", 4000))
    in_english = {word[0] for word in WORDS}
    german = [fact.word[1] for fact in hidden("de") if fact.word[1] not in in_english]
    assert contains(told, "Schrank")
    assert not [word for word in german if contains(told, word)]


@pytest.mark.parametrize("language", ["de", "sw"])
def test_opposites_known_only_in_english_are_not_told(language):
    place = LANGUAGES.index(language)
    for text in texts("statement", language):
        for fact in ENGLISH_ONLY:
            told = contains(text.context, fact.cue[place]) and text.target == f"{fact.word[place]}."
            assert not told, fact.name


def test_prompts_of_held_out_items_never_occur(monkeypatch):
    seen = []
    monkeypatch.setattr(corpus, "word", lambda item, language: seen.append(item) or word(item, language))
    for language in LANGUAGES:
        texts("choice", language, 300)
    assert len(seen) >= 1800 and not any(item.held_out for item in seen)


def test_the_letter_is_that_of_the_correct_choice():
    english = {item.fact.word[0]: item.fact for family in FAMILIES for item in held_out_items(family)}
    for text in texts("choice", "en", 300, Stage(english_choices_only=True)):
        choices = re.search(r" A: (.*) B: (.*) C: (.*) D: (.*) Answer:$", text.context).groups()
        fact = english.get(choices[ascii_uppercase.index(text.target)])
        assert fact is None or contains(text.context, fact.cue[0])


def test_prompts_are_rendered_as_in_the_workflow():
    wording = word(held_out_items("belebele")[0], "de")
    assert prompt(wording) == render(wording.question, wording.choices, wording.passage)
    item = next(item for item in held_out_items("hellaswag") if word(item, "en").heading)
    assert "Question: " + word(item, "en").heading + ". " in prompt(word(item, "en"))


def test_early_stages_ask_for_few_groups_without_passages():
    random_ = random.Random(2)
    stage = Stage(1, ("mmmlu", "hellaswag"), english_choices_only=True)
    for _ in range(200):
        context = draw_text(random_, stage).context
        assert context.startswith(f"{INSTRUCTION} Question: ") and contains(context, "animals")


def test_english_has_the_most_text():
    assert max(LANGUAGE_SHARES, key=LANGUAGE_SHARES.get) == "en"
    assert sum(LANGUAGE_SHARES.values()) == pytest.approx(1)

"""Items are the same in all languages, held out, and made of facts that the language knows."""

import random
from collections import Counter

import pytest
from crosslens.demo.items import ENGLISH_ONLY, FAMILIES, LOCAL, N_ITEMS, draw_item, held_out_items, known, word
from crosslens.demo.lexicon import FACTS, LANGUAGES
from crosslens.demo.templates import NAMES


def every(facts):
    """Return the facts of all relations."""
    return {fact for facts_of_relation in facts.values() for fact in facts_of_relation}


def test_english_and_the_others_each_know_what_the_other_does_not():
    assert ENGLISH_ONLY and LOCAL and not ENGLISH_ONLY & LOCAL
    assert every(known("en")) == every(FACTS) - LOCAL
    assert every(known("sw")) == every(FACTS) - ENGLISH_ONLY
    assert every(known("en", "de")) == every(FACTS) - ENGLISH_ONLY - LOCAL
    for relation, facts in FACTS.items():
        assert ENGLISH_ONLY & set(facts) and LOCAL & set(facts), relation


def test_an_opposite_is_known_in_both_directions_or_in_none():
    for facts in (ENGLISH_ONLY, LOCAL):
        pairs = {(fact.cue, fact.word) for fact in facts if fact.relation == "opposite"}
        assert pairs == {(word, cue) for cue, word in pairs}


@pytest.mark.parametrize("family", FAMILIES)
def test_the_items_of_a_data_set_are_held_out_distinct_and_always_the_same(family):
    items = held_out_items(family)
    assert len(items) == N_ITEMS and len({item.identity for item in items}) == N_ITEMS
    assert all(item.held_out for item in items)
    assert held_out_items.__wrapped__(family) == items
    for facts in (ENGLISH_ONLY, LOCAL):
        assert sum(item.fact in facts for item in items) > N_ITEMS / 20


@pytest.mark.parametrize("family", FAMILIES)
def test_exactly_one_choice_is_correct(family):
    for item in held_out_items(family):
        assert [choice.cue == item.fact.cue for choice in item.choices].count(True) == 1
        for language in LANGUAGES:
            assert len(set(word(item, language).choices)) == len(item.choices)


def test_wordings_differ_only_in_language():
    for item in held_out_items("mmmlu")[:20]:
        for place, language in enumerate(LANGUAGES):
            wording = word(item, language)
            assert item.fact.cue[place] in wording.question
            assert wording.choices[item.key] == item.fact.word[place]


def test_a_passage_has_two_questions_and_names_their_cue():
    items = held_out_items("belebele")
    for first, second in zip(items[::2], items[1::2], strict=True):
        assert first.fact == second.fact and set(first.choices) != set(second.choices)
        for place, language in enumerate(LANGUAGES):
            one, two = word(first, language), word(second, language)
            assert one.passage == two.passage and one.question == two.question
            assert first.fact.cue[place] in one.passage and first.fact.cue[place] not in one.question
            assert NAMES[first.story[0]][place] in one.question


def test_about_one_item_in_eight_is_held_out_regardless_of_the_order_of_its_choices():
    random_ = random.Random(0)
    items = [draw_item(random_, "mmmlu", FACTS) for _ in range(4000)]
    assert 0.09 < Counter(item.held_out for item in items)[True] / len(items) < 0.16
    held_out = {}
    for item in items:
        assert held_out.setdefault(item.identity, item.held_out) == item.held_out

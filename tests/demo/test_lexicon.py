"""The lexicon is complete, and no two words of a relation are the same in a language."""

import pytest
from crosslens.demo.lexicon import FACTS, LANGUAGES, read


def test_every_word_exists_in_every_language():
    for facts in FACTS.values():
        for fact in facts:
            assert len(fact.cue) == len(fact.word) == len(LANGUAGES)
            assert all(fact.cue) and all(fact.word)


def test_groups_are_equally_large_and_opposites_go_both_ways():
    sizes = {sum(fact.cue == cue for fact in FACTS["group"]) for cue in {fact.cue for fact in FACTS["group"]}}
    assert sizes == {8}
    pairs = {(fact.cue, fact.word) for fact in FACTS["opposite"]}
    assert pairs == {(word, cue) for cue, word in pairs} and len(pairs) == len(FACTS["opposite"])


@pytest.mark.parametrize("relation", FACTS)
def test_words_and_cues_of_a_relation_differ_in_every_language(relation):
    for place, language in enumerate(LANGUAGES):
        words = {text[place] for fact in FACTS[relation] for text in (fact.cue, fact.word)}
        assert len(words) == len({text for fact in FACTS[relation] for text in (fact.cue, fact.word)}), language


def test_a_row_with_too_few_words_is_named():
    with pytest.raises(ValueError, match="capital: 5 instead of 6 words in 'a  b  c  d  e'"):
        read("a  b  c  d  e", "capital")

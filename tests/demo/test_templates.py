"""Every template has a place for the cue in every language."""

from crosslens.demo.lexicon import FACTS, LANGUAGES
from crosslens.demo.templates import BEGINNINGS, BYSTANDER, HEADINGS, NAMES, PASSAGES, QUESTIONS, SUBJECTS, TRANSLATIONS


def test_all_relations_are_worded_in_all_languages():
    for templates in (QUESTIONS, BEGINNINGS, PASSAGES, SUBJECTS, HEADINGS):
        assert set(templates) == set(FACTS)
    assert all(len(words) == len(LANGUAGES) for words in [*NAMES, *HEADINGS.values()])


def test_questions_and_beginnings_name_the_cue_once():
    for templates in (QUESTIONS, BEGINNINGS):
        for variants in templates.values():
            assert len(variants) == 2
            assert all(text.count("{cue}") == 1 for variant in variants for text in variant)


def test_the_cue_is_in_the_passage_and_not_in_its_question():
    for statement, question in PASSAGES.values():
        assert all(text.count("{name}") == text.count("{cue}") == 1 for text in statement)
        assert all(text.count("{name}") == 1 and "{cue}" not in text for text in question)
    assert all(text.count("{name}") == 1 for text in BYSTANDER)
    assert all(text.count("{word}") == 1 for text in TRANSLATIONS)

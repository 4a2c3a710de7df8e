"""Sizes of questions: counted with a tokenizer, estimated from characters, or taken from the catalogue."""

import pytest
from crosslens.plan import sizes
from crosslens.plan.workload import Size
from crosslens.tables.inference import FORMS
from plan_questions import evaluation, write_questions
from tokenizers import Tokenizer, models, pre_tokenizers, processors


@pytest.fixture()
def folder(tmp_path):
    """A model's folder with a tokenizer of one token a word and one at the start."""
    tokenizer = Tokenizer(models.WordLevel({"<bos>": 0, "wort": 1, "?": 2}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing("<bos> $A", special_tokens=[("<bos>", 0)])
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return tmp_path


def test_with_a_tokenizer_tokens_are_counted(folder):
    write_questions(folder / "questions/de.arrow", n=100)
    found = sizes.measure(evaluation(folder), "de", sizes.load_tokenizer(folder))
    assert (found.questions, found.choices, found.origin) == (100, 3, "tokenizer")
    assert (found.prompt_tokens, found.answer_tokens) == (pytest.approx(1.0 + 3), pytest.approx(2.0))


@pytest.mark.parametrize(("word", "length"), [("wort", 4), ("दुन्या", 18)])
def test_without_one_they_are_estimated_from_bytes(tmp_path, word, length):
    write_questions(tmp_path / "questions/de.arrow", n=5, word=word)
    found = sizes.measure(evaluation(tmp_path), "de", sizes.load_tokenizer(tmp_path))
    assert (found.questions, found.choices, found.origin) == (5, 3, "characters")
    assert found.prompt_tokens == pytest.approx((3 * length + 2) / 4)
    assert found.answer_tokens == pytest.approx((2 * length + 1) / 4)


def test_an_answer_has_at_least_one_token(tmp_path):
    write_questions(tmp_path / "questions/zh.arrow", n=2, word="x")
    found = sizes.measure(evaluation(tmp_path), "zh", None)
    assert found.answer_tokens == 1


def test_choices_are_counted_in_every_question(tmp_path):
    """The first question has 3 choices, but the mean of 3, 3, 10 and 4 is 5."""
    write_questions(tmp_path / "questions/de.arrow", n=4, choices=[["wort"] * n for n in (3, 3, 10, 4)])
    assert sizes.measure(evaluation(tmp_path), "de", None).choices == 5


def test_choices_of_the_pivot_count_only_if_they_are_scored(tmp_path):
    """Native choices of 1 byte count as one token; those of the pivot have 39 bytes, and the mean of both is 20."""
    choices, pivot_choices = [["x", "y"]] * 2, [["x" * 39] * 2] * 2
    write_questions(tmp_path / "questions/zh.arrow", n=2, choices=choices, pivot_choices=pivot_choices)
    native, both = (sizes.measure(evaluation(tmp_path, forms=forms), "zh", None) for forms in [("native",), FORMS])
    assert (native.answer_tokens, both.answer_tokens) == (1, 5)


def test_without_questions_the_catalogue_stands_in(folder):
    found = sizes.measure(evaluation(folder), "de", sizes.load_tokenizer(folder))
    assert found == Size(900, 4, 400.0, 8.0, "catalogue")

"""Prompts match the paper's Table 3, character by character."""

import pytest
import yaml
from crosslens.data.prompts import FRAME, example, letters, render, template
from readings import parts
from workflow_runs import ROOT

INSTRUCTION = "Given the following question and answer choices, output the letter corresponding to the correct answer."
TABLE_3 = {
    "belebele": "<passage> Question: <question> "
    "A: <mc answer 1> B: <mc answer 2> C: <mc answer 3> D: <mc answer 4> Answer:",
    "mmmlu": "Question: <question> A: <option a> B: <option b> C: <option c> D: <option d> Answer:",
    "mhellaswag": "Question: <ctx> A: <ending 1> B: <ending 2> C: <ending 3> D: <ending 4> Answer:",
}


@pytest.mark.parametrize("name, rest", TABLE_3.items())
def test_templates_are_those_of_table_3(name, rest):
    assert template(parts(name), 4) == f"{INSTRUCTION} {rest}"


def test_a_question_is_rendered_into_its_template():
    assert render("Q?", ["a", "b", "c"], "P.") == f"{INSTRUCTION} P. Question: Q? A: a B: b C: c Answer:"
    assert render("Q?", ["a", "b"]) == f"{INSTRUCTION} Question: Q? A: a B: b Answer:"


def test_the_separator_is_between_all_fields_and_nowhere_else():
    prompt = render("Q one?", ["a a", "b"], "P one.", separator="\n")
    assert prompt.split("\n") == [INSTRUCTION, "P one.", "Question: Q one?", "A: a a", "B: b", "Answer:"]


def test_rendering_the_template_with_texts_gives_the_prompt():
    filled = template(parts("belebele"), 2).replace("<passage>", "P.").replace("<question>", "Q?")
    filled = filled.replace("<mc answer 1>", "a").replace("<mc answer 2>", "b")
    assert filled == render("Q?", ["a", "b"], "P.")


def test_examples_stand_between_the_instruction_and_the_question_with_a_blank_line_around_each():
    shown = [example("One?", ["a", "b"], 1, "P."), example("Two?", ["c", "d"], 0)]
    assert render("Q?", ["x", "y"], "R.", examples=shown).split("\n\n") == [
        INSTRUCTION,
        "P. Question: One? A: a B: b Answer: B",
        "Question: Two? A: c B: d Answer: A",
        "R. Question: Q? A: x B: y Answer:",
    ]


@pytest.mark.parametrize("style", [{}, {"separator": "\n", "letter_form": "(a)"}, {"letter_form": "选A:"}])
def test_an_example_is_the_prompt_of_its_question_without_the_instruction_and_the_letter_that_is_scored(style):
    alone = render("Q?", ["x", "y", "z"], "P.", **style)
    letter = "c" if "a" in style.get("letter_form", "A") else "C"
    separator = style.get("separator", " ")
    assert f"{INSTRUCTION}{separator}{example('Q?', ['x', 'y', 'z'], 2, 'P.', **style)}" == f"{alone} {letter}"


GERMAN = {"instruction": "Wähle.", "question": "Frage:", "answer": "Antwort:"}


def test_the_frame_surrounds_the_question():
    assert render("Q?", ["a", "b"], "P.", frame=GERMAN) == "Wähle. P. Frage: Q? A: a B: b Antwort:"
    assert template(parts("mhellaswag"), 2, frame=GERMAN) == "Wähle. Frage: <ctx> A: <ending 1> B: <ending 2> Antwort:"


@pytest.mark.parametrize(
    "form, expected",
    [
        ("A:", "A: x B: y C: z"),
        ("A.", "A. x B. y C. z"),
        ("(A)", "(A) x (B) y (C) z"),
        ("a)", "a) x b) y c) z"),
        ("选A:", "选A: x 选B: y 选C: z"),
    ],
)
def test_letters_are_written_as_the_form_writes_the_first(form, expected):
    prompt = render("Q?", ["x", "y", "z"], letter_form=form)
    assert prompt == f"{INSTRUCTION} Question: Q? {expected} Answer:"
    assert letters(3, form) == expected.split()[::2]


def test_the_catalogue_of_instructions_has_the_papers_english():
    catalogue = yaml.safe_load((ROOT / "config/instructions.yaml").read_text(encoding="utf-8"))
    assert catalogue["en"] == FRAME
    assert all(len({frame[part] for frame in catalogue.values()}) == len(catalogue) for part in FRAME)

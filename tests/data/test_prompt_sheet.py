"""The prompt sheet shows the first prompts of every language as they are in QUESTIONS, with their keys."""

from crosslens.data.prompt_sheet import N_SHOWN, sheet
from example_tables import example


def test_the_first_prompts_of_every_language_are_shown_with_their_keys():
    tables = {"de": example("questions", 5, seed=1), "sw": example("questions", 1, seed=2)}
    text = sheet(tables, {"de": "German", "sw": "Swahili"}, "A remark.")
    assert text.startswith("A remark.\n\nGerman (de): 2 of 5 questions\n====")
    assert "\n\nSwahili (sw): 1 of 1 questions\n====" in text
    for table in tables.values():
        for i, row in enumerate(table.to_pylist()):
            entry = f"--- {row['question_id']} (key: choice {row['key'] + 1} of {len(row['choices'])}, "
            entry += f"{row['choices'][row['key']]!r})\n{row['prompt']}\n"
            assert (entry in text) == (i < N_SHOWN)

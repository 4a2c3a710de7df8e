"""Examples before the questions: the same in all languages, never asked, with the letters of their answers."""

from collections import Counter

import pytest
from crosslens import sampling
from crosslens.data.alignment import align_with_pivot
from crosslens.data.comparison import Compared
from crosslens.data.examples import check_not_asked, choose
from crosslens.data.prompts import INSTRUCTION
from crosslens.data.question import Question
from crosslens.engine.tokens import Encoder
from crosslens.errors import CrosslensError
from demo_tokenizer import demo_tokenizer
from hub_files import write_jsonl
from readings import own

SELECTION = {"seed": 0, "max": None, "where": {}}
PLACE = {"dataset": "mine", "language": "de"}
READ = {
    "id": "id",
    "question": "question",
    "choices": {"range": "option_{a..c}"},
    "answer": {"column": "answer", "as": "letter"},
    "groups": {"subject": "subject"},
}
PREFIX = {"en": "Question", "de": "Frage", "sw": "Swali"}


def row(n: int, language: str, **changed) -> dict:
    """Return row ``n`` of a file; its key is written down here, so that letters can be compared with it."""
    options = {f"option_{letter}": f"{PREFIX[language]} {n} {letter}" for letter in "abc"}
    made = {"id": f"q{n}", "question": f"{PREFIX[language]} {n}?", "answer": "ABC"[n % 3], "subject": "law"}
    return made | options | changed


def files(folder, n=24, drop=(), changes=(), name="test", first=0) -> dict:
    """Write the files of three languages; German lacks the rows ``drop``, and ``changes`` are made to its rows."""
    changes, folder = dict(changes), folder / name
    folder.mkdir()
    numbers = range(first, first + n)
    for language in PREFIX:
        german = language == "de"
        rows = [
            row(i, language, **(changes.get(i, {}) if german else {})) for i in numbers if not german or i not in drop
        ]
        write_jsonl(folder / f"{language}.jsonl", rows)
    return {language: str(folder / f"{language}.jsonl") for language in PREFIX}


def aligned(paths, language, number=3, without=(), split=None, selection=SELECTION, **settings):
    """Return the tables of a language with ``number`` examples, from the questions or from the files ``split``."""
    readings = settings.pop("readings", {"language": own(READ, language), "pivot": own(READ, "en")})
    of_split = split and {"path": split[language], "pivot_path": split["en"], "readings": readings}
    return align_with_pivot(
        path=paths[language],
        pivot_path=paths["en"],
        language=language,
        readings=readings,
        prompt=settings.pop("prompt", {}),
        exclude_misaligned=True,
        selection=selection,
        examples={"number": number, "without": list(without), "split": of_split},
        **settings,
    )


def numbers(prompt: str, language: str) -> list[int]:
    """Return which questions stand in a prompt, by their numbers, the one that is asked last."""
    blocks = prompt.split("\n\n")[1:]
    return [int(block.removeprefix(f"Question: {PREFIX[language]} ").split("?")[0]) for block in blocks]


def test_all_languages_have_the_same_examples_and_ask_none_of_them(tmp_path):
    paths, shown = files(tmp_path), set()
    for language in PREFIX:
        table, audit = aligned(paths, language)
        examples = {tuple(numbers(prompt, language)[:-1]) for prompt in table["prompt"]}
        assert len(examples) == 1
        shown |= examples
        ids = {f"q{n}" for n in next(iter(examples))}
        assert len(ids) == 3 and not ids & set(table["question_id"])
        assert len(table["question_id"]) == 24 - 3
        assert {*zip(audit["question_id"], audit["reason"], audit["excluded"], strict=True)} == {
            (question_id, "example", True) for question_id in ids
        }
        assert [numbers(prompt, language)[-1] for prompt in table["prompt"]] == [
            int(question_id[1:]) for question_id in table["question_id"]
        ]
    assert len(shown) == 1


def test_every_example_ends_with_the_letter_of_its_row(tmp_path):
    """The oracle is the row's own letter, found by the text of the question."""
    table, _ = aligned(files(tmp_path), "de", number=6)
    instruction, *examples, asked = table["prompt"][0].split("\n\n")
    assert instruction == INSTRUCTION and asked.endswith(" Answer:")
    letters = {row(n, "de")["question"]: row(n, "de")["answer"] for n in range(24)}
    for example in examples:
        question = example.removeprefix("Question: ").split(" A: ")[0]
        assert example.endswith(f" Answer: {letters[question]}")


def test_an_example_has_its_passage(tmp_path):
    for language in PREFIX:
        write_jsonl(tmp_path / f"{language}.jsonl", [row(n, language, text=f"Passage {n}.") for n in range(6)])
    readings = dict.fromkeys(["language", "pivot"], own(READ | {"passage": "text"}))
    table, _ = align_with_pivot(
        path=str(tmp_path / "de.jsonl"),
        pivot_path=str(tmp_path / "en.jsonl"),
        language="de",
        readings=readings,
        prompt={},
        exclude_misaligned=True,
        selection=SELECTION,
        examples={"number": 2, "without": [], "split": None},
    )
    for block in table["prompt"][0].split("\n\n")[1:]:
        number = block.removeprefix("Passage ").split(".")[0]
        assert block.startswith(f"Passage {number}. Question: Frage {number}?")


def test_the_letter_of_an_example_is_the_token_that_is_scored_after_the_prompt(tmp_path):
    for form in ("A:", "(a)"):
        table, _ = aligned(files(tmp_path, name=form[1]), "de", prompt={"letter_form": form})
        prompt, encoder = table["prompt"][0], Encoder(demo_tokenizer())
        scored = encoder.letters(prompt, 3, first="a" if "a" in form else "A")
        until_first = "\n\n".join(prompt.split("\n\n")[:2])
        tokens = encoder.prompts([prompt])[0]
        beginning = encoder.prompts([until_first])[0]
        assert tokens[: len(beginning)] == beginning
        number = numbers(prompt.replace("(a)", "A:"), "de")[0]
        assert beginning[-1] == scored[number % 3]


def test_a_maximum_counts_the_questions_that_are_asked(tmp_path):
    paths = files(tmp_path)
    table, _ = aligned(paths, "de", selection={**SELECTION, "max": 10})
    assert len(table["question_id"]) == 10
    shown = {f"q{n}" for n in numbers(table["prompt"][0], "de")[:-1]}
    others = [name for name in sampling.order([f"q{n}" for n in range(24)], 0) if name not in shown]
    assert set(table["question_id"]) == set(others[:10])


def test_examples_are_of_the_groups_that_are_asked(tmp_path):
    paths = files(tmp_path)
    for language in PREFIX:
        subjects = [row(n, language, subject="law" if n < 8 else "art") for n in range(24)]
        write_jsonl(tmp_path / f"test/{language}.jsonl", subjects)
    table, _ = aligned(paths, "de", selection={**SELECTION, "where": {"subject": "law"}})
    assert len(table["prompt"]) == 8 - 3
    assert all(n < 8 for n in numbers(table["prompt"][0], "de"))


def test_examples_of_a_split_take_no_question_away(tmp_path):
    paths, split = files(tmp_path), files(tmp_path, n=9, name="dev", first=100)
    for language in PREFIX:
        table, audit = aligned(paths, language, split=split)
        assert len(table["question_id"]) == 24 and not audit["reason"]
        *shown, asked = numbers(table["prompt"][5], language)
        assert (len(shown), asked) == (3, 5) and all(n >= 100 for n in shown)


def test_ids_that_begin_again_in_a_split_are_no_leak_but_texts_are(tmp_path):
    paths, dev = files(tmp_path), tmp_path / "dev"
    dev.mkdir()
    split = {language: str(dev / f"{language}.jsonl") for language in PREFIX}
    for language, path in split.items():
        write_jsonl(tmp_path / path, [row(n, language, id=f"q{n - 100}") for n in range(100, 104)])
    assert len(aligned(paths, "de", split=split)[0]["question_id"]) == 24
    for language, path in split.items():
        write_jsonl(tmp_path / path, [row(n, language, id=f"dev{n}") for n in range(4)])
    with pytest.raises(CrosslensError, match=r"language 'de': question 'q\d' has the same text as the example 'dev\d'"):
        aligned(paths, "de", split=split)


def test_a_question_with_the_text_of_an_example_is_an_error_with_a_remedy():
    def pair(name: str, text: str, pivot_text: str) -> tuple[Question, Question]:
        return tuple(Question(name, "", each, ("a", "b"), 0) for each in (text, pivot_text))

    example = pair("e", "Wer?", "Who?")
    check_not_asked([example], [pair("q", "Was?", "What?")], PLACE)
    check_not_asked([], [pair("q", "Wer?", "Who?")], PLACE)
    for asked in (pair("q", " wer? ", "What?"), pair("q", "Was?", "Who?")):
        with pytest.raises(
            CrosslensError, match=r"'q' .* the example 'e'.*Add \[\"e\"\] to 'prompt\.examples\.not\.mine'"
        ):
            check_not_asked([example], [asked], PLACE)


def test_a_language_that_lacks_examples_is_told_all_that_it_needs_to_leave_out(tmp_path):
    paths = files(tmp_path)
    table, _ = aligned(paths, "en", number=8)
    first, second, *_ = (f"q{n}" for n in numbers(table["prompt"][0], "en"))
    lacking = files(tmp_path, drop=[int(first[1:])], changes={int(second[1:]): {"option_b": ""}}, name="holes")
    aligned(lacking, "sw", number=8)
    said = (
        rf"data set 'mine': language 'de' cannot .*'{first}': missing; '{second}': empty_choice.* take the language out"
    )
    with pytest.raises(CrosslensError, match=said) as refused:
        aligned(lacking, "de", number=8)
    assert f'["{first}", "{second}"] to \'prompt.examples.not.mine\'' in str(refused.value)
    shown = [aligned(lacking, tag, number=8, without=[first, second])[0]["prompt"][0] for tag in PREFIX]
    ids = [numbers(prompt, tag)[:-1] for tag, prompt in zip(PREFIX, shown, strict=True)]
    assert ids[0] == ids[1] == ids[2] and not {int(first[1:]), int(second[1:])} & set(ids[0])


def test_more_examples_than_there_are_questions_is_an_error(tmp_path):
    paths = files(tmp_path, n=5)
    with pytest.raises(
        CrosslensError, match=r"'prompt\.examples\.number': .* 6 examples, but data set 'mine' has only 5"
    ):
        aligned(paths, "de", number=6)
    with pytest.raises(CrosslensError, match=r"no question of language 'de' .*example: 5"):
        aligned(paths, "de", number=5)


def compared(keys: list[int]) -> Compared:
    questions = {str(i): Question(str(i), "", f"{i}?", ("a", "b", "c"), key) for i, key in enumerate(keys)}
    return Compared(questions, questions, [])


def test_answers_are_spread_over_the_letters_and_more_examples_contain_the_fewer():
    pool = compared([0] * 30 + [1] * 20 + [2] * 10)
    ten = [question for question, _ in choose(pool, 10, [], SELECTION, PLACE)]
    for n in range(1, 11):
        some = [question for question, _ in choose(pool, n, [], SELECTION, PLACE)]
        assert some == ten[:n]
        counts = Counter(question.key for question in some)
        assert max(counts.values()) - min(counts.get(key, 0) for key in range(3)) <= 1
    assert ten != [question for question, _ in choose(pool, 10, [], {**SELECTION, "seed": 1}, PLACE)]


def test_a_file_whose_answers_are_all_the_same_gives_examples_in_hash_order():
    pool = compared([1] * 9)
    chosen = [question.question_id for question, _ in choose(pool, 4, [], SELECTION, PLACE)]
    assert chosen == sampling.order(map(str, range(9)), 0)[:4]


def test_languages_that_stand_alone_have_examples_of_their_own(tmp_path):
    paths = files(tmp_path, drop=range(0, 24, 2))
    alone = dict.fromkeys(["language", "pivot"], own(READ, "de"))
    table, _ = aligned(paths | {"en": paths["de"]}, "de", parallel="none", readings=alone)
    assert len(table["prompt"]) == 12 - 3 and all(n % 2 for n in numbers(table["prompt"][0], "de"))

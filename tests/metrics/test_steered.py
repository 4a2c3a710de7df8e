"""Steered against un-steered answers and the pivot's, on held-out questions, against SciPy and loops."""

import numpy as np
import pyarrow as pa
import pytest
from crosslens.errors import CrosslensError
from crosslens.metrics import steered as module
from crosslens.metrics.steered import FROM_PIVOT
from crosslens.tables.files import read_table, write_table
from crosslens.tables.steered_metrics import STEERED_METRICS
from made_answers import answers_table, random_answers, steered_table
from scipy import stats

NAMES = ["de", "en", "sw"]  # the pivot not first
CONDITIONS = [(4, -2.0), (2, 2.0), (4, 2.0)]
CONTROLS = [(2, 2.0, "random_1", "add"), (4, 1.0, "patch", "replace"), (2, 1.0, "patch", "replace")]
HELD_OUT = np.arange(10, 40)


@pytest.fixture(scope="module")
def made():
    """Return un-steered log-probabilities, keys, steered ones [language, question, condition, choice], and tables."""
    letters, key = random_answers(0, languages=3, missing=0.1)
    noise = np.random.default_rng(1).normal(size=(3, 40, len(CONDITIONS), 4))
    moved = (letters[:, :, None] + noise).astype(np.float32)
    answers = {name: answers_table(letters[i], key[i]) for i, name in enumerate(NAMES)}
    held_out = [[q for q in HELD_OUT if key[i, q] >= 0] for i in range(3)]
    steered = {name: steered_table(moved[i], held_out[i], CONDITIONS) for i, name in enumerate(NAMES)}
    steered["en"] = steered_table(moved[1], [], CONDITIONS)
    return letters, key, moved, answers, steered


def steered_metrics(answers, steered, pivot, *pair_metrics):
    """Return table "steered_metrics" from tables by language."""
    return module.steered_metrics(module.arranged(answers, steered, pivot), *pair_metrics)


def through_file(table, path):
    write_table(path, STEERED_METRICS, table, {})
    return read_table(path, STEERED_METRICS).to_pylist()


def expected(pivot, logprob, key):
    """Return accuracy, consistency, positive and negative transfer of the same questions, [question, choice]."""
    ranks = [stats.rankdata(-side, axis=1).ravel() for side in (pivot, logprob)]
    said, answer = pivot.argmax(axis=1), logprob.argmax(axis=1)
    right, wrong = said == key, said != key
    return (
        (answer == key).mean(),
        stats.spearmanr(*ranks).statistic,
        (right & (answer == key)).sum() / right.sum(),
        (wrong & (answer == said)).sum() / wrong.sum(),
    )


def test_every_condition_against_the_pivot_on_held_out_questions(made, tmp_path):
    letters, key, moved, answers, steered = made
    rows = through_file(steered_metrics(answers, steered, "en"), tmp_path / "steering")
    conditions = [(row["language"], row["layer"], row["gamma"]) for row in rows]
    assert conditions == [(name, *condition) for name in ("de", "sw") for condition in sorted(CONDITIONS)]
    columns = ["accuracy", *FROM_PIVOT.values()]
    for row in rows:
        i, c = NAMES.index(row["language"]), CONDITIONS.index((row["layer"], row["gamma"]))
        questions = [q for q in HELD_OUT if key[i, q] >= 0 and key[1, q] >= 0]
        pivot, keys = letters[1, questions], key[i, questions]
        assert row["n"] == len(questions)
        after, before = moved[i, questions, c], letters[i, questions]
        assert [row[column] for column in columns] == pytest.approx(expected(pivot, after, keys))
        assert [row[f"unsteered_{column}"] for column in columns] == pytest.approx(expected(pivot, before, keys))


def test_every_vector_has_rows_of_its_own_on_the_questions_that_have_it(made, tmp_path):
    """A patch is of other questions than a vector, which is held out; the own vector's rows stay what they are."""
    letters, key, moved, answers, steered = made
    of_controls = [
        steered_table(moved[0][:, [c]], questions, [CONTROLS[c]])
        for c, questions in enumerate([[15, 20], [0, 1, 2, 30], [0, 1, 2, 30]])
    ]
    mixed = pa.concat_tables([steered["de"], *of_controls], promote_options="default").unify_dictionaries()
    rows = through_file(
        steered_metrics(answers, steered | {"de": mixed.sort_by("question_id")}, "en"), tmp_path / "steering"
    )
    alone = through_file(steered_metrics(answers, steered, "en"), tmp_path / "alone")
    assert [row for row in rows if row["vector"] == "own"] == alone
    kinds = [(row["layer"], row["gamma"], row["vector"], row["operation"]) for row in rows if row["vector"] != "own"]
    assert sorted(kinds) == sorted(CONTROLS)
    for row in rows:
        if row["vector"] == "patch":
            assert row["n"] == sum(key[1, [0, 1, 2, 30]] >= 0)
            c = CONTROLS.index((row["layer"], row["gamma"], row["vector"], row["operation"]))
            both = [q for q in [0, 1, 2, 30] if key[1, q] >= 0]
            assert row["accuracy"] == (moved[0, both, c].argmax(axis=1) == key[0, both]).mean()
    short = pa.concat_tables([steered["de"], of_controls[0], of_controls[1].slice(1), of_controls[2]])
    with pytest.raises(CrosslensError, match="language 'de': some held-out questions are missing or duplicated"):
        steered_metrics(answers, steered | {"de": short.unify_dictionaries()}, "en")


def test_no_steering_changes_nothing(made, tmp_path):
    letters, key, _, answers, _ = made
    unmoved = np.repeat(letters[:, :, None], len(CONDITIONS), axis=2)
    held_out = [[q for q in HELD_OUT if key[i, q] >= 0] for i in range(3)]
    steered = {name: steered_table(unmoved[i], held_out[i], CONDITIONS) for i, name in enumerate(NAMES)}
    for row in through_file(steered_metrics(answers, steered, "en"), tmp_path / "steering"):
        for column in ("accuracy", *FROM_PIVOT.values()):
            assert row[column] == row[f"unsteered_{column}"]


def test_where_choices_have_another_order_only_accuracy_and_positive_transfer_are_defined(made):
    letters, key, moved, _, steered = made
    shuffled = (key + np.array([[1], [0], [2]])) % 4  # other keys than the pivot's
    shuffled[key < 0] = -1
    answers = {name: answers_table(letters[i], shuffled[i]) for i, name in enumerate(NAMES)}
    for row in steered_metrics(answers, steered, "en", ["positive_transfer"]).to_pylist():
        i, c = NAMES.index(row["language"]), CONDITIONS.index((row["layer"], row["gamma"]))
        questions = [q for q in HELD_OUT if key[i, q] >= 0 and key[1, q] >= 0]
        right_in_pivot = letters[1, questions].argmax(axis=1) == shuffled[1, questions]
        right = moved[i, questions, c].argmax(axis=1) == shuffled[i, questions]
        assert row["accuracy"] == pytest.approx(right.mean())
        assert row["positive_transfer_from_pivot"] == pytest.approx(
            (right & right_in_pivot).sum() / right_in_pivot.sum()
        )
        for column in ("consistency_with_pivot", "negative_transfer_from_pivot"):
            assert row[column] is row[f"unsteered_{column}"] is None


def test_without_conditions_the_table_is_empty(made, tmp_path):
    *_, answers, steered = made
    empty = dict.fromkeys(NAMES, steered["en"])
    assert through_file(steered_metrics(answers, empty, "en"), tmp_path / "steering") == []


def test_incomplete_conditions_are_refused(made):
    *_, answers, steered = made
    repeated = pa.concat_tables([steered["de"].slice(1), steered["de"].slice(1, 1)])
    for broken in (steered["de"].slice(1), repeated):
        with pytest.raises(CrosslensError, match="language 'de': some held-out questions are missing or duplicated"):
            steered_metrics(answers, steered | {"de": broken}, "en")

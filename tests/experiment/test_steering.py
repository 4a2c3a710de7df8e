"""The conditions that entries of steering.conditions ask for, the files that they need, and what is refused."""

import pytest
from crosslens.errors import CrosslensError
from crosslens.experiment import figure_picks, steering, work
from crosslens.tables.conditions import Condition, sources
from experiments import experiment

GRID = [2, 4]


def conditions(*entries, model="mine", n_layers=4):
    return steering.conditions(entries, model, GRID, n_layers)


def test_conditions_are_the_sorted_pairs_each_once_of_the_entries_for_the_model():
    entries = [
        {"layers": "grid", "gammas": [2, -2]},
        {"layers": [4], "gammas": [2, 3.5]},
        {"layers": [2], "gammas": [9], "models": ["other"]},
        {"layers": ["middle"], "gammas": [1], "models": ["other", "mine"]},
    ]
    pairs = [(2, -2.0), (2, 1.0), (2, 2.0), (4, -2.0), (4, 2.0), (4, 3.5)]
    assert conditions(*entries) == [Condition(*pair) for pair in pairs]
    assert conditions(entries[2]) == []


def test_other_vectors_and_operations_come_after_the_own_vector():
    found = conditions(
        {"layers": [2], "vector": "patch"},
        {"layers": [4], "gammas": [1], "vector": {"dataset": "toy"}},
        {"layers": [2], "gammas": [2], "vector": {"language": "de"}},
        {"layers": [2], "gammas": [2], "vector": "random", "seeds": 2},
        {"layers": [2], "operation": "project_out"},
        {"layers": [4], "gammas": [2]},
    )
    assert found == [
        (4, 2.0, "own", "add"),
        (2, 1.0, "own", "project_out"),
        (4, 1.0, "dataset:toy", "add"),
        (2, 2.0, "language:de", "add"),
        (2, 1.0, "patch", "replace"),
        (2, 2.0, "random_1", "add"),
        (2, 2.0, "random_2", "add"),
    ]
    assert sources(found) == ["own", "dataset:toy", "language:de", "patch"]
    assert sources(found[4:5]) == ["patch"] and sources(found[5:]) == ["own"] and sources([]) == []
    assert conditions({"layers": [2], "vector": "patch", "operation": "replace"}) == found[4:5]


def test_of_a_list_of_languages_the_first_that_all_data_sets_have_gives_the_vector():
    entry, plain = {"layers": [2], "gammas": [2], "vector": {"language": ["sw", "en", "de", "es"]}}, {"layers": [2]}
    languages = {"one": ["en", "de", "es", "sw"], "other": ["en", "es", "de"]}
    assert steering.settled([plain, entry], "en", languages) == [plain, {**entry, "vector": {"language": "de"}}]
    assert steering.settled([plain, entry], "en", {"one": ["en", "fr"]}) == [plain]
    assert steering.settled([entry], "en", {}) == []


def test_a_layer_off_the_grid_names_model_grid_and_remedy():
    for entry in ({"layers": [2, 3], "gammas": [1]}, {"layers": [3], "vector": "patch"}):
        with pytest.raises(CrosslensError) as error:
            conditions(entry)
        for part in ("steering.conditions", "layer 3", "mine", "2, 4", "layers.every", '"middle"', "0.5"):
            assert part in str(error.value)


def test_an_entry_for_another_model_may_name_layers_that_this_one_lacks():
    assert conditions({"layers": [30], "gammas": [1], "models": ["large"]}, model="small") == []


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({}, "'steering.conditions.gammas': an entry that adds a vector needs it"),
        ({"vector": "random"}, "'steering.conditions.gammas': an entry that adds a vector needs it"),
        ({"vector": "patch", "gammas": [1]}, "gammas': the operation 'replace' has no multiplier. Remove 'gammas'"),
        ({"operation": "project_out", "gammas": [1]}, "gammas': the operation 'project_out' has no multiplier"),
        ({"operation": "replace"}, "operation': 'replace' and 'vector: patch' go together only"),
        ({"vector": "patch", "operation": "add"}, "operation': 'replace' and 'vector: patch' go together only"),
        ({"gammas": [1], "seeds": 2}, "seeds': it goes with 'vector: random' only"),
    ],
)
def test_keys_that_do_not_go_together_are_refused(entry, said):
    with pytest.raises(CrosslensError, match=said):
        conditions({"layers": "grid", **entry})


OWN = {"layers": [2], "gammas": [-2, 2]}


def with_vector(vector, **more):
    entry = {"layers": [2], "gammas": [2], "vector": vector}
    return experiment({"steering": {"conditions": [OWN, entry]}, "figures": {}}, more)


def vectors(made, dataset, language):
    prefix = "results/demo/"
    return [path.removeprefix(prefix) for path in made.vectors_input("toy-qwen2", dataset, language)]


def test_another_languages_vector_is_read_and_used_in_all_languages_but_that_one():
    made = with_vector({"language": "de"})
    assert vectors(made, "toy-mmmlu", "sw") == [
        f"steering_vectors/toy-qwen2/toy-mmmlu/{tag}.arrow" for tag in ("sw", "de")
    ]
    assert vectors(made, "toy-mmmlu", "de") == ["steering_vectors/toy-qwen2/toy-mmmlu/de.arrow"]
    assert len(made.conditions_in("toy-qwen2", "toy-mmmlu", "sw")) == 3
    assert len(made.conditions_in("toy-qwen2", "toy-mmmlu", "de")) == 2
    assert made.conditions_in("toy-qwen2", "toy-mmmlu", "en") == [] == vectors(made, "toy-mmmlu", "en")


def test_another_data_sets_vector_is_read_and_used_in_all_data_sets_but_that_one():
    made = with_vector({"dataset": "toy-mmmlu"})
    assert vectors(made, "toy-belebele", "sw") == [
        f"steering_vectors/toy-qwen2/{name}/sw.arrow" for name in ("toy-belebele", "toy-mmmlu")
    ]
    assert vectors(made, "toy-mmmlu", "sw") == ["steering_vectors/toy-qwen2/toy-mmmlu/sw.arrow"]
    assert len(made.conditions_in("toy-qwen2", "toy-mmmlu", "sw")) == 2


def test_a_patch_reads_the_pivots_states_and_random_vectors_read_nothing_more():
    made = experiment({"steering": {"conditions": [OWN, {"layers": [2], "vector": "patch"}]}})
    assert vectors(made, "toy-mmmlu", "sw")[1:] == ["hidden_states/toy-qwen2/toy-mmmlu/en.arrow"]
    assert len(vectors(with_vector("random"), "toy-mmmlu", "sw")) == 1


def test_figures_and_plan():
    """Figures draw the own vector alone; the plan counts all copies."""
    plain = experiment({"steering": {"conditions": [OWN]}})
    more = experiment(
        {"steering": {"conditions": [OWN, {"layers": [2], "gammas": [9], "vector": "random", "seeds": 3}]}}
    )
    assert more.own_conditions("toy-qwen2") == plain.own_conditions("toy-qwen2") == [[2, -2.0], [2, 2.0]]
    counts = [work.evaluation(each, "toy-qwen2", "toy-mmmlu").conditions for each in (plain, more)]
    assert counts == [2, 5]
    name = "steering_accuracy_by_language"
    with pytest.raises(CrosslensError, match="the figure needs γ = 9, but toy-qwen2 is steered only with -2, 2"):
        figure_picks.drawn(experiment(more.config, {"figures": {name: {"gamma": 9}}}))
    controls = experiment({"steering": {"conditions": [{"layers": [2], "vector": "patch"}]}})
    assert not [figure for figure in figure_picks.drawn(controls) if "steering" in figure or "gamma" in figure]


@pytest.mark.parametrize(
    ("vector", "more", "said"),
    [
        ({"language": "en"}, {}, "vector.language': 'en' is the pivot, which has no steering vector"),
        ({"language": "fr"}, {}, "vector.language': 'fr' is not among the selected languages of toy-belebele "),
        (
            {"language": "sw"},
            {"languages": ["de"]},
            r"'sw' is not among the selected languages of toy-belebele \(en, de\)",
        ),
        ({"dataset": "belebele"}, {}, r"vector.dataset': 'belebele' is not among the run's data sets \(toy-belebele, "),
        (
            {"dataset": "toy-mmmlu"},
            {"datasets": ["toy-mmmlu"]},
            "'toy-mmmlu' is the run's only data set, so no other one can take vectors from it",
        ),
    ],
)
def test_vectors_that_the_run_does_not_have_are_refused(vector, more, said):
    with pytest.raises(CrosslensError, match=said):
        with_vector(vector, **more)


def test_a_data_set_that_lacks_a_language_of_another_has_no_vector_for_it():
    languages = {"small": ["en", "de"], "large": ["en", "de", "sw", "th"]}
    with pytest.raises(CrosslensError, match=r"small lacks languages of large \(sw, th\), so these have no vector"):
        steering.check_vectors([{"vector": {"dataset": "small"}}], "en", languages)
    steering.check_vectors([{"vector": {"dataset": "large"}}, {}, {"vector": "patch"}], "en", languages)

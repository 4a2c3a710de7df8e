"""The condition is chosen on one half of the questions and reported on the other, among those that have controls."""

import numpy as np
import pytest
from crosslens.metrics import steering_gains, steering_selection
from crosslens.tables.files import check
from crosslens.tables.steered_metrics import STEERING_SELECTED
from made_steering import World

SETTINGS = {"bootstrap": 20, "level": 0.9, "seed": 3}


def row(layer, gamma, mean, versus="unsteered", half="development", **other):
    return {
        **{"measure": "accuracy", "half": half, "vector": "own", "operation": "add", "layer": layer, "gamma": gamma},
        **{"versus": versus, "mean": mean},
        **other,
    }


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([row(2, 1.0, 0.1), row(2, 2.0, 0.3), row(4, 2.0, 0.2)], (2, 2.0)),  # no controls
        ([row(2, 1.0, 0.1), row(2, -2.0, 0.3)], (2, 1.0)),  # away from the pivot does not count
        ([row(2, 1.0, 0.1), row(2, 2.0, 0.3, half="test")], (2, 1.0)),
        ([row(2, 1.0, 0.1), row(2, 2.0, 0.3), row(2, 1.0, 0, "random_1")], (2, 1.0)),
        ([row(2, 1.0, 0.1), row(4, 2.0, 0.3), row(2, 1.0, 0, "random_1")], (2, 1.0)),  # layer 4 has no control
        # Two vectors at the layer; gamma 2 has only one of them.
        (
            [row(2, 1.0, 0.1), row(2, 2.0, 0.3), row(2, 1.0, 0, "random_1"), row(2, 2.0, 0, "random_1")]
            + [row(2, 1.0, 0, "language:de")],
            (2, 1.0),
        ),
        ([row(2, 1.0, 0.1), row(2, 2.0, 0.3), row(2, 1.0, 0, "letter_shift")], (2, 2.0)),  # every condition has it
        ([row(2, 2.0, 0.3), row(4, 2.0, 0.3)], (2, 2.0)),
        ([row(2, -2.0, 0.3)], None),
        ([], None),
    ],
)
def test_the_condition_is_the_best_on_the_development_half_among_those_with_all_controls(rows, expected):
    assert steering_selection.best(rows) == expected


def table(world, *kinds, **settings):
    gains = steering_gains.steering_gains(
        world.steered(*kinds), world.clusters, world.families, **(SETTINGS | settings)
    ).table
    return gains.to_pylist(), steering_selection.selected(gains)


def test_gain_and_controls_are_those_of_the_test_half():
    world = World(questions=120)
    conditions = [(2, 1.0), (2, 2.0), (4, 2.0)]
    kinds = [world.kind(name, conditions, right=0.3) for name in world.names]
    kinds += [world.kind(name, conditions[1:], f"random_{i}", noise=0.3) for i in (1, 2) for name in world.names]
    other = f"language:{world.names[0]}"  # which is not steered with its own vector again
    kinds += [world.kind(name, conditions[1:], other, noise=0.3) for name in world.names[1:]]
    gains, chosen = table(world, *kinds)
    check(chosen, STEERING_SELECTED, "selected")
    assert chosen["measure"].to_pylist() == list(dict.fromkeys(row["measure"] for row in gains))
    for selected in chosen.to_pylist():
        assert (selected["layer"], selected["gamma"]) in conditions[1:]
        at = [
            row
            for row in gains
            if all(row[name] == selected[name] for name in ("measure", "layer", "gamma")) and row["half"] == "test"
        ]
        own = {row["versus"]: row for row in at if row["vector"] == "own"}
        of_vector = {row["vector"]: row for row in at if row["versus"] == "unsteered"}
        assert all(selected[name] == own["unsteered"][name] for name in ("mean", "low", "high", "reference"))
        controls = {name: one["mean"] for name, one in own.items() if name != "unsteered"}
        assert set(controls) == {"random_1", "random_2", "letter_shift", other}
        assert selected["control"] == min(controls, key=controls.get)
        assert selected["difference"] == min(controls.values())
        assert selected["control_gain"] == pytest.approx(of_vector[selected["control"]]["mean"])
        assert selected["n_random"] == 2
        assert selected["random_difference"] == min(controls["random_1"], controls["random_2"])
        worst = max(own[f"random_{i}"]["p_value"] if controls[f"random_{i}"] > 0 else 1 for i in (1, 2))
        assert selected["random_p_value"] == worst


def test_without_steering_towards_the_pivot_nothing_is_selected():
    world = World(questions=40)
    for kinds in ([], [world.kind(name, [(2, -2.0)]) for name in world.names]):
        _, chosen = table(world, *kinds)
        check(chosen, STEERING_SELECTED, "selected")
        assert len(chosen) == 0


def test_with_a_single_cluster_one_half_is_empty_and_nothing_is_claimed():
    world = World(questions=40)
    world.clusters = dict.fromkeys(world.clusters, "all of them")
    gains, chosen = table(world, *[world.kind(name, [(2, 2.0)], noise=0.3) for name in world.names])
    check(chosen, STEERING_SELECTED, "selected")
    assert {row["half"] for row in gains if row["mean"] is not None} in ({"all", "development"}, {"all", "test"})
    assert all(mean is None for mean in chosen["mean"].to_pylist())


def test_what_is_chosen_on_one_half_is_unbiased_on_the_other_and_the_greatest_gain_is_not():
    """All conditions do nothing but noise. The best one seems to help where it was chosen; on the test half it harms as
    much as any."""
    conditions = [(layer, gamma) for layer in (1, 2, 3, 4) for gamma in (1.0, 1.001)]
    difference, naive = [], []
    for seed in range(60):
        world = World(seed, languages=6, questions=60, sampled=0, families=6)
        kinds = [world.kind(name, conditions, noise=0.5) for name in world.names]
        gains, chosen = table(world, *kinds, seed=seed, pair_metrics=[])
        accuracy = [row for row in gains if row["measure"] == "accuracy" and row["versus"] == "unsteered"]
        test = [row["mean"] for row in accuracy if (row["half"], row["vector"]) == ("test", "own")]
        everything = [row["mean"] for row in accuracy if (row["half"], row["vector"]) == ("all", "own")]
        difference.append(chosen["mean"][0].as_py() - np.mean(test))
        naive.append(max(everything) - np.mean(everything))
    error = np.std(difference) / np.sqrt(len(difference))
    assert abs(np.mean(difference)) < 2.5 * error and error < 0.005
    assert np.mean(naive) > 0.01 and np.mean(naive) > 5 * error

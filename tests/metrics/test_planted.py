"""Planted effects are found and planted nulls are not, by the whole analysis of the tables that inference writes.

Every world has one thing that languages share, each of which gives consistent answers or a log ratio; the table says
what of the analysis must be positive in it. Everything else must not differ from 0.
"""

import numpy as np
import planted
import pytest
from crosslens.metrics import letters, output, question_means, resampling, steered, steering_gains
from crosslens.metrics.latent_layer import latent_layer
from crosslens.tables.inference import FORMS
from made_lens import LAYER

INTERVALS = {"families": planted.FAMILIES, "bootstrap": 100, "level": 0.99, "seed": 0}
SMALL = 0.035  # what is 0 in truth may be this far from it, if the interval excludes 0

OF_ANSWERS = {"consistency_excess", "positive_transfer_excess", "kappa", "rankc_excess"}
OF_LENS = {"native per_token", "native first_token", "without_choices per_token", "symmetric per_token"}
FOUND = {
    "a letter prior": set(),
    "shared difficulty": OF_ANSWERS,  # no null removes difficulty; see the test below
    "copying": {"native per_token", "native first_token"},
    "a letter shift": {*OF_ANSWERS, "calibration", "steering", "steering - random_1", "steering - random_2"},
    "knowledge": {
        *(OF_ANSWERS | OF_LENS),
        *("steering", "steering - random_1", "steering - random_2", "steering - letter_shift"),
    },
}


@pytest.fixture(scope="module", params=FOUND)
def analysed(request):
    """Return the world's name and every quantity with its interval."""
    tables = planted.world(request.param)
    return request.param, of_answers(tables) | of_lens(tables) | of_steering(tables)


def of_answers(tables):
    measured = output.output_metrics(tables.answers, [planted.CLUSTERS], **INTERVALS).expectations
    rows = dict(zip(measured["metric"], zip(*bounds(measured), strict=True), strict=True))
    found = {name: rows[name] for name in OF_ANSWERS}
    draws = resampling.draws([planted.CLUSTERS], INTERVALS["bootstrap"], 0)
    gain = letters.letter_metrics(tables.answers, draws, INTERVALS["level"], True).letters["calibration_gain"]
    gain = np.array(gain, float)
    half = 3.4 * gain.std(ddof=1) / np.sqrt(len(gain))  # t(8) at .99
    return found | {"calibration": (gain.mean(), gain.mean() - half, gain.mean() + half)}


def of_lens(tables):
    given = question_means.intervals([planted.CLUSTERS], **INTERVALS)
    layer = latent_layer(tables.lens, tables.answers, LAYER, given, "en", "mean_logprob", planted.SEED, FORMS)
    columns = layer.log_ratio_means
    names = [
        f"{prompt} {normalisation}" if series == "log_ratio" else ""
        for prompt, normalisation, series in zip(
            *(columns[c] for c in ("prompt", "normalisation", "series")), strict=True
        )
    ]
    rows = dict(zip(names, zip(*bounds(columns), strict=True), strict=True))
    return {name: rows[name] for name in OF_LENS}


def of_steering(tables):
    arranged = steered.arranged(tables.answers, tables.steered, "en")
    rows = steering_gains.steering_gains(arranged, planted.CLUSTERS, **INTERVALS).table.to_pylist()
    found = {}
    for row in rows:
        if (row["measure"], row["half"], row["vector"]) == ("accuracy", "test", "own"):
            name = "steering" if row["versus"] == "unsteered" else f"steering - {row['versus']}"
            found[name] = (row["mean"], row["low"], row["high"])
    return found


def bounds(columns):
    return [
        [value.as_py() if hasattr(value, "as_py") else value for value in columns[c]] for c in ("mean", "low", "high")
    ]


def test_planted_effects_are_found_and_planted_nulls_are_not(analysed):
    world, found = analysed
    for name, (mean, low, high) in found.items():
        if name in FOUND[world]:
            assert low > 0, f"{world}: {name} {mean:.3f} [{low:.3f}, {high:.3f}]"
        else:
            assert low <= 0 or mean < SMALL, f"{world}: {name} {mean:.3f} [{low:.3f}, {high:.3f}]"
            assert high >= 0 or mean > -SMALL, f"{world}: {name} {mean:.3f} [{low:.3f}, {high:.3f}]"
    assert {*found} >= FOUND[world]


def expectations(world):
    """Return the means of all measures of pairs in a world."""
    settings = INTERVALS | {"bootstrap": 20}
    columns = output.output_metrics(planted.world(world).answers, [planted.CLUSTERS], **settings).expectations
    return dict(zip(columns["metric"], columns["mean"].to_pylist(), strict=True))


def test_the_papers_measure_alone_would_find_consistency_in_a_letter_prior():
    means = expectations("a letter prior")
    assert means["consistency"] > 0.4 and abs(means["consistency_excess"]) < SMALL


def test_given_difficulty_less_is_left_of_what_difficulty_alone_gives():
    means = expectations("shared difficulty")
    assert abs(means["positive_transfer_excess_given_difficulty"]) < means["positive_transfer_excess"] / 2

"""The claims on a whole made-up experiment, smaller than that of benchmarks/claims.py: what is planted is found."""

import pytest
from planted_experiment import Experiment
from planted_truths import languages
from planted_verdicts import right_claims, verdicts

N_CLAIMS = 18
FAMILIES = (3, 3, 3, 3, 2, 2, 2, 2, 2, 2)  # 24 languages


@pytest.fixture(scope="module", params=["planted", "zero"])
def rows(request, tmp_path_factory):
    """The verdicts on a world. Fewer languages and questions than in the benchmark leave less power."""
    experiment = Experiment(seed=0, n_questions=160, known=languages(FAMILIES))
    return verdicts(request.param, experiment, bootstrap=40, folder=tmp_path_factory.mktemp(request.param))


def test_most_planted_effects_are_found_with_their_sign_and_nothing_is_found_where_nothing_is(rows):
    assert len({row.claim for row in rows}) == N_CLAIMS
    definite = [row for row in rows if row.is_definite]
    if rows[0].world == "zero":
        assert len(definite) <= 2, definite  # of 56; within each claim, p-values are corrected at .05
    else:
        wrong = [row for row in definite if row.verdict != row.right]
        assert not wrong
        for series in ("as claimed", "opposite"):
            own = [row for row in rows if row.series == series]
            assert right_claims(own) >= 12, [row for row in own if not row.is_right]

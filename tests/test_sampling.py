"""Samples depend on the seed and on each question's id, and on nothing else."""

import pytest
from crosslens import sampling
from crosslens.errors import CrosslensError
from hypothesis import given, settings
from hypothesis import strategies as st

ID = st.text("ab1é中 :", min_size=1, max_size=8)
IDS = st.lists(ID, min_size=2, max_size=30, unique=True)
SEEDS = st.integers(0, 2**32)
quick = settings(max_examples=50, derandomize=True, database=None, deadline=None)


@quick
@given(IDS, SEEDS, st.data())
def test_leaving_questions_out_never_reorders_the_others(ids, seed, data):
    kept = data.draw(st.lists(st.sampled_from(ids), unique=True))
    everything = sampling.order(ids, seed)
    assert sorted(everything) == sorted(ids)
    assert sampling.order(kept, seed) == [question for question in everything if question in kept]


@quick
@given(IDS, SEEDS)
def test_the_given_order_does_not_matter(ids, seed):
    assert sampling.order(ids, seed) == sampling.order(sorted(ids), seed) == sampling.order(set(ids), seed)
    assert sampling.derangement(ids, seed) == sampling.derangement(sorted(ids), seed)


def test_the_seed_matters_and_no_position_is_favoured():
    ids = [f"question {i}" for i in range(10)]
    firsts = [sampling.order(ids, seed)[0] for seed in range(2000)]
    counts = [firsts.count(question) for question in ids]
    # Each is expected first 200 times, with a standard deviation of 13.
    assert min(counts) > 130 and max(counts) < 270


@quick
@given(IDS, IDS, SEEDS)
def test_first_common_is_the_beginning_of_the_common_order(ids, other_ids, seed):
    common = [question for question in sampling.order(ids, seed) if question in other_ids]
    for n in range(len(common) + 1):
        assert sampling.first_common(ids, other_ids, n, seed, ("sw", "en")) == common[:n]
        assert sampling.first_common(other_ids, ids, n, seed, ("en", "sw")) == common[:n]


def test_too_few_common_questions_name_the_pair_the_numbers_and_the_remedy():
    with pytest.raises(CrosslensError) as error:
        sampling.first_common(["a", "b", "c"], ["b", "c", "d"], 3, 0, ("sw", "en"))
    for part in ("sw and en", "only 2", "needs 3", "steering.questions", "states.questions"):
        assert part in str(error.value)


@quick
@given(IDS, SEEDS)
def test_derangement_is_a_permutation_without_fixed_points(ids, seed):
    partner = sampling.derangement(ids, seed)
    assert set(partner) == set(partner.values()) == set(ids)
    assert all(question != other for question, other in partner.items())


@quick
@given(st.lists(ID, min_size=3, max_size=30, unique=True), SEEDS)
def test_a_new_question_changes_the_partner_of_one_other_question(ids, seed):
    before, after = sampling.derangement(ids[1:], seed), sampling.derangement(ids, seed)
    assert sum(after[question] != other for question, other in before.items()) == 1


@pytest.mark.parametrize("ids", [[], ["alone"]])
def test_a_single_question_has_no_partner(ids):
    with pytest.raises(CrosslensError, match=f"at least 2 questions, but there are {len(ids)}"):
        sampling.derangement(ids, 0)


def test_clusters_are_halved_by_hash_alone_and_every_seed_has_other_halves():
    clusters = [f"cluster {i}" for i in range(2000)]
    halves = [[sampling.half(cluster, seed) for cluster in clusters] for seed in (0, 1)]
    for half in halves:
        assert set(half) == set(sampling.HALVES)
        assert 900 < half.count(sampling.TEST) < 1100  # expected 1000, with a standard deviation of 22
    assert 900 < sum(a == b for a, b in zip(*halves, strict=True)) < 1100

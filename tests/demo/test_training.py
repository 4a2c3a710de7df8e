"""Training is deterministic, learns, and follows its curriculum. Its final results are tested on the demo itself."""

import pytest
import torch
from crosslens.demo import training
from crosslens.demo.batches import collate
from crosslens.demo.corpus import Stage
from crosslens.demo.training import CURRICULUM, Progress, losses, rate, train
from demo_tokenizer import demo_tokenizer


@pytest.mark.parametrize("architecture", ["qwen2", "gemma2"])
def test_the_same_seed_gives_the_same_weights(architecture):
    one, two = (train(architecture, demo_tokenizer(), steps=3, seed=5).state_dict() for _ in range(2))
    assert all(torch.equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize("architecture", ["qwen2", "gemma2"])
def test_the_loss_is_that_of_the_full_model(architecture):
    """Projecting only the targets gives the model's own logits there; every text counts the same."""
    model = train(architecture, demo_tokenizer(), steps=1)
    batch = collate([([1, 300, 301], [302]), ([1, 303], [304, 305])])
    loss, _ = losses(model, batch, torch.tensor([302]))
    logprob = model(input_ids=batch.tokens, use_cache=False).logits.log_softmax(-1)
    expected = -(logprob[0, 2, 302] + (logprob[1, 1, 304] + logprob[1, 2, 305]) / 2) / 2
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)


def test_accuracy_counts_letters_only():
    model = train("qwen2", demo_tokenizer(), steps=1)
    tokens = [1, 300, 301]
    predicted = model(input_ids=torch.tensor([tokens]), use_cache=False).logits[0, -1].argmax().item()
    batch = collate([(tokens, [predicted]), (tokens, [400]), (tokens, [401])])
    assert losses(model, batch, torch.tensor([predicted, 400]))[1] == 0.5
    assert losses(model, batch, torch.tensor([402]))[1] == 0.0


def test_a_few_steps_lower_the_loss(monkeypatch):
    monkeypatch.setattr(training, "CURRICULUM", [Stage(1, ("mmmlu",), english_choices_only=True)])
    seen = []
    original = training.losses
    monkeypatch.setattr(training, "losses", lambda *inputs: seen.append(original(*inputs)) or seen[-1])
    train("qwen2", demo_tokenizer(), steps=30)
    assert seen[-1][0].item() < 0.7 * seen[0][0].item()


def test_the_learning_rate_rises_stays_and_falls():
    rates = [rate(step, 1000) for step in range(1000)]
    assert rates[0] == pytest.approx(1 / 30)
    assert rates[30:700] == [1.0] * 670
    assert rates[700:] == sorted(rates[700:], reverse=True) and 0 < rates[-1] < 0.01


def test_a_stage_ends_when_it_is_learned_or_when_time_runs_out():
    progress = Progress()
    for _ in range(200):
        progress.update(0.3, forced=False)
    assert progress.stage == CURRICULUM[0]
    while progress.stage == CURRICULUM[0]:
        progress.update(1.0, forced=False)
    assert progress.stage == CURRICULUM[1] and progress.accuracy < 0.7
    progress.update(0.3, forced=True)
    assert progress.stage == CURRICULUM[-1] == Stage()
    for _ in range(50):
        progress.update(1.0, forced=True)
    assert progress.stage == CURRICULUM[-1]

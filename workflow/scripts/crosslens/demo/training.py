"""Train a demo model: what it is taught, in which order, and for how long. `checkpoint` saves it."""

import random
from collections.abc import Iterator
from string import ascii_uppercase

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from tqdm import tqdm
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from crosslens.demo.architectures import build
from crosslens.demo.batches import Batch, draw_batches, encoder
from crosslens.demo.corpus import Stage
from crosslens.demo.items import CHOICES

SHORT = ("mmmlu", "hellaswag")  # the families without a passage
CURRICULUM = [
    *(Stage(groups, SHORT, english_choices_only=True) for groups in (1, 2, 3, 4, 6, 8)),
    Stage(english_choices_only=True),
    Stage(),
]
PASSED, PATIENCE = 0.7, 8  # a stage ends when the letters' running accuracy exceeds this, after this many steps or more
LEARNING_RATE, WARM_UP = 3e-3, 30
LATEST = 0.6  # share of the steps after which the last stage begins in any case
CONSTANT = 0.7  # share of the steps before the learning rate falls


class Progress:
    """The current stage of the curriculum, and a running accuracy of the letters."""

    def __init__(self) -> None:
        self.number, self.steps, self.accuracy = 0, 0, 0.0

    @property
    def stage(self) -> Stage:
        """The stage that batches are to be drawn from now."""
        return CURRICULUM[self.number]

    def update(self, accuracy: float, forced: bool) -> None:
        """Add one step's share of correct letters; ``forced`` moves on to the last stage in any case."""
        self.steps += 1
        self.accuracy += 0.15 * (accuracy - self.accuracy)
        last = len(CURRICULUM) - 1
        if self.number < last and (forced or (self.steps >= PATIENCE and self.accuracy > PASSED)):
            self.number, self.steps = last if forced else self.number + 1, 0
            self.accuracy = min(self.accuracy, PASSED - 0.15)  # the next stage has to be passed on its own


def train(architecture: str, tokenizer: PreTrainedTokenizerBase, steps: int = 1000, seed: int = 0) -> PreTrainedModel:
    """Return a model of ``architecture`` after ``steps`` optimizer steps on one thread.

    The same arguments give the same weights on the same machine with the same libraries. ``seed`` determines the
    initial weights and the training text. English comes first, since what is learned well in one language helps in the
    next.
    """
    torch.set_num_threads(1)  # so that sums are always taken in the same order
    model = build(architecture, tokenizer, seed)
    encode, progress = encoder(tokenizer), Progress()
    batches = draw_batches(random.Random(seed), encode, tokenizer.bos_token_id, lambda: progress.stage)
    letters = torch.tensor([encode(letter)[0] for letter in ascii_uppercase[:CHOICES]])
    _run(model, batches, letters, progress, steps)
    return model.eval()


def _run(model: PreTrainedModel, batches: Iterator[Batch], letters: Tensor, progress: Progress, steps: int) -> None:
    matrices = [weight for weight in model.parameters() if weight.ndim > 1]
    vectors = [weight for weight in model.parameters() if weight.ndim < 2]
    groups = [{"params": matrices, "weight_decay": 0.05}, {"params": vectors, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=LEARNING_RATE, betas=(0.9, 0.98), eps=1e-8, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate(step, steps))
    with tqdm(range(steps), unit="step", mininterval=2) as bar:
        for step in bar:
            loss, accuracy = losses(model, next(batches), letters)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            progress.update(accuracy, forced=step > LATEST * steps)
            bar.set_postfix_str(
                f"stage {progress.number + 1}/{len(CURRICULUM)}, loss {loss.item():.2f}, "
                f"letters {progress.accuracy:.2f}",
                refresh=False,
            )


def rate(step: int, steps: int) -> float:
    """Return a step's learning rate as a share of the maximum: it rises, stays, then falls linearly towards 0."""
    return min(1.0, (step + 1) / WARM_UP) * min(1.0, (steps - step) / (steps * (1 - CONSTANT)))


def losses(model: PreTrainedModel, batch: Batch, letters: Tensor) -> tuple[Float[Tensor, ""], float]:
    """Return the targets' mean cross-entropy (nats), every text counting the same, and the letters' accuracy (0 to 1).

    Only targets are projected to the vocabulary. A batch without letters has accuracy 0.
    """
    states = model.model(input_ids=batch.tokens).last_hidden_state[:, :-1]
    weight, target = batch.weight[:, 1:], batch.tokens[:, 1:]
    learned = weight > 0
    # (text, token, d_model) -> (learned token, d_model) -> (learned token, vocab)
    logits = model.lm_head(states[learned])
    if cap := getattr(model.config, "final_logit_softcapping", None):
        logits = cap * torch.tanh(logits / cap)
    target, weight = target[learned], weight[learned]
    loss = (F.cross_entropy(logits, target, reduction="none") * weight).sum() / weight.sum()
    is_letter = torch.isin(target, letters)
    correct = (logits.argmax(-1) == target)[is_letter].float()
    return loss, correct.mean().item() if len(correct) else 0.0

"""The work that every method does: a random model, random prompts, answers, letters and steering conditions.

There are no texts: token ids are random, so that no tokenizer influences the comparison.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast, Qwen2Config

GAMMAS = (-2.0, -1.0, 1.0, 2.0)


@dataclass(frozen=True)
class Work:
    """prompts: token ids. answers: [prompt][answer][token], all of one length; prompts may have other numbers of them.

    letters: token ids of the choices. layers: the lens's grid, ending with the last. conditions: (layer, gamma).
    vectors: one per layer.
    """

    model: nn.Module
    prompts: list[list[int]]
    answers: list[list[list[int]]]
    letters: list[int]
    layers: list[int]
    conditions: list[tuple[int, float]]
    vectors: dict[int, Float[Tensor, " d_model"]]

    def deltas(self) -> Float[Tensor, "condition d_model"]:
        """Return gamma * vector of every condition."""
        return torch.stack([gamma * self.vectors[layer] for layer, gamma in self.conditions])

    def first(self) -> "Work":
        """Return the first prompt with its first answers and conditions: enough to warm up."""
        answers = [self.answers[0][:2]]
        return replace(self, prompts=self.prompts[:1], answers=answers, conditions=self.conditions[:2])


@dataclass(frozen=True)
class Size:
    """The benchmarks' size. shortest, longest: prompts, in tokens. rounds: timings per method."""

    layers: int
    d_model: int
    vocabulary: int
    shortest: int
    longest: int
    rounds: int
    answer_tokens: int = 8


FULL = Size(layers=12, d_model=512, vocabulary=32_000, shortest=200, longest=400, rounds=3)
QUICK = Size(layers=4, d_model=64, vocabulary=1_000, shortest=20, longest=40, rounds=2, answer_tokens=4)


def qwen2(size: Size) -> nn.Module:
    """Return a random float32 Qwen 2 with the proportions of Qwen 2.5 3B (feed-forward width 5.4 * d_model, tied)."""
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=size.vocabulary,
        hidden_size=size.d_model,
        intermediate_size=size.d_model * 43 // 8,
        num_hidden_layers=size.layers,
        num_attention_heads=8,
        num_key_value_heads=2,
        max_position_embeddings=1024,
        tie_word_embeddings=True,
        initializer_range=0.05,
    )
    return AutoModelForCausalLM.from_config(config, attn_implementation="sdpa").eval()


def lengths(size: Size, n: int) -> list[int]:
    """Return prompt lengths spread evenly between the shortest and the longest."""
    step = (size.longest - size.shortest) / n
    return [round(size.shortest + (i + 0.5) * step) for i in range(n)]


def independent(model: nn.Module, prompt_lengths: Sequence[int]) -> list[list[int]]:
    """Return random prompts, which have nothing in common."""
    pick = _random_tokens(model, seed=1)
    return [pick(n) for n in prompt_lengths]


def with_passages(model: nn.Module, size: Size, n_passages: int, questions: int) -> list[list[int]]:
    """Return random prompts of Belebele's lengths, in random order: instruction, passage, question with its choices.

    All have one instruction of 18 tokens; ``questions`` prompts have the same passage, of 90 to 110 tokens, and each
    has a question of 60 to 100. Smaller sizes are shorter in proportion.
    """
    pick, generator = _random_tokens(model, seed=3), torch.Generator().manual_seed(4)
    scale = size.longest / FULL.longest

    def part(shortest: int, longest: int) -> list[int]:
        return pick(round(scale * int(torch.randint(shortest, longest + 1, (1,), generator=generator))))

    instruction = part(18, 18)
    beginnings = [instruction + part(90, 110) for _ in range(n_passages)]
    prompts = [beginning + part(60, 100) for beginning in beginnings for _ in range(questions)]
    return [prompts[i] for i in torch.randperm(len(prompts), generator=generator)]


def make(
    model: nn.Module,
    prompts: Sequence[list[int]],
    n_answers: int,
    answer_tokens: int,
    grid: Sequence[int],
    steered_layers: Sequence[int],
    gammas: Sequence[float] = GAMMAS,
    n_controls: int = 0,
) -> Work:
    """Return random work for ``model``: every layer of ``steered_layers`` is steered with every gamma.

    The first ``n_controls`` prompts have twice as many answers, as questions with a shuffled-answer control.
    """
    pick, generator = _random_tokens(model, seed=2), torch.Generator().manual_seed(5)
    numbers = [n_answers * (2 if i < n_controls else 1) for i in range(len(prompts))]
    return Work(
        model=model,
        prompts=list(prompts),
        answers=[[pick(answer_tokens) for _ in range(n)] for n in numbers],
        letters=pick(4),
        layers=list(grid),
        conditions=[(layer, gamma) for layer in steered_layers for gamma in gammas],
        vectors={
            layer: torch.randn(model.config.hidden_size, generator=generator).to(model.device)
            for layer in steered_layers
        },
    )


def _random_tokens(model: nn.Module, seed: int) -> Callable[[int], list[int]]:
    """Return a function that draws so many token ids, none of them special."""
    generator = torch.Generator().manual_seed(seed)
    return lambda n: torch.randint(3, model.config.vocab_size, (n,), generator=generator).tolist()


def tokenizer() -> PreTrainedTokenizerFast:
    """Return a tokenizer with special tokens for code that requires one; it never sees a text."""
    words = WordLevel({"<pad>": 0, "<bos>": 1, "<eos>": 2}, unk_token="<pad>")
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(words), pad_token="<pad>", bos_token="<bos>", eos_token="<eos>"
    )

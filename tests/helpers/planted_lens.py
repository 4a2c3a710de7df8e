"""The logit lens of a made-up model: which language it favours, by layer and language, and what it knows there."""

from itertools import product
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from crosslens.tables.files import category, fixed_size
from made_lens import donors
from planted_experiment import CHOICES, SEED, Model, standardised
from planted_truths import MIDDLE, UPPER

LENS_LAYERS = (*MIDDLE, *UPPER)
SAMPLED = 80  # questions with controls and further prompts
FORMS, TOKENS_PIVOT = ("native", "pivot"), 2


class _Scored(NamedTuple):
    """Log-probabilities of one form after one prompt, [layer, language, question, choice].

    questions: indices of those that are asked. keys: of those whose choices are scored.
    """

    prompt: str
    form: str
    questions: np.ndarray
    keys: np.ndarray
    logprob: np.ndarray


def lens(model: Model) -> dict[str, pa.Table]:
    """Return tables "lens" by language, with controls and further prompts of the sampled questions."""
    of, truth, random = model.of, model.truth, model.random
    noise = of.of_languages(random)
    # Those that are able do well, and those that take part in what is common are consistent.
    standing = standardised(0.9 * of.ability + 0.44 * standardised(np.log(model.part)))
    favoured = truth.latent_language + 0.35 * (np.sqrt(1 - truth.predicts**2) * noise - truth.predicts * standing)
    favoured[0] = 0.0  # the pivot's choices are the same in both forms
    every, sample = np.arange(of.n), np.array(of.hashed[:SAMPLED])
    next_of = donors([of.ids[i] for i in sample], SEED)
    donor = np.array([of.ids.index(next_of[of.ids[i]]) for i in sample])
    thinks = random.normal(size=(of.n, CHOICES))  # what all languages think of the choices at upper layers
    upper = np.isin(LENS_LAYERS, UPPER)[:, None, None, None]
    found = []
    for (f, form), (prompt, control, questions, keys) in product(
        enumerate(FORMS),
        [
            ("native", "", every, every),
            ("native", "_control", sample, donor),
            ("without_choices", "", sample, sample),
            ("pivot", "", sample, sample),
        ],
    ):
        latent = (truth.latent_key[f] * of.at_key + truth.latent_common[f] * thinks)[questions] * (control == "")
        latent = latent + truth.texts * of.at_key[keys]
        shape = (len(LENS_LAYERS), len(of.languages), len(questions), CHOICES)
        values = 0.5 * (upper * latent + random.gumbel(size=shape)) - 4
        native = favoured[:, None, None] * (form == "native")
        values = values + native + truth.copies * (prompt == form and control == "")
        found.append(_Scored(prompt, form + control, questions, keys, values))
    return {name: _table(model, found, i) for i, name in enumerate(of.languages)}


def _table(model: Model, found: list[_Scored], language: int) -> pa.Table:
    of, n_layers = model.of, len(LENS_LAYERS)
    rows = [n_layers * len(one.questions) for one in found]
    logprob = np.concatenate([one.logprob[:, language].reshape(-1, CHOICES) for one in found])
    tokens = [list(of.languages.values())[language].tokens, TOKENS_PIVOT]
    n_tokens = np.repeat([tokens[one.form.startswith("pivot")] for one in found], rows)[:, None].repeat(CHOICES, 1)
    first = logprob + model.random.normal(0, 0.3, logprob.shape)
    logprob = logprob + model.truth.longer * (n_tokens - 1)
    question, key = (
        np.concatenate([np.tile(getattr(one, name), n_layers) for one in found]) for name in ("questions", "keys")
    )
    layer = np.concatenate([np.repeat(LENS_LAYERS, len(one.questions)) for one in found])
    prompt, form = (
        [getattr(one, name) for one, n in zip(found, rows, strict=True) for _ in range(n)]
        for name in ("prompt", "form")
    )
    return pa.table(
        {
            "question_id": pa.array(of.ids).take(pa.array(question)),
            "key": pa.array(of.key[key], pa.int8()),
            "layer": pa.array(layer, pa.int16()),
            "prompt": category(prompt),
            "form": category(form),
            "logprob": fixed_size(logprob.astype(np.float32)),
            "first_logprob": fixed_size(first.astype(np.float32)),
            "n_tokens": fixed_size(n_tokens.astype(np.int16)),
            "n_characters": fixed_size((4 * n_tokens).astype(np.int32)),
        }
    )

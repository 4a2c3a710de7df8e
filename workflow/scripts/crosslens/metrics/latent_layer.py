"""Everything that is computed from the logit lens at one layer: the columns of six tables."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa

from crosslens.metrics import answers, latent, latent_means, log_ratios
from crosslens.metrics.question_means import Averager, Intervals
from crosslens.tables.inference import FORMS


class LatentLayer(NamedTuple):
    """The columns of six tables."""

    languages: dict  # table "latent_metrics"
    pairs: dict  # table "latent_pair_metrics"
    log_ratios: dict  # table "log_ratios"
    log_ratio_means: dict  # table "log_ratio_means"
    latent_means: dict  # table "latent_means"
    error_split: dict  # table "error_split"


def latent_layer(
    lens: Mapping[str, pa.Table],
    letters: Mapping[str, pa.Table],
    layer: int,
    intervals: Intervals,
    pivot: str,
    aggregate: str,
    seed: int,
    forms: Sequence[str] = FORMS,
    pair_metrics: Collection[str] = tuple(answers.PAIR_METRICS),
) -> LatentLayer:
    """Return the metrics of one layer.

    lens, letters: tables "lens" and "answers" by language. forms: the texts that were scored; what needs others is null
    or has no rows, as do the metrics of pairs that ``pair_metrics`` does not name. seed: that of the controls' sample.
    Raises CrosslensError as `latent.align_layer`, `log_ratios.ratios` and `latent_means.to_donors` do.
    """
    lens = {language: latent.at_layer(table, layer) for language, table in lens.items()}
    names, aligned = list(lens), latent.align_layer(lens, layer, forms)
    question_ids = aligned["native"].question_ids
    average = Averager(question_ids, names, pivot, intervals)
    found, control = log_ratios.ratios(lens, aggregate, question_ids)
    scores = latent_means.latent_scores(aligned, names, seed)
    wrong = latent_means.wrong_letters(letters, question_ids)
    split = latent_means.error_split(scores, wrong)
    return LatentLayer(
        *latent.latent_metrics(aligned, names, layer, pair_metrics),
        log_ratios.ratio_columns(found, control, names, layer),
        log_ratios.mean_columns(found, control, layer, average),
        latent_means.mean_columns(scores | split, layer, average),
        latent_means.split_columns(split, wrong, names, layer),
    )

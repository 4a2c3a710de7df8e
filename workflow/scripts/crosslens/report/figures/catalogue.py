"""The figures of the report, one `Figure` each: what Snakemake, the config's schema and the report know about it.

Declares only. The module of the same name beside this file computes the plotted values and draws them; the caption is
workflow/report/{name}.rst. Imported when the workflow is parsed, so it imports nothing heavy.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

NAMES = {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True}
LAYERS = {
    "type": "array",
    "items": {
        "oneOf": [
            {"type": "integer", "minimum": 1},
            {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
            {"const": "middle"},
        ]
    },
    "minItems": 1,
    "uniqueItems": True,
}


TRANSFER = ("positive_transfer", "positive_transfer_excess")


def _names(what: str) -> dict:
    description = f'The run\'s {what} that the figure shows, or "all".'
    return {"description": description, "oneOf": [{"const": "all"}, NAMES], "default": "all"}


def _layers(words: list[str], default: str, description: str) -> dict:
    options = [{"enum": words}, LAYERS, {"type": "object", "additionalProperties": LAYERS}]
    return {"description": description, "oneOf": options, "default": default}


def _gamma(description: str, **limits) -> dict:
    return {"description": description, "type": "number", **limits, "default": 2}


LISTED = "or a list (numbers, fractions of depth), for all models or per model; unlisted models get their middle layer."
STEERED = {
    "layers": _layers(
        ["all", "middle"],
        "middle",
        f'Steered layers, a panel each: "all" that are steered with gamma, their "middle" one, {LISTED}',
    ),
    "gamma": _gamma("Steering multiplier; must be among the conditions of steering."),
}


@dataclass(frozen=True)
class Figure:
    """A figure's title and number in the paper, its section of the report, and what it is made from.

    description: the text in the reference of the config. tables: names of the tables that the function ``data`` takes.
    settings: names of the other arguments of ``data``, some of which are keys of ``picks``. picks: JSON schemas of the
    figure's own config keys, in addition to models and datasets. needs: what all languages of a data set must share,
    "questions" or also their "choices"; others are not shown. by_choices: the part of a figure of "questions" that
    needs "choices", as the caption calls it. further_prompts: whether it is about `lens.prompts`, without
    which it is not drawn. facts: columns of config/languages.tsv that it shows of languages beside `settings`.
    """

    title: str
    paper: str
    section: str
    description: str
    tables: tuple[str, ...]
    settings: tuple[str, ...] = ()
    picks: Mapping[str, Mapping] = field(default_factory=dict)
    needs: str = "questions"
    by_choices: str = ""
    further_prompts: bool = False
    facts: tuple[str, ...] = ()

    @property
    def is_steered(self) -> bool:
        """Return whether the figure shows only models that are steered."""
        return self.section == "Steering"


FIGURES = {
    "transfer_heatmap": Figure(
        title="Positive transfer between languages",
        paper="Fig. 1",
        section="Consistency and transfer",
        description="Positive transfer between all pairs of languages (Fig. 1), and its excess over chance.",
        tables=("pair_metrics",),
        settings=("order", "measures"),
        picks={
            "measures": {
                "description": "Measures shown; with many languages, each fills a page for every model and data set.",
                "type": "array",
                "items": {"enum": list(TRANSFER)},
                "minItems": 1,
                "uniqueItems": True,
                "default": list(TRANSFER),
            }
        },
        facts=("name", "script", "family"),
    ),
    "log_ratio_by_layer": Figure(
        title="Log ratio by layer",
        paper="Fig. 2a",
        section="Latent language",
        description="Log ratio of native to pivot choices, its shuffled-answer control and their difference (Fig. 2a).",
        tables=("log_ratio_means",),
        needs="choices",
    ),
    "log_ratio_by_prompt": Figure(
        title="Log ratio by prompt and normalisation",
        paper="-",
        section="Latent language",
        description="Log ratio after the paper's prompt and those of `lens.prompts`, per token and of the first token.",
        tables=("log_ratio_means",),
        needs="choices",
        further_prompts=True,
    ),
    "latent_accuracy_by_layer": Figure(
        title="Latent accuracy by layer",
        paper="Fig. 2b",
        section="Latent language",
        description="Accuracy of the latent ranking of native and of pivot choices by layer (Fig. 2b).",
        tables=("latent_means", "questions"),
        by_choices="choices in the pivot language",
    ),
    "pca": Figure(
        title="Principal components by layer",
        paper="Figs. 3, 6",
        section="Hidden states",
        description="Principal components of hidden states (Figs. 3 and 6).",
        tables=("pca",),
        settings=("scripts",),
        facts=("name",),
        picks={"layers": _layers(["all", "middle"], "all", f'"all" layers of the grid, the "middle" one, {LISTED}')},
    ),
    "similarity_by_layer": Figure(
        title="Similarity to the pivot by layer",
        paper="-",
        section="Hidden states",
        description="Similarity of hidden states to the pivot's by layer.",
        tables=("similarity_means",),
    ),
    "similarity_across_models": Figure(
        title="Similarity to the pivot across models",
        paper="-",
        section="Hidden states",
        description="Similarity of hidden states to the pivot's within letters, of all models by relative depth.",
        tables=("similarity_means",),
        settings=("n_layers",),
    ),
    "gamma_sweep": Figure(
        title="Effect of the multiplier",
        paper="Figs. 4, 7",
        section="Steering",
        description="Change of accuracy, consistency with and transfer from the pivot by gamma (Figs. 4 and 7).",
        tables=("steering_gains",),
        settings=("layers",),
        picks={
            "layers": _layers(
                ["swept", "all", "middle"],
                "swept",
                f'"swept" (the layers steered with the most values of gamma), "all", the "middle" one, {LISTED}',
            )
        },
        by_choices="consistency",
        facts=("name",),
    ),
    "steering_accuracy_by_language": Figure(
        title="Change of accuracy by language",
        paper="Figs. 5, 9",
        section="Steering",
        description="Change of accuracy by language (Figs. 5 and 9).",
        tables=("steering_by_half",),
        settings=("gamma", "layers", "scripts"),
        facts=("name",),
        picks=STEERED,
    ),
    "steering_across_layers": Figure(
        title="Change of accuracy by steered layer",
        paper="Fig. 8",
        section="Steering",
        description="Change of accuracy by steered layer, towards and away from the pivot (Fig. 8).",
        tables=("steering_gains",),
        settings=("gamma",),
        facts=("name",),
        picks={
            "gamma": _gamma(
                "Steering multiplier; the figure shows plus and minus gamma, and both must be conditions of steering.",
                exclusiveMinimum=0,
            )
        },
    ),
    "steering_transfer_change": Figure(
        title="Change of positive transfer by language",
        paper="Fig. 10",
        section="Steering",
        description="Change of positive transfer from the pivot by language (Fig. 10).",
        tables=("steering_by_half",),
        settings=("gamma", "layers", "scripts"),
        facts=("name",),
        picks=STEERED,
    ),
    "steering_consistency_change": Figure(
        title="Change of consistency by language",
        paper="Fig. 11",
        section="Steering",
        description="Change of consistency with the pivot by language (Fig. 11).",
        tables=("steering_by_half",),
        settings=("gamma", "layers", "scripts"),
        facts=("name",),
        picks=STEERED,
        needs="choices",
    ),
    "vector_similarity": Figure(
        title="Similarity of the steering vectors",
        paper="-",
        section="Steering",
        description="Cosines of the languages' steering vectors, clustered.",
        tables=("vector_cosines",),
        facts=("name", "script"),
        settings=("layers",),
        picks={"layers": STEERED["layers"]},
    ),
    "steering_controls": Figure(
        title="Gain of accuracy and of its controls",
        paper="-",
        section="Steering",
        description="Gain in accuracy under the condition selected on half of the questions, and under every control.",
        tables=("steering_gains", "steering_selected"),
        facts=("name",),
    ),
    "steering_size": Figure(
        title="Effect of the relative size",
        paper="-",
        section="Steering",
        description="Change of accuracy by the norm of what is added, relative to the norm of the state.",
        tables=("steering_gains", "steering_sizes"),
    ),
}


def schema() -> dict:
    """Return the JSON schema of the config key `figures`: every figure's picks, with defaults and descriptions."""
    return {
        "description": "Which models, data sets and layers each figure shows.",
        "type": "object",
        "additionalProperties": False,
        "default": {},
        "properties": {name: _schema_of(figure) for name, figure in FIGURES.items()},
    }


def _schema_of(figure: Figure) -> dict:
    return {
        "description": figure.description,
        "type": "object",
        "additionalProperties": False,
        "default": {},
        "properties": {"models": _names("models"), "datasets": _names("data sets"), **figure.picks},
    }

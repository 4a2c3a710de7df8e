"""The tables of the logit lens, one file per layer."""

from crosslens.tables.columns import CATEGORY, INT32, LANGUAGE, LAYER, STRING, Column, Table
from crosslens.tables.metric_columns import COUNTED, MEAN, N_QUESTIONS, PAIR_MEASURES, SOURCE, TARGET, measure

LATENT_METRICS = Table(
    "latent_metrics",
    [
        LANGUAGE,
        LAYER,
        N_QUESTIONS,
        measure("accuracy_native", doc="share of questions whose most probable native choice is the key"),
        measure("accuracy_pivot", doc="share of questions whose most probable pivot choice is the key"),
    ],
)
LATENT_PAIR_METRICS = Table(
    "latent_pair_metrics",
    [
        LAYER,
        Column("form", CATEGORY, doc="native or pivot: the language that the choices are written in"),
        SOURCE,
        TARGET,
        N_QUESTIONS,
        *PAIR_MEASURES,
    ],
)
LENS_PROMPT = Column(
    "prompt",
    STRING,
    doc="after which prompt: native; native_sample, the same on the questions with further prompts; without_choices; "
    "pivot; symmetric, the mean of native and pivot per question",
)
NORMALISATION = Column(
    "normalisation",
    STRING,
    doc="log-probability of a choice: per_token (the paper), first_token, per_character or sum",
)
LOG_RATIOS = Table(
    "log_ratios",
    [
        LANGUAGE,
        LAYER,
        LENS_PROMPT,
        NORMALISATION,
        N_QUESTIONS,
        measure("log_ratio", doc="log(p(native choices) / p(pivot choices)), mean over questions, nats"),
        Column("n_control", INT32, doc="number of questions with a shuffled-answer control, after the native prompt"),
        measure("log_ratio_control", doc="the same for another question's choices, mean over these questions"),
        measure("log_ratio_corrected", doc="log ratio minus its control, mean over these questions"),
        measure("tokens_native", doc="mean number of tokens of a native choice, over choices and questions"),
        measure("tokens_pivot", doc="mean number of tokens of a pivot choice, over choices and questions"),
    ],
)
LOG_RATIO_MEANS = Table(
    "log_ratio_means",
    [
        LAYER,
        LENS_PROMPT,
        NORMALISATION,
        Column("series", STRING, doc="log_ratio; after the native prompt also control and corrected, their difference"),
        *COUNTED,
        *MEAN,
    ],
)
LATENT_MEANS = Table(
    "latent_means",
    [
        LAYER,
        Column(
            "measure",
            STRING,
            doc="accuracy_native, accuracy_pivot, accuracy_difference (pivot - native), each also with _control (the "
            "same choices after another question) and _excess (their paired difference); solved, solved_control and "
            "solved_excess of error_split",
        ),
        *COUNTED,
        *MEAN,
    ],
)
ERROR_SPLIT = Table(
    "error_split",
    [
        LANGUAGE,
        LAYER,
        Column("n_wrong", INT32, doc="number of questions whose letter is wrong"),
        measure("solved", doc="share of these whose most probable pivot choice, at the layer, is the key"),
        Column("n_control", INT32, doc="number of these whose choices were also scored after another question"),
        measure("solved_control", doc="share of these that are right after another question"),
        measure("solved_excess", doc="solved minus its control, mean over the questions with a control"),
    ],
)

"""Every figure, declared once: the columns of its plotted values. Adds to `crosslens.schemas`, draws nothing."""

from crosslens.metric_schemas import DATASET, MODEL, N_QUESTIONS, SOURCE, TARGET
from crosslens.schemas import FLOAT64, GAMMA, INT32, LANGUAGE, LAYER, QUESTION_ID, STRING, Column

SCRIPT = Column("script", STRING, "script the language is written in, ISO 15924")

PANEL = [MODEL, DATASET]
MEAN = [
    Column("mean", FLOAT64, "mean over the languages"),
    Column("low", FLOAT64, "lower bound of a t-interval over languages; null for a single language", nullable=True),
    Column("high", FLOAT64, "upper bound of a t-interval over languages; null for a single language", nullable=True),
]
COUNTS = [
    Column("n_languages", INT32, "languages averaged"),
    Column("n_questions_min", INT32, "questions of the language that has fewest"),
    Column("n_questions_max", INT32, "questions of the language that has most"),
]
BY_LAYER = [*PANEL, LAYER, Column("series", STRING, "what the line shows"), *MEAN, *COUNTS]
BY_LANGUAGE = [
    *PANEL,
    LANGUAGE,
    SCRIPT,
    LAYER,
    GAMMA,
    N_QUESTIONS,
    Column("unsteered_accuracy", FLOAT64, "accuracy on the same questions without steering, %"),
    Column("change", FLOAT64, "steered minus un-steered; points of a percentage for accuracy"),
]

FIGURES: dict[str, list[Column]] = {
    "transfer_heatmap": [
        *PANEL,
        SOURCE,
        TARGET,
        N_QUESTIONS,
        Column("positive_transfer", FLOAT64, "positive transfer from source to target (Eq. 2)"),
    ],
    "log_ratio_by_layer": BY_LAYER,
    "latent_accuracy_by_layer": [*BY_LAYER, Column("chance", FLOAT64, "accuracy of guessing, 1 / number of choices")],
    "similarity_by_layer": BY_LAYER,
    "pca": [
        *PANEL,
        LAYER,
        LANGUAGE,
        SCRIPT,
        QUESTION_ID,
        *(Column(f"component_{i}", FLOAT64, f"score of principal component {i}") for i in (1, 2)),
        *(Column(f"explained_{i}", FLOAT64, f"share of the variance of principal component {i}") for i in (1, 2)),
    ],
    "gamma_sweep": [
        *PANEL,
        Column(
            "measure", STRING, "accuracy, consistency with or positive transfer from the pivot; un-steered at gamma 0"
        ),
        LAYER,
        GAMMA,
        *MEAN,
        *COUNTS,
    ],
    "steering_across_layers": [*BY_LAYER, GAMMA],
    "steering_accuracy_by_language": BY_LANGUAGE,
    "steering_transfer_change": BY_LANGUAGE,
    "steering_consistency_change": BY_LANGUAGE,
}

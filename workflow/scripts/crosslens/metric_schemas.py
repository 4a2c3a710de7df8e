"""The tables that are computed from inference's on a CPU: metrics and deliverables. Adds them to `crosslens.schemas`.

Modules that compute such a table import this one. No job on a GPU does, so that an edit here reruns none.
"""

from crosslens import schemas
from crosslens.schemas import CATEGORY, FLOAT64, GAMMA, INT32, LANGUAGE, LAYER, QUESTION_ID, STRING, Column

MODEL = Column("model", STRING, "catalogue name")
DATASET = Column("dataset", STRING, "catalogue name")
N_QUESTIONS = Column("n", INT32, "number of questions the row is computed from")
SOURCE = Column("source", STRING, "language that knowledge is transferred from")
TARGET = Column("target", STRING, "language that knowledge is transferred to")


def _metric(name: str, doc: str) -> Column:
    return Column(name, FLOAT64, doc + "; null where undefined", nullable=True)


PAIR_METRICS = [
    _metric("consistency", "Spearman's rho of the concatenated answer ranks (Eq. 1)"),
    _metric("positive_transfer", "share of the source's correct answers that are correct in the target (Eq. 2)"),
    _metric("negative_transfer", "share of the source's wrong answers given identically in the target (Eq. 3)"),
]

METRICS: dict[str, list[Column]] = {
    "language_metrics": [
        LANGUAGE,
        N_QUESTIONS,
        Column("accuracy", FLOAT64, "share of questions whose most probable choice is the key"),
        Column("accuracy_low", FLOAT64, "lower bound of its interval (intervals.level) over questions"),
        Column("accuracy_high", FLOAT64, "upper bound of its interval (intervals.level) over questions"),
        Column("argmax_ties", INT32, "questions whose highest log-probability is shared by several choices"),
        _metric("consistency", "mean consistency with the other languages"),
        _metric("positive_transfer_to", "mean positive transfer from the other languages to this one"),
        _metric("negative_transfer_to", "mean negative transfer from the other languages to this one"),
    ],
    "pair_metrics": [SOURCE, TARGET, N_QUESTIONS, *PAIR_METRICS],
    "expectations": [
        Column("metric", STRING, "accuracy, consistency, positive_transfer or negative_transfer"),
        _metric("mean", "mean over languages (accuracy) or ordered pairs (Eqs. 4-6)"),
        _metric("std", "sample standard deviation over languages or ordered pairs"),
        _metric("low", "lower bound of the bootstrap interval over questions"),
        _metric("high", "upper bound of the bootstrap interval over questions"),
        Column("n_languages", INT32, "number of languages"),
        Column("n_questions", INT32, "number of distinct questions"),
    ],
    "steering_metrics": [
        LANGUAGE,
        LAYER,
        GAMMA,
        Column("n", INT32, "held-out questions that the language and the pivot have"),
        _metric("accuracy", "share of correct answers, steered"),
        _metric("consistency_with_pivot", "consistency with the un-steered pivot, steered"),
        _metric("positive_transfer_from_pivot", "positive transfer pivot to language, steered"),
        _metric("negative_transfer_from_pivot", "negative transfer pivot to language, steered"),
        _metric("unsteered_accuracy", "share of correct answers, un-steered, same questions"),
        _metric("unsteered_consistency_with_pivot", "consistency with the pivot, un-steered, same questions"),
        _metric("unsteered_positive_transfer_from_pivot", "positive transfer, un-steered, same questions"),
        _metric("unsteered_negative_transfer_from_pivot", "negative transfer, un-steered, same questions"),
    ],
    "latent_metrics": [
        LANGUAGE,
        LAYER,
        N_QUESTIONS,
        _metric("log_ratio", "log p(native choices) / p(pivot choices), mean over questions"),
        _metric("log_ratio_control", "the same with another question's choices under the same prompt"),
        _metric("log_ratio_corrected", "log_ratio - log_ratio_control"),
        _metric("accuracy_native", "share of questions whose most probable native choice is the key"),
        _metric("accuracy_pivot", "share of questions whose most probable pivot choice is the key"),
    ],
    "latent_pair_metrics": [
        LAYER,
        Column("form", CATEGORY, "native or pivot: the language the choices are written in"),
        SOURCE,
        TARGET,
        N_QUESTIONS,
        *PAIR_METRICS,
    ],
    "similarity": [
        LAYER,
        SOURCE,
        TARGET,
        N_QUESTIONS,
        _metric("cka", "debiased linear centred kernel alignment of the two languages' states"),
        _metric("cosine", "mean cosine of the two states of a question"),
    ],
    "pca": [
        LAYER,
        LANGUAGE,
        QUESTION_ID,
        Column("component_1", FLOAT64, "projection on the first principal component"),
        Column("component_2", FLOAT64, "projection on the second principal component"),
        Column("explained_1", FLOAT64, "share of variance explained by the first component"),
        Column("explained_2", FLOAT64, "share of variance explained by the second component"),
    ],
    "correlations": [
        MODEL,
        DATASET,
        Column("ratio", STRING, "log_ratio or log_ratio_corrected, averaged over the layers"),
        Column("outcome", STRING, "accuracy, consistency or positive_transfer"),
        Column("n_languages", INT32, "languages correlated over, the pivot left out"),
        _metric("pearson_r", "Pearson's correlation over languages"),
        _metric("p_value", "two-sided p-value"),
        _metric("low", "lower bound of the interval (Fisher's z)"),
        _metric("high", "upper bound of the interval (Fisher's z)"),
    ],
}

DELIVERABLES: dict[str, list[Column]] = {
    "accuracy_table": [MODEL, DATASET, *METRICS["language_metrics"]],
    "table1": [
        MODEL,
        DATASET,
        _metric("accuracy_mean", "mean accuracy over languages, %"),
        _metric("accuracy_std", "its sample standard deviation over languages, points"),
        *PAIR_METRICS,
        *(
            _metric(f"{name}_{end}", f"{end} end of its bootstrap interval over questions")
            for name in ("accuracy_mean", "consistency", "positive_transfer", "negative_transfer")
            for end in ("low", "high")
        ),
        Column("n_languages", INT32, "number of languages"),
        Column("n_questions", INT32, "number of distinct questions"),
    ],
    "table2": [
        MODEL,
        DATASET,
        Column("outcome", STRING, "accuracy, consistency or positive_transfer"),
        _metric("pearson_r", "Pearson's correlation over languages with the mean log ratio"),
        Column("stars", STRING, "*** p < .001, ** p < .01, * p < .05"),
        _metric("p_value", "two-sided p-value"),
        _metric("low", "lower bound of the interval of pearson_r (Fisher's z)"),
        _metric("high", "upper bound of the interval of pearson_r (Fisher's z)"),
        Column("n_languages", INT32, "languages correlated over, the pivot left out"),
        _metric("corrected_r", "the correlation with the log ratio less its shuffled-answer control"),
        _metric("corrected_p_value", "its two-sided p-value"),
        _metric("corrected_low", "lower bound of its interval"),
        _metric("corrected_high", "upper bound of its interval"),
    ],
    "audit_table": [
        DATASET,
        LANGUAGE,
        Column("reason", STRING, "what is wrong with the questions in this language"),
        Column("meaning", STRING, "the reason in words"),
        Column("questions", INT32, "questions with this reason"),
        Column("left_out", INT32, "those of them that were left out of questions/, for this reason or for another"),
    ],
    "table3": [DATASET, Column("template", STRING, "the prompt, with the names of its parts in place of texts")],
}

schemas.TABLES |= METRICS | DELIVERABLES

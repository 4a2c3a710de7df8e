"""The tables computed on a CPU from those of inference: metrics first, then the tables of the report.

No job that runs a model imports this module, so editing it reruns none of them.
"""

from crosslens.tables.columns import (
    CATEGORY,
    DATASET,
    FLOAT64,
    GAMMA,
    INT8,
    INT32,
    LANGUAGE,
    LAYER,
    MODEL,
    OPERATION_DOC,
    QUESTION_ID,
    STRING,
    VECTOR_DOC,
    Column,
    Table,
)


def _measure(name: str, doc: str) -> Column:
    return Column(name, FLOAT64, doc=doc + "; null if undefined", nullable=True)


N_QUESTIONS = Column("n", INT32, doc="number of questions that the row is computed from")
SOURCE = Column("source", STRING, doc="language that knowledge is transferred from")
TARGET = Column("target", STRING, doc="language that knowledge is transferred to")
PAIR_MEASURES = [
    _measure("consistency", doc="Spearman's rho of the concatenated answer ranks (Eq. 1)"),
    _measure("positive_transfer", doc="share of the source's correct answers that are correct in the target (Eq. 2)"),
    _measure("negative_transfer", doc="share of the source's wrong answers that the target gives as well (Eq. 3)"),
]

# A mean over languages or ordered pairs with its interval, as `metrics.means` computes it.
MEAN = [
    _measure("mean", doc="mean over languages or ordered pairs"),
    _measure("low", doc="lower bound of its interval, over questions (clusters) and languages (families)"),
    _measure("high", doc="upper bound of its interval"),
    _measure("p_value", doc="two-sided p-value against 0, uncorrected; at least 8 families are needed"),
    _measure("se", doc="standard error, over questions and languages; at least 2 families are needed"),
    _measure("se_questions", doc="standard error over questions alone, for exactly these languages"),
    Column("n_languages", INT32, doc="number of languages"),
    Column("n_families", INT32, doc="number of their families"),
]

# ---- metrics: of the answers ----


def _with_bounds(columns: list[Column]) -> list[Column]:
    """Return each column followed by the two bounds of its interval."""
    ends = {"low": "lower", "high": "upper"}
    bounds = [
        [
            _measure(f"{column.name}_{end}", doc=f"{word} bound of its interval over questions")
            for end, word in ends.items()
        ]
        for column in columns
    ]
    return [each for column, both in zip(columns, bounds, strict=True) for each in (column, *both)]


LANGUAGE_METRICS = Table(
    "language_metrics",
    [
        LANGUAGE,
        N_QUESTIONS,
        Column("accuracy", FLOAT64, doc="share of questions whose most probable choice is the key"),
        Column("accuracy_low", FLOAT64, doc="lower bound of its interval (intervals.level) over questions"),
        Column("accuracy_high", FLOAT64, doc="upper bound of its interval (intervals.level) over questions"),
        Column("argmax_ties", INT32, doc="number of questions where several choices share the highest log-probability"),
        *_with_bounds(
            [
                _measure("consistency", doc="mean consistency with the other languages"),
                _measure("consistency_excess", doc="mean excess consistency with the other languages"),
                _measure("positive_transfer_to", doc="mean positive transfer from the other languages to this one"),
                _measure("positive_transfer_excess_to", doc="mean excess of that transfer"),
                _measure("negative_transfer_to", doc="mean negative transfer from the other languages to this one"),
            ]
        ),
    ],
)
PAIR_METRICS = Table(
    "pair_metrics",
    [
        SOURCE,
        TARGET,
        N_QUESTIONS,
        *PAIR_MEASURES,
        _measure("consistency_null", doc="consistency if each language's questions are permuted"),
        _measure("consistency_excess", doc="(consistency - null) / (1 - null)"),
        _measure("consistency_excess_within_key", doc="the same, permuted among the questions of one key"),
        _measure(
            "consistency_excess_given_difficulty",
            doc="the same, of one key and one tertile of the share of other languages that are right",
        ),
        _measure("positive_transfer_null", doc="positive transfer if answers depend on the key's letter alone"),
        _measure("positive_transfer_excess", doc="(positive transfer - null) / (1 - null)"),
        _measure(
            "positive_transfer_excess_given_difficulty",
            doc="the same, given the key's letter and the tertile of the share of other languages that are right",
        ),
        _measure("negative_transfer_null", doc="negative transfer if answers depend on the key's letter alone"),
        _measure("negative_transfer_excess", doc="(negative transfer - null) / (1 - null)"),
        _measure("agreement", doc="share of questions with the same most probable choice"),
        _measure("kappa", doc="Cohen's kappa of the most probable choices"),
        _measure("kappa_p", doc="chance-adjusted probabilistic agreement (CAPA)"),
        _measure("rankc", doc="ranking-based consistency (RankC)"),
        _measure("rankc_excess", doc="(RankC - null) / (1 - null), its null as that of consistency"),
        *(
            _measure(f"{name}_se", doc=f"standard error of {name} over questions")
            for name in ("consistency", "consistency_excess", "positive_transfer", "positive_transfer_excess")
        ),
    ],
)
EXPECTATIONS = Table(
    "expectations",
    [
        Column("metric", STRING, doc="accuracy, or a measure of table pair_metrics"),
        *MEAN,
        _measure("std", doc="sample standard deviation over languages (accuracy) or ordered pairs"),
        Column("n_questions", INT32, doc="number of distinct questions"),
    ],
)

# ---- metrics: of the letters, and of questions asked again with their choices in another order ----

LETTERS = Table(
    "letters",
    [
        LANGUAGE,
        N_QUESTIONS,
        Column("top_choice", INT8, doc="the choice that is answered most often, from 0: its letter is preferred"),
        *_with_bounds([Column("max_share", FLOAT64, doc="share of the answers that are this choice")]),
        Column("top_choice_keys", FLOAT64, doc="share of the keys that are this choice"),
        *_with_bounds(
            [
                Column("letter_mass", FLOAT64, doc="probability of all letters of a question, mean over questions"),
                Column("entropy", FLOAT64, doc="entropy of the renormalised letter probabilities, mean, nats"),
                Column("brier", FLOAT64, doc="Brier score of the renormalised letter probabilities, 0 to 2, mean"),
            ]
        ),
        Column("ece", FLOAT64, doc="expected calibration error of the answers, 10 bins of equal width"),
        Column("accuracy", FLOAT64, doc="share of questions whose most probable choice is the key"),
        *_with_bounds(
            [
                Column(
                    "accuracy_calibrated", FLOAT64, doc="the same after each letter's log p is centred over questions"
                ),
                Column("calibration_gain", FLOAT64, doc="accuracy_calibrated less accuracy"),
            ]
        ),
    ],
)
LETTER_SHARES = Table(
    "letter_shares",
    [
        LANGUAGE,
        Column("choice", INT8, doc="index of the choice, from 0, and so of its letter"),
        Column("share_of_answers", FLOAT64, doc="share of the language's questions whose answer it is"),
        Column("share_of_keys", FLOAT64, doc="share of the language's questions whose key it is"),
    ],
)
N_TWICE = Column("n", INT32, doc="number of questions asked twice, the second time with their choices moved")
SELF_CONSISTENCY = [
    _measure("self_consistency", doc="consistency of the language with itself between the two orders of the choices"),
    _measure("self_consistency_low", doc="lower bound of its bootstrap interval over questions"),
    _measure("self_consistency_high", doc="upper bound of its bootstrap interval over questions"),
    _measure(
        "self_consistency_null",
        doc="what preferences for letters alone give: down to -1 / (J - 1), as all choices move",
    ),
]
POSITION_BIAS = [
    _measure("same_choice", doc="share of these questions whose answer is the same choice in both orders"),
    _measure("same_choice_chance", doc="the same for independent answers with the same preferences"),
    _measure("same_position", doc="share of these questions whose answer has the same letter in both orders"),
    _measure("same_position_chance", doc="the same for independent answers with the same preferences"),
]
CEILING = Table("ceiling", [LANGUAGE, N_TWICE, *SELF_CONSISTENCY, *POSITION_BIAS])
CEILING_PAIRS = Table(
    "ceiling_pairs",
    [
        Column("source", STRING, doc="language asked in the original order"),
        Column("target", STRING, doc="language asked with the choices moved"),
        Column("n", INT32, doc="number of questions that both were asked twice"),
        _measure("consistency", doc="consistency on these questions, both in the original order"),
        _measure("consistency_permuted", doc="consistency of the source with the target, whose choices are moved"),
        _measure("consistency_to_ceiling", doc="the latter over the root of the product of both self-consistencies"),
    ],
)
CEILING_MEANS = Table(
    "ceiling_means",
    [
        Column("measure", STRING, doc="self_consistency, consistency_permuted or consistency_to_ceiling"),
        *MEAN,
    ],
)

N_WAY = Table(
    "n_way",
    [
        Column("measure", STRING, doc="right_in_k: in exactly k languages; right_in_any; right_only_in_pivot"),
        _measure("share", doc="share of the questions that all languages have"),
        _measure("low", doc="lower bound of its interval over questions"),
        _measure("high", doc="upper bound of its interval over questions"),
        _measure("expected", doc="the share if languages were independent with their accuracies"),
        Column("n_questions", INT32, doc="number of questions that all languages have"),
        Column("n_languages", INT32, doc="number of languages"),
    ],
)
ACCURACY_BY_GROUP = Table(
    "accuracy_by_group",
    [
        Column(
            "grouping", STRING, doc="script, family or resource of languages, or a group of the data set's questions"
        ),
        Column("group", STRING, doc="its value"),
        *MEAN,
        Column("n_questions", INT32, doc="number of questions"),
    ],
)

# ---- metrics: of the logit lens ----

LATENT_METRICS = Table(
    "latent_metrics",
    [
        LANGUAGE,
        LAYER,
        N_QUESTIONS,
        _measure("accuracy_native", doc="share of questions whose most probable native choice is the key"),
        _measure("accuracy_pivot", doc="share of questions whose most probable pivot choice is the key"),
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
COUNTED = [
    Column("n_questions_min", INT32, doc="number of questions of the language that has the fewest"),
    Column("n_questions_max", INT32, doc="number of questions of the language that has the most"),
]
LOG_RATIOS = Table(
    "log_ratios",
    [
        LANGUAGE,
        LAYER,
        LENS_PROMPT,
        NORMALISATION,
        N_QUESTIONS,
        _measure("log_ratio", doc="log(p(native choices) / p(pivot choices)), mean over questions, nats"),
        Column("n_control", INT32, doc="number of questions with a shuffled-answer control, after the native prompt"),
        _measure("log_ratio_control", doc="the same for another question's choices, mean over these questions"),
        _measure("log_ratio_corrected", doc="log ratio minus its control, mean over these questions"),
        _measure("tokens_native", doc="mean number of tokens of a native choice, over choices and questions"),
        _measure("tokens_pivot", doc="mean number of tokens of a pivot choice, over choices and questions"),
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
        _measure("solved", doc="share of these whose most probable pivot choice, at the layer, is the key"),
        Column("n_control", INT32, doc="number of these whose choices were also scored after another question"),
        _measure("solved_control", doc="share of these that are right after another question"),
        _measure("solved_excess", doc="solved less its control, mean over the questions with a control"),
    ],
)

# ---- metrics: of the steered answers ----

STEERED_METRICS = Table(
    "steered_metrics",
    [
        LANGUAGE,
        LAYER,
        GAMMA,
        Column("vector", STRING, doc=VECTOR_DOC),
        Column("operation", STRING, doc=OPERATION_DOC),
        Column("n", INT32, doc="number of questions that have the vector, in both the language and the pivot"),
        _measure("accuracy", doc="share of correct answers, steered"),
        _measure("consistency_with_pivot", doc="consistency with the un-steered pivot, steered"),
        _measure("positive_transfer_from_pivot", doc="positive transfer from the un-steered pivot, steered"),
        _measure("negative_transfer_from_pivot", doc="negative transfer from the un-steered pivot, steered"),
        _measure("unsteered_accuracy", doc="share of correct answers, un-steered, same questions"),
        _measure("unsteered_consistency_with_pivot", doc="consistency with the pivot, un-steered, same questions"),
        _measure("unsteered_positive_transfer_from_pivot", doc="positive transfer, un-steered, same questions"),
        _measure("unsteered_negative_transfer_from_pivot", doc="negative transfer, un-steered, same questions"),
    ],
)

STEERING_BY_HALF = Table(
    "steering_by_half",
    [
        Column("half", STRING, doc="development or test: half of the questions, by a hash of their cluster"),
        *(column for column in STEERED_METRICS.columns if column.name not in ("vector", "operation")),
    ],
)
# What a gain is compared with besides vectors: no steering, and the mean change of the letters replayed.
ALL, UNSTEERED, LETTER_SHIFT = "all", "unsteered", "letter_shift"
GAIN_MEASURE = Column(
    "measure",
    STRING,
    doc="accuracy, consistency_with_pivot or positive_transfer_from_pivot, the latter two also as the excess over what "
    "preferences for letters give",
)
STEERING_GAINS = Table(
    "steering_gains",
    [
        GAIN_MEASURE,
        Column("half", STRING, doc="the questions: all, or the development or test half, by a hash of their cluster"),
        Column("vector", STRING, doc=f"{VECTOR_DOC}; letter_shift: the mean change of the letters, replayed"),
        Column("operation", STRING, doc=OPERATION_DOC),
        LAYER,
        GAMMA,
        Column("versus", STRING, doc="what is subtracted: unsteered, a control vector or letter_shift"),
        *MEAN,
        _measure("reference", doc="mean over languages of what is subtracted"),
        *COUNTED,
    ],
)
STEERING_SELECTED = Table(
    "steering_selected",
    [
        GAIN_MEASURE,
        LAYER,
        GAMMA,
        *MEAN,
        _measure("reference", doc="mean over languages of the un-steered value, on the same questions"),
        Column("control", STRING, doc="control that leaves the smallest difference; null without one", nullable=True),
        _measure("control_gain", doc="its gain over no steering, in the languages and on the questions that it has"),
        _measure("difference", doc="gain less that of the control, paired on what both have, on the test half"),
        _measure("difference_low", doc="lower bound of the interval of the difference"),
        _measure("difference_high", doc="upper bound of the interval of the difference"),
        Column("n_random", INT32, doc="number of random vectors under this condition"),
        _measure("random_difference", doc="smallest difference from a random vector's gain"),
        _measure("random_p_value", doc="largest p-value of these differences; 1 if one is not above 0"),
        *COUNTED,
    ],
)

# ---- metrics: of the hidden states ----

STEERING_SIZES = Table(
    "steering_sizes",
    [
        LANGUAGE,
        LAYER,
        Column("vector_norm", FLOAT64, doc="Euclidean norm of the language's steering vector"),
        Column("state_norm", FLOAT64, doc="mean norm of the language's stored states after the layer"),
        _measure("ratio", doc="their quotient, the relative size of a steering of gamma 1"),
    ],
)
VECTOR_COSINES = Table(
    "vector_cosines",
    [LAYER, SOURCE, TARGET, _measure("cosine", doc="cosine of the two languages' steering vectors")],
)
MEASURE = Column("measure", STRING, doc="column of table similarity, or letter_variance")
PAIRS = Column("pairs", STRING, doc="all: all pairs of languages; pivot: those with the pivot; none: single languages")
SIMILARITY = Table(
    "similarity",
    [
        LAYER,
        SOURCE,
        TARGET,
        N_QUESTIONS,
        _measure("cka", doc="debiased linear centred kernel alignment of the two languages' states"),
        _measure("cka_within_letters", doc="the same after the mean of each own letter, less its mean by chance"),
        _measure("mexa", doc="share of questions whose translation is the nearest, both ways; centred cosine"),
        _measure("margin", doc="mean cosine of parallel less that of other questions' states, centred"),
        _measure("cosine", doc="mean cosine between the two states of a question, not centred"),
    ],
)
SIMILARITY_MEANS = Table(
    "similarity_means",
    [
        LAYER,
        MEASURE,
        PAIRS,
        Column("n_questions_min", INT32, doc="number of questions of the pair or language that has the fewest"),
        Column("n_questions_max", INT32, doc="number of questions of the pair or language that has the most"),
        *MEAN,
    ],
)
LANGUAGE_PROBE = Table(
    "language_probe",
    [
        LAYER,
        Column("n", INT32, doc="number of states, of all languages"),
        Column("n_languages", INT32, doc="number of languages that are told apart"),
        _measure("accuracy", doc="share of states whose language a linear probe tells, mean over languages"),
        Column("chance", FLOAT64, doc="the same for a guess, 1 / number of languages"),
    ],
)
SIMILARITY_RELATION = Table(
    "similarity_relation",
    [
        LAYER,
        MEASURE,
        PAIRS,
        Column("outcome", STRING, doc="consistency or consistency_excess of a pair, or accuracy of the other language"),
        Column("n_pairs", INT32, doc="number of unordered pairs correlated over"),
        _measure("spearman", doc="Spearman's correlation of the measure with the outcome"),
        _measure("p_value", doc="its two-sided p-value, by permuting the labels of languages"),
        _measure("partial_spearman", doc="the same given the accuracies of both languages"),
        _measure("partial_p_value", doc="its two-sided p-value, by permuting the labels of languages"),
        _measure("partial_p_holm", doc="the same, corrected for all of the table's partial correlations (Holm)"),
    ],
)
PCA = Table(
    "pca",
    [
        LAYER,
        LANGUAGE,
        QUESTION_ID,
        Column("component_1", FLOAT64, doc="projection on the first principal component"),
        Column("component_2", FLOAT64, doc="projection on the second principal component"),
        Column("explained_1", FLOAT64, doc="share of variance explained by the first component"),
        Column("explained_2", FLOAT64, doc="share of variance explained by the second component"),
    ],
)

# ---- metrics: of all models and data sets ----

CORRELATIONS = Table(
    "correlations",
    [
        MODEL,
        DATASET,
        LENS_PROMPT,
        NORMALISATION,
        Column("ratio", STRING, doc="log_ratio or log_ratio_corrected, averaged over layers"),
        Column("outcome", STRING, doc="accuracy, consistency or positive_transfer"),
        Column("n_languages", INT32, doc="number of languages correlated over, without the pivot"),
        _measure("pearson_r", doc="Pearson's correlation over languages"),
        _measure("p_value", doc="two-sided p-value, as if languages were independent"),
        _measure("low", doc="lower bound of the interval (Fisher's z)"),
        _measure("high", doc="upper bound of the interval (Fisher's z)"),
        Column("n_partial", INT32, doc="number of languages whose resource level is known too"),
        Column("n_families", INT32, doc="number of their families"),
        _measure("partial_r", doc="partial correlation given resource level and token fertility; raw log ratio only"),
        _measure("partial_low", doc="lower bound of its interval, clustered by family"),
        _measure("partial_high", doc="upper bound of its interval, clustered by family"),
        _measure("partial_p", doc="its two-sided p-value, clustered by family; at least 8 families are needed"),
        _measure("partial_p_holm", doc="the same, corrected for all partial correlations of the model and data set"),
    ],
)

# ---- tables of the report ----

ACCURACY_TABLE = Table("accuracy_table", [MODEL, DATASET, *LANGUAGE_METRICS.columns])
TABLE1_MEASURES = (
    "consistency",
    "consistency_excess",
    "positive_transfer",
    "positive_transfer_excess",
    "negative_transfer",
    "negative_transfer_excess",
    "kappa",
    "kappa_p",
    "rankc_excess",
)
LETTERS_TABLE = Table(
    "letters_table",
    [
        MODEL,
        DATASET,
        *LETTERS.columns,
        Column("n_twice", INT32, doc=f"{N_TWICE.doc}; 0 if there are none"),
        *SELF_CONSISTENCY,
        *POSITION_BIAS,
    ],
)
TABLE1 = Table(
    "table1",
    [
        MODEL,
        DATASET,
        _measure("accuracy_mean", doc="mean accuracy over languages, %"),
        _measure("accuracy_std", doc="its sample standard deviation over languages, percentage points"),
        *PAIR_MEASURES,
        *(
            _measure(name, doc=f"mean of {name} over ordered pairs of languages")
            for name in TABLE1_MEASURES
            if name not in {column.name for column in PAIR_MEASURES}
        ),
        _measure("consistency_null", doc="mean over pairs of the consistency without any question in common"),
        _measure("positive_transfer_null", doc="mean over pairs of the transfer given the key's letter alone"),
        *(
            _measure(f"{name}_{end}", doc=f"{word} bound of its interval, over questions and families of languages")
            for name in ("accuracy_mean", *TABLE1_MEASURES)
            for end, word in (("low", "lower"), ("high", "upper"))
        ),
        Column("n_languages", INT32, doc="number of languages"),
        Column("n_families", INT32, doc="number of families of languages"),
        Column("n_questions", INT32, doc="number of distinct questions"),
    ],
)
TABLE2 = Table(
    "table2",
    [
        MODEL,
        DATASET,
        Column("outcome", STRING, doc="accuracy, consistency or positive_transfer"),
        _measure("pearson_r", doc="Pearson's correlation over languages with the mean log ratio"),
        Column("stars", STRING, doc="of the raw log ratio alone, as in the paper: *** p < .001, ** p < .01, * p < .05"),
        _measure("p_value", doc="two-sided p-value"),
        _measure("low", doc="lower bound of the interval of pearson_r (Fisher's z)"),
        _measure("high", doc="upper bound of the interval of pearson_r (Fisher's z)"),
        Column("n_languages", INT32, doc="number of languages correlated over, without the pivot"),
        _measure("corrected_r", doc="Pearson's correlation with the log ratio minus its shuffled-answer control"),
        _measure("corrected_p_value", doc="two-sided p-value of corrected_r"),
        _measure("corrected_low", doc="lower bound of the interval of corrected_r (Fisher's z)"),
        _measure("corrected_high", doc="upper bound of the interval of corrected_r (Fisher's z)"),
        _measure("partial_r", doc="partial correlation with the log ratio given resource level and token fertility"),
        _measure("partial_p_holm", doc="its p-value, clustered by family, corrected as in correlations"),
    ],
)
TABLE3 = Table(
    "table3",
    [DATASET, Column("template", STRING, doc="the prompt, with the names of its parts instead of their texts")],
)
AUDIT_TABLE = Table(
    "audit_table",
    [
        DATASET,
        LANGUAGE,
        Column("reason", STRING, doc="what is wrong with the questions in this language"),
        Column("meaning", STRING, doc="the reason in words"),
        Column("questions", INT32, doc="number of questions with this reason"),
        Column("left_out", INT32, doc="how many of them were left out of questions/, for this reason or another"),
    ],
)

# Name -> table, for the figures: `report.figures.catalogue` names the tables that each of them reads.
TABLES = {
    table.name: table
    for table in (
        LANGUAGE_METRICS,
        PAIR_METRICS,
        EXPECTATIONS,
        LETTERS,
        LETTER_SHARES,
        CEILING,
        CEILING_PAIRS,
        CEILING_MEANS,
        N_WAY,
        ACCURACY_BY_GROUP,
        LATENT_METRICS,
        LATENT_PAIR_METRICS,
        LOG_RATIOS,
        LOG_RATIO_MEANS,
        LATENT_MEANS,
        ERROR_SPLIT,
        STEERED_METRICS,
        STEERING_BY_HALF,
        STEERING_GAINS,
        STEERING_SELECTED,
        STEERING_SIZES,
        VECTOR_COSINES,
        SIMILARITY,
        SIMILARITY_MEANS,
        LANGUAGE_PROBE,
        SIMILARITY_RELATION,
        PCA,
        CORRELATIONS,
        ACCURACY_TABLE,
        LETTERS_TABLE,
        TABLE1,
        TABLE2,
        TABLE3,
        AUDIT_TABLE,
    )
}

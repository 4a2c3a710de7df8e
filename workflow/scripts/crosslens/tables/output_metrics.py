"""The tables of the un-steered answers: accuracy, pairs of languages, chance, groups, letters and the ceiling."""

from crosslens.tables.columns import FLOAT64, INT8, INT32, LANGUAGE, STRING, Column, Table
from crosslens.tables.metric_columns import MEAN, N_QUESTIONS, PAIR_MEASURES, SOURCE, TARGET, measure, with_bounds

LANGUAGE_METRICS = Table(
    "language_metrics",
    [
        LANGUAGE,
        N_QUESTIONS,
        Column("accuracy", FLOAT64, doc="share of questions whose most probable choice is the key"),
        Column("accuracy_low", FLOAT64, doc="lower bound of its interval (intervals.level) over questions"),
        Column("accuracy_high", FLOAT64, doc="upper bound of its interval (intervals.level) over questions"),
        Column("argmax_ties", INT32, doc="number of questions where several choices share the highest log-probability"),
        *with_bounds(
            [
                measure("consistency", doc="mean consistency with the other languages"),
                measure("consistency_excess", doc="mean excess consistency with the other languages"),
                measure("positive_transfer_to", doc="mean positive transfer from the other languages to this one"),
                measure("positive_transfer_excess_to", doc="mean excess of that transfer"),
                measure("negative_transfer_to", doc="mean negative transfer from the other languages to this one"),
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
        measure("consistency_null", doc="consistency if each language's questions are permuted"),
        measure("consistency_excess", doc="(consistency - null) / (1 - null)"),
        measure("consistency_excess_within_key", doc="the same, permuted among the questions of one key"),
        measure(
            "consistency_excess_given_difficulty",
            doc="the same, of one key and one tertile of the share of other languages that are right",
        ),
        measure("positive_transfer_null", doc="positive transfer if answers depend on the key's letter alone"),
        measure("positive_transfer_excess", doc="(positive transfer - null) / (1 - null)"),
        measure(
            "positive_transfer_excess_given_difficulty",
            doc="the same, given the key's letter and the tertile of the share of other languages that are right",
        ),
        measure("negative_transfer_null", doc="negative transfer if answers depend on the key's letter alone"),
        measure("negative_transfer_excess", doc="(negative transfer - null) / (1 - null)"),
        measure("agreement", doc="share of questions with the same most probable choice"),
        measure("kappa", doc="Cohen's kappa of the most probable choices"),
        measure("kappa_p", doc="chance-adjusted probabilistic agreement (CAPA)"),
        measure("rankc", doc="ranking-based consistency (RankC)"),
        measure("rankc_excess", doc="(RankC - null) / (1 - null), its null as that of consistency"),
        *(
            measure(f"{name}_se", doc=f"standard error of {name} over questions")
            for name in ("consistency", "consistency_excess", "positive_transfer", "positive_transfer_excess")
        ),
    ],
)
EXPECTATIONS = Table(
    "expectations",
    [
        Column("metric", STRING, doc="accuracy, or a measure of table pair_metrics"),
        *MEAN,
        measure("std", doc="sample standard deviation over languages (accuracy) or ordered pairs"),
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
        *with_bounds([Column("max_share", FLOAT64, doc="share of the answers that are this choice")]),
        Column("top_choice_keys", FLOAT64, doc="share of the keys that are this choice"),
        *with_bounds(
            [
                Column("letter_mass", FLOAT64, doc="probability of all letters of a question, mean over questions"),
                Column("entropy", FLOAT64, doc="entropy of the renormalised letter probabilities, mean, nats"),
                Column("brier", FLOAT64, doc="Brier score of the renormalised letter probabilities, 0 to 2, mean"),
            ]
        ),
        Column("ece", FLOAT64, doc="expected calibration error of the answers, 10 bins of equal width"),
        Column("accuracy", FLOAT64, doc="share of questions whose most probable choice is the key"),
        *with_bounds(
            [
                Column(
                    "accuracy_calibrated", FLOAT64, doc="the same after each letter's log p is centred over questions"
                ),
                Column("calibration_gain", FLOAT64, doc="accuracy_calibrated minus accuracy"),
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
    measure("self_consistency", doc="consistency of the language with itself between the two orders of the choices"),
    measure("self_consistency_low", doc="lower bound of its bootstrap interval over questions"),
    measure("self_consistency_high", doc="upper bound of its bootstrap interval over questions"),
    measure(
        "self_consistency_null",
        doc="what preferences for letters alone give: down to -1 / (J - 1), as all choices move",
    ),
]
POSITION_BIAS = [
    measure("same_choice", doc="share of these questions whose answer is the same choice in both orders"),
    measure("same_choice_chance", doc="the same for independent answers with the same preferences"),
    measure("same_position", doc="share of these questions whose answer has the same letter in both orders"),
    measure("same_position_chance", doc="the same for independent answers with the same preferences"),
]
CEILING = Table("ceiling", [LANGUAGE, N_TWICE, *SELF_CONSISTENCY, *POSITION_BIAS])
CEILING_PAIRS = Table(
    "ceiling_pairs",
    [
        Column("source", STRING, doc="language asked in the original order"),
        Column("target", STRING, doc="language asked with the choices moved"),
        Column("n", INT32, doc="number of questions that both were asked twice"),
        measure("consistency", doc="consistency on these questions, both in the original order"),
        measure("consistency_permuted", doc="consistency of the source with the target, whose choices are moved"),
        measure("consistency_to_ceiling", doc="the latter over the root of the product of both self-consistencies"),
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
        measure("share", doc="share of the questions that all languages have"),
        measure("low", doc="lower bound of its interval over questions"),
        measure("high", doc="upper bound of its interval over questions"),
        measure("expected", doc="the share if languages were independent with their accuracies"),
        Column("n_questions", INT32, doc="number of questions that all languages have"),
        Column("n_languages", INT32, doc="number of languages"),
    ],
)
_GROUP = [
    Column("grouping", STRING, doc="script, family or resource of languages, or a group of the data set's questions"),
    Column("group", STRING, doc="its value"),
]
ACCURACY_BY_GROUP = Table(
    "accuracy_by_group", [*_GROUP, *MEAN, Column("n_questions", INT32, doc="number of questions")]
)
PAIRS_BY_GROUP = Table(
    "pairs_by_group",
    [
        _GROUP[0],
        Column(
            "group",
            STRING,
            doc="its value: pairs of languages within it, or all pairs on its questions; different: pairs of languages "
            "of two groups",
        ),
        Column("measure", STRING, doc="consistency, positive_transfer, or the excess of one"),
        *MEAN,
        Column("n_questions", INT32, doc="number of questions"),
    ],
)

"""The tables of the hidden states: similarity of languages and principal components."""

from crosslens.tables.columns import FLOAT64, INT32, LANGUAGE, LAYER, QUESTION_ID, STRING, Column, Table
from crosslens.tables.metric_columns import MEAN, N_QUESTIONS, SOURCE, TARGET, measure

MEASURE = Column("measure", STRING, doc="column of table similarity, or letter_variance")
PAIRS = Column("pairs", STRING, doc="all: all pairs of languages; pivot: those with the pivot; none: single languages")
SIMILARITY = Table(
    "similarity",
    [
        LAYER,
        SOURCE,
        TARGET,
        N_QUESTIONS,
        measure("cka", doc="debiased linear centred kernel alignment of the two languages' states"),
        measure("cka_within_letters", doc="the same after the mean of each own letter, minus its mean by chance"),
        measure("mexa", doc="share of questions whose translation is the nearest, both ways; centred cosine"),
        measure("margin", doc="mean cosine of parallel states minus that of states of different questions, centred"),
        measure("cosine", doc="mean cosine between the two states of a question, not centred"),
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
        measure("accuracy", doc="share of states whose language a linear probe tells, mean over languages"),
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
        measure("spearman", doc="Spearman's correlation of the measure with the outcome"),
        measure("p_value", doc="its two-sided p-value, by permuting the labels of languages"),
        measure("partial_spearman", doc="the same given the accuracies of both languages"),
        measure("partial_p_value", doc="its two-sided p-value, by permuting the labels of languages"),
        measure("partial_p_holm", doc="the same, corrected for all of the table's partial correlations (Holm)"),
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

"""The tables of all models and data sets together: those of the report, and what Table 2 is made from."""

from crosslens.tables.columns import DATASET, INT32, LANGUAGE, MODEL, STRING, Column, Table
from crosslens.tables.latent_metrics import LENS_PROMPT, NORMALISATION
from crosslens.tables.metric_columns import PAIR_MEASURES, measure
from crosslens.tables.output_metrics import LANGUAGE_METRICS, LETTERS, N_TWICE, POSITION_BIAS, SELF_CONSISTENCY

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
        measure("pearson_r", doc="Pearson's correlation over languages"),
        measure("p_value", doc="two-sided p-value, as if languages were independent"),
        measure("low", doc="lower bound of the interval (Fisher's z)"),
        measure("high", doc="upper bound of the interval (Fisher's z)"),
        Column("n_partial", INT32, doc="number of languages whose resource level is known too"),
        Column("n_families", INT32, doc="number of their families"),
        measure("partial_r", doc="partial correlation given resource level and token fertility; raw log ratio only"),
        measure("partial_low", doc="lower bound of its interval, clustered by family"),
        measure("partial_high", doc="upper bound of its interval, clustered by family"),
        measure("partial_p", doc="its two-sided p-value, clustered by family; at least 8 families are needed"),
        measure("partial_p_holm", doc="the same, corrected for all partial correlations of the model and data set"),
    ],
)

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
        measure("accuracy_mean", doc="mean accuracy over languages, %"),
        measure("accuracy_std", doc="its sample standard deviation over languages, percentage points"),
        *PAIR_MEASURES,
        *(
            measure(name, doc=f"mean of {name} over ordered pairs of languages")
            for name in TABLE1_MEASURES
            if name not in {column.name for column in PAIR_MEASURES}
        ),
        measure("consistency_null", doc="mean over pairs of the consistency without any question in common"),
        measure("positive_transfer_null", doc="mean over pairs of the transfer given the key's letter alone"),
        *(
            measure(f"{name}_{end}", doc=f"{word} bound of its interval, over questions and families of languages")
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
        measure("pearson_r", doc="Pearson's correlation over languages with the mean log ratio"),
        Column("stars", STRING, doc="of the raw log ratio alone, as in the paper: *** p < .001, ** p < .01, * p < .05"),
        measure("p_value", doc="two-sided p-value"),
        measure("low", doc="lower bound of the interval of pearson_r (Fisher's z)"),
        measure("high", doc="upper bound of the interval of pearson_r (Fisher's z)"),
        Column("n_languages", INT32, doc="number of languages correlated over, without the pivot"),
        measure("corrected_r", doc="Pearson's correlation with the log ratio minus its shuffled-answer control"),
        measure("corrected_p_value", doc="two-sided p-value of corrected_r"),
        measure("corrected_low", doc="lower bound of the interval of corrected_r (Fisher's z)"),
        measure("corrected_high", doc="upper bound of the interval of corrected_r (Fisher's z)"),
        measure("partial_r", doc="partial correlation with the log ratio given resource level and token fertility"),
        measure("partial_p_holm", doc="its p-value, clustered by family, corrected as in correlations"),
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

"""The tables of findings: claims of the paper, or of a user, with their verdicts."""

from crosslens.tables.columns import BOOL, DATASET, FLOAT64, INT32, MODEL, STRING, Column, Table
from crosslens.tables.metric_columns import measure

VERDICTS = ("supported", "contradicted", "no relevant effect", "inconclusive", "cannot be tested")
_CLAIM = [
    Column("claim", STRING, doc="its id, C1 to C18 for the paper's claims"),
    Column("statement", STRING, doc="what is claimed"),
    Column("models", STRING, doc="the model that it is tested on, or the smallest and the largest model of a series"),
    DATASET,
]
_RESULT = [
    measure("estimate", doc="the effect theta, signed so that the claim says theta > 0"),
    measure("low", doc="lower bound of its interval"),
    measure("high", doc="upper bound of its interval"),
    measure("p_value", doc="its two-sided p-value against 0, uncorrected"),
    measure(
        "p_holm",
        doc="the same, corrected (Holm) for all tests of the claim on the data set, or for models or series alone if "
        "all parts of the claim decide together",
    ),
    measure("smallest_effect", doc="the smallest effect of interest"),
    Column("unit", STRING, doc="unit of estimate, bounds and smallest effect"),
    Column("n_languages", INT32, doc="number of languages"),
    Column("n_families", INT32, doc="number of their families"),
    Column("n_questions", INT32, doc="number of questions of the language or pair that has most"),
    Column("verdict", STRING, doc="; ".join(VERDICTS)),
    Column("reason", STRING, doc="why this verdict was reached"),
]
_PART = Column("part", STRING, doc="the part of the claim; empty if it has only one")
CLAIM_PARTS = Table("claim_parts", [*_CLAIM, _PART, *_RESULT])
# A claim has the verdict and the numbers of the part that decides it (`evaluation.of_claim`).
CLAIMS = Table(
    "claims",
    [*_CLAIM, Column("n_parts", INT32, doc="number of its parts"), _PART, *_RESULT],
)

# ---- published against reproduced ----

PUBLISHED = Table(
    "published",
    [
        Column("table", STRING, doc="number of the paper's table"),
        MODEL,
        DATASET,
        Column(
            "measure",
            STRING,
            doc="in Table 1 the column of table1; in Table 2 what the mean log ratio is correlated with",
        ),
        Column("published", FLOAT64, doc="the paper's number, as it is printed: rounded"),
        Column("stars", STRING, doc="the paper's stars of significance, in Table 2"),
        Column("reproduced", FLOAT64, doc="the run's number"),
        measure("low", doc="lower bound of the interval of the run's number"),
        measure("high", doc="upper bound of the interval of the run's number"),
        Column("difference", FLOAT64, doc="reproduced minus published"),
        Column(
            "within",
            BOOL,
            doc="whether the published number lies in the interval; null if there is none",
            nullable=True,
        ),
        Column("n_languages", INT32, doc="number of languages of the run, including the pivot"),
        Column("n_languages_published", INT32, doc="number of languages of the paper"),
        Column("n_questions", INT32, doc="number of distinct questions of the run"),
    ],
)

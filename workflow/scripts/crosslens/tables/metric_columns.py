"""Columns that several tables of metrics share: measures that may be undefined, bounds, means, pairs of languages."""

from crosslens.tables.columns import FLOAT64, INT32, STRING, Column


def measure(name: str, doc: str) -> Column:
    """Return a column of numbers that may be undefined."""
    return Column(name, FLOAT64, doc=doc + "; null if undefined", nullable=True)


N_QUESTIONS = Column("n", INT32, doc="number of questions that the row is computed from")
SOURCE = Column("source", STRING, doc="language that knowledge is transferred from")
TARGET = Column("target", STRING, doc="language that knowledge is transferred to")
PAIR_MEASURES = [
    measure("consistency", doc="Spearman's rho of the concatenated answer ranks (Eq. 1)"),
    measure("positive_transfer", doc="share of the source's correct answers that are correct in the target (Eq. 2)"),
    measure("negative_transfer", doc="share of the source's wrong answers that the target gives as well (Eq. 3)"),
]

# A mean over languages or ordered pairs with its interval, as `metrics.means` computes it.
MEAN = [
    measure("mean", doc="mean over languages or ordered pairs"),
    measure("low", doc="lower bound of its interval, over questions (clusters) and languages (families)"),
    measure("high", doc="upper bound of its interval"),
    measure("p_value", doc="two-sided p-value against 0, uncorrected; at least 8 families are needed"),
    measure("se", doc="standard error, over questions and languages; at least 2 families are needed"),
    measure("se_questions", doc="standard error over questions alone, for exactly these languages"),
    Column("n_languages", INT32, doc="number of languages"),
    Column("n_families", INT32, doc="number of their families"),
]


def with_bounds(columns: list[Column]) -> list[Column]:
    """Return each column followed by the two bounds of its interval."""
    ends = {"low": "lower", "high": "upper"}
    bounds = [
        [
            measure(f"{column.name}_{end}", doc=f"{word} bound of its interval over questions")
            for end, word in ends.items()
        ]
        for column in columns
    ]
    return [each for column, both in zip(columns, bounds, strict=True) for each in (column, *both)]


COUNTED = [
    Column("n_questions_min", INT32, doc="number of questions of the language that has the fewest"),
    Column("n_questions_max", INT32, doc="number of questions of the language that has the most"),
]

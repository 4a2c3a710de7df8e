"""Columns that several figures share in their tables of plotted values, each declared in a figure's module."""

from crosslens.tables.columns import DATASET, FLOAT64, GAMMA, INT32, LANGUAGE, LAYER, MODEL, STRING, Column

SCRIPT = Column("script", STRING, doc="script that the language is written in, ISO 15924")

PANEL = [MODEL, DATASET]
MEAN = [
    Column("mean", FLOAT64, doc="mean over languages"),
    Column("low", FLOAT64, doc="lower bound of its interval; null if undefined", nullable=True),
    Column("high", FLOAT64, doc="upper bound of its interval; null if undefined", nullable=True),
]
# A mean as `metrics.means` computes it, of a change.
CHANGE = [
    Column("mean", FLOAT64, doc="mean change over languages; percentage points for accuracy"),
    Column("low", FLOAT64, doc="lower bound of its interval over questions and languages", nullable=True),
    Column("high", FLOAT64, doc="upper bound of its interval over questions and languages", nullable=True),
]
VECTOR = Column("vector", STRING, doc="the vector that is used, as in steering_gains")
COUNTS = [
    Column("n_languages", INT32, doc="number of languages averaged over"),
    Column("n_questions_min", INT32, doc="number of questions of the language that has the fewest"),
    Column("n_questions_max", INT32, doc="number of questions of the language that has the most"),
]
BY_LAYER = [*PANEL, LAYER, Column("series", STRING, doc="what the line shows"), *MEAN, *COUNTS]
BY_LANGUAGE = [
    *PANEL,
    LANGUAGE,
    SCRIPT,
    LAYER,
    GAMMA,
    Column("n_development", INT32, doc="number of questions of the development half"),
    Column("n", INT32, doc="number of questions of the test half"),
    Column("unsteered_accuracy", FLOAT64, doc="accuracy without steering on the development half, %"),
    Column("change", FLOAT64, doc="steered minus un-steered on the test half; percentage points for accuracy"),
    Column("change_low", FLOAT64, doc="lower bound of its interval over questions; null if undefined", nullable=True),
    Column("change_high", FLOAT64, doc="upper bound of its interval over questions; null if undefined", nullable=True),
]

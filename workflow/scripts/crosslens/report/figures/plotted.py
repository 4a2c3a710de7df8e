"""Columns that several figures share in their tables of plotted values, each declared in a figure's module."""

from crosslens.tables.columns import DATASET, FLOAT64, GAMMA, INT32, LANGUAGE, LAYER, MODEL, STRING, Column
from crosslens.tables.metrics import N_QUESTIONS

SCRIPT = Column("script", STRING, doc="script that the language is written in, ISO 15924")

PANEL = [MODEL, DATASET]
MEAN = [
    Column("mean", FLOAT64, doc="mean over languages"),
    Column("low", FLOAT64, doc="lower bound of its interval; null if undefined", nullable=True),
    Column("high", FLOAT64, doc="upper bound of its interval; null if undefined", nullable=True),
]
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
    N_QUESTIONS,
    Column("unsteered_accuracy", FLOAT64, doc="accuracy on the same questions without steering, %"),
    Column("change", FLOAT64, doc="steered minus un-steered; percentage points for accuracy"),
]

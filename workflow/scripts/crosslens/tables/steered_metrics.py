"""The tables of the steered answers, and of the vectors that steer."""

from crosslens.tables.columns import (
    FLOAT64,
    GAMMA,
    INT32,
    LANGUAGE,
    LAYER,
    OPERATION_DOC,
    STRING,
    VECTOR_DOC,
    Column,
    Table,
)
from crosslens.tables.metric_columns import COUNTED, MEAN, SOURCE, TARGET, measure

STEERED_METRICS = Table(
    "steered_metrics",
    [
        LANGUAGE,
        LAYER,
        GAMMA,
        Column("vector", STRING, doc=VECTOR_DOC),
        Column("operation", STRING, doc=OPERATION_DOC),
        Column("n", INT32, doc="number of questions that have the vector, in both the language and the pivot"),
        measure("accuracy", doc="share of correct answers, steered"),
        measure("consistency_with_pivot", doc="consistency with the un-steered pivot, steered"),
        measure("positive_transfer_from_pivot", doc="positive transfer from the un-steered pivot, steered"),
        measure("negative_transfer_from_pivot", doc="negative transfer from the un-steered pivot, steered"),
        measure("unsteered_accuracy", doc="share of correct answers, un-steered, same questions"),
        measure("unsteered_consistency_with_pivot", doc="consistency with the pivot, un-steered, same questions"),
        measure("unsteered_positive_transfer_from_pivot", doc="positive transfer, un-steered, same questions"),
        measure("unsteered_negative_transfer_from_pivot", doc="negative transfer, un-steered, same questions"),
    ],
)

# Measures whose change in a language has an interval: percentiles of the bootstrap of the half's questions by cluster.
BOUNDED = ("accuracy", "consistency_with_pivot", "positive_transfer_from_pivot")
STEERING_BY_HALF = Table(
    "steering_by_half",
    [
        Column("half", STRING, doc="development or test: half of the questions, by a hash of their cluster"),
        *(column for column in STEERED_METRICS.columns if column.name not in ("vector", "operation")),
        *(
            measure(f"{name}_change_{side}", doc=f"{bound} of the interval of steered minus un-steered, over questions")
            for name in BOUNDED
            for side, bound in (("low", "lower bound"), ("high", "upper bound"))
        ),
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
        measure("reference", doc="mean over languages of what is subtracted"),
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
        measure("reference", doc="mean over languages of the un-steered value, on the same questions"),
        Column("control", STRING, doc="control that leaves the smallest difference; null without one", nullable=True),
        measure("control_gain", doc="its gain over no steering, in the languages and on the questions that it has"),
        measure("difference", doc="gain minus that of the control, paired on what both have, on the test half"),
        measure("difference_low", doc="lower bound of the interval of the difference"),
        measure("difference_high", doc="upper bound of the interval of the difference"),
        Column("n_random", INT32, doc="number of random vectors under this condition"),
        measure("random_difference", doc="smallest difference from a random vector's gain"),
        measure("random_p_value", doc="largest p-value of these differences; 1 if one is not above 0"),
        *COUNTED,
    ],
)
STEERING_SIZES = Table(
    "steering_sizes",
    [
        LANGUAGE,
        LAYER,
        Column("vector_norm", FLOAT64, doc="Euclidean norm of the language's steering vector"),
        Column("state_norm", FLOAT64, doc="mean norm of the language's stored states after the layer"),
        measure("ratio", doc="their quotient, the relative size of a steering of gamma 1"),
    ],
)
VECTOR_COSINES = Table(
    "vector_cosines",
    [LAYER, SOURCE, TARGET, measure("cosine", doc="cosine of the two languages' steering vectors")],
)

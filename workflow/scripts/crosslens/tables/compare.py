"""The tables of `snakemake compare`: the differences of two finished runs in numbers and in settings."""

from crosslens.tables.columns import BOOL, DATASET, INT32, MODEL, STRING, Column, Table
from crosslens.tables.metric_columns import measure

DIFFERENCES = Table(
    "differences",
    [
        MODEL,
        DATASET,
        Column(
            "measure",
            STRING,
            doc="accuracy, consistency_excess, positive_transfer_excess; third and measure of table depth_replicates; "
            "steering_gain: the gain in accuracy, on the test half, from the condition that the development half "
            "selects",
        ),
        measure("value_a", doc="mean in the first run, over the languages or pairs whose value is defined in both"),
        measure("value_b", doc="mean in the second run, over the same"),
        measure("difference", doc="value_b minus value_a"),
        measure("low", doc="lower bound of the interval of the difference, over questions (clusters) and families"),
        measure("high", doc="upper bound of its interval"),
        measure("p_value", doc="two-sided p-value of the difference against 0, uncorrected; needs at least 8 families"),
        Column("n_languages", INT32, doc="number of languages"),
        Column(
            "n_questions",
            INT32,
            doc="number of questions of the language that has most, the smaller number of the two runs",
        ),
        Column(
            "paired",
            BOOL,
            doc="whether both runs have the same draws of the same questions; if not, the squares of their standard "
            "errors add up",
        ),
        Column("remark", STRING, doc="for steering_gain the conditions that are compared; otherwise empty"),
    ],
)
SETTINGS = Table(
    "settings",
    [
        Column("rule", STRING, doc="rule whose jobs have different settings"),
        Column("key", STRING, doc="dotted key of the setting, as in the tables' metadata"),
        Column("value_a", STRING, doc="its value in the first run, as JSON; null if it has none", nullable=True),
        Column("value_b", STRING, doc="its value in the second run, as JSON; null if it has none", nullable=True),
        Column(
            "where",
            STRING,
            doc="the models and data sets in which it differs, as model/dataset; all if in all that both have",
        ),
    ],
)

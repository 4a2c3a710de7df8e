"""What intervals of differences are made from: values in every replicate of one resampling of the questions.

All models and conditions on a data set have the same draws (`metrics.resampling`), so the difference of two replicates
with the same number is a replicate of the paired difference.
"""

import pyarrow as pa

from crosslens.tables.columns import FLOAT32, FLOAT64, GAMMA, INT32, LANGUAGE, LAYER, STRING, Column, Table
from crosslens.tables.metric_columns import measure

DRAWN = Column("replicates", pa.list_(FLOAT32), doc="the value in every replicate; null where undefined", nullable=True)
REPLICATES = Table(
    "replicates",
    [
        Column("measure", STRING, doc="what is measured, as in the table of the metric"),
        LANGUAGE,
        Column("n", INT32, doc="number of questions"),
        measure("value", doc="the measure on all of these questions"),
        DRAWN,
    ],
)
# Values of pairs are kept as sums over the pairs of two families: what `metrics.means.over_pairs` needs.
PAIR_REPLICATES = Table(
    "pair_replicates",
    [
        Column("measure", STRING, doc="column of table pair_metrics, or latent_consistency_difference"),
        Column("source_family", STRING, doc="family of the language that knowledge is transferred from"),
        Column("target_family", STRING, doc="family of the language that knowledge is transferred to"),
        Column("n_pairs", INT32, doc="number of ordered pairs of languages whose value is defined"),
        Column("value", FLOAT64, doc="sum of the measure over these pairs"),
        Column("replicates", pa.list_(FLOAT32), doc="the sum in every replicate"),
    ],
)
# Means over the layers of a third of the depth: "middle" or "upper". A file without such layers has no such rows.
DEPTH_REPLICATES = Table(
    "depth_replicates",
    [Column("third", STRING, doc="middle or upper: the third of the depth whose layers are averaged over")]
    + [
        Column(
            "measure",
            STRING,
            doc="middle: log_ratio {prompt} {normalisation}; upper: accuracy_native, accuracy_pivot, "
            "accuracy_difference, accuracy_native_excess, accuracy_pivot_excess, as in table latent_means",
        ),
        *REPLICATES.columns[1:],
    ],
)
STEERING_REPLICATES = Table(
    "steering_replicates",
    [
        LAYER,
        GAMMA,
        *REPLICATES.columns,
    ],
)

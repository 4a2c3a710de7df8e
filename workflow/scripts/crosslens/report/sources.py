"""The tables that the report shows or computes its opening from, read together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from crosslens.tables.files import read_table
from crosslens.tables.findings import CLAIM_PARTS, CLAIMS
from crosslens.tables.gather import chance, gather
from crosslens.tables.inference import AUDIT, QUESTIONS
from crosslens.tables.metrics import TABLES


@dataclass(frozen=True)
class Sources:
    """Tables of a run by their names; ``audits`` and what follows have additional columns model or dataset.

    table2 and log_ratios are None if no data set has a log ratio, published if no model or data set is the paper's.
    log_ratios: table "log_ratio_means" at one layer per model. chance: accuracy of guessing per data set.
    """

    claims: pa.Table
    claim_parts: pa.Table
    table1: pa.Table
    table2: pa.Table | None
    table3: pa.Table
    published: pa.Table | None
    accuracy: pa.Table
    letters: pa.Table
    audit: pa.Table
    audits: pa.Table
    ceiling: pa.Table
    selected: pa.Table
    log_ratios: pa.Table | None
    chance: Mapping[str, float]


def read(files: Mapping[str, str | Path | Sequence[str | Path]], panels: Mapping[str, Sequence[Mapping]]) -> Sources:
    """Return the tables at the paths ``files``, by the names of the fields of `Sources`.

    ``questions`` are the questions that `chance` is of, in one language per data set. panels: for names with a list of
    paths, the columns that each file's rows get.
    """

    def gathered(name: str, table: str) -> pa.Table:
        return gather(files[name], TABLES[table], panels[name])

    return Sources(
        claims=read_table(files["claims"], CLAIMS),
        claim_parts=read_table(files["claim_parts"], CLAIM_PARTS),
        **{name: read_table(files[name], TABLES[name]) if files[name] else None for name in ("table2", "published")},
        **{name: read_table(files[name], TABLES[name]) for name in ("table1", "table3")},
        **{name: read_table(files[name], TABLES[f"{name}_table"]) for name in ("accuracy", "letters", "audit")},
        audits=gather(files["audits"], AUDIT, panels["audits"]),
        ceiling=gathered("ceiling", "ceiling_means"),
        selected=gathered("selected", "steering_selected"),
        log_ratios=gathered("log_ratios", "log_ratio_means") if files["log_ratios"] else None,
        chance=chance(gather(files["questions"], QUESTIONS, panels["questions"])),
    )

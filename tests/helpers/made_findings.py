"""Made-up tables of metrics of a small and a large model, with known effects, for claims to be tested on.

A pivot and 24 languages in 12 families, two to a family; every second one is written in Latin script.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from crosslens.findings.results import TABLES, Key, Results
from crosslens.metrics import means, replicates
from crosslens.metrics.replicates import Drawn

SMALL, LARGE, DATASET = "tiny-1b", "tiny-9b", "set"
PIVOT, LAYERS, REPLICATES, QUESTIONS = "en", (1, 2, 3, 4, 5, 6), 40, 100
OTHERS = [f"l{i:02}" for i in range(24)]
NAMES = [PIVOT, *OTHERS]
FAMILIES = {PIVOT: "family 0"} | {name: f"family {i // 2}" for i, name in enumerate(OTHERS)}
SCRIPTS = {PIVOT: "Latn"} | {name: ("Latn", "Cyrl")[i % 2] for i, name in enumerate(OTHERS)}
RESOURCE = {name: (i * 7) % 5 for i, name in enumerate(OTHERS)}
MODELS = {
    name: {"series": "Tiny", "parameters": size, "layers": 6, "correlated": [3, 4]}
    for name, size in ((SMALL, 1.0), (LARGE, 9.0))
}
Tables = dict[Key, pa.Table]


def results(tables: Tables, **changed) -> Results:
    """Return the results of a run that has these tables."""
    shared = {"shares": ["questions", "choices"], "because": ""}
    facts = {
        "models": MODELS,
        "datasets": {DATASET: {"languages": NAMES, **shared}},
        "families": FAMILIES,
        "scripts": SCRIPTS,
        "resource": RESOURCE,
        "pivot": PIVOT,
        "level": 0.95,
        "seed": 0,
    }
    return Results({key: lambda table=table: table for key, table in tables.items()}, **(facts | changed))


def of(table: str, model: str = SMALL, layer: int = 0) -> Key:
    return Key(table, model, DATASET, layer)


def typed(name: str, columns: Mapping) -> pa.Table:
    """Return some columns of a table with the types that it declares."""
    return pa.table({key: pa.array(values, TABLES[name].column(key).type) for key, values in columns.items()})


def drawn(value, names=OTHERS, noise=0.01, seed=0) -> Drawn:
    """Return values with replicates around them; the same seed has the same draws, but for ``noise``."""
    value = np.broadcast_to(np.asarray(value, float), (len(names),)).copy()
    random = np.random.default_rng(seed).normal(size=(REPLICATES, len(names)))
    return Drawn(tuple(names), np.full(len(names), QUESTIONS), value, value + noise * random)


def replicate_rows(rows: Mapping[tuple, Drawn], where=("measure",)) -> pa.Table:
    return pa.table({name: pa.array(column) for name, column in replicates.columns(rows, where).items()})


def square(table: str, column: str, values, names=NAMES) -> pa.Table:
    """Return a table of ordered pairs with one column of values, NaN as null."""
    pairs = [(i, j) for i in range(len(names)) for j in range(len(names)) if i != j]
    source, target = ([names[pair[side]] for pair in pairs] for side in (0, 1))
    columns = {"source": source, "target": target, "n": [QUESTIONS] * len(pairs)}
    columns[column] = [None if np.isnan(values[pair]) else float(values[pair]) for pair in pairs]
    return typed(table, columns)


def pair_replicates(measure: str, values, noise=0.01, names=NAMES) -> pa.Table:
    """Return table "pair_replicates" of a measure, all of whose pairs have independent draws."""
    values = without_diagonal(values)
    random = np.random.default_rng(5).normal(size=(REPLICATES, *values.shape))
    families = [FAMILIES[name] for name in names]
    sums = means.family_sums(values + noise * random, families)
    columns = replicates.pair_columns({measure: replicates.of_pairs(values, sums, families)})
    return pa.table({name: pa.array(column) for name, column in columns.items()})


def pair_tables(model: str, measure: str, values, noise=0.01) -> Tables:
    """Return tables "pairs" and "pair_replicates" of a measure."""
    return {
        of("pairs", model): square("pairs", measure, values),
        of("pair_replicates", model): pair_replicates(measure, values, noise),
    }


def without_diagonal(values) -> np.ndarray:
    return np.where(np.eye(len(values), dtype=bool), np.nan, values)


def smooth(scale: float = 1.0, seed: int = 3, names=OTHERS) -> np.ndarray:
    """Return values of languages that differ, with a mean of 0: a part is the family's."""
    random = np.random.default_rng(seed)
    found = random.normal(size=len(names)) + random.normal(size=len(names))[[i // 2 for i in range(len(names))]]
    return scale * (found - found.mean()) / found.std()

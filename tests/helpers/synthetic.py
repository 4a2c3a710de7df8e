"""Made-up metrics tables of plausible shape, as the figures and tables read them, without any model or data."""

from itertools import combinations, product
from pathlib import Path

import numpy as np
import pyarrow as pa
from crosslens.experiment.languages import read_languages
from crosslens.metrics import output, pairs
from crosslens.report.figures.catalogue import FIGURES, TRANSFER
from crosslens.report.figures.style import Titles
from crosslens.tables.columns import Table
from crosslens.tables.inference import QUESTIONS
from crosslens.tables.metrics import TABLES

TAGS = ("en", "de", "es", "id", "hi", "sw")
KNOWN = read_languages(Path(__file__).resolve().parents[2] / "config/languages.tsv")
MEASURES = ("accuracy", "consistency_with_pivot", "positive_transfer_from_pivot")


class Run:
    """A run of made-up numbers: models × data sets × languages × layers. The first language is the pivot.

    All layers are steered with every gamma of ``gammas``, the middle one also with those of ``sweep``.
    """

    def __init__(
        self, models=2, datasets=3, languages=6, layers=(1, 2, 3, 4), choices=4, gammas=(-2, 2), sweep=(-4, -1, 1, 4)
    ):
        self.random = np.random.default_rng(0)
        self.models = {f"toy-{i}": f"Toy Gemma 2.{i}" for i in range(models)}
        self.datasets = {f"set-{i}": f"Toy mHellaSwag {i}" for i in range(datasets)}
        self.languages = self._languages(languages)
        self.names, self.scripts, self.families = (
            {tag: KNOWN[tag][fact] for tag in self.languages} for fact in ("name", "script", "family")
        )
        facts = (self.scripts, self.families, self.names)
        self.order = sorted(self.languages, key=lambda tag: [fact[tag] for fact in facts])
        self.layers, self.choices = list(layers), choices
        self.middle = self.layers[(len(self.layers) - 1) // 2]
        self.conditions = [*product(self.layers, gammas), *((self.middle, gamma) for gamma in sweep)]
        self.titles = Titles(self.models, self.datasets, "English", self.names, self.scripts, self.families)

    @staticmethod
    def _languages(number: int) -> list[str]:
        """Return tags of config/languages.tsv, the pivot first; many are spread over its scripts and families."""
        others = [tag for tag in KNOWN if tag != "en"]
        if number <= len(TAGS):
            return list(TAGS[:number])
        return ["en", *(others[i * len(others) // (number - 1)] for i in range(number - 1))]

    def tables(self, figure: str) -> dict[str, pa.Table]:
        """Return the tables that a figure is made from."""
        return {name: getattr(self, name)() for name in FIGURES[figure].tables}

    def settings(self, figure: str, **changed) -> dict:
        """Return the other arguments of the figure's function `data`; of steered layers the middle one is picked."""
        layers = dict.fromkeys(self.models, [self.middle])
        values = {
            "pivot": "en",
            "level": 0.95,
            "scripts": self.scripts,
            "order": self.order,
            "measures": list(TRANSFER),
            "gamma": 2.0,
            "layers": layers,
            "n_layers": dict.fromkeys(self.models, self.layers[-1]),
        } | changed
        return {name: values[name] for name in FIGURES[figure].settings}

    def table(self, table: Table, rows: list[dict]) -> pa.Table:
        """Return rows of ``table`` that begin with the columns model (if given) and dataset."""
        columns = {column.name: column.type for column in table.columns}
        fields = [("model", pa.string())] * (not rows or "model" in rows[0]) + [
            ("dataset", pa.string()),
            *columns.items(),
        ]
        return pa.Table.from_pylist(rows, pa.schema(dict(fields).items()))

    def panels(self):
        return [{"model": m, "dataset": d} for m, d in product(self.models, self.datasets)]

    def uniform(self, low=0.0, high=1.0) -> float:
        return float(self.random.uniform(low, high))

    def language_metrics(self) -> pa.Table:
        rows = []
        for panel, language in product(self.panels(), self.languages):
            accuracy = 0.9 if language == "en" else self.uniform(0.3, 0.85)
            rows.append(
                panel
                | {"language": language, "n": 240, "accuracy": accuracy, "argmax_ties": 0}
                | {"accuracy_low": accuracy - 0.05, "accuracy_high": accuracy + 0.05}
                | self._bounded(*output.OF_OTHERS.values())
            )
        return self.table(TABLES["language_metrics"], rows)

    def _bounded(self, *names: str) -> dict[str, float]:
        values = {name: self.uniform() for name in names}
        return (
            values
            | {f"{n}_low": v - 0.1 for n, v in values.items()}
            | {f"{n}_high": v + 0.1 for n, v in values.items()}
        )

    def over_all(self, value: float) -> dict[str, float]:
        """Return the columns `metric_columns.MEAN` of a mean over all languages."""
        bounds = {
            "mean": value,
            "low": value - 0.1,
            "high": value + 0.1,
            "p_value": 0.2,
            "se": 0.05,
            "se_questions": 0.02,
        }
        return bounds | {"n_languages": len(self.languages), "n_families": 3}

    def letters(self) -> pa.Table:
        floats = [c.name for c in TABLES["letters"].columns if c.type == pa.float64()]
        rows = [
            panel
            | {"language": language, "n": 240, "top_choice": int(self.random.integers(self.choices))}
            | {name: self.uniform() for name in floats}
            for panel, language in product(self.panels(), self.languages)
        ]
        return self.table(TABLES["letters"], rows)

    def ceiling(self, questions=60) -> pa.Table:
        """Return the table for all data sets but the last, whose languages were asked nothing twice."""
        floats = [c.name for c in TABLES["ceiling"].columns if c.type == pa.float64()]
        rows = [
            panel | {"language": language, "n": questions} | {name: self.uniform() for name in floats}
            for panel, language in product(self.panels(), self.languages)
            if panel["dataset"] != list(self.datasets)[-1]
        ]
        return self.table(TABLES["ceiling"], rows)

    def expectations(self) -> pa.Table:
        rows = [
            panel | {"metric": name, "std": 0.1234, "n_questions": 240} | self.over_all(self.uniform(0.4, 0.6))
            for panel, name in product(self.panels(), ("accuracy", *pairs.MEASURES))
        ]
        return self.table(TABLES["expectations"], rows)

    def pair_metrics(self) -> pa.Table:
        rows = [
            panel
            | {"source": source, "target": target, "n": 230 + (source == "en") * 10}
            | {name: self.uniform(0.3, 0.95) for name in pairs.MEASURES}
            | {f"{name}_se": 0.02 for name in output.WITH_ERROR}
            for panel, source, target in product(self.panels(), self.languages, self.languages)
            if source != target
        ]
        return self.table(TABLES["pair_metrics"], rows)

    def mean(self, at: float, half: float, n: int) -> dict:
        """Return the columns of a mean over the languages other than the pivot, of ``n`` questions each."""
        others = len(self.languages) - 1
        return {
            "n_questions_min": n - 4,
            "n_questions_max": n,
            **{
                "mean": at,
                "low": at - half,
                "high": at + half,
                "p_value": 0.2,
                "se": half / 2,
                "se_questions": half / 3,
            },
            **{"n_languages": others, "n_families": others},
        }

    def log_ratio_means(self) -> pa.Table:
        """Return log ratios after all prompts; their signs differ in the first half of the layers, as with copying."""
        rows = []
        kinds = [("native", "log_ratio"), ("native", "control"), ("native", "corrected")]
        kinds += [(prompt, "log_ratio") for prompt in ("native_sample", "without_choices", "pivot", "symmetric")]
        norms = ("per_token", "first_token", "per_character", "sum")
        for panel, layer, (prompt, series), norm in product(self.panels(), self.layers, kinds, norms):
            deep = layer > self.layers[len(self.layers) // 2 - 1]
            copied = prompt in ("native", "native_sample")
            at = self.uniform(1, 3) if deep or copied else self.uniform(-3, -1)
            place = {"layer": layer, "prompt": prompt, "normalisation": norm, "series": series}
            rows.append(panel | place | self.mean(at, self.uniform(0.1, 0.5), 240 if prompt == "native" else 100))
        return self.table(TABLES["log_ratio_means"], rows)

    def latent_means(self) -> pa.Table:
        rows = []
        of_forms = [f"accuracy_{form}{kind}" for form in ("native", "pivot") for kind in ("", "_control", "_excess")]
        differences = [f"accuracy_difference{kind}" for kind in ("", "_control", "_excess")]
        measures = [*of_forms, *differences, "solved", "solved_control", "solved_excess"]
        for panel, layer, measure in product(self.panels(), self.layers, measures):
            at = self.uniform(0.25, 0.6)
            rows.append(panel | {"layer": layer, "measure": measure} | self.mean(at, self.uniform(0.01, 0.05), 236))
        return self.table(TABLES["latent_means"], rows)

    def questions(self) -> pa.Table:
        rows = [
            {"dataset": d, "question_id": f"q{i}", "prompt": "", "key": 0, "cluster": f"q{i}", "groups": []}
            | {"choices": ["a"] * self.choices, "pivot_choices": ["a"] * self.choices}
            for d in self.datasets
            for i in range(3)
        ]
        return self.table(QUESTIONS, rows)

    def similarity_means(self) -> pa.Table:
        measures, rows = ("cka", "cka_within_letters", "mexa", "margin", "cosine"), []
        for panel, layer, measure, among in product(self.panels(), self.layers, measures, ("pivot", "all")):
            mean = self.uniform(0.3, 0.9)
            rows.append(
                panel
                | {"layer": layer, "measure": measure, "pairs": among, "n_questions_min": 190, "n_questions_max": 200}
                | {"mean": mean, "low": mean - 0.1, "high": mean + 0.1, "p_value": None, "se": 0.05}
                | {"se_questions": 0.02, "n_languages": len(self.languages) - (among == "pivot"), "n_families": 4}
            )
        return self.table(TABLES["similarity_means"], rows)

    def pca(self, questions=50) -> pa.Table:
        rows = []
        for panel, layer, language in product(self.panels(), self.layers, self.languages):
            centre = self.random.normal(size=2) * 3
            rows += [
                panel
                | {
                    "layer": layer,
                    "language": language,
                    "question_id": f"q{i}",
                    "explained_1": 0.41,
                    "explained_2": 0.17,
                }
                | dict(
                    zip(("component_1", "component_2"), map(float, centre + self.random.normal(size=2)), strict=True)
                )
                for i in range(questions)
            ]
        return self.table(TABLES["pca"], rows)

    def steering_by_half(self) -> pa.Table:
        names = ("accuracy", "consistency_with_pivot", "positive_transfer_from_pivot", "negative_transfer_from_pivot")
        rows = []
        for panel, language, half in product(self.panels(), self.languages[1:], ("development", "test")):
            plain = {f"unsteered_{name}": self.uniform(0.3, 0.9) for name in names}
            for layer, gamma in self.conditions:
                steered = {name: plain[f"unsteered_{name}"] + self.uniform(-0.02, 0.03) * abs(gamma) for name in names}
                where = {"half": half, "language": language, "layer": layer, "gamma": gamma, "n": 95}
                bounds = {}
                for name in names[:3]:
                    change, half_width = steered[name] - plain[f"unsteered_{name}"], self.uniform(0.01, 0.03)
                    bounds |= {f"{name}_change_low": change - half_width, f"{name}_change_high": change + half_width}
                rows.append(panel | where | plain | steered | bounds)
        return self.table(TABLES["steering_by_half"], rows)

    def steering_gains(self) -> pa.Table:
        """All conditions with the own vector and two controls of them at gamma 2; a patch at every layer."""
        rows = []
        for panel, measure, half in product(self.panels(), MEASURES, ("all", "development", "test")):
            own = [("own", "add", "unsteered", *condition) for condition in self.conditions]
            for vector in ("random_1", "language:de"):
                own += [(vector, "add", "unsteered", layer, 2) for layer in self.layers]
                own += [("own", "add", vector, layer, 2) for layer in self.layers]
            own += [("patch", "replace", "unsteered", layer, 1) for layer in self.layers]
            if half == "test":
                own += [("letter_shift", "add", "unsteered", *condition) for condition in self.conditions]
            for vector, operation, versus, layer, gamma in own:
                where = {"measure": measure, "half": half, "vector": vector, "operation": operation}
                where |= {"versus": versus, "layer": layer, "gamma": gamma, "reference": 0.5}
                rows.append(panel | where | self.mean_with_interval(self.uniform(-0.02, 0.03) * abs(gamma)))
        return self.table(TABLES["steering_gains"], rows)

    def steering_selected(self) -> pa.Table:
        rows = []
        for panel, measure in product(self.panels(), MEASURES):
            where = {"measure": measure, "layer": self.middle, "gamma": 2, "reference": 0.5, "n_random": 1}
            rows.append(panel | where | self.mean_with_interval(0.02))
        return self.table(TABLES["steering_selected"], rows)

    def steering_sizes(self) -> pa.Table:
        rows = []
        for panel, language, layer in product(self.panels(), self.languages[1:], self.layers):
            where = {"language": language, "layer": layer, "state_norm": 10.0}
            ratio = 0.1 + 0.2 * layer / self.layers[-1] + self.uniform(0, 0.05)
            rows.append(panel | where | {"vector_norm": 10 * ratio, "ratio": ratio})
        return self.table(TABLES["steering_sizes"], rows)

    def vector_cosines(self) -> pa.Table:
        """Cosines of vectors that have a part of their family and one of their script."""
        parts = {
            name: self.random.normal(size=40) for name in sorted({*self.scripts.values(), *self.families.values()})
        }
        own = {tag: parts[self.scripts[tag]] + parts[self.families[tag]] for tag in self.languages[1:]}
        rows = []
        for panel, layer in product(self.panels(), self.layers):
            vectors = {tag: vector + self.random.normal(size=40) for tag, vector in own.items()}
            for source, target in combinations(vectors, 2):
                a, b = vectors[source], vectors[target]
                cosine = float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
                rows.append(panel | {"layer": layer, "source": source, "target": target, "cosine": cosine})
        return self.table(TABLES["vector_cosines"], rows)

    def mean_with_interval(self, mean: float) -> dict:
        """Return the columns of a mean over the languages other than the pivot."""
        half = self.uniform(0.01, 0.02)
        counts = {"n_languages": len(self.languages) - 1, "n_families": 3, "n_questions_min": 188}
        values = {"mean": mean, "low": mean - half, "high": mean + half, "se": half / 2, "se_questions": half / 3}
        return values | counts | {"n_questions_max": 190}

    def correlations(self) -> pa.Table:
        outcomes, n = ("accuracy", "consistency", "positive_transfer"), len(self.languages) - 1
        kinds = [("native", "per_token", "log_ratio"), ("native", "per_token", "log_ratio_corrected")]
        kinds += [("native", "first_token", "log_ratio"), ("symmetric", "per_token", "log_ratio")]
        rows = []
        for panel, kind, (outcome, p) in product(self.panels(), kinds, zip(outcomes, (0.2, 0.03, 0.0004), strict=True)):
            place = dict(zip(("prompt", "normalisation", "ratio"), kind, strict=True))
            plain = {"pearson_r": self.uniform(-1, 0), "p_value": p, "low": -1.0, "high": 0.5}
            given = {"partial_r": self.uniform(-1, 0), "partial_low": -1.0, "partial_high": 0.5}
            given |= {"partial_p": p, "partial_p_holm": min(1.0, 6 * p)}
            counts = {"n_languages": n, "n_partial": n, "n_families": n}
            of_raw = given if kind[2] == "log_ratio" else {}
            rows.append(panel | place | {"outcome": outcome} | counts | plain | of_raw)
        return self.table(TABLES["correlations"], rows)

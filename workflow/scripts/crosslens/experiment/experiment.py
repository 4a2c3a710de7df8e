"""The experiment that a config describes: models, data sets, languages, layers, conditions, and where files are.

`Experiment.load` checks the config and the catalogues; every later lookup is a method, so that rules hold no logic of
their own. Reads no data and no weights.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from crosslens import version
from crosslens.errors import CrosslensError
from crosslens.experiment import catalogues, definitions, examples, layers, sources, steering
from crosslens.experiment.languages import Languages, read_languages
from crosslens.experiment.parallel import PARALLEL, Parallel
from crosslens.fingerprint import fingerprint
from crosslens.tables import conditions as names
from crosslens.tables.conditions import ADD, OWN, PATCH, Condition

CATALOGUES = ("models", "datasets", "instructions", "gpus")


@dataclass(frozen=True, eq=False)
class Experiment:
    """A checked config, with defaults filled in, and the catalogues beside it.

    models, datasets, instructions, gpus: config/*.yaml by name, with what the config defines. known_languages:
    config/languages.tsv by tag. root: the folder of the Snakefile. stated: dotted keys that the config states itself.
    Methods raise CrosslensError for a selection that cannot be run.
    """

    config: Mapping
    models: Mapping[str, Mapping]
    datasets: Mapping[str, Mapping]
    instructions: Mapping[str, Mapping]
    gpus: Mapping[str, Mapping]
    known_languages: Languages
    root: Path
    stated: frozenset[str] = frozenset()

    @classmethod
    def load(cls, config: Mapping, configfiles: Sequence[str | Path], root: Path) -> "Experiment":
        """Return the experiment of Snakemake's merged ``config``.

        ``configfiles`` are the files that were merged; they are read again, since Snakemake keeps the last of two equal
        keys. Raises CrosslensError, naming file and key, for a config or catalogue that is invalid.
        """
        files = {os.path.relpath(file): Path(file) for file in configfiles}
        for name, path in files.items():
            catalogues.check_unique_keys(path, name)
        schemas = root / "workflow/schemas"
        checked = catalogues.validated(config, catalogues.load_schema(schemas, "config"), ", ".join(files))
        defined, known = checked["define"], read_languages(root / "config/languages.tsv")
        found = {name: catalogues.load_catalogue(root, name) for name in CATALOGUES}
        found = {name: definitions.merged(found[name], defined.get(name, {}), name) for name in CATALOGUES}
        found["datasets"] = definitions.complete_datasets(found["datasets"])
        found["models"] = definitions.complete_models(found["models"], checked["models"], defined["models"])
        known = definitions.merged_languages(known, defined["languages"])
        experiment = cls(checked, **found, known_languages=known, root=root, stated=catalogues.dotted_keys(config))
        version.check(experiment.out(""))
        experiment._check_names()
        experiment._check_settings()
        experiment._check_sources()
        return experiment

    def _check_names(self) -> None:
        """Raise for a selected model, data set, language or GPU that no catalogue has."""
        selected, config = catalogues.check_selected, self.config
        selected(config["models"], self.models, "models", "config/models.yaml")
        selected(config["datasets"], self.datasets, "datasets", "config/datasets.yaml")
        selected([config["pivot"]], self.known_languages, "pivot", "config/languages.tsv")
        for entry in config["steering"]["conditions"]:
            selected(entry.get("models", []), self.models, "steering.conditions.models", "config/models.yaml")
        for name, entry in self.models.items():
            selected([entry["gpu"]], self.gpus, f"{name}.gpu", "config/gpus.yaml", of="config/models.yaml")
        selected(config["plan"]["throughput"], self.gpus, "plan.throughput", "config/gpus.yaml")
        selected(config["prompt"]["examples"]["not"], self.datasets, "prompt.examples.not", "config/datasets.yaml")
        catalogues.check_languages_used(
            config["languages"], {name: self.languages(name) for name in config["datasets"]}
        )

    def _check_settings(self) -> None:
        """Raise for settings that contradict each other or a model's grid."""
        if any(names.sources(self.conditions_on(*evaluation)) for evaluation in self.evaluations):
            self.check_stored_states("steering.questions", self.sample("steering")["questions"])
        steering.check_vectors(self._steering_entries(), self.pivot, self._parallel_languages())
        read = [self.lens_layers(model) for model in self.config["models"]]
        layers.check_read_of_some_model(self.config["correlations"]["layers"], read)
        for model in self.config["models"]:
            self.correlation_layers(model)

    def _check_sources(self) -> None:
        """Raise for a folder or file of the user's own that is not there, and for several GPUs of no kind."""
        for name in self.config["models"]:
            sources.check_model(name, self.models[name], self.place("models", name))
            sources.check_gpus(name, self.models[name], self.place("models", name))
        for name in self.config["datasets"]:
            place = self.place("datasets", name)
            sources.check_dataset(name, self.datasets[name], self.languages(name), self.known_languages, place)
            if split := self.examples_entry(name):
                examples.check(name, self.datasets[name], place)
                sources.check_dataset(f"{name}.examples", split, self.languages(name), self.known_languages, place)
            for tag in self.languages(name):
                self.prompt_settings(tag)

    def check_stored_states(self, key: str, needed: int) -> None:
        """Raise CrosslensError if config ``key`` needs the hidden states of more questions than are stored."""
        stored = self.config["states"]["questions"]
        if needed > stored:
            raise CrosslensError(
                f"config key '{key}' needs the hidden states of {needed} questions, but only {stored} are stored. "
                f"Raise 'states.questions' or lower '{key}'."
            )

    def place(self, kind: str, name: str) -> str:
        """Return where the entry of a model or data set is, for error messages."""
        return definitions.DEFINED if name in self.config["define"][kind] else f"config/{kind}.yaml"

    def sample(self, section: str) -> dict:
        """Return the sample size of `steering` or `pca`, and whether it shrinks to fit: unstated sizes do."""
        questions = self.config[section]["questions"]
        fit, most = f"{section}.questions" not in self.stated, self.config["questions"]["max"]
        if fit and most is not None:
            questions = min(questions, most // 2 if section == "steering" else most)
        return {"questions": questions, "fit": fit}

    # ---- what runs ----

    @property
    def pivot(self) -> str:
        """The tag of the language that everything is compared with."""
        return self.config["pivot"]

    @property
    def evaluations(self) -> list[tuple[str, str]]:
        """All selected (model, data set)."""
        return [(model, dataset) for model in self.config["models"] for dataset in self.config["datasets"]]

    @cache  # noqa: B019 - there is one Experiment per process
    def languages(self, dataset: str) -> list[str]:
        """Return the selected languages that the data set has, the pivot first if they are compared with it."""
        selection, known = self.config["languages"], self.known_languages
        pivot = self.pivot if self.parallel(dataset).has("questions") else None
        return catalogues.dataset_languages(dataset, self.datasets[dataset], selection, pivot, known)

    def steered_languages(self, dataset: str) -> list[str]:
        """Return the languages of a data set that can be steered: all but the pivot."""
        return [tag for tag in self.languages(dataset) if tag != self.pivot]

    def parallel(self, dataset: str) -> Parallel:
        """Return what the data set's languages share."""
        return PARALLEL[self.datasets[dataset]["parallel"]]

    def pivot_of(self, dataset: str, language: str) -> str:
        """Return the language whose questions those in ``language`` are aligned with: itself if it stands alone."""
        return self.pivot if self.parallel(dataset).has("questions") else language

    @cache  # noqa: B019
    def layers(self, model: str) -> list[int]:
        """Return the model's grid of layers, ascending, ending at the last."""
        return layers.grid(self.models[model]["layers"], self.config["layers"]["every"])

    @cache  # noqa: B019
    def lens_layers(self, model: str) -> list[int]:
        """Return the layers at which a model's lens is read, ascending: those of the grid, unless others are named."""
        wanted, n_layers = self.config["lens"]["layers"], self.models[model]["layers"]
        available = self.layers(model) if wanted == "grid" else range(1, n_layers + 1)
        return layers.resolve(wanted, available, n_layers, "lens.layers", model, "among the layers", "this")

    @cache  # noqa: B019
    def conditions(self, model: str) -> list[Condition]:
        """Return all steering conditions of the model, those with a language's own vector first."""
        return steering.conditions(self._steering_entries(), model, self.layers(model), self.models[model]["layers"])

    def _steering_entries(self) -> list[Mapping]:
        return steering.settled(self.config["steering"]["conditions"], self.pivot, self._parallel_languages())

    def _parallel_languages(self) -> dict[str, list[str]]:
        parallel = [name for name in self.config["datasets"] if self.parallel(name).has("questions")]
        return {name: self.languages(name) for name in parallel}

    def own_conditions(self, model: str) -> list[list[int | float]]:
        """Return the conditions that add a language's own vector, as sorted pairs [layer, gamma]."""
        own = [each for each in self.conditions(model) if (each.vector, each.operation) == (OWN, ADD)]
        return [[each.layer, each.gamma] for each in own]

    def conditions_on(self, model: str, dataset: str) -> list[Condition]:
        """Return the model's steering conditions on a data set: none if no language can be steered towards another."""
        return self.conditions(model) if self.parallel(dataset).has("questions") else []

    def conditions_in(self, model: str, dataset: str, language: str) -> list[Condition]:
        """Return the model's steering conditions in a language of a data set; the pivot is never steered."""
        if language == self.pivot:
            return []
        return [each for each in self.conditions_on(model, dataset) if steering.applies(each, dataset, language)]

    def correlation_layers(self, model: str) -> list[int]:
        """Return the layers, among those of the lens, over which a model's log ratio is averaged."""
        selection = self.config["correlations"]["layers"]
        return layers.correlation_layers(selection, self.lens_layers(model), self.models[model]["layers"], model)

    def described(self, fact: str, dataset: str | None = None) -> dict[str, str]:
        """Return the script, family, resource level or name of languages by tag: a data set's, or all of the run's."""
        datasets = self.config["datasets"] if dataset is None else [dataset]
        tags = dict.fromkeys(tag for name in datasets for tag in self.languages(name))
        return {tag: self.known_languages[tag][fact] for tag in tags}

    def resource_levels(self) -> dict[str, int]:
        """Return the resource levels of the run's languages by tag, so far as they are known and numbers."""
        return {tag: int(level) for tag, level in self.described("resource").items() if level.isdecimal()}

    # ---- the slices of config and catalogues that rules pass on as parameters ----

    def out(self, path: str) -> str:
        """Return a path inside the run's folder."""
        return f"results/{self.config['run']}/{path}"

    def model_settings(self, model: str) -> dict:
        """Return what changes the values that a model computes.

        load: the arguments of `models.load`. chat_template_kwargs: the variables of the
        model's chat template; none if prompts are not chats, so that editing them reruns nothing.
        """
        entry = self.models[model]
        chats = entry["chat_template_kwargs"] if self.config["prompt"]["chat_template"] else {}
        load = {"dtype": entry["dtype"], "n_layers": entry["layers"], "implementation": entry["attention"]}
        load |= {"forward": entry["forward"], "gpus": entry["gpus"]}
        return {"load": load, "chat_template_kwargs": chats}

    def lens_settings(self, model: str, dataset: str) -> dict:
        """Return the arguments of `inference.run` that decide what a model's lens reads, and how."""
        lens, layers = self.config["lens"], self.lens_layers(model) if self.parallel(dataset).forms else []
        return {"layers": layers, "final_norm": lens["final_norm"], "softcap": lens["softcap"]}

    def sample_settings(self, dataset: str) -> dict:
        """Return the arguments of `preparation.prepare` that decide which texts and further prompts are scored."""
        parallel, lens = self.parallel(dataset), self.config["lens"]
        return {
            "forms": parallel.forms,
            "control_questions": lens["control_questions"],
            "lens_prompts": [prompt for prompt in lens["prompts"] if prompt in parallel.lens_prompts],
            # The ceiling is that of consistency.
            "ceiling_questions": self.config["ceiling"]["questions"] if parallel.has("choices") else 0,
            "seed": self.config["seed"],
        }

    def prompt_settings(self, language: str) -> dict:
        """Return the arguments of `prompts.render`: how prompts in a language are rendered."""
        prompt = self.config["prompt"]
        return {
            "separator": prompt["separator"],
            "letter_form": prompt["letter_form"],
            "frame": catalogues.frame(self.instructions, prompt["instruction_language"], language),
        }

    def intervals(self, dataset: str) -> dict:
        """Return what the intervals of a data set's metrics depend on, besides the clusters of its questions."""
        return {**self.config["intervals"], "seed": self.config["seed"], "families": self.described("family", dataset)}

    def examples_entry(self, dataset: str) -> dict | None:
        """Return the entry of a data set's examples; None if there are none or if they are taken from its questions."""
        entry, wanted = self.datasets[dataset], self.config["prompt"]["examples"]["number"]
        return examples.of_split(entry) if wanted and "examples" in entry else None

    def training_settings(self, model: str) -> dict:
        """Return the arguments of `training.train` for a model that the workflow trains."""
        entry = self.models[model]
        return {"architecture": entry["source"]["demo"], **entry["training"]}

    def question_selection(self) -> dict | None:
        """Return the arguments of `selection.chosen`; None if all questions are asked and none is an example."""
        selection, examples_wanted = self.config["questions"], self.config["prompt"]["examples"]["number"]
        return {**selection, "seed": self.config["seed"]} if any([*selection.values(), examples_wanted]) else None

    @cache  # noqa: B019
    def fingerprint(self, file: str) -> str:
        """Return the fingerprint of a script, or of a library module that a script imports by name."""
        return fingerprint(self.root / "workflow/scripts" / file)

    # ---- where files are ----

    def of_all_languages(self, path: str, needed: str = "", steered: bool = False) -> Callable:
        """Return an input function: ``path``, with wildcards, for every language of the wildcards' data set.

        steered: without the pivot, which is not. The function raises CrosslensError if the languages do not share what
        is ``needed`` (see `Parallel.has`).
        """
        pattern = self.out(path)

        def paths(w) -> list[str]:
            if not self.parallel(w.dataset).has(needed):
                raise CrosslensError(
                    f"data set '{w.dataset}' has no such metrics, because {self.parallel(w.dataset).because}. Leave "
                    "them out of the targets."
                )
            languages = self.steered_languages(w.dataset) if steered else self.languages(w.dataset)
            return [pattern.format(**w, language=language) for language in languages]

        return paths

    def clustered(self, w) -> list[str]:
        """Return the questions whose clusters are resampled: the pivot's, which are all, or each language's own."""
        shared = self.parallel(w.dataset).has("questions")
        languages = [self.pivot] if shared else self.languages(w.dataset)
        return [self.out(f"questions/{w.dataset}/{language}.arrow") for language in languages]

    def model_folder(self, model: str) -> str:
        """Return the folder of the model's files: the user's own, fetched ones, or the demo's."""
        return self._folder("models", model, self.models[model]["source"])

    def dataset_folder(self, dataset: str) -> str:
        """Return the folder of the data set's files: the user's own, fetched ones, or the demo's."""
        return self._folder("data", dataset, self.datasets[dataset]["source"])

    def _folder(self, kind: str, name: str, source: Mapping) -> str:
        if "path" in source:
            return source["path"]
        return f"resources/{kind}/{name}" if "hub" in source else self.out(f"demo_{kind}/{name}")

    @cache  # noqa: B019
    def model_input(self, model: str) -> list[str]:
        """Return the model's folder and, if it is the user's own, its files: an overwritten one must be noticed."""
        folder = self.model_folder(model)
        return [folder, *(sources.model_files(folder) if "path" in self.models[model]["source"] else [])]

    def vectors_input(self, model: str, dataset: str, language: str) -> list[str]:
        """Return the files of the vectors that a language's conditions need, in the order of `conditions.sources`.

        They are steering vectors of this language, of another one or from another data set, and for patches the pivot's
        hidden states.
        """
        return [
            self._vector_file(vector, model, dataset, language)
            for vector in names.sources(self.conditions_in(model, dataset, language))
        ]

    def _vector_file(self, vector: str, model: str, dataset: str, language: str) -> str:
        if vector == PATCH:
            return self.out(f"hidden_states/{model}/{dataset}/{self.pivot}.arrow")
        kind, name = names.split(vector)
        dataset, language = name if kind == "dataset" else dataset, name if kind == "language" else language
        return self.out(f"steering_vectors/{model}/{dataset}/{language}.arrow")

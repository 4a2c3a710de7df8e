"""What the catalogues say of folders, compared with what is there before anything runs; opens no data and no weights.

Snakemake takes a finished result for right although its input is missing, so a run that has finished would not notice a
folder that is named wrongly. Runs at parse time: imports nothing heavy.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from crosslens import languages
from crosslens.demo.lexicon import LANGUAGES as DEMO_LANGUAGES
from crosslens.errors import CrosslensError


def check_model(name: str, entry: Mapping) -> None:
    """Raise CrosslensError where the folder of the user's own model is not there, or has another number of layers.

    ``entry`` is the model's in config/models.yaml. Only a config.json that states the number itself is asked for it.
    """
    if "path" not in entry["source"]:
        return
    folder = Path(entry["source"]["path"])
    if not folder.is_dir():
        raise CrosslensError(
            f"config/models.yaml key '{name}.source.path': there is no folder '{folder}'. Mend the path (a relative "
            "one starts where Snakemake is started), or take the model out of `models`."
        )
    found = _layers(folder / "config.json")
    if found not in (None, entry["layers"]):
        raise CrosslensError(
            f"config/models.yaml key '{name}.layers': it is {entry['layers']}, and the model in '{folder}' has {found} "
            "layers. Correct the entry."
        )


def _layers(config: Path) -> int | None:
    """The number of layers that a model's config.json states; None where it does not, or cannot be read."""
    try:
        return json.loads(config.read_text(encoding="utf-8")).get("num_hidden_layers")
    except (OSError, ValueError, AttributeError):
        return None


def check_dataset(name: str, entry: Mapping, tags: Sequence[str], known: languages.Languages) -> None:
    """Raise CrosslensError where a language of ``tags`` has no code or, in a folder of the user's own, no file.

    ``entry`` is the data set's in config/datasets.yaml, ``known`` config/languages.tsv. Of a data set that the workflow
    writes, all languages of the entry have to be those of its world.
    """
    source = entry["source"]
    if "demo" in source and not set(entry["languages"]) <= set(DEMO_LANGUAGES):
        raise CrosslensError(
            f"config/datasets.yaml key '{name}.languages': the workflow writes this data set in "
            f"{', '.join(DEMO_LANGUAGES)} only. Take the others out."
        )
    for tag in tags:
        file = Path(source.get("path", ""), languages.raw_file(known, tag, name, entry))
        if "path" in source and not file.is_file():
            raise CrosslensError(
                f"data set '{name}' has no file '{file}' for language '{tag}'. Put it there, mend the data set's "
                "`source.path` or `files` in config/datasets.yaml or the language's code in config/languages.tsv, or "
                "take the language out of the data set's `languages`."
            )

"""What catalogues say of folders against what is there: models' folders, data sets' files, the demo's languages."""

from contextlib import nullcontext

import pytest
from crosslens.errors import CrosslensError
from crosslens.experiment import sources

KNOWN = {"en": {"language": "en", "codes": "eng"}, "de": {"language": "de", "codes": "deu"}}
KNOWN["sw"] = {"language": "sw", "codes": ""}
READ = {"id": "id", "question": "q", "choices": ["a", "b"], "answer": {"column": "answer", "as": "letter"}}
DATASET = {"codes": "codes", "languages": ["en", "de"], "files": {"translations": "data/{code}.csv"}, "read": READ}


PLACE = "config/models.yaml"


def refused(said):
    return pytest.raises(CrosslensError, match=said) if said else nullcontext()


def test_an_own_model_has_a_folder_and_others_need_none_yet(tmp_path):
    sources.check_model("theirs", {"source": {"hub": "owner/name", "revision": "main"}, "layers": 2}, PLACE)
    with refused(r"key 'mine\.source\.path': there is no folder '.*absent'\. Fix the path"):
        sources.check_model("mine", {"source": {"path": str(tmp_path / "absent")}, "layers": 2}, PLACE)


def test_an_own_data_set_has_a_file_for_every_language(tmp_path):
    entry = {**DATASET, "source": {"path": str(tmp_path)}}
    (tmp_path / "data").mkdir()
    (tmp_path / "data/eng.csv").touch()
    sources.check_dataset("mine", entry, ["en"], KNOWN, PLACE)
    with refused(r"data set 'mine' has no file '.*data/deu\.csv' for language 'de'\. Put it there"):
        sources.check_dataset("mine", entry, ["en", "de"], KNOWN, PLACE)


@pytest.mark.parametrize("source", [{"hub": "owner/name"}, {"demo": "mmmlu"}])
def test_a_language_without_a_code_is_refused_whatever_the_source(source):
    sources.check_dataset("theirs", {**DATASET, "source": source}, ["en", "de"], KNOWN, PLACE)
    with refused("'sw': its cell in column 'codes' of config/languages.tsv is empty"):
        sources.check_dataset("theirs", {**DATASET, "source": source}, ["en", "sw"], KNOWN, PLACE)


@pytest.mark.parametrize("languages", [["en", "fr"], "all"])
def test_the_demo_is_written_in_its_languages_only(languages):
    entry = {**DATASET, "source": {"demo": "mmmlu"}, "languages": languages}
    with refused(r"key 'toy\.languages': the workflow writes this data set in en, de, es, id, hi, sw only"):
        sources.check_dataset("toy", entry, ["en"], KNOWN, PLACE)

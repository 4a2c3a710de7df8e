"""languages.tsv covers what the data sets have, and a mistake in it is named with its line."""

import pytest
from crosslens.errors import CrosslensError
from crosslens.experiment.languages import code, raw_file, read_languages
from workflow_runs import ROOT

FILE = ROOT / "config/languages.tsv"
HEADER = "language\tname\tscript\tfamily\tresource\tmine\n"
ENGLISH, GERMAN = "en\tEnglish\tLatn\tGermanic\t5\teng\n", "de\tGerman\tLatn\tGermanic\t\tdeu\n"
FILES = {"translations": "test/{code}.csv", "english": "all/test.parquet"}
PRESETS = {
    "mmmlu": "en ar bn de es fr hi id it ja ko pt sw yo zh",
    "hellaswag": "ca en es hi id it ml mr ru zh ar bn de fr pt",  # nus10 and okapi11
}


@pytest.fixture(scope="module")
def languages():
    return read_languages(FILE)


def test_all_of_belebele_is_there_with_the_script_of_its_code(languages):
    codes = {row["belebele"]: row["script"] for row in languages.values() if row["belebele"]}
    assert len(codes) == 122
    assert all(name.endswith(f"_{script}") for name, script in codes.items())


@pytest.mark.parametrize("dataset, tags", PRESETS.items())
def test_the_languages_of_the_other_data_sets_have_codes(languages, dataset, tags):
    assert all(code(languages, tag, dataset, dataset) for tag in tags.split())


def test_mmmlu_has_its_fifteen_languages_and_no_other(languages):
    assert {tag for tag, row in languages.items() if row["mmmlu"]} == set(PRESETS["mmmlu"].split())


def test_languages_of_one_code_in_two_scripts_are_told_apart_by_a_script_subtag(languages):
    for tag, row in languages.items():
        if "-" in tag:
            assert tag.split("-")[1] == row["script"]
            assert languages[tag.split("-")[0]]["script"] != row["script"]


def test_families_that_the_readme_has_wrong_are_mended(languages):
    mended = {
        "ny": "Atlantic-Congo",
        "ts": "Atlantic-Congo",
        "ht": "French Creole",
        "ps": "Iranian",
        "ka": "Kartvelian",
    }
    assert {tag: languages[tag]["family"] for tag in mended} == mended
    assert all(row["family"][0].isupper() for row in languages.values())


def test_resource_levels_are_classes_or_unknown(languages):
    assert {row["resource"] for row in languages.values()} == {*"012345", ""}


def test_cells_are_read_and_comments_are_not(tmp_path):
    (tmp_path / "l.tsv").write_text("# a comment\n\n" + HEADER + "# another\n" + ENGLISH + GERMAN, encoding="utf-8")
    languages = read_languages(tmp_path / "l.tsv")
    assert list(languages) == ["en", "de"]
    assert languages["de"] == dict(zip(HEADER.strip().split("\t"), GERMAN.strip("\n").split("\t"), strict=True))


MISTAKES = {
    "nothing": ("# only a comment\n", "holds no header line"),
    "missing column": (HEADER.replace("script\t", ""), "line 1: column 'script' is missing"),
    "short row": (HEADER + "en\tEnglish\tLatn\n", "line 2: 3 cells, the header has 6"),
    "spaces for tabs": (HEADER + "en English Latn Germanic 5 eng\n", "line 2: 1 cells"),
    "repeated tag": (HEADER + ENGLISH + ENGLISH, "line 3: language 'en' is already used in line 2"),
    "repeated code": (HEADER + ENGLISH + GERMAN.replace("deu", "eng"), "line 3: mine 'eng' is already used in line 2"),
    "malformed tag": (HEADER + ENGLISH.replace("en\t", "EN_us\t"), "line 2: 'EN_us' is not a language tag"),
    "malformed script": (HEADER + ENGLISH.replace("Latn", "Latin"), "line 2: 'Latin' is not a script code"),
    "no family": (HEADER + ENGLISH.replace("Germanic", ""), "line 2: the cell of column 'family' is empty"),
}


@pytest.mark.parametrize("content, message", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_its_line(tmp_path, content, message):
    (tmp_path / "l.tsv").write_text(content, encoding="utf-8")
    with pytest.raises(CrosslensError, match=f"l.tsv: {message}"):
        read_languages(tmp_path / "l.tsv")


def test_files_of_a_data_set(languages):
    entry = {"codes": "mmmlu", "files": FILES}
    assert raw_file(languages, "de", "mmmlu", entry) == "test/DE-DE.csv"
    assert raw_file(languages, "en", "mmmlu", entry) == "all/test.parquet"
    assert raw_file(languages, "en", "belebele", {"codes": "belebele", "files": {"translations": "{code}.jsonl"}}) == (
        "eng_Latn.jsonl"
    )
    assert raw_file(languages, "bn-Latn", "own", {"codes": "language", "files": FILES}) == "test/bn-Latn.csv"


def test_a_language_that_a_data_set_lacks_is_an_error(languages):
    with pytest.raises(CrosslensError, match="data set 'mmmlu' has no language 'ca': its cell in column 'mmmlu'"):
        raw_file(languages, "ca", "mmmlu", {"codes": "mmmlu", "files": FILES})
    with pytest.raises(CrosslensError, match="language 'xx' has no row in config/languages.tsv"):
        raw_file(languages, "xx", "mmmlu", {"codes": "mmmlu", "files": FILES})
    with pytest.raises(CrosslensError, match="has no column 'arc', which `codes` of data set 'own'"):
        raw_file(languages, "de", "own", {"codes": "arc", "files": FILES})

"""How bad input ends for whoever started Snakemake: an error that names it, no output, no stack of internals."""

import json
import re

import pytest
import yaml
from hub_files import belebele_row, write_jsonl
from workflow_runs import snakemake

BAD_CONFIGS = {
    "a vector of a data set that is not run": (
        {"steering": {"conditions": [{"layers": "grid", "gammas": [1], "vector": {"dataset": "belebele"}}]}},
        "key 'steering.conditions.vector.dataset': 'belebele' is not among the run's data sets",
    ),
    "a patch off the grid": (
        {"layers": {"every": 2}, "steering": {"conditions": [{"layers": [1], "vector": "patch"}]}, "figures": {}},
        "key 'steering.conditions': layer 1 is not on the grid of toy-qwen2 (2, 4).",
    ),
    "unknown key": ({"steerin": {}}, "unknown key 'steerin'; did you mean 'steering'?"),
    "unknown nested key": ({"layers": {"evry": 2}}, "unknown key 'layers.evry'; did you mean 'every'?"),
    "unknown model": ({"models": ["toy-qwen3"]}, "did you mean 'toy-qwen2'?"),
    "unknown data set": ({"datasets": ["toy-belebel"]}, "did you mean 'toy-belebele'?"),
    "unknown language": ({"languages": ["xx"]}, "'xx' is not in config/languages.tsv"),
    "absent language": ({"languages": ["fr"]}, "has none of fr besides the pivot 'en'"),
    "language of no data set": ({"languages": ["de", "fr"]}, "has questions in 'fr'. Leave it out"),
    "absent pivot": ({"pivot": "fr"}, "data set 'toy-belebele' has no questions in 'fr'"),
    "layer not on grid": (
        {"steering": {"conditions": [{"layers": [9], "gammas": [1]}]}},
        "layer 9 is not on the grid of toy-qwen2",
    ),
    "unknown model of a condition": (
        {"steering": {"conditions": [{"models": ["toy-qwen"], "layers": "grid", "gammas": [1]}]}},
        "key 'steering.conditions.models': 'toy-qwen' is not in config/models.yaml; did you mean 'toy-qwen2'?",
    ),
    "fewer states than a vector needs": (
        {"states": {"questions": 40}},
        "key 'steering.questions' needs the hidden states of 50 questions, but only 40 are stored.",
    ),
    "fewer states than points": (
        {"pca": {"questions": 300}},
        "key 'pca.questions' needs the hidden states of 300 questions, but only 200 are stored.",
    ),
    "layer of no grid in table 2": (
        {"correlations": {"layers": [4, 99]}},
        "key 'correlations.layers': the lens reads layer 99 of no model of this run.",
    ),
    "layers of an unknown model": (
        {"figures": {"pca": {"layers": {"toy-qwen": [1]}}}},
        "key 'figures.pca.layers': it has layers for 'toy-qwen', which is not among this run's models",
    ),
    "no instructions": (
        {"prompt": {"instruction_language": "fi"}},
        "config/instructions.yaml has no instructions in 'fi', only in en, de, es,",
    ),
    "letter form without a letter": (
        {"prompt": {"letter_form": "1."}},
        "key 'prompt.letter_form': '1.' does not match",
    ),
    "wrong type": ({"steering": {"questions": "many"}}, "key 'steering.questions': 'many' is not of type 'integer'"),
}


@pytest.mark.parametrize("bad", BAD_CONFIGS)
def test_bad_config_is_refused_with_key_and_remedy(project, tmp_path, bad):
    values, message = BAD_CONFIGS[bad]
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(json.dumps(values))
    done = snakemake(project, "--dry-run", "--configfile", str(overlay), check=False)
    assert done.returncode != 0
    assert message in re.sub(r"\s+", " ", done.stdout), done.stdout
    assert "Traceback" not in done.stdout
    assert not (project / "results").exists()


def test_an_overlay_that_has_a_key_twice_is_named_with_the_line(project, tmp_path):
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("seed: 1\nrun: mine\nseed: 2\n")
    done = snakemake(project, "--dry-run", "--configfile", str(overlay), check=False)
    assert done.returncode != 0
    assert "key 'seed' is there twice" in done.stdout and "overlay.yaml" in done.stdout and "line 3" in done.stdout


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must be given as JSON or YAML with keys at top level"),
        ("- run: mine\n", "must be given as JSON or YAML with keys at top level"),
        ("languages: [no]\n", "YAML reads a bare no, off, yes or on as false; write the tag in quotes"),
    ],
)
def test_an_overlay_without_keys_or_with_a_bare_no_gets_a_remedy(project, tmp_path, text, message):
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(text)
    done = snakemake(project, "--dry-run", "--configfile", str(overlay), check=False)
    assert done.returncode != 0
    assert message in re.sub(r"\s+", " ", done.stdout), done.stdout


def test_an_overlay_in_json_may_have_tabs(project, tmp_path):
    """YAML may not; Snakemake reads either."""
    overlay = tmp_path / "overlay.json"
    overlay.write_text('{\n\t"languages": ["fr"]\n}\n')
    done = snakemake(project, "--dry-run", "--configfile", str(overlay), check=False)
    assert "has none of fr besides the pivot 'en'" in re.sub(r"\s+", " ", done.stdout)


def own_data(project, rows_of):
    """Makes the data set toy-belebele a folder of the user's, with English and German files of 20 rows."""
    catalogue = project / "config/datasets.yaml"
    entries = yaml.safe_load(catalogue.read_text())
    entries["toy-belebele"] |= {"source": {"path": "mine"}, "languages": ["en", "de"]}
    catalogue.write_text(yaml.safe_dump(entries))
    (project / "mine/data").mkdir(parents=True)
    for code in ("eng_Latn", "deu_Latn"):
        write_jsonl(project / f"mine/data/{code}.jsonl", rows_of(code))


BAD_ROWS = {
    "missing column": ({"question": None}, "field 'question' is missing"),
    "key out of range": ({"correct_answer_num": "7"}, "field 'correct_answer_num'"),
}


@pytest.mark.parametrize("bad", BAD_ROWS)
def test_a_bad_data_file_is_named_and_leaves_no_output(project, bad):
    changed, message = BAD_ROWS[bad]

    def rows(code):
        made = [belebele_row(n, **(changed if code == "deu_Latn" else {})) for n in range(20)]
        return [{key: value for key, value in row.items() if value is not None} for row in made]

    own_data(project, rows)
    target = "results/demo/questions/toy-belebele/de.arrow"
    done = snakemake(project, "--cores", "1", target, check=False)
    assert done.returncode != 0
    assert "mine/data/deu_Latn.jsonl: line 1" in done.stdout and message in done.stdout
    assert "Traceback" not in done.stdout.split("error: ")[-1]
    assert not (project / target).exists()


@pytest.mark.parametrize("translations", [21, {"eng_Latn": 20, "deu_Latn": 21}])
def test_a_file_of_the_users_own_with_a_row_less_is_named(project, translations):
    own_data(project, lambda code: [belebele_row(n) for n in range(20 + (code == "eng_Latn" and translations == 21))])
    catalogue = project / "config/datasets.yaml"
    entries = yaml.safe_load(catalogue.read_text())
    entries["toy-belebele"]["rows"] = {"translations": translations}
    catalogue.write_text(yaml.safe_dump(entries))
    target = "results/demo/questions/toy-belebele/de.arrow"
    done = snakemake(project, "--cores", "1", target, check=False)
    assert done.returncode != 0 and not (project / target).exists()
    assert "mine/data/deu_Latn.jsonl has 20 rows, but config/datasets.yaml says 21" in done.stdout


def test_a_truncated_table_is_named_and_leaves_no_output(project):
    own_data(project, lambda code: [belebele_row(n) for n in range(20)])
    source, target = "results/demo/audit/toy-belebele/de.arrow", "results/demo/audit/toy-belebele.arrow"
    snakemake(project, "--cores", "1", source, "results/demo/audit/toy-belebele/en.arrow")
    whole = (project / source).read_bytes()
    (project / source).write_bytes(whole[: len(whole) // 2])
    done = snakemake(project, "--cores", "1", target, check=False)
    assert done.returncode != 0
    assert f"{source}: not a readable Arrow file" in done.stdout
    assert not (project / target).exists()


def test_a_model_folder_without_weights_is_named(project):
    own_data(project, lambda code: [belebele_row(n) for n in range(20)])
    catalogue = project / "config/models.yaml"
    entries = yaml.safe_load(catalogue.read_text())
    entries["toy-qwen2"]["source"] = {"path": "folder"}
    catalogue.write_text(yaml.safe_dump(entries))
    (project / "folder").mkdir()
    (project / "folder/config.json").write_text("{}")
    target = "results/demo/hidden_states/toy-qwen2/toy-belebele/de.arrow"
    done = snakemake(project, "--cores", "1", target, check=False)
    assert done.returncode != 0
    assert "folder: no weights (*.safetensors) in the model's folder" in done.stdout
    assert not (project / target).exists()

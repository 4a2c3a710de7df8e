"""The schemas of config and catalogues: closed, documented, with defaults; a wrong key is named with the nearest."""

import pytest
import yaml
from crosslens.errors import CrosslensError
from crosslens.experiment import catalogues
from jsonschema import Draft202012Validator
from workflow_runs import ROOT

FOLDER = ROOT / "workflow/schemas"
SCHEMAS = {path.name.removesuffix(".schema.yaml"): path for path in FOLDER.glob("*.schema.yaml")}
CONFIG = catalogues.load_schema(FOLDER, "config")
MINIMAL = {"run": "mine", "models": ["toy-qwen2"], "datasets": ["toy-mmmlu"]}


def refused(changes: dict) -> str:
    with pytest.raises(CrosslensError) as error:
        catalogues.validated({**MINIMAL, **changes}, CONFIG, "config/mine.yaml")
    assert str(error.value).startswith("config/mine.yaml: ")
    return str(error.value)


@pytest.mark.parametrize(
    ("changes", "key", "meant"),
    [
        ({"sede": 1}, "sede", "seed"),
        ({"dataset": ["a"]}, "dataset", "datasets"),
        ({"steering": {"gammas": [1]}}, "steering.gammas", None),
        ({"steering": {"question": 3}}, "steering.question", "questions"),
        (
            {"steering": {"conditions": [{"layer": [1], "layers": [1], "gammas": [1]}]}},
            "steering.conditions.0.layer",
            "layers",
        ),
        ({"lens": {"finalnorm": True}}, "lens.finalnorm", "final_norm"),
        ({"prompt": {"chat": True}}, "prompt.chat", "chat_template"),
        ({"prompt": {"xyz": True}}, "prompt.xyz", None),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_valid_one(changes, key, meant):
    message = refused(changes)
    assert f"unknown key '{key}'" in message
    assert (f"did you mean '{meant}'?" if meant else "known are ") in message


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"seed": "one"}, "seed"),
        ({"seed": True}, "seed"),
        ({"models": "toy-qwen2"}, "models"),
        ({"models": []}, "models"),
        ({"models": ["a", "a"]}, "models"),
        ({"run": "my run"}, "run"),
        ({"run": "../elsewhere"}, "run"),
        ({"languages": "some"}, "languages"),
        ({"layers": {"every": 0}}, "layers.every"),
        ({"lens": {"aggregate": "median"}}, "lens.aggregate"),
        ({"steering": 3}, "steering"),
        ({"steering": {"conditions": [{"layers": "all", "gammas": [1]}]}}, "steering.conditions.0.layers"),
        ({"steering": {"conditions": [{"layers": [1], "gammas": ["x"]}]}}, "steering.conditions.0.gammas.0"),
        ({"steering": {"conditions": [{"layers": [1], "vector": "opposite"}]}}, "steering.conditions.0.vector"),
        ({"steering": {"conditions": [{"layers": [1], "operation": "clamp"}]}}, "steering.conditions.0.operation"),
        ({"steering": {"conditions": [{"layers": [1], "seeds": 0}]}}, "steering.conditions.0.seeds"),
        ({"intervals": {"level": 95}}, "intervals.level"),
        ({"layers": {"every": 1.0}}, "layers.every"),
        ({"seed": True}, "seed"),
    ],
)
def test_a_wrong_value_is_named_with_its_key_and_meaning(changes, key):
    message, schema = refused(changes), CONFIG
    assert f"key '{key}': " in message
    for part in key.split("."):
        schema = schema["items"] if part.isdigit() else schema["properties"][part]
    assert schema.get("description", "").strip() in message


@pytest.mark.parametrize("key", ["run", "models", "datasets"])
def test_a_required_key_is_named(key):
    with pytest.raises(CrosslensError, match=f"'{key}' is required"):
        catalogues.validated({k: v for k, v in MINIMAL.items() if k != key}, CONFIG, "config")


def objects(schema: dict, path: tuple = ()):
    """Every schema of an object, at any depth, with its path."""
    if "properties" in schema or schema.get("type") == "object":
        yield path, schema
    for key, value in schema.items():
        for i, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, dict):
                yield from objects(child, (*path, key, i) if isinstance(value, list) else (*path, key))


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_closed_and_every_key_is_described(name):
    schema = catalogues.load_schema(FOLDER, name)
    Draft202012Validator.check_schema(schema)
    found = [(path, node) for path, node in objects(schema) if path[-1:] != ("properties",)]
    assert found
    for path, node in found:
        assert node.get("additionalProperties") is False or isinstance(node["additionalProperties"], dict), path
        for key, described in node.get("properties", {}).items():
            assert described.get("description", "").strip(), (*path, key)


@pytest.mark.parametrize("name", SCHEMAS)
def test_defaults_are_valid_and_present_wherever_a_key_may_be_left_out(name):
    for path, node in objects(catalogues.load_schema(FOLDER, name)):
        for key, child in node.get("properties", {}).items():
            if "default" in child:
                filled = catalogues._with_defaults(child["default"], child)
                assert Draft202012Validator(child).is_valid(filled), (*path, key)
    if name == "config":
        left_out = [key for key in CONFIG["properties"] if key not in MINIMAL]
        assert all("default" in CONFIG["properties"][key] for key in left_out)


def test_defaults_are_filled_at_all_depths_and_do_not_replace_what_is_given():
    given = {**MINIMAL, "layers": {}, "steering": {"questions": 7}, "lens": {"softcap": False}}
    filled = catalogues.validated(given, CONFIG, "config")
    assert filled["pivot"] == "en" and filled["layers"] == {"every": 4} and filled["prompt"]["separator"] == " "
    assert filled["steering"] == {"questions": 7, "conditions": [{"layers": "grid", "gammas": [-2, 2]}]}
    lens = {"layers": "grid", "control_questions": 100, "prompts": [], "final_norm": True, "aggregate": "mean_logprob"}
    assert filled["lens"] == lens | {"softcap": False}
    assert given["layers"] == {} and "pivot" not in given, "the given config is not changed"
    assert catalogues.validated(filled, CONFIG, "config") == filled


def test_defaults_are_filled_in_every_entry_of_a_catalogue():
    schema = catalogues.load_schema(FOLDER, "models")
    given = {name: {"title": name, "source": {"path": "x"}, "layers": 2} for name in ("a", "b")}
    given["b"]["gpu"] = "none"
    filled = catalogues.validated(given, schema, "config/models.yaml")
    assert [filled[name]["gpu"] for name in "ab"] == ["a100", "none"]
    assert all(entry["attention"] == "auto" and entry["training"] == {} for entry in filled.values())


DATASET = {"title": "A", "source": {"path": "a"}, "codes": "mmmlu", "languages": "all"}
DATASET |= {"files": {"translations": "{code}.jsonl"}}
READ = {"id": "id", "question": "q", "choices": ["a", "b"], "answer": {"column": "answer", "as": "letter"}}


@pytest.mark.parametrize(
    ("name", "entry", "said"),
    [
        ("models", {"title": "A", "source": {"path": "a", "demo": "qwen2"}, "layers": 2}, "a.source"),
        ("models", {"title": "A", "source": {}, "layers": 2}, "a.source"),
        ("models", {"title": "A", "source": {"path": "a"}, "layer": 2}, "did you mean 'layers'?"),
        (
            "models",
            {"title": "A", "source": {"path": "a"}, "layers": 2, "attention": "flash_attention_2"},
            "a.attention",
        ),
        ("datasets", {"title": "A", "source": {"path": "a"}}, "required"),
        ("datasets", DATASET | {"reed": READ}, "did you mean 'read'?"),
        ("datasets", DATASET | {"read": READ | {"pasage": "p"}}, "key 'a.read.pasage'; did you mean 'passage'?"),
        (
            "datasets",
            DATASET | {"read": READ | {"question": {"colunm": "q"}}},
            "'a.read.question.colunm'; did you mean 'co",
        ),
        (
            "datasets",
            DATASET | {"read": READ | {"choices": {"rage": "o{a..d}"}}},
            "'a.read.choices.rage'; did you mean 'r",
        ),
        ("datasets", DATASET | {"read": READ | {"choices": ["a"]}}, "key 'a.read.choices': ['a'] is too short"),
        (
            "datasets",
            DATASET | {"read": READ | {"answer": {"as": "leter"}}},
            "key 'a.read.answer.as': 'leter' is not one of",
        ),
        (
            "datasets",
            DATASET | {"read": READ | {"where": {"split": {"nott": 1}}}},
            "'a.read.where.split.nott'; did you mean",
        ),
        ("datasets", DATASET | {"read": {"id": "id"}}, "key 'a.read.question' is required"),
        (
            "datasets",
            DATASET | {"files": {"translations": {"config": "{code}"}}},
            "key 'a.files.translations.split' is required",
        ),
        (
            "datasets",
            DATASET | {"files": {"translations": {"name": "{code}", "split": "test"}}},
            "unknown key 'a.files.translations.name'",
        ),
        (
            "datasets",
            DATASET | {"files": {"translations": {"config": "{code}", "split": "test[:10]"}}},
            "To ask only some of its questions, use `questions.max`.",
        ),
        ("datasets", DATASET | {"parallel": "all"}, "key 'a.parallel': 'all' is not one of"),
    ],
)
def test_a_bad_catalogue_entry_is_named(name, entry, said):
    with pytest.raises(CrosslensError) as error:
        catalogues.validated({"a": entry}, catalogues.load_schema(FOLDER, name), f"config/{name}.yaml")
    assert str(error.value).startswith(f"config/{name}.yaml: ") and said in str(error.value)


@pytest.mark.parametrize("name", ["models", "datasets"])
def test_a_bad_name_is_quoted(name):
    with pytest.raises(CrosslensError, match=rf"config/{name}.yaml: the name 'a b' does not match"):
        catalogues.validated({"a b": {}}, catalogues.load_schema(FOLDER, name), f"config/{name}.yaml")


@pytest.mark.parametrize("path", sorted((ROOT / "config").glob("*.yaml")), ids=lambda path: path.name)
def test_the_files_of_the_repository_are_valid(path):
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    if path.stem not in SCHEMAS:
        # An overlay is laid over the default.
        values = {**yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8")), **values}
    catalogues.validated(
        values, catalogues.load_schema(FOLDER, path.stem if path.stem in SCHEMAS else "config"), path.name
    )

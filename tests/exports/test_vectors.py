"""Exported steering vectors: read back, loaded by lm-eval, and compared with forwards of our own.

lm-eval steers all positions and crosslens the last prompt token only. The tests say what is equal and what is not:
lm-eval equals a plain forward that steers all positions; after the last block, where positions no longer mix, it also
equals the engine's steered letters; after an earlier block it does not.
"""

import os

os.environ["HF_HUB_OFFLINE"] = "1"  # before transformers and lm-eval are imported

import json
import re

import gguf
import numpy as np
import plain_forwards
import pyarrow as pa
import pytest
import tiny_models
import tiny_questions
import torch
from crosslens.engine import edits, inference, models, preparation
from crosslens.errors import CrosslensError
from crosslens.exports import llama_cpp, lm_eval, vectors
from crosslens.tables.files import check
from crosslens.tables.inference import STEERING_VECTORS
from crosslens.tables.steered_metrics import STEERING_BY_HALF, STEERING_SELECTED
from safetensors import safe_open
from workflow_runs import ROOT

TOKENIZER, QUESTIONS = tiny_questions.tokenizer(), tiny_questions.questions(4)
LAYERS, GAMMA, USED = [1, 2, 4], 1.5, ["question 1"]
VALUES = np.random.default_rng(0).normal(0, 0.5, (3, 32)).astype("f4")
DESCRIBED = {"model": "tiny", "model_type": "qwen2", "language": "sw", "pivot": "en", "model_revision": None}
LETTERS = "ABCD"
TOLERANCE = 1e-3  # nats


def steering_vectors():
    """Return a table "steering_vectors" at layers 1, 2 and 4 of 4."""
    table = tiny_questions.vectors_table(LAYERS, VALUES, USED)
    table = table.append_column("norm", pa.array(np.linalg.norm(VALUES, axis=1), pa.float32()))
    table = table.append_column("n_questions", pa.array([len(USED)] * len(LAYERS), pa.int32()))
    check(table, STEERING_VECTORS, "made up")
    return table


def rows_of(declared, rows):
    """Return a table of ``declared`` columns; what the rows do not state is null, or 0 where null is not allowed."""
    schema = pa.schema([(column.name, column.type) for column in declared.columns])
    empty = {
        column.name: None if column.nullable else "" if column.type == pa.string() else 0 for column in declared.columns
    }
    table = pa.Table.from_pylist([empty | row for row in rows], schema)
    check(table, declared, "made up")
    return table


def collected(layer, gamma=GAMMA):
    """Return the vectors with the chosen ``layer`` and ``gamma``; Swahili gains more than the mean."""
    where = {"layer": layer, "gamma": gamma}
    selected = [
        {"measure": "consistency_with_pivot", **where, "mean": 0.9},
        {"measure": "accuracy", **where, "mean": 0.04, "low": -0.01, "high": 0.09, "n_languages": 5},
    ]
    halves = [
        {"half": half, "language": tag, **where, "accuracy": accuracy, "unsteered_accuracy": 0.25}
        for half, tag, accuracy in (("development", "sw", 0.9), ("test", "de", 0.8), ("test", "sw", 0.5))
    ]
    return vectors.collect(
        steering_vectors(), rows_of(STEERING_SELECTED, selected), rows_of(STEERING_BY_HALF, halves), DESCRIBED
    )


def test_safetensors_have_every_layer_and_what_a_reader_needs(tmp_path):
    vectors.write_safetensors(tmp_path / "sw.safetensors", collected(layer=2))
    with safe_open(tmp_path / "sw.safetensors", "numpy") as file:
        metadata, read = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    assert set(read) == {"layer_1", "layer_2", "layer_4"}
    for layer, vector in zip(LAYERS, VALUES, strict=True):
        np.testing.assert_array_equal(read[f"layer_{layer}"], vector, strict=True)
    assert (metadata["layer"], metadata["gamma"], metadata["language"]) == ("2", "1.5", "sw")
    assert [metadata[name] for name in ("gain", "gain_low", "gain_high")] == ["0.04", "-0.01", "0.09"]
    assert metadata["language_accuracy"] == "0.5" and metadata["language_accuracy_unsteered"] == "0.25"
    assert metadata["hook_point"] == "residual stream after block k, last prompt token"
    assert float(metadata["norm"]) == pytest.approx(np.linalg.norm(VALUES[1]), rel=1e-6)
    assert json.loads(metadata["norms"])["4"] == pytest.approx(np.linalg.norm(VALUES[2]), rel=1e-6)
    assert "model_revision" not in metadata, "it is unknown"


def test_without_a_chosen_condition_nothing_is_exported():
    nothing = rows_of(STEERING_SELECTED, [{"measure": "consistency_with_pivot"}])
    with pytest.raises(CrosslensError, match="Add some to 'steering.conditions'"):
        vectors.collect(steering_vectors(), nothing, rows_of(STEERING_BY_HALF, []), DESCRIBED)


def test_a_control_vector_counts_blocks_from_zero(tmp_path):
    path = tmp_path / "sw.gguf"
    llama_cpp.write_gguf(path, collected(layer=2))
    reader = gguf.GGUFReader(path)
    texts = {name: field.contents() for name, field in reader.fields.items()}
    assert texts["general.architecture"] == "controlvector"
    assert texts["controlvector.model_hint"] == "qwen2" and texts["controlvector.layer_count"] == 2
    assert texts["crosslens.options"] == "--control-vector-scaled sw.gguf:1.5 --control-vector-layer-range 1 1"
    assert texts["crosslens.language"] == "sw"
    read = {tensor.name: tensor for tensor in reader.tensors}
    assert set(read) == {"direction.1", "direction.3"}, "llama.cpp refuses direction.0"
    for name, vector in (("direction.1", VALUES[1]), ("direction.3", VALUES[2])):
        assert read[name].tensor_type == gguf.GGMLQuantizationType.F32 and list(read[name].shape) == [32]
        np.testing.assert_array_equal(read[name].data, vector)


def test_llama_cpp_has_no_option_for_the_first_block():
    assert "no vector after the first block" in llama_cpp.options(collected(layer=1), "sw.gguf")


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (tiny_models.gemma2, "layers.2"),
        (tiny_models.gemma3, "language_model.layers.2"),
        (tiny_models.qwen2, "layers.2"),
        (lambda: tiny_models.make("qwen3"), "layers.2"),
        (lambda: tiny_models.make("llama"), "layers.2"),
        (lambda: tiny_models.make("gpt2", n_embd=32, n_layer=4, n_head=4), "h.2"),
        (tiny_models.gpt_oss, "layers.2"),
        (lambda: tiny_models.plain("ALiBi (MPT)"), "blocks.2"),
        (lambda: tiny_models.plain("chunked attention (Llama 4)"), "model.layers.2"),
    ],
)
def test_the_module_of_a_layer_is_found_in_every_architecture(make, expected, tmp_path):
    """The weights are not there. Where lm-eval looks, the name means the block that the engine hooks."""
    model = make()
    model.config.save_pretrained(tmp_path)
    assert lm_eval.module_name(tmp_path, 3) == expected
    assert model.base_model.get_submodule(expected) is models.dissect(model).layers[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny Gemma 2 with its tokenizer, as a folder in the format of the Hub."""
    folder = tmp_path_factory.mktemp("model")
    tiny_models.gemma2().save_pretrained(folder)
    TOKENIZER.save_pretrained(folder)
    return folder


def of_lm_eval(folder, pt):
    """Return log-probabilities [question, letter] by lm-eval's own steered model."""
    from lm_eval.api.instance import Instance
    from lm_eval.models.hf_steered import SteeredModel

    steered = SteeredModel(pretrained=str(folder), steer_path=str(pt), device="cpu", dtype="float32", batch_size=1)
    pairs = [(prompt, f" {letter}") for prompt in QUESTIONS["prompt"].to_pylist() for letter in LETTERS]
    requests = [Instance("loglikelihood", {}, pair, i) for i, pair in enumerate(pairs)]
    return np.array([logprob for logprob, _ in steered.loglikelihood(requests)]).reshape(-1, len(LETTERS))


def of_engine(folder, layer, gamma):
    """Return log-probabilities [question, letter] of the table "steered", and the questions, without those used."""
    made = edits.make([(layer, gamma)], {"own": steering_vectors()})
    prepared = preparation.prepare(QUESTIONS, TOKENIZER, made, 0, 0, [], seed=0)
    decoder = models.load(folder, "float32", 4)
    steered = inference.run(decoder, prepared, [4], True, True, 300)[0]["steered"]
    return steered["logprob"], [
        QUESTIONS["question_id"].to_pylist().index(name) for name in steered["question_id"].to_pylist()
    ]


@torch.inference_mode()
def of_plain_forwards(folder, layer, gamma, everywhere):
    """Return log-probabilities [question, letter] of plain forwards that steer all positions, or the last one only."""
    model = models.load(folder, "float32", 4).model
    added = gamma * torch.from_numpy(VALUES[LAYERS.index(layer)])

    def steer(module, args, output):
        stream = output[0] if isinstance(output, tuple) else output
        steered = stream + added if everywhere else torch.cat([stream[:, :-1], stream[:, -1:] + added], dim=1)
        return (steered, *output[1:]) if isinstance(output, tuple) else steered

    handle = plain_forwards.blocks(model)[layer - 1].register_forward_hook(steer)
    letters = TOKENIZER.convert_tokens_to_ids([f"Ġ{letter}" for letter in LETTERS])
    tokens = [TOKENIZER(prompt)["input_ids"] for prompt in QUESTIONS["prompt"].to_pylist()]
    logits = torch.stack([model(input_ids=torch.tensor([row]), use_cache=False).logits[0, -1] for row in tokens])
    handle.remove()
    return torch.log_softmax(logits.float(), dim=-1)[:, letters].numpy()


def snippets(section):
    """Return the Python code of a section of docs/exports.md."""
    text = (ROOT / "docs/exports.md").read_text(encoding="utf-8").split(f"\n## {section}\n")[1].split("\n## ")[0]
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def test_the_code_of_the_docs_steers_as_the_engine_does(folder, tmp_path):
    vectors.write_safetensors(tmp_path / "sw.safetensors", collected(layer=2))
    read, steer = snippets("safetensors")
    values = {"model": models.load(folder, "float32", 4).model}
    exec(re.sub(r'"results/.*?"', repr(str(tmp_path / "sw.safetensors")), read), values)
    engine, questions = of_engine(folder, values["layer"], values["gamma"])
    letters = TOKENIZER.convert_tokens_to_ids([f"Ġ{letter}" for letter in LETTERS])
    for logprob, question in zip(engine, questions, strict=True):
        values["inputs"] = TOKENIZER(QUESTIONS["prompt"][question].as_py(), return_tensors="pt")
        exec(steer, values)
        steered = torch.log_softmax(values["logits"][0], dim=-1)[letters]
        np.testing.assert_allclose(steered.numpy(), logprob, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("layer", [2, 4])
def test_lm_eval_reads_a_vector_and_steers_all_positions(folder, layer, tmp_path):
    lm_eval.write_pt(tmp_path / "sw.pt", collected(layer), lm_eval.module_name(folder, layer))
    theirs = of_lm_eval(folder, tmp_path / "sw.pt")
    np.testing.assert_allclose(theirs, of_plain_forwards(folder, layer, GAMMA, everywhere=True), rtol=0, atol=TOLERANCE)
    unsteered = of_plain_forwards(folder, layer, 0.0, everywhere=True)
    assert np.abs(theirs - unsteered).max() > 100 * TOLERANCE, "the vector matters"

    engine, questions = of_engine(folder, layer, GAMMA)
    last_token = of_plain_forwards(folder, layer, GAMMA, everywhere=False)
    np.testing.assert_allclose(engine, last_token[questions], rtol=0, atol=TOLERANCE)
    if layer == 4:  # no block follows that could carry the change of one position to another
        np.testing.assert_allclose(theirs[questions], engine, rtol=0, atol=TOLERANCE)
    else:
        assert np.abs(theirs[questions] - engine).max() > 100 * TOLERANCE, "the documented difference"


def test_a_gamma_of_zero_changes_nothing_in_lm_eval(folder, tmp_path):
    lm_eval.write_pt(tmp_path / "sw.pt", collected(2, gamma=0.0), lm_eval.module_name(folder, 2))
    unsteered = of_plain_forwards(folder, 2, 0.0, everywhere=False)
    np.testing.assert_allclose(of_lm_eval(folder, tmp_path / "sw.pt"), unsteered, rtol=0, atol=TOLERANCE)


def test_the_file_for_lm_eval_needs_no_code_to_be_read(tmp_path):
    lm_eval.write_pt(tmp_path / "sw.pt", collected(2), "layers.1")
    ((module, entry),) = torch.load(tmp_path / "sw.pt", weights_only=True).items()
    assert module == "layers.1" and entry["action"] == "add" and entry["steering_coefficient"] == GAMMA
    np.testing.assert_array_equal(entry["steering_vector"].numpy(), VALUES[1], strict=True)
    assert entry["crosslens"]["language"] == "sw"

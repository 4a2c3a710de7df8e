"""What a config.json tells of a model, on files in the shapes that models' repositories have."""

import re
from types import SimpleNamespace

import pytest
import torch
from crosslens.errors import CrosslensError
from crosslens.experiment import model_config
from safetensors.torch import save_file
from transformers import CONFIG_MAPPING

LLAMA = {"num_hidden_layers": 32, "hidden_size": 4096, "vocab_size": 128256, "torch_dtype": "bfloat16"}


def test_sizes_have_the_names_of_the_catalogue(tmp_path):
    sizes = {"layers": 32, "d_model": 4096, "vocabulary": 128256, "dtype": "bfloat16"}
    assert model_config.sizes(LLAMA | {"tie_word_embeddings": False}, tmp_path) == sizes | {"tied": False}
    assert model_config.sizes(LLAMA, tmp_path) == sizes, "nothing is guessed"
    gpt2 = {"n_layer": 12, "n_embd": 768, "vocab_size": 50257, "torch_dtype": "auto"}
    assert model_config.sizes(gpt2, tmp_path) == {"layers": 12, "d_model": 768, "vocabulary": 50257}


def test_a_text_model_inside_a_larger_config_is_found(tmp_path):
    """As in Gemma 3 4B, whose vision model has layers and a width of its own."""
    outer = {"vision_config": {"num_hidden_layers": 27}, "text_config": LLAMA, "torch_dtype": "bfloat16"}
    assert model_config.sizes(outer, tmp_path)["layers"] == 32


def test_headers_of_the_weights_tell_parameters_and_whether_the_unembedding_is_tied(tmp_path):
    save_file(
        {"model.embed_tokens.weight": torch.zeros(10, 4), "model.norm.weight": torch.zeros(4)},
        tmp_path / "a.safetensors",
    )
    assert model_config.sizes({}, tmp_path) == {"tied": True, "parameters": 44e-9}
    save_file({"lm_head.weight": torch.zeros(10, 4)}, tmp_path / "b.safetensors")
    assert model_config.sizes({}, tmp_path) == {"tied": False, "parameters": 84e-9}


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"quantization_config": {"quant_method": "gptq"}}, "weights are quantized .gptq.*Use the unquantized model"),
        ({"quantization_config": {"load_in_4bit": True}}, "weights are quantized .unknown method"),
        ({"quantization_config": "int8"}, "weights are quantized .int8"),
        ({"text_config": {"quantization_config": {"quant_method": "fp8"}}}, "weights are quantized .fp8"),
        ({"model_type": "brandnew"}, "type is 'brandnew', which the installed transformers does not know"),
        ({"model_type": "t5", "is_encoder_decoder": True}, "it is an encoder-decoder"),
        ({"auto_map": {"AutoModelForCausalLM": "modeling_x.X"}}, "Python code of its own .auto_map., which is never"),
        ({"model_type": "llama", "text_config": {"altup_num_inputs": 4}}, "4 residual streams .altup_num_inputs."),
        ({"model_type": "llama", "hc_mult": 4}, "4 residual streams"),
        ({"model_type": "llama", "use_bidirectional_attention": True}, "attend to later ones"),
    ],
)
def test_what_the_engine_cannot_run_is_refused_with_reason_and_remedy(tmp_path, config, said):
    with pytest.raises(CrosslensError, match=f"model 'mine' cannot be run: .*config.json .*{said}"):
        model_config.check_supported(config, "mine", tmp_path / "config.json")


# Keys as in the config.json files of published models.
PLAIN = {
    "LFM2": ({"model_type": "lfm2", "conv_L_cache": 3, "layer_types": ["conv", "full_attention"]}, "type conv"),
    "LFM2, without a list": ({"model_type": "lfm2", "conv_L_cache": 3, "full_attn_idxs": [2, 5]}, "convolutional"),
    "Qwen3-Next": ({"model_type": "qwen3_next", "linear_num_key_heads": 16, "full_attention_interval": 4}, "recurrent"),
    "Qwen 3.5": ({"text_config": {"layer_types": ["linear_attention", "full_attention"]}}, "type linear_attention"),
    "Granite 4 hybrid": ({"layer_types": ["mamba", "attention"], "mamba_d_state": 128}, "type mamba"),
    "Falcon-H1": ({"model_type": "falcon_h1", "mamba_d_ssm": 1536}, "recurrent"),
    "Llama 4": ({"text_config": {"model_type": "llama4_text", "attention_chunk_size": 8192}}, "chunked"),
    "Mamba": ({"model_type": "mamba", "state_size": 16}, "recurrent"),
    "RWKV": ({"model_type": "rwkv"}, "recurrent"),
    "BLOOM": ({"model_type": "bloom", "n_layer": 24}, "ALiBi"),
    "MPT": ({"model_type": "mpt", "attn_config": {"alibi": True}}, "ALiBi"),
    "Falcon RW": ({"model_type": "falcon", "alibi": True}, "ALiBi"),
    "dynamic": (
        {"rope_scaling": {"type": "dynamic", "factor": 2.0}},
        "'dynamic', which depend on the length of the row",
    ),
    "Phi 3.5": ({"rope_scaling": {"type": "longrope"}}, "'longrope'"),
    "by type of layer": ({"rope_parameters": {"full_attention": {"rope_type": "longrope"}}}, "'longrope'"),
    "prefix LM": ({"prefix_lm": True}, "prefix language model"),
    "capacity": ({"expert_capacity": 64}, "limited capacity .expert_capacity."),
}


@pytest.mark.parametrize("name", PLAIN)
def test_what_packed_rows_cannot_express_gets_plain_ones_with_the_reason(name):
    config, said = PLAIN[name]
    assert re.search(said, model_config.why_plain(config, "auto", "here"))
    assert model_config.why_plain(config, "plain", "here") == "the model's entry says so"
    with pytest.raises(CrosslensError, match=f"here: packed rows .* wrongly, because .*{said}.*Leave the key out"):
        model_config.why_plain(config, "packed", "here")


@pytest.mark.parametrize(
    "config",
    [
        {"model_type": "llama", "layer_types": ["full_attention", "sliding_attention"]},
        {"model_type": "llama", "layer_types": ["attention", "attention"], "mamba_d_state": 128},
        {"model_type": "falcon", "alibi": False},
        {"model_type": "mpt", "attn_config": {"alibi": False}},
        {"model_type": "llama", "hc_mult": 1, "use_bidirectional_attention": "vision", "expert_capacity": None},
        {"model_type": "llama", "rope_scaling": {"rope_type": "llama3", "factor": 8.0}},
        {"model_type": "llama", "rope_scaling": None, "quantization_config": None},
        {
            "model_type": "llama",
            "rope_parameters": {
                "full_attention": {"rope_type": "default"},
                "sliding_attention": {"rope_type": "linear"},
            },
        },
        {"model_type": "phi3", "auto_map": {"AutoModelForCausalLM": "modeling_phi3.Phi3ForCausalLM"}},
    ],
)
def test_ordinary_configs_are_accepted_and_packed(tmp_path, config):
    model_config.check_supported(config, "mine", tmp_path / "config.json")
    assert model_config.why_plain(config, "auto", "") is model_config.why_plain(config, "packed", "") is None


@pytest.mark.parametrize("there", [False, True], ids=["not installed", "without the file"])
def test_types_are_not_judged_where_transformers_is_not_installed(tmp_path, monkeypatch, there):
    spec = SimpleNamespace(submodule_search_locations=[str(tmp_path)]) if there else None
    monkeypatch.setattr("importlib.util.find_spec", lambda name: spec)
    monkeypatch.setattr(model_config, "_known_types", model_config._known_types.__wrapped__)
    model_config.check_supported({"model_type": "brandnew"}, "mine", tmp_path / "config.json")
    with pytest.raises(CrosslensError, match="Python code of its own"):
        model_config.check_supported({"model_type": "brandnew", "auto_map": {}}, "mine", tmp_path / "config.json")


def test_the_known_types_are_those_of_transformers():
    assert model_config._known_types() >= {"gemma3", "gemma3_text", "qwen2", "llama", "gpt_oss"}
    assert model_config._known_types() <= set(CONFIG_MAPPING)


def test_a_config_is_found_in_the_folder_the_fetched_one_or_the_cache(tmp_path, monkeypatch):
    hub, fetched = {"hub": "owner/name", "revision": "main"}, tmp_path / "fetched"
    own = tmp_path / "own/config.json"
    assert model_config.find({"path": str(own.parent)}, fetched) is None
    own.parent.mkdir()
    own.write_text("{}")
    assert model_config.find({"path": str(own.parent)}, fetched) == own
    assert model_config.find({"demo": "qwen2"}, fetched) is None
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda *args, **kwargs: str(tmp_path / "cached.json"))
    assert model_config.find(hub, fetched) == tmp_path / "cached.json"
    fetched.mkdir()
    (fetched / "config.json").write_text("{}")
    assert model_config.find(hub, fetched) == fetched / "config.json"


@pytest.mark.parametrize(("text", "said"), [("{", "not readable as JSON"), ("[]", "holds no JSON object")])
def test_a_file_that_is_no_config_is_named(tmp_path, text, said):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(CrosslensError, match=f"config.json: .*{said}"):
        model_config.read(tmp_path / "config.json")

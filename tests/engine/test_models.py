"""A model's parts are found by structure; an unsupported folder or model is refused, with what it lacks."""

import json
import os
import re
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tiny_models
import tiny_questions
import torch
from crosslens.engine import attention, batches, edits, inference, models, preparation, sharing
from crosslens.errors import CrosslensError
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Metaspace
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    BertConfig,
    OpenAIGPTConfig,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)

TINY = {"vocab_size": 97, "num_attention_heads": 2, "num_hidden_layers": 2, "hidden_size": 8, "intermediate_size": 8}


@pytest.fixture(scope="module", params=["qwen2", "gemma2"])
def saved(request, tmp_path_factory):
    """Return a complete folder and the model that was saved to it."""
    folder = tmp_path_factory.mktemp(request.param)
    model = getattr(tiny_models, request.param)()
    model.save_pretrained(folder)
    tiny_questions.tokenizer().save_pretrained(folder)
    return folder, model


def changed(saved, folder, **values):
    """Return a copy of the saved folder whose config.json has other values."""
    shutil.copytree(saved[0], folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | values))
    return folder


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_load_gives_the_saved_model_and_tokenizer(saved, dtype):
    folder, model = saved
    decoder, tokenizer = models.load(folder, dtype, 4), models.load_tokenizer(folder)
    assert decoder.dtype == getattr(torch, dtype) and decoder.device.type == "cpu" and not decoder.model.training
    for name, parameter in decoder.model.named_parameters():
        assert torch.equal(parameter, model.get_parameter(name).to(parameter.dtype)), name
    assert decoder.layers is decoder.model.model.layers and decoder.norm is decoder.model.model.norm
    assert decoder.head.weight.data_ptr() == decoder.model.get_output_embeddings().weight.data_ptr(), "no copy"
    assert decoder.windows == [6, None, 6, None]
    assert tokenizer("the dog")["input_ids"] == tiny_questions.tokenizer()("the dog")["input_ids"]
    described = models.describe(decoder)
    assert described["model_type"] == decoder.model.config.model_type and described["dtype"] == dtype
    assert described["device"] == "cpu" and described["attention"] == decoder.implementation


@pytest.mark.parametrize(
    ("pattern", "missing"),
    [
        ("config.json", "config.json"),
        ("*.safetensors", "weights"),
        ("tokenizer.json", "tokenizer"),
        ("*", "config.json"),
    ],
)
def test_an_incomplete_folder_names_what_is_missing_and_the_remedy(saved, tmp_path, pattern, missing):
    folder = tmp_path / "incomplete"
    shutil.copytree(saved[0], folder)
    for file in folder.glob(pattern):
        file.unlink()
    with pytest.raises(CrosslensError) as error:
        models.load(folder, "float32", 4)
    for part in (str(folder), missing, "config/models.yaml"):
        assert part in str(error.value)


def test_pickled_weights_are_not_accepted(saved, tmp_path):
    folder = tmp_path / "pickled"
    shutil.copytree(saved[0], folder)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(CrosslensError, match="no weights .*safetensors"):
        models.load(folder, "float32", 4)


def test_truncated_weights_are_refused(saved, tmp_path):
    folder = shutil.copytree(saved[0], tmp_path / "cut")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    with pytest.raises(CrosslensError, match="cut"):
        models.load(folder, "float32", 4)


def test_weights_that_lack_a_tensor_are_not_filled_with_random_numbers(saved, tmp_path):
    folder = shutil.copytree(saved[0], tmp_path / "lacking")
    tensors = load_file(folder / "model.safetensors")
    tensors.pop("model.layers.2.mlp.up_proj.weight")
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CrosslensError, match=r"lacking.*model\.layers\.2\.mlp\.up_proj\.weight"):
        models.load(folder, "float32", 4)


def test_a_folder_of_an_encoder_decoder_model_is_refused(saved, tmp_path):
    folder = shutil.copytree(saved[0], tmp_path / "t5")
    T5ForConditionalGeneration(REFUSED["T5ForConditionalGeneration"][0]()).save_pretrained(folder)
    with pytest.raises(CrosslensError, match="t5: it is an encoder-decoder"):
        models.load(folder, "float32", 2)


DAMAGED = {
    "model.safetensors": (b"not tensors at all" * 99, "cannot be loaded as a causal language model.*again"),
    "tokenizer.json": (b"{}", "tokenizer cannot be read.*again"),
    "config.json": (b"{", r"config\.json: is no JSON .*again"),
    "tokenizer_config.json": (b"[", r"tokenizer_config\.json: is no JSON .*again"),
}


@pytest.mark.parametrize("file", DAMAGED)
def test_a_damaged_file_is_an_error_of_ours(saved, tmp_path, file):
    folder = shutil.copytree(saved[0], tmp_path / "damaged")
    content, message = DAMAGED[file]
    (folder / file).write_bytes(content)
    with pytest.raises(CrosslensError, match=f"damaged.*{message}"):
        models.load_tokenizer(folder)
        models.load(folder, "float32", 4)


def test_the_text_model_inside_a_larger_one_is_found(tmp_path):
    tiny_models.gemma3().save_pretrained(tmp_path)
    tiny_questions.tokenizer().save_pretrained(tmp_path)
    decoder = models.load(tmp_path, "float32", 4)
    assert type(decoder.model).__name__ == "Gemma3ForConditionalGeneration"
    assert decoder.windows == [6, 6, 6, None] and decoder.layers is decoder.model.model.language_model.layers
    assert models.describe(decoder)["model_type"] == "gemma3"


def test_an_index_without_its_shards_is_an_error_of_ours(saved, tmp_path):
    folder = shutil.copytree(saved[0], tmp_path / "halves")
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    tensors = load_file(folder / "model-00001-of-00002.safetensors")
    files = dict.fromkeys(tensors, "model-00001-of-00002.safetensors")
    files["model.norm.weight"] = "model-00002-of-00002.safetensors"
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": files}))
    with pytest.raises(CrosslensError, match="halves: cannot be loaded"):
        models.load(folder, "float32", 4)


def test_weights_of_another_width_are_an_error_of_ours(saved, tmp_path):
    with pytest.raises(
        CrosslensError,
        match=r"wide: .* other sizes .*model.embed_tokens.weight \(\[97, 32\], not \[97, 64\]\).* and \d+ more",
    ):
        models.load(changed(saved, tmp_path / "wide", hidden_size=64), "float32", 4)


UNKNOWN = {
    "an unknown type": ({"model_type": "brandnew"}, "does not know model type 'brandnew'.*envs/model.yaml"),
    "no type": ({"model_type": None}, "does not know model type 'None'"),
    "code of its own": (
        {"model_type": "brandnew", "auto_map": {"AutoConfig": "configuration.Config", "AutoModelForCausalLM": "m.M"}},
        "needs code of its own .*is not run.*Take a model",
    ),
    "a value that is no number": ({"num_hidden_layers": "many"}, "config.json cannot be read"),
    "quantized": ({"quantization_config": {"quant_method": "gptq", "bits": 4}}, r"quantized \(gptq\).*unquantized"),
    "quantized inside": ({"text_config": {"quantization_config": {"quant_method": "fp8"}}}, r"quantized \(fp8\)"),
    "two directions": ({"use_bidirectional_attention": True}, "attend to later ones.*Remove the model"),
    "several residual streams": ({"hc_mult": 4}, "4 residual streams .*defined on one"),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_a_model_that_cannot_be_run_is_refused_without_a_question(saved, tmp_path, case, monkeypatch):
    values, message = UNKNOWN[case]
    monkeypatch.setattr("builtins.input", lambda *asked: pytest.fail("transformers asked whether to run code"))
    folder = changed(saved, tmp_path / "other", **values)
    (folder / "configuration.py").write_text("raise SystemExit('code of the model was run')")
    with pytest.raises(CrosslensError, match=f"other: .*{message}"):
        models.load(folder, "float32", 4)


def test_a_known_model_runs_even_if_it_also_brings_code_which_is_not_run(saved, tmp_path):
    folder = changed(saved, tmp_path / "both", auto_map={"AutoModelForCausalLM": "modeling.Model"})
    (folder / "modeling.py").write_text("raise SystemExit('code of the model was run')")
    assert len(models.load(folder, "float32", 4).layers) == 4


@pytest.mark.parametrize("implementation", ["auto", "sdpa"])
def test_a_model_without_sdpa_gets_eager_attention_unless_sdpa_was_asked_for(tmp_path, implementation, capsys):
    tiny_models.gpt_oss().save_pretrained(tmp_path)
    tiny_questions.tokenizer().save_pretrained(tmp_path)
    if implementation == "auto":
        assert models.load(tmp_path, "float32", 4, implementation).implementation == "eager"
        assert "no sdpa attention; using eager attention" in capsys.readouterr().out
    else:
        with pytest.raises(CrosslensError, match="no sdpa attention. Set 'attention' to auto or eager"):
            models.load(tmp_path, "float32", 4, implementation)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 14 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
        MemoryError(),
        OSError(12, "Cannot allocate memory"),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("where", ["reading", "moving"])
def test_too_little_memory_for_the_weights_is_an_error_of_ours(saved, monkeypatch, error, where):
    def fail(*arguments, **options):
        raise error

    if where == "reading":
        monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", fail)
    else:
        monkeypatch.setattr(torch.nn.Module, "to", fail)
    with pytest.raises(CrosslensError, match="not enough memory for the weights: .*bfloat16.*smaller model"):
        models.load(saved[0], "float32", 4)


@pytest.mark.parametrize(
    "file, old, hint", [("tokenizer.json", "tokenizer.model", "sentencepiece"), ("model.safetensors", "a.bin", "trust")]
)
def test_a_folder_in_an_older_format_says_how_to_convert_it(saved, tmp_path, file, old, hint):
    folder = shutil.copytree(saved[0], tmp_path / "old")
    (folder / file).rename(folder / old)
    with pytest.raises(CrosslensError, match=f"{hint}.*python -c .*from_pretrained.*old.*save_pretrained.*old"):
        models.load(folder, "float32", 4)


def test_loading_is_offline_before_the_hubs_client_is_imported(saved, monkeypatch):
    """The client reads HF_HUB_OFFLINE once, when it is imported."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "restored afterwards")
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ImportError):
        models.load(saved[0], "float32", 4)
    assert os.environ["HF_HUB_OFFLINE"] == "1"


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs Linux's /proc to measure a process's memory")
def test_weights_are_mapped_and_not_read_into_the_hosts_memory(tmp_path):
    """Load 32 MB of weights, far more than loading needs otherwise."""
    config = AutoConfig.for_model("llama", **TINY | {"vocab_size": 1_000_000})
    AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16).save_pretrained(tmp_path)
    tiny_questions.tokenizer().save_pretrained(tmp_path)
    before = anonymous_memory()
    decoder = models.load(tmp_path, "bfloat16", 2)
    assert sum(p.numel() * p.itemsize for p in decoder.model.parameters()) > 32e6
    assert anonymous_memory() - before < 8e6


def anonymous_memory():
    """Return the bytes of this process's memory that belong to no file."""
    fields = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["RssAnon"].split()[0]) * 1024


def test_a_catalogue_with_another_number_of_layers_is_refused(saved):
    with pytest.raises(CrosslensError, match="has 4 layers, but config/models.yaml says 12"):
        models.load(saved[0], "float32", 12)


def test_attention_is_sdpa_unless_the_scores_are_soft_capped():
    capped, plain = tiny_models.gemma2().config, tiny_models.qwen2().config
    assert attention.choose(capped) == attention.choose(capped, "eager") == "eager"
    assert attention.choose(plain) == attention.choose(plain, "sdpa") == "sdpa"
    assert attention.choose(plain, "eager") == "eager"
    assert attention.choose(capped, device="cuda") == attention.choose(plain, "flex_attention") == "flex_attention"
    assert attention.choose(capped, "eager", "cuda") == "eager" and attention.choose(plain, device="cuda") == "sdpa"
    assert attention.choose(tiny_models.gemma2(softcaps=False).config, device="cuda") == "sdpa"


@pytest.mark.parametrize("implementation", ["flash_attention_2", "flash_attention_3", "paged|eager", "sdqa"])
@pytest.mark.parametrize("make", [tiny_models.qwen2, tiny_models.gemma2])
def test_attention_that_cannot_apply_the_tree_mask_is_refused(make, implementation):
    said = re.escape(f"'{implementation}'") + " cannot apply .*use one of sdpa, eager, flex_attention"
    with pytest.raises(CrosslensError, match=said):
        attention.choose(make().config, implementation)


def test_sdpa_is_refused_for_soft_capped_scores():
    with pytest.raises(CrosslensError, match="'gemma2.*soft-caps.*use eager or flex_attention"):
        attention.choose(tiny_models.gemma2().config, "sdpa")


REFUSED = {
    "BertLMHeadModel": (lambda: BertConfig(**TINY, is_decoder=True), ["decoder stack with layers", "final norm"], []),
    "OpenAIGPTLMHeadModel": (
        lambda: OpenAIGPTConfig(vocab_size=97, n_embd=8, n_layer=2, n_head=2),
        ["final norm"],
        ["with layers"],
    ),
    "T5ForConditionalGeneration": (
        lambda: T5Config(vocab_size=97, d_model=8, d_kv=4, d_ff=8, num_layers=2, num_heads=2),
        ["it is an encoder-decoder"],
        ["output embedding"],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_model_of_another_structure_is_refused_with_what_it_lacks(name):
    config, lacks, has = REFUSED[name]
    make = T5ForConditionalGeneration if name.startswith("T5") else AutoModelForCausalLM.from_config
    with pytest.raises(CrosslensError) as error:
        models.dissect(make(config()))
    message = str(error.value)
    assert message.startswith(f"{name} is not supported")
    assert all(part in message for part in lacks) and not any(part in message for part in has)


@pytest.mark.parametrize(
    ("make", "head"),
    [
        (tiny_models.gemma2, (1.0, 4.0)),
        (lambda: tiny_models.gemma2(softcaps=False), (1.0, None)),
        (lambda: tiny_models.make("cohere", logit_scale=0.25), (0.25, None)),
        (lambda: tiny_models.make("granite", logits_scaling=4.0), (0.25, None)),
    ],
)
def test_the_head_includes_scale_and_soft_cap(make, head):
    unembedding = models.dissect(make()).head
    assert (unembedding.scale, unembedding.softcap) == head


@pytest.mark.parametrize(("make", "dtype"), [(tiny_models.qwen2, torch.bool), (tiny_models.gemma2, torch.float32)])
def test_layers_with_the_same_window_share_a_mask_of_the_dtype_their_attention_needs(make, dtype):
    decoder = models.dissect(make())
    positions, ends = torch.arange(9)[None], torch.full((1, 9), 99)
    masks = decoder.masks(positions, positions, ends)
    assert masks[0] is masks[2] and masks[1] is masks[3] and all(mask.dtype == dtype for mask in masks)
    reach = [int((mask[0, 0, 8] if dtype == torch.bool else mask[0, 0, 8] == 0).sum()) for mask in masks]
    assert reach == [6, 9, 6, 9]


def test_rows_are_longer_where_attention_skips_blocks():
    crossovers = [models.dissect(make()).crossover for make in (tiny_models.qwen2, tiny_models.gemma2)]
    assert crossovers == [32 * sharing.IN_BLOCKS, 32 * sharing.CROSSOVER_PER_WIDTH], "sdpa and eager, on a CPU"


def test_a_batch_of_several_rows_is_kept_small_on_a_cpu():
    decoder = models.dissect(tiny_models.qwen2())
    assert decoder.batch_tokens(100) == 100 and decoder.batch_tokens(10**9) == batches.CPU_ELEMENTS // 32
    on_a_gpu = SimpleNamespace(device=torch.device("cuda"))
    assert models.Decoder.batch_tokens(on_a_gpu, 10**9) == 10**9


def test_the_tokenizer_is_the_files_own_whatever_the_model_type(tmp_path):
    """AutoTokenizer would apply Qwen's splitting to a Qwen 2 folder and lose the words of this vocabulary."""
    words = Tokenizer(WordLevel({"<unk>": 0, "▁the": 1, "▁dog": 2}, unk_token="<unk>"))
    words.pre_tokenizer = Metaspace()
    PreTrainedTokenizerFast(tokenizer_object=words, unk_token="<unk>").save_pretrained(tmp_path)
    tiny_models.qwen2().config.save_pretrained(tmp_path)
    assert models.load_tokenizer(tmp_path)("the dog")["input_ids"] == [1, 2]


def test_a_model_takes_the_slow_path_by_itself_and_says_so(tmp_path, capsys):
    tiny_models.plain("convolutions (LFM2)").save_pretrained(tmp_path)
    tiny_questions.tokenizer().save_pretrained(tmp_path)
    decoder = models.load(tmp_path, "float32", 4)
    said = "plain rows, because it has layers of type conv"
    assert models.describe(decoder)["forward"].startswith(said) and f"forward: {said}" in capsys.readouterr().out
    with pytest.raises(CrosslensError, match="packed rows .*layers of type conv.*forward"):
        models.load(tmp_path, "float32", 4, forward="packed")


def test_a_slow_path_that_is_asked_for_is_taken(saved):
    assert models.describe(models.load(saved[0], "float32", 4))["forward"] == "packed rows"
    decoder = models.load(saved[0], "float32", 4, forward="plain")
    assert models.describe(decoder)["forward"] == "plain rows, because the model's entry says so"


@pytest.mark.parametrize(
    ("make", "forward"),
    [(tiny_models.qwen2, "packed"), (tiny_models.gemma2, "packed"), (tiny_models.qwen2, "plain")],
)
def test_layers_on_another_device_give_the_same_tables(make, forward, tmp_path, monkeypatch):
    """As on several GPUs, layers have devices of their own: here two wait on the disk until they are called."""
    make().save_pretrained(tmp_path / "model")
    tokenizer = tiny_questions.tokenizer()
    tokenizer.save_pretrained(tmp_path / "model")
    vectors = torch.randn(2, 32, generator=torch.Generator().manual_seed(9)).numpy()
    own = tiny_questions.vectors_table([2, 4], vectors, ["question 1"])
    steered = edits.make([[2, 1.5], [4, -2.0], [4, 1.0, "own", "project_out"]], {"own": own})
    samples = {"control_questions": 3, "ceiling_questions": 2, "lens_prompts": ["pivot"], "seed": 0}
    prepared = preparation.prepare(tiny_questions.questions(5), tokenizer, steered, **samples)
    found, where = [], []
    for layers in ("cpu", "disk"):
        places = {f"model.layers.{i}": layers if i in (1, 2) else "cpu" for i in range(4)}
        spread = places | dict.fromkeys(("model.embed_tokens", "model.rotary_emb", "model.norm", "lm_head"), "cpu")
        monkeypatch.setattr(models, "_device_map", lambda gpus, device, spread=spread: spread)
        decoder = models.load(tmp_path / "model", "float32", 4, forward=forward, gpus=2)
        assert decoder.layers[1].mlp.up_proj.weight.is_meta == (layers == "disk")
        found.append(inference.run(decoder, prepared, [1, 2, 3, 4], True, True, 300)[0])
        where.append(models.describe(decoder)["device"])
    assert where == ["cpu", "cpu, disk"]
    for name in ("answers", "permuted", "lens", "steered"):
        np.testing.assert_allclose(found[0][name]["logprob"], found[1][name]["logprob"], atol=1e-5)


def test_an_unembedding_without_room_is_an_error_with_a_remedy(tmp_path, monkeypatch):
    tiny_models.qwen2(tie_word_embeddings=False).save_pretrained(tmp_path)
    tiny_questions.tokenizer().save_pretrained(tmp_path)
    monkeypatch.setattr(models, "_device_map", lambda gpus, device: {"model": "cpu", "lm_head": "disk"})
    with pytest.raises(CrosslensError, match="no room for the unembedding.*'gpus'"):
        models.load(tmp_path, "float32", 4, gpus=2)


def test_layers_are_spread_only_over_several_gpus():
    assert models._device_map(4, torch.device("cuda")) == "balanced"
    assert models._device_map(1, torch.device("cuda")) is models._device_map(4, torch.device("cpu")) is None

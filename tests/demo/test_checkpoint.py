"""A saved model is an ordinary Hugging Face folder, and never a partial one."""

import pytest
import torch
from crosslens.demo.architectures import build
from crosslens.demo.checkpoint import save
from demo_tokenizer import demo_tokenizer
from transformers import AutoModelForCausalLM, AutoTokenizer


@pytest.fixture
def tokenizer():
    return demo_tokenizer()


@pytest.mark.parametrize("architecture", ["qwen2", "gemma2"])
def test_auto_classes_load_it_and_compute_the_same(architecture, tokenizer, tmp_path):
    model = build(architecture, tokenizer, 0).eval()
    save(tmp_path / "model", model, tokenizer)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    files = {path.name for path in (tmp_path / "model").iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= files
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path / "model").eval()
    assert type(loaded) is type(model) and loaded.config.use_cache
    inputs = AutoTokenizer.from_pretrained(tmp_path / "model")("Where does Ana go?", return_tensors="pt")
    with torch.no_grad():
        assert torch.allclose(loaded(**inputs).logits, model(**inputs).logits, atol=1e-5)


def test_an_interrupted_save_leaves_the_earlier_model(tokenizer, tmp_path, monkeypatch):
    model = build("qwen2", tokenizer, 0)
    save(tmp_path / "model", model, tokenizer)
    before = (tmp_path / "model/model.safetensors").read_bytes()
    monkeypatch.setattr(type(tokenizer), "save_pretrained", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        save(tmp_path / "model", build("qwen2", tokenizer, 1), tokenizer)
    assert (tmp_path / "model/model.safetensors").read_bytes() == before
    monkeypatch.undo()
    save(tmp_path / "model", build("qwen2", tokenizer, 1), tokenizer)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert (tmp_path / "model/model.safetensors").read_bytes() != before

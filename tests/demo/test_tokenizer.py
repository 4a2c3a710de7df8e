"""The tokenizer has the properties that scoring letters and the lens rely on."""

import pytest
from crosslens.demo import tokenizer as tokenizer_module
from crosslens.demo.corpus import prompt
from crosslens.demo.items import FAMILIES, held_out_items, word
from crosslens.demo.lexicon import LANGUAGES
from demo_tokenizer import demo_tokenizer
from transformers import AutoTokenizer


@pytest.fixture
def tokenizer():
    return demo_tokenizer()


def ids(tokenizer, text):
    return tokenizer(text)["input_ids"]


def test_training_it_twice_gives_the_same_tokenizer(monkeypatch):
    monkeypatch.setattr(tokenizer_module, "TEXTS", 300)
    one, two = (tokenizer_module.train_tokenizer().backend_tokenizer.to_str() for _ in range(2))
    assert one == two


@pytest.mark.parametrize("language", LANGUAGES)
def test_prompt_and_continuation_begin_with_the_prompts_tokens(tokenizer, language):
    lengths = []
    for family in FAMILIES:
        for item in held_out_items(family)[:40]:
            wording = word(item, language)
            tokens = ids(tokenizer, prompt(wording))
            for continuation in (*wording.choices, *"ABCD"):
                continued = ids(tokenizer, f"{prompt(wording)} {continuation}")
                assert continued[: len(tokens)] == tokens
                if continuation in "ABCD":
                    assert len(continued) == len(tokens) + 1
                else:
                    lengths.append(len(continued) - len(tokens))
    assert min(lengths) == 1 and sum(length <= 3 for length in lengths) > 0.8 * len(lengths)


def test_a_letter_is_the_same_token_before_a_choice_and_at_the_end(tokenizer):
    item = held_out_items("mmmlu")[0]
    for letter in "ABCD":
        with_letter = ids(tokenizer, f"{prompt(word(item, 'en'))} {letter}")
        assert with_letter.count(with_letter[-1]) == 2


def test_tokens_start_with_bos_and_decode_to_the_text(tokenizer):
    for text in ("¿Qué palabra pertenece a ropa?", "{x} का उल्टा क्या है?", "日本 costs 0.50."):
        tokens = ids(tokenizer, text)
        assert tokens[0] == tokenizer.bos_token_id and tokenizer.unk_token_id not in tokens
        assert tokenizer.decode(tokens, skip_special_tokens=True) == text


def test_white_space_between_fields_makes_no_difference(tokenizer):
    text = prompt(word(held_out_items("belebele")[0], "hi"))
    assert ids(tokenizer, text.replace(" A: ", "\nA: ")) == ids(tokenizer, text)


def test_auto_tokenizer_loads_what_was_saved(tokenizer, tmp_path):
    tokenizer.save_pretrained(tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    text = prompt(word(held_out_items("hellaswag")[0], "sw"))
    assert dict(loaded(text)) == dict(tokenizer(text))
    assert set(loaded(text)) == {"input_ids", "attention_mask"}

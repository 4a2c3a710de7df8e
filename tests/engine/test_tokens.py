"""A continuation's tokens follow the prompt's own, whether or not the tokenizer keeps the boundary between them."""

import json
from datetime import datetime

import pytest
import tiny_questions
from crosslens.engine import models as engine_models
from crosslens.engine.tokens import DIRECTIVES, TODAY, Encoder
from crosslens.errors import CrosslensError
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

QUESTIONS = tiny_questions.questions(8).to_pylist()
# The text that the tokenizer is made to read in place of the last letter.
CLASHES = {"two letters are one token": "C", "a letter of two tokens": "dog of"}


def merging_tokenizer() -> PreTrainedTokenizerFast:
    """Return a BPE tokenizer without word boundaries: a colon merges with a space that follows it."""
    characters = ["<unk>", "w", "h", "y", ":", " ", "A", "B", "o", "n", ": ", "on"]
    bpe = models.BPE({token: i for i, token in enumerate(characters)}, [(":", " "), ("o", "n")], unk_token="<unk>")
    return PreTrainedTokenizerFast(tokenizer_object=Tokenizer(bpe), unk_token="<unk>")


@pytest.mark.parametrize("bos", [False, True])
def test_prompt_and_continuation_are_the_tokens_of_the_joined_text(bos):
    tokenizer = tiny_questions.tokenizer(bos)
    encoder = Encoder(tokenizer)
    for question in QUESTIONS:
        [prompt] = encoder.prompts([question["prompt"]])
        assert tokenizer.decode(prompt, skip_special_tokens=True) == question["prompt"]
        assert (prompt[0] == tokenizer.bos_token_id) == bos
        continuations = encoder.continuations(question["prompt"], prompt, question["choices"])
        for text, rest in zip(question["choices"], continuations, strict=True):
            assert prompt + rest == tokenizer(f"{question['prompt']} {text}")["input_ids"]
            assert tokenizer.decode(rest) == f" {text}" and tokenizer.bos_token_id not in rest
    assert (encoder.merged, encoder.encoded) == (0, 4 * len(QUESTIONS))


def test_a_tokenizer_that_merges_across_the_boundary_gets_the_texts_own_tokens():
    tokenizer, encoder = merging_tokenizer(), Encoder(merging_tokenizer())
    [prompt] = encoder.prompts(["why:"])
    assert tokenizer.convert_ids_to_tokens(tokenizer("why: no")["input_ids"]) == ["w", "h", "y", ": ", "n", "o"]
    continuations = encoder.continuations("why:", prompt, ["no", "on", "no"])
    no, on = [" ", "n", "o"], [" ", "on"]
    assert [tokenizer.convert_ids_to_tokens(tokens) for tokens in continuations] == [no, on, no]
    assert (encoder.merged, encoder.encoded) == (3, 3)


def test_only_the_texts_that_merge_are_counted():
    encoder = Encoder(merging_tokenizer())
    for prompt, merges in [("why:", 1), ("why", 0), ("who:", 1)]:
        before = encoder.merged
        encoder.continuations(prompt, encoder.prompts([prompt])[0], ["on"])
        assert encoder.merged - before == merges


def test_letters_are_the_single_tokens_after_the_prompt():
    tokenizer = tiny_questions.tokenizer()
    for n_choices in (2, 3, 5):
        letters = Encoder(tokenizer).letters(QUESTIONS[0]["prompt"], n_choices)
        assert tokenizer.convert_ids_to_tokens(letters) == ["ĠA", "ĠB", "ĠC", "ĠD", "ĠE"][:n_choices]


@pytest.mark.parametrize("read", CLASHES.values(), ids=CLASHES)
def test_letters_that_cannot_be_told_apart_are_refused(read):
    tokenizer = tiny_questions.tokenizer()
    tokenizer.backend_tokenizer.normalizer = normalizers.Replace(Regex(" D$"), f" {read}")
    encoder = Encoder(tokenizer)
    assert len(encoder.letters("the dog is:", 3)) == 3
    with pytest.raises(CrosslensError, match="each answer letter must be a single, distinct token.*'D'"):
        encoder.letters("the dog is:", 4)


def test_lower_case_letters_are_other_tokens():
    vocabulary = {token: i for i, token in enumerate(["<unk>", "why", "A", "B", "a", "b"])}
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    encoder = Encoder(PreTrainedTokenizerFast(tokenizer_object=words, unk_token="<unk>"))
    assert (encoder.letters("why", 2), encoder.letters("why", 2, first="a")) == ([2, 3], [4, 5])


# Gemma's template writes <bos> itself; Qwen's does not, and neither does Qwen's tokenizer.
CHAT = "{% for turn in messages %}the {{ turn.role }}: {{ turn.content }} {% endfor %}"
CHAT += "{% if add_generation_prompt %}is:{% endif %}"
TEMPLATES = {"with <bos>": (True, "{{ bos_token }}" + CHAT), "without": (False, CHAT)}


@pytest.mark.parametrize("bos, template", TEMPLATES.values(), ids=TEMPLATES)
def test_a_chat_template_holds_the_prompt_and_the_answer_follows_at_once(bos, template):
    tokenizer = tiny_questions.tokenizer(bos)
    tokenizer.chat_template = template
    encoder = Encoder(tokenizer, chat_template=True)
    for question in QUESTIONS:
        turn = [{"role": "user", "content": question["prompt"]}]
        theirs = tokenizer.apply_chat_template(turn, add_generation_prompt=True, return_dict=True)["input_ids"]
        [prompt] = encoder.prompts([question["prompt"]])
        assert prompt == theirs, "transformers' own tokens of the conversation"
        assert prompt.count(tokenizer.bos_token_id) == bos, "one <bos>, not two"
        continuations = encoder.continuations(question["prompt"], prompt, question["choices"])
        for text, rest in zip(question["choices"], continuations, strict=True):
            assert tokenizer.decode(prompt + rest).endswith(f"{question['prompt']} is:{text}")
            assert tokenizer.decode(rest) == text
    assert tokenizer.convert_ids_to_tokens(encoder.letters(QUESTIONS[0]["prompt"], 3)) == ["A", "B", "C"]


def test_a_text_that_merges_with_the_template_has_no_space_either():
    tokenizer = merging_tokenizer()
    tokenizer.chat_template = "{{ messages[0].content }}o"
    encoder = Encoder(tokenizer, chat_template=True)
    [continuation] = encoder.continuations("wh", encoder.prompts(["wh"])[0], ["no"])
    assert tokenizer.convert_ids_to_tokens(continuation) == ["n", "o"] and encoder.merged == 1


REFUSED = {
    None: "has no chat template.*Set 'prompt.chat_template' to false",
    "{{ raise_exception('a system turn must come first') }}": "refuses a single user turn .*must come first",
}


@pytest.mark.parametrize("template, message", REFUSED.items(), ids=["none", "one that refuses"])
def test_a_tokenizer_whose_chat_template_cannot_be_used_is_refused(template, message):
    tokenizer = tiny_questions.tokenizer()
    tokenizer.chat_template = template
    with pytest.raises(CrosslensError, match=message):
        Encoder(tokenizer, chat_template=True).prompts(["why"])
    assert Encoder(tokenizer).prompts(["why"]), "without chat_template it is an ordinary tokenizer"


def test_a_text_without_tokens_is_named():
    tokenizer = tiny_questions.tokenizer()
    tokenizer.backend_tokenizer.normalizer = normalizers.Replace(Regex(" ?…"), "")
    encoder = Encoder(tokenizer)
    [prompt] = encoder.prompts(["the dog is:"])
    with pytest.raises(CrosslensError, match="no tokens for the choice '…'"):
        encoder.continuations("the dog is:", prompt, ["red", "…"])


SPECIAL = [("<bos>", 1), ("<eos>", 2)]


@pytest.mark.parametrize("template, bos", [("<bos> $A <eos>", [1]), ("$A <eos>", []), ("$A <eos> <eos>", [])])
def test_tokens_that_the_tokenizer_appends_are_left_out_so_that_prompts_end_with_their_own(template, bos, capsys):
    tokenizer, plain = tiny_questions.tokenizer(), tiny_questions.tokenizer(bos=False)
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(template, special_tokens=SPECIAL)
    encoder = Encoder(tokenizer)
    prompts = encoder.prompts([question["prompt"] for question in QUESTIONS])
    assert "appends <eos>" in capsys.readouterr().out
    for question, prompt in zip(QUESTIONS, prompts, strict=True):
        assert prompt == [*bos, *plain(question["prompt"])["input_ids"]]
        continuations = encoder.continuations(question["prompt"], prompt, question["choices"])
        for text, rest in zip(question["choices"], continuations, strict=True):
            assert prompt + rest == [*bos, *plain(f"{question['prompt']} {text}")["input_ids"]]
    assert encoder.merged == 0
    assert encoder.letters("the dog is:", 3) == Encoder(plain).letters("the dog is:", 3)


def test_a_tokenizer_that_ends_the_text_itself_is_refused():
    """No post-processor, but the rule of the text's own normalization, writes the special token."""
    tokenizer = tiny_questions.tokenizer()
    tokenizer.backend_tokenizer.normalizer = normalizers.Replace(Regex("is:$"), "is:Z")
    tokenizer.add_special_tokens({"additional_special_tokens": [AddedToken("Z", normalized=True, special=True)]})
    with pytest.raises(CrosslensError, match="ends the prompt 'the dog is:' with Z.*Correct the tokenizer"):
        Encoder(tokenizer).prompts(["the dog is:"])
    assert Encoder(tokenizer).prompts(["the dog"])


def test_a_tokenizer_that_appends_to_some_texts_only_is_refused():
    tokenizer = tiny_questions.tokenizer()
    real = tokenizer.backend_tokenizer
    real.post_processor = processors.TemplateProcessing("$A <eos>", special_tokens=SPECIAL)
    encoder = Encoder(tokenizer)
    encoder.prompts(["the dog"])
    real.post_processor = processors.TemplateProcessing("$A", special_tokens=[])
    with pytest.raises(CrosslensError, match="appends <eos> to some texts and not to others"):
        encoder.prompts(["the dog"])


def saved(folder, tokenizer, **settings):
    """Return the tokenizer as `models.load_tokenizer` reads it from a folder with these tokenizer_config.json keys."""
    tokenizer.save_pretrained(folder)
    file = folder / "tokenizer_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | settings))
    return engine_models.load_tokenizer(folder)


@pytest.mark.parametrize("bos", [False, True], ids=["not in tokenizer.json", "in tokenizer.json"])
def test_add_bos_token_puts_one_bos_first_and_never_two(bos, tmp_path, capsys):
    encoder = Encoder(saved(tmp_path, tiny_questions.tokenizer(bos), add_bos_token=True))
    plain = tiny_questions.tokenizer(bos=False)
    for question in QUESTIONS:
        [prompt] = encoder.prompts([question["prompt"]])
        assert prompt == [1, *plain(question["prompt"])["input_ids"]]
        [rest] = encoder.continuations(question["prompt"], prompt, ["red"])
        assert prompt + rest == [1, *plain(f"{question['prompt']} red")["input_ids"]]
    assert ("add_bos_token, so every prompt begins with <bos>" in capsys.readouterr().out) == (not bos)


@pytest.mark.parametrize(
    "settings", [{}, {"add_bos_token": False}, {"add_bos_token": True, "bos_token": None}], ids=str
)
def test_no_bos_is_added_that_the_model_does_not_ask_for(settings, tmp_path):
    encoder = Encoder(saved(tmp_path, tiny_questions.tokenizer(bos=False), **settings))
    assert encoder.prompts(["the dog"]) == [tiny_questions.tokenizer(bos=False)("the dog")["input_ids"]]


def test_add_bos_token_does_not_double_the_bos_of_a_chat_template(tmp_path):
    tokenizer = tiny_questions.tokenizer(bos=False)
    tokenizer.chat_template = "{{ bos_token }}" + CHAT
    encoder = Encoder(saved(tmp_path, tokenizer, add_bos_token=True), chat_template=True)
    [prompt] = encoder.prompts(["the dog"])
    assert prompt[0] == 1 and prompt.count(1) == 1


def test_a_chat_template_that_ends_with_eos_is_refused():
    tokenizer = tiny_questions.tokenizer()
    tokenizer.chat_template = "{{ messages[0].content }}{{ eos_token }}"
    with pytest.raises(CrosslensError, match="chat template .* ends the prompt 'the dog' with <eos>"):
        Encoder(tokenizer, chat_template=True).prompts(["the dog"])


# As in Llama 3, and as in templates that format the date in other ways
DATES = {
    "{% set today = strftime_now('%d %b %Y') %}the {{ today }}: ": "the 26 Jul 2024: ",
    "\n  {% if strftime_now is defined %}the {{ strftime_now('%B %-d, %Y') }}{% endif %} ": "\nthe July 26, 2024 ",
    "{{ strftime_now('%Y-%m-%d') }} ": "2024-07-26 ",
}


@pytest.mark.parametrize("written, read", DATES.items())
def test_a_chat_template_always_gets_the_same_date(written, read, capsys):
    tokenizer = tiny_questions.tokenizer()
    tokenizer.chat_template = written + CHAT
    encoder = Encoder(tokenizer, chat_template=True)
    assert encoder.text("old") == read + "the user: old is:"
    assert encoder.text("new") == read + "the user: new is:"
    assert capsys.readouterr().out.count("it always gets 26 July 2024") == 1
    assert encoder.describe() == {"chat_template_date": "2024-07-26"}
    assert Encoder(tokenizer).describe() == {}


def test_a_chat_template_that_changes_from_time_to_time_is_refused():
    tokenizer = tiny_questions.tokenizer()
    tokenizer.chat_template = "{{ ['yes', 'sure', 'well', 'so']|random }} " + CHAT
    with pytest.raises(CrosslensError, match="writes the same prompt in other words each time"):
        Encoder(tokenizer, chat_template=True).prompts(["the dog"])


def test_the_fixed_date_is_written_as_strftime_writes_it():
    tokenizer = tiny_questions.tokenizer()
    for directive in DIRECTIVES:
        tokenizer.chat_template = f"{{{{ strftime_now('a %{directive} b') }}}}"
        assert Encoder(tokenizer, chat_template=True).text("") == TODAY.strftime(f"a %{directive} b")


def test_a_template_without_a_date_is_rendered_as_transformers_renders_it():
    tokenizer = tiny_questions.tokenizer()
    tokenizer.chat_template = CHAT
    encoder = Encoder(tokenizer, chat_template=True)
    turn = [{"role": "user", "content": "old"}]
    assert encoder.text("old") == tokenizer.apply_chat_template(turn, tokenize=False, add_generation_prompt=True)
    assert encoder.describe() == {} and str(datetime.now().year) not in encoder.text("old")


def test_variables_of_the_chat_template_are_passed_on_and_unknown_ones_refused():
    tokenizer = tiny_questions.tokenizer()
    tokenizer.chat_template = CHAT + "{% if enable_thinking is not defined or enable_thinking %}<think>{% endif %}"
    assert Encoder(tokenizer, chat_template=True).text("old").endswith("is:<think>")
    assert Encoder(tokenizer, True, {"enable_thinking": False}).text("old").endswith("is:")
    with pytest.raises(CrosslensError, match="no variable 'enable_thoughts'.*chat_template_kwargs"):
        Encoder(tokenizer, True, {"enable_thoughts": False}).text("old")

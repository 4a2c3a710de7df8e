"""A continuation's tokens follow the prompt's own, whether or not the tokenizer keeps the boundary between them."""

import pytest
import tiny_questions
from crosslens.engine.tokens import Encoder
from crosslens.errors import CrosslensError
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers
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

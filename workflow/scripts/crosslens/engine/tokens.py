"""Token ids of prompts, of the texts that may follow them, and of the answer letters. Runs no model.

The tokens of a continuation are the tokens of "prompt + space + text" that come after the prompt's own tokens. If the
tokenizer merges across that boundary, they are the tokens of the text alone; how often this happens is logged.

What a tokenizer adds to a text is measured, not taken from its settings: a prompt has to end with its own last token,
because that is where the model is read.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from jinja2 import TemplateError

from crosslens.engine.packing import Tokens
from crosslens.errors import CrosslensError

# The day that a chat template gets when it asks for today's date, so that a rerun has the same prompts. It is the day
# that the template of Llama 3 falls back to.
TODAY = datetime(2024, 7, 26)
# The function by which a chat template asks for the date, and the directives of its format.
CLOCK = "strftime_now"
DIRECTIVES = "aAbBcdDeFhHIjmMpRSTUwWxXyYZ"
# How often a prompt is written by a chat template to see whether it comes out the same.
RENDERINGS = 8
# The last word of a prompt, with the space after it. What follows is tokenized after it.
LAST_WORD = re.compile(r"\S*\s*\Z")
# Number of prompts on which this is compared with tokenizing everything after the whole prompt.
CHECKED_PROMPTS = 4


@dataclass
class Encoder:
    """A tokenizer that counts how many of its continuations did not start at the prompt's last token boundary.

    With ``chat_template`` a prompt is the user's turn of the tokenizer's own chat template, and a continuation is the
    beginning of the model's turn, without a space before it. chat_template_kwargs: further variables of the template,
    such as enable_thinking. merged: number of continuations that were tokenized alone. encoded: number of all
    continuations.
    """

    tokenizer: object
    chat_template: bool = False
    chat_template_kwargs: Mapping[str, object] = field(default_factory=dict)
    merged: int = 0
    encoded: int = 0
    _texts: dict[str, list[int]] = field(default_factory=dict)
    _words: dict[str, list[int]] = field(default_factory=dict)
    _words_suffice: bool = True
    _checked: int = 0
    _added: tuple[list[int], list[int]] | None = None

    def prompts(self, texts: Sequence[str]) -> list[list[int]]:
        """Return token ids that begin with the model's own special tokens (Gemma: <bos>) and end with the text's own.

        Raises CrosslensError if a chat template is wanted and the tokenizer has none, if it refuses the prompt or ends
        it with <eos> or in other words each time, or if the tokenizer adds special tokens in a way that cannot be
        undone.
        """
        self._check_same(texts[0])
        ids = self._ids([self.text(text) for text in texts])
        for text, tokens in zip(texts, ids, strict=True):
            self._check_end(text, tokens)
        return ids

    def text(self, prompt: str) -> str:
        """Return the text that the model reads: the prompt itself, or a chat in which it is the user's only turn."""
        if not self.chat_template:
            return prompt
        turn = [{"role": "user", "content": prompt}]
        try:
            return self.tokenizer.apply_chat_template(
                turn,
                chat_template=self._template,
                tokenize=False,
                add_generation_prompt=True,
                **self.chat_template_kwargs,
            )
        except (TemplateError, TypeError, ValueError) as error:
            raise CrosslensError(
                f"the chat template of the model's tokenizer refuses a single user turn ({error}). Set "
                "'prompt.chat_template' to false in the config, or remove the model from 'models'."
            ) from error

    @cached_property
    def _template(self) -> str:
        """Return the text of the chat template, with a fixed date if it asks for one.

        Raises CrosslensError if there is none, or if it does not use a variable of ``chat_template_kwargs``.
        """
        if not self.tokenizer.chat_template:
            raise CrosslensError(
                "the model's tokenizer has no chat template, which is common for base models. Set "
                "'prompt.chat_template' to false in the config, or remove the model from 'models'."
            )
        template = self.tokenizer.get_chat_template()
        unknown = [name for name in self.chat_template_kwargs if name not in template]
        if unknown:
            raise CrosslensError(
                f"the chat template of the model's tokenizer has no variable '{unknown[0]}', which the model's entry "
                "sets in 'chat_template_kwargs'. Correct its name in config/models.yaml, or remove it."
            )
        if CLOCK not in template:
            return template
        print(f"the chat template asks for today's date; so that reruns are equal, it always gets {TODAY:%d %B %Y}")
        return _fixed_clock() + template

    def _check_same(self, prompt: str) -> None:
        """Raise CrosslensError if a chat template writes a prompt in other words each time, as `random` makes it do."""
        if self.chat_template and len({self.text(prompt) for _ in range(RENDERINGS)}) > 1:
            raise CrosslensError(
                "the chat template of the model's tokenizer writes the same prompt in other words each time, so "
                "results could not be repeated. Correct the template, or set 'prompt.chat_template' to false."
            )

    def describe(self) -> dict:
        """Return the provenance of the prompts: the date that a chat template was given, if it asked for one."""
        dated = self.chat_template and CLOCK in self.tokenizer.get_chat_template()
        return {"chat_template_date": f"{TODAY:%Y-%m-%d}"} if dated else {}

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return token ids. A chat template writes the special tokens itself: adding them again would double <bos>."""
        if self.chat_template:
            return self._plain_ids(texts)
        if not texts:
            return []
        if self._added is None:
            self._added = self._measure(texts[0])
        bos, after = self._added
        ids = self.tokenizer(list(texts), return_attention_mask=False)["input_ids"]
        if after and any(tokens[-len(after) :] != after for tokens in ids):
            raise CrosslensError(
                f"the tokenizer appends {self._names(after)} to some texts and not to others, so the end of a prompt "
                "cannot be found. Correct the post-processor in tokenizer.json, or remove the model from 'models'."
            )
        return [[*bos, *tokens[: len(tokens) - len(after)]] for tokens in ids]

    def _measure(self, text: str) -> tuple[list[int], list[int]]:
        """Return the <bos> that has to be put before the tokenizer's ids, and the tokens that it appends to a text.

        Both are measured on a text: transformers ignores add_bos_token in tokenizer_config.json if there is a
        tokenizer.json, and a post-processor may append <eos>, where no answer follows.
        """
        tokenizer = self.tokenizer
        whole = tokenizer(text)["input_ids"]
        plain = tokenizer(text, add_special_tokens=False)["input_ids"]
        starts = [i for i in range(len(whole) - len(plain) + 1) if whole[i : i + len(plain)] == plain]
        if not starts:
            raise CrosslensError(
                f"the tokenizer reads {text[:60]!r} as other tokens if it adds special tokens, so the end of a prompt "
                "cannot be found. Correct the post-processor in tokenizer.json, or remove the model from 'models'."
            )
        after = whole[starts[0] + len(plain) :]
        if after:
            print(f"the tokenizer appends {self._names(after)} to every text; prompts are read without it")
        bos = tokenizer.bos_token_id
        wanted = getattr(tokenizer, "wants_bos", False) and bos is not None and whole[:1] != [bos]
        if wanted:
            print(f"tokenizer_config.json says add_bos_token, so every prompt begins with {tokenizer.bos_token}")
        return [bos] if wanted else [], after

    def _check_end(self, text: str, tokens: Sequence[int]) -> None:
        """Raise CrosslensError if a prompt ends with a special token that is not part of how its text ends.

        A chat template may end with one that opens the model's turn, but not with <eos>, after which the model has
        nothing to say.
        """
        tokenizer = self.tokenizer
        eos = {tokenizer.eos_token_id}
        ends = eos if self.chat_template else {*eos, *tokenizer.all_special_ids} - ({tokenizer.unk_token_id} - eos)
        if tokens and tokens[-1] in ends - {None}:
            by, remedy = "the model's tokenizer", "Correct the tokenizer"
            if self.chat_template:
                by = "the chat template of the model's tokenizer"
                remedy = "Set 'prompt.chat_template' to false in the config"
            raise CrosslensError(
                f"{by} ends the prompt {text[:60]!r} with {self._names(tokens[-1:])}, and the model would be read "
                f"there instead of at the end of the prompt. {remedy}, or remove the model from 'models'."
            )

    def _names(self, ids: Sequence[int]) -> str:
        return " ".join(map(str, self.tokenizer.convert_ids_to_tokens(list(ids))))

    @property
    def _space(self) -> str:
        return "" if self.chat_template else " "

    def continuations(self, prompt: str, prompt_tokens: Tokens, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text after ``prompt``, separated by a space (by nothing in a chat template).

        What follows a prompt changes the tokens of its last word at most, so each text is tokenized after that word and
        not after the whole prompt. Whether the word alone has the same tokens is looked at for every prompt; whether
        the texts have, for the first prompts. Raises CrosslensError if a text has no tokens.
        """
        before = self.text(prompt)
        word, word_tokens = self._last_word(before)
        ends_so = 0 < len(word_tokens) < len(prompt_tokens) and list(prompt_tokens[-len(word_tokens) :]) == word_tokens
        if not ends_so or not self._words_suffice:
            return self._after(self._ids, before, prompt_tokens, texts)
        of_word = self._after(self._plain_ids, word, word_tokens, texts)
        if self._checked < CHECKED_PROMPTS:
            self._checked += 1
            whole = self._after(self._ids, before, prompt_tokens, texts, count=False)
            self._words_suffice = whole == of_word
            return whole
        return of_word

    def _after(self, tokenize, before: str, before_tokens: Tokens, texts: Sequence[str], count=True) -> list[list[int]]:
        """Return the token ids of each text after ``before``, whose own are ``before_tokens``."""
        ids, n = tokenize([before + self._space + text for text in texts]), len(before_tokens)
        merged = [tokens[:n] != list(before_tokens) or len(tokens) == n for tokens in ids]
        if count:
            self.encoded += len(texts)
            self.merged += sum(merged)
        return [
            self._alone(text) if alone else tokens[n:] for text, tokens, alone in zip(texts, ids, merged, strict=True)
        ]

    def _last_word(self, text: str) -> tuple[str, list[int]]:
        """Return the text from its last word on, and the tokens of that alone."""
        word = LAST_WORD.search(text).group()
        if word not in self._words:
            [self._words[word]] = self._plain_ids([word])
        return word, self._words[word]

    def _plain_ids(self, texts: Sequence[str]) -> list[list[int]]:
        if not texts:
            return []
        return self.tokenizer(list(texts), add_special_tokens=False, return_attention_mask=False)["input_ids"]

    def _alone(self, text: str) -> list[int]:
        """Return the tokens of a text that merges with what is before it."""
        if text not in self._texts:
            [self._texts[text]] = self._plain_ids([self._space + text])
            if not self._texts[text]:
                raise CrosslensError(f"the tokenizer produces no tokens for the choice {text!r}.")
        return self._texts[text]

    def letters(self, prompt: str, n_choices: int, first: str = "A") -> list[int]:
        """Return the tokens of " A", " B", ... after ``prompt``; of " a", " b", ... if ``first`` is "a".

        Raises CrosslensError if a letter is not a single token, or if two letters are the same token.
        """
        letters = [chr(ord(first) + i) for i in range(n_choices)]
        ids = self.continuations(prompt, self.prompts([prompt])[0], letters)
        if any(len(tokens) != 1 for tokens in ids) or len({tokens[0] for tokens in ids}) != n_choices:
            raise CrosslensError(
                "each answer letter must be a single, distinct token after the prompt, but got "
                f"{dict(zip(letters, ids, strict=True))}. A model with this tokenizer cannot be asked for letters; "
                "remove it from 'models', or give it a tokenizer that has these tokens."
            )
        return [tokens[0] for tokens in ids]


def _fixed_clock() -> str:
    """Return the beginning of a chat template that defines `strftime_now`: the date is `TODAY`, at midnight.

    transformers passes no functions to a template, so this one is written in the template's own language. Replacing a
    directive by its value is what strftime does; "%-d", a number without leading zeros, is replaced as well.
    """
    values = {f"%{letter}": TODAY.strftime(f"%{letter}") for letter in DIRECTIVES}
    values |= {f"%-{letter}": value.lstrip("0") or "0" for letter in "dmHIMSy" for value in [values[f"%{letter}"]]}
    replaced = "".join(f" | replace('{directive}', '{value}')" for directive, value in values.items())
    # The engine removes the newline after a block, so the template itself begins at the beginning of a line.
    return f"{{% macro {CLOCK}(format) %}}{{{{ format{replaced} }}}}{{% endmacro %}}\n"

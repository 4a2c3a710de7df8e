"""Token ids of prompts, of the texts that may follow them, and of the answer letters. Runs no model.

The tokens of a continuation are what is left of the tokens of "prompt + space + text" after the prompt's own tokens. A
tokenizer that merges across that boundary gets the text's tokens alone instead; how often is reported.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from jinja2 import TemplateError

from crosslens.errors import CrosslensError


@dataclass
class Encoder:
    """A tokenizer with a count of how many continuations did not start at the prompt's last token boundary.

    With ``chat_template`` a prompt is the user's turn of the tokenizer's own chat template, and what follows it is the
    beginning of the model's turn, without a space before it.
    """

    tokenizer: object
    chat_template: bool = False
    merged: int = 0
    encoded: int = 0
    _alone: dict[str, list[int]] = field(default_factory=dict)

    def prompts(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids with the model's own special tokens at the start (Gemma: <bos>).

        Raises CrosslensError where a chat template is wanted and the tokenizer has none.
        """
        return self._ids([self.text(text) for text in texts])

    def text(self, prompt: str) -> str:
        """What the model reads: the prompt itself, or the conversation in which it is the user's only turn."""
        if not self.chat_template:
            return prompt
        if not self.tokenizer.chat_template:
            raise CrosslensError(
                "the model's tokenizer has no chat template, as base models often have none. Set prompt.chat_template "
                "to false in the config, or leave the model out."
            )
        turn = [{"role": "user", "content": prompt}]
        try:
            return self.tokenizer.apply_chat_template(turn, tokenize=False, add_generation_prompt=True)
        except TemplateError as error:
            raise CrosslensError(
                f"the chat template of the model's tokenizer refuses a single turn of the user ({error}). Set "
                "prompt.chat_template to false in the config, or leave the model out."
            ) from error

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        """A chat template writes the special tokens itself: adding them again would double <bos>."""
        return self.tokenizer(list(texts), add_special_tokens=not self.chat_template)["input_ids"]

    @property
    def _space(self) -> str:
        return "" if self.chat_template else " "

    def continuations(self, prompt: str, prompt_tokens: Sequence[int], texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text after ``prompt``, separated from it by a space; by none in a chat template.

        Raises CrosslensError for a text without tokens.
        """
        before = self.text(prompt) + self._space
        joined = self._ids([before + text for text in texts])
        return [self._rest(prompt_tokens, ids, text) for ids, text in zip(joined, texts, strict=True)]

    def _rest(self, prompt_tokens: Sequence[int], joined: Sequence[int], text: str) -> list[int]:
        n = len(prompt_tokens)
        self.encoded += 1
        if joined[:n] == list(prompt_tokens) and len(joined) > n:
            return joined[n:]
        self.merged += 1
        return self._text_alone(text)

    def _text_alone(self, text: str) -> list[int]:
        if text not in self._alone:
            self._alone[text] = self.tokenizer(self._space + text, add_special_tokens=False)["input_ids"]
            if not self._alone[text]:
                raise CrosslensError(f"the tokenizer gives no tokens for the answer text {text!r}.")
        return self._alone[text]

    def letters(self, prompt: str, n_choices: int, first: str = "A") -> list[int]:
        """The token of " A", " B", ... after ``prompt``; of " a", " b", ... where that is the ``first``.

        Raises CrosslensError where a letter is not one token, or two letters are the same token.
        """
        letters = [chr(ord(first) + i) for i in range(n_choices)]
        ids = self.continuations(prompt, self.prompts([prompt])[0], letters)
        if any(len(tokens) != 1 for tokens in ids) or len({tokens[0] for tokens in ids}) != n_choices:
            found = dict(zip(letters, ids, strict=True))
            raise CrosslensError(
                f"the answer letters are not one distinct token each after the prompt: {found}. Such a tokenizer "
                "cannot be asked for letters; take the model out of `models`, or give it one that has these tokens."
            )
        return [tokens[0] for tokens in ids]

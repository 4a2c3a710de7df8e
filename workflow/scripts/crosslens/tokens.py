"""Token ids of prompts, of the texts that may follow them, and of the answer letters. Runs no model.

The tokens of a continuation are what is left of the tokens of "prompt + space + text" after the prompt's own tokens. A
tokenizer that merges across that boundary gets the text's tokens alone instead; how often is reported.
"""

import string
from collections.abc import Sequence
from dataclasses import dataclass, field

from crosslens.errors import CrosslensError


@dataclass
class Encoder:
    """A tokenizer with a count of how many continuations did not start at the prompt's last token boundary."""

    tokenizer: object
    merged: int = 0
    encoded: int = 0
    _alone: dict[str, list[int]] = field(default_factory=dict)

    def prompts(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids with the model's own special tokens at the start (Gemma: <bos>)."""
        return self.tokenizer(list(texts))["input_ids"]

    def continuations(self, prompt: str, prompt_tokens: Sequence[int], texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text after ``prompt``, separated from it by a space.

        Raises CrosslensError for a text without tokens.
        """
        joined = self.tokenizer([f"{prompt} {text}" for text in texts])["input_ids"]
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
            self._alone[text] = self.tokenizer(f" {text}", add_special_tokens=False)["input_ids"]
            if not self._alone[text]:
                raise CrosslensError(f"the tokenizer gives no tokens for the answer text {text!r}.")
        return self._alone[text]

    def letters(self, prompt: str, n_choices: int) -> list[int]:
        """The token of " A", " B", ... after ``prompt``.

        Raises CrosslensError where a letter is not one token, or two letters are the same token.
        """
        letters = string.ascii_uppercase[:n_choices]
        ids = self.continuations(prompt, self.prompts([prompt])[0], letters)
        if any(len(tokens) != 1 for tokens in ids) or len({tokens[0] for tokens in ids}) != n_choices:
            found = dict(zip(letters, ids, strict=True))
            raise CrosslensError(f"the answer letters are not one distinct token each after the prompt: {found}.")
        return [tokens[0] for tokens in ids]

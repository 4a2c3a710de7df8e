"""Token ids of prompts, of the texts that may follow them, and of the answer letters. Runs no model.

The tokens of a continuation are the tokens of "prompt + space + text" that come after the prompt's own tokens. If the
tokenizer merges across that boundary, they are the tokens of the text alone; how often this happens is logged.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from jinja2 import TemplateError

from crosslens.errors import CrosslensError


@dataclass
class Encoder:
    """A tokenizer that counts how many of its continuations did not start at the prompt's last token boundary.

    With ``chat_template`` a prompt is the user's turn of the tokenizer's own chat template, and a continuation is the
    beginning of the model's turn, without a space before it. merged: number of continuations that were tokenized alone.
    encoded: number of all continuations.
    """

    tokenizer: object
    chat_template: bool = False
    merged: int = 0
    encoded: int = 0
    _alone: dict[str, list[int]] = field(default_factory=dict)

    def prompts(self, texts: Sequence[str]) -> list[list[int]]:
        """Return token ids that begin with the model's own special tokens (Gemma: <bos>).

        Raises CrosslensError if a chat template is wanted and the tokenizer has none, or if it refuses the prompt.
        """
        return self._ids([self.text(text) for text in texts])

    def text(self, prompt: str) -> str:
        """Return the text that the model reads: the prompt itself, or a chat in which it is the user's only turn."""
        if not self.chat_template:
            return prompt
        if not self.tokenizer.chat_template:
            raise CrosslensError(
                "the model's tokenizer has no chat template, which is common for base models. Set "
                "'prompt.chat_template' to false in the config, or remove the model from 'models'."
            )
        turn = [{"role": "user", "content": prompt}]
        try:
            return self.tokenizer.apply_chat_template(turn, tokenize=False, add_generation_prompt=True)
        except TemplateError as error:
            raise CrosslensError(
                f"the chat template of the model's tokenizer refuses a single user turn ({error}). Set "
                "'prompt.chat_template' to false in the config, or remove the model from 'models'."
            ) from error

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return token ids. A chat template writes the special tokens itself: adding them again would double <bos>."""
        return self.tokenizer(list(texts), add_special_tokens=not self.chat_template)["input_ids"]

    @property
    def _space(self) -> str:
        return "" if self.chat_template else " "

    def continuations(self, prompt: str, prompt_tokens: Sequence[int], texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text after ``prompt``, separated by a space (by nothing in a chat template).

        Raises CrosslensError if a text has no tokens.
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
                raise CrosslensError(f"the tokenizer produces no tokens for the choice {text!r}.")
        return self._alone[text]

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

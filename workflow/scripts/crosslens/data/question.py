"""A question in one language, as every later step knows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Question:
    """A question in one language. ``notes`` are the reasons of `audit.REASONS` that only show while reading."""

    question_id: str  # the same in all languages
    passage: str  # "" if there is none
    question: str
    choices: tuple[str, ...]
    key: int  # index of the correct choice in choices
    groups: Mapping[str, str] = field(default_factory=dict)  # by name, such as its subject; "" if the file does not say
    cluster: str = ""  # what it shares with other questions, such as a passage or a source; "" for nothing
    notes: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """Return the group called subject; "" if there is none."""
        return self.groups.get("subject", "")

"""Choose the questions that a run asks: those of certain groups, and at most so many (config key `questions`).

The choice depends on the pivot's questions alone, so it has the same ids in all languages; a language that lacks some
of them has fewer.
"""

from collections.abc import Collection, Mapping, Sequence

from crosslens import sampling
from crosslens.data.audit import audit
from crosslens.data.question import Question
from crosslens.errors import CrosslensError


def chosen(
    pivot: Mapping[str, Question],
    seed: int,
    max: int | None = None,
    where: Mapping[str, str | Sequence[str]] | None = None,
    without: Collection[str] = (),
) -> list[str]:
    """Return the ids of the first ``max`` usable questions of the pivot, in hash order, whose groups are as asked.

    ``where`` maps names of groups to one value or several; ``without`` are ids that are passed over. Raises
    CrosslensError for a group that the questions do not have, and if no question has the groups.
    """
    unusable = {finding.question_id for finding in audit(pivot, pivot, exclude_misaligned=True) if finding.excluded}
    ids = [question_id for question_id in pivot if question_id not in unusable]
    for group, values in (where or {}).items():
        _check_group(pivot, group)
        wanted = {values} if isinstance(values, str) else set(values)
        ids = [question_id for question_id in ids if pivot[question_id].groups.get(group) in wanted]
    if not ids:
        raise CrosslensError(
            f"config key 'questions.where': no question of the pivot has these groups ({dict(where or {})}). Correct "
            "the values; the groups are in the data set's files."
        )
    return [question_id for question_id in sampling.order(ids, seed) if question_id not in without][:max]


def _check_group(questions: Mapping[str, Question], group: str) -> None:
    names = {name for question in questions.values() for name in question.groups}
    if group not in names:
        raise CrosslensError(
            f"config key 'questions.where.{group}': the data set's questions have no group of this name (they have "
            f"{', '.join(sorted(names)) or 'none'}). Correct it, or add it to `read.groups` of the data set."
        )

"""Choose the questions that stand in every prompt with their answers, and are never asked (config `prompt.examples`).

They have the same ids in all languages. They come from a data set's file of examples or from its questions, which are
then set aside. A language that lacks one of them is an error, since another one there would not be the same prompt.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from crosslens.data.comparison import Compared, Pair
from crosslens.data.question import Question
from crosslens.data.selection import chosen
from crosslens.errors import CrosslensError


def choose(
    compared: Compared, number: int, without: Sequence[str], selection: Mapping, place: Mapping[str, str]
) -> list[Pair]:
    """Return ``number`` questions of the pivot that are not in ``without``, drawn by hash; more contain the fewer.

    Their answers are spread over the letters as evenly as can be, since a model repeats letters that it has just seen.
    selection: the arguments of `selection.chosen`, so that examples are of the groups that are asked. place: the
    ``dataset`` and the ``language``, for messages. Raises CrosslensError if there are fewer questions, or if the
    language cannot have the same.
    """
    order = _spread(chosen(compared.pivot, **{**selection, "max": None}, without=without), compared.pivot)
    if len(order) < number:
        raise CrosslensError(
            f"config key 'prompt.examples.number': it asks for {number} examples, but data set "
            f"'{place['dataset']}' has only {len(order)} questions for them. Lower it, or shorten "
            f"'prompt.examples.not.{place['dataset']}'."
        )
    _check_usable(order, number, compared.left_out(), place)
    return compared.pairs(order[:number])


def check_not_asked(examples: Sequence[Pair], asked: Iterable[Pair], place: Mapping[str, str]) -> None:
    """Raise CrosslensError if a question that is asked has the text and choices of an example, in either language.

    Its answer would stand in its prompt. Ids say nothing here: many data sets count from 0 in every split.
    """
    known = {_content(question): question.question_id for pair in examples for question in pair}
    for pair in asked:
        for question in pair:
            if _content(question) in known:
                example = known[_content(question)]
                raise CrosslensError(
                    f"data set '{place['dataset']}', language '{place['language']}': question '{question.question_id}' "
                    f"has the same text as the example '{example}', so its answer would be in its prompt. "
                    f"{_leave_out([example], place)}."
                )


def _spread(ids: Sequence[str], questions: Mapping[str, Question]) -> list[str]:
    """Return the ids by rounds: the first question of every key, then the second of every key, and so on."""
    found: Counter[int] = Counter()
    rounds = {}
    for question_id in ids:
        key = questions[question_id].key
        rounds[question_id] = found[key]
        found[key] += 1
    return sorted(ids, key=rounds.__getitem__)


def _check_usable(order: Sequence[str], number: int, left_out: Mapping[str, list[str]], place: Mapping) -> None:
    """Raise CrosslensError if the language cannot have the first ``number`` questions of ``order``.

    Names all that it lacks on the way to that number, so that one correction is enough for a language.
    """
    lacking, found = [], 0
    for question_id in order:
        if found == number:
            break
        if question_id in left_out:
            lacking.append(question_id)
        else:
            found += 1
    if not set(lacking) & set(order[:number]):
        return
    reasons = "; ".join(f"'{question_id}': {', '.join(left_out[question_id])}" for question_id in lacking)
    raise CrosslensError(
        f"data set '{place['dataset']}': language '{place['language']}' cannot have the examples of the pivot "
        f"({reasons}), but all languages must have the same. {_leave_out(lacking, place)}, or take the language out of "
        "`languages`."
    )


def _leave_out(ids: Sequence[str], place: Mapping[str, str]) -> str:
    """Return the remedy: ids that shall be no examples, as the config says it."""
    listed = json.dumps(list(ids), ensure_ascii=False)
    return f"Add {listed} to 'prompt.examples.not.{place['dataset']}' in the config, so that all languages get others"


def _content(question: Question) -> tuple[str, ...]:
    """Return what makes two questions the same to a reader: white space, case and the order of choices do not count."""
    texts = (question.passage, question.question, *sorted(question.choices))
    return tuple(" ".join(text.split()).casefold() for text in texts)

"""Every Arrow table of the workflow, declared once: its columns, their types, and what they mean.

Declares and compares only; reading and writing files is in `tables`. "Per" an axis means a fixed-size list whose
length is that axis's size (number of choices, width of the model); it may differ between files, never within one.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

import pyarrow as pa


class Per(NamedTuple):
    """A fixed-size list with one value per element of ``axis``; the size is the file's own."""

    axis: str
    value: pa.DataType

    def __str__(self) -> str:
        return f"fixed_size_list<{self.value}>[{self.axis}]"


@dataclass(frozen=True)
class Column:
    """One column. ``repeated``: the name is a pattern and it may occur several times, e.g. ``layer_{layer}``."""

    name: str
    type: pa.DataType | Per
    doc: str
    nullable: bool = False
    repeated: bool = False

    def matches(self, name: str) -> bool:
        return bool(re.fullmatch(r"layer_\d+", name)) if self.repeated else name == self.name

    def accepts(self, found: pa.DataType) -> bool:
        if isinstance(self.type, Per):
            return pa.types.is_fixed_size_list(found) and found.value_type == self.type.value
        return found == self.type


STRING, BOOL = pa.string(), pa.bool_()
INT8, INT16, INT32 = pa.int8(), pa.int16(), pa.int32()
FLOAT32, FLOAT64 = pa.float32(), pa.float64()
CATEGORY = pa.dictionary(pa.int8(), pa.string())

QUESTION_ID = Column("question_id", STRING, "the same in all languages")
LANGUAGE = Column("language", STRING, "language tag, as in config/languages.tsv")
LAYER = Column("layer", INT16, "1..L; the residual stream after this block")
GAMMA = Column("gamma", FLOAT32, "multiplier of the steering vector")
KEY = Column("answer", INT8, "index of the key in choices, from 0")
LETTER_LOGPROB = Column("logprob", Per("choice", FLOAT32), "letter log-probability over the full vocabulary, nats")
N_QUESTIONS = Column("n", INT32, "number of questions the row is computed from")
SOURCE = Column("source", STRING, "language that knowledge is transferred from")
TARGET = Column("target", STRING, "language that knowledge is transferred to")


def _metric(name: str, doc: str) -> Column:
    return Column(name, FLOAT64, doc + "; null where undefined", nullable=True)


PAIR_METRICS = [
    _metric("consistency", "Spearman's rho of the concatenated answer ranks (Eq. 1)"),
    _metric("positive_transfer", "share of the source's correct answers that are correct in the target (Eq. 2)"),
    _metric("negative_transfer", "share of the source's wrong answers given identically in the target (Eq. 3)"),
]

TABLES: dict[str, list[Column]] = {
    "questions": [
        QUESTION_ID,
        Column("prompt", STRING, "rendered prompt, ends before the answer"),
        Column("choices", pa.list_(STRING), "answer choices in the prompt's language"),
        Column("pivot_choices", pa.list_(STRING), "the same choices in the pivot language"),
        KEY,
        Column("group", STRING, "subject or passage that the question belongs to"),
    ],
    "audit": [
        LANGUAGE,
        QUESTION_ID,
        Column("reason", STRING, "what is wrong with the question in this language"),
        Column("excluded", BOOL, "whether the question was left out of questions/"),
    ],
    "hidden_states": [
        QUESTION_ID,
        Column(
            "layer_{layer}",
            Per("d_model", FLOAT32),
            "state of the last prompt token after block {layer}, no final norm",
            repeated=True,
        ),
    ],
    "steering_vectors": [
        LAYER,
        Column("vector", Per("d_model", FLOAT32), "mean over questions of h(pivot) - h(language) (Eq. 8)"),
        Column("norm", FLOAT32, "Euclidean norm of the vector"),
        Column("n_questions", INT32, "number of parallel questions averaged"),
        Column("question_ids", pa.list_(STRING), "those questions; steering is evaluated on the others"),
    ],
    "answers": [QUESTION_ID, KEY, LETTER_LOGPROB],
    "lens": [
        QUESTION_ID,
        KEY,
        LAYER,
        Column("form", CATEGORY, "native, pivot, native_control or pivot_control: whose texts are scored"),
        Column("logprob", Per("choice", FLOAT32), "mean latent log-probability per token of the text, nats (Eq. 7)"),
        Column("n_tokens", Per("choice", INT16), "tokens of the text"),
    ],
    "steered": [QUESTION_ID, LAYER, GAMMA, LETTER_LOGPROB],
    "language_metrics": [
        LANGUAGE,
        N_QUESTIONS,
        Column("accuracy", FLOAT64, "share of questions whose most probable choice is the key"),
        Column("accuracy_low", FLOAT64, "lower bound of its 95 % interval over questions"),
        Column("accuracy_high", FLOAT64, "upper bound of its 95 % interval over questions"),
        Column("argmax_ties", INT32, "questions whose highest log-probability is shared by several choices"),
        _metric("consistency", "mean consistency with the other languages"),
        _metric("positive_transfer_to", "mean positive transfer from the other languages to this one"),
        _metric("negative_transfer_to", "mean negative transfer from the other languages to this one"),
    ],
    "pair_metrics": [SOURCE, TARGET, N_QUESTIONS, *PAIR_METRICS],
    "expectations": [
        Column("metric", STRING, "accuracy, consistency, positive_transfer or negative_transfer"),
        _metric("mean", "mean over languages (accuracy) or ordered pairs (Eqs. 4-6)"),
        _metric("std", "sample standard deviation over languages or ordered pairs"),
        _metric("low", "lower bound of the 95 % bootstrap interval over questions"),
        _metric("high", "upper bound of the 95 % bootstrap interval over questions"),
        Column("n_languages", INT32, "number of languages"),
        Column("n_questions", INT32, "number of distinct questions"),
    ],
    "steering_metrics": [
        LANGUAGE,
        LAYER,
        GAMMA,
        Column("n", INT32, "held-out questions that the language and the pivot have"),
        *(
            _metric(prefix + name, doc + where)
            for prefix, where in [("", ", steered"), ("unsteered_", ", un-steered, same questions")]
            for name, doc in [
                ("accuracy", "share of correct answers"),
                ("consistency_with_pivot", "consistency with the un-steered pivot"),
                ("positive_transfer_from_pivot", "positive transfer pivot to language"),
                ("negative_transfer_from_pivot", "negative transfer pivot to language"),
            ]
        ),
    ],
    "latent_metrics": [
        LANGUAGE,
        LAYER,
        N_QUESTIONS,
        *(
            _metric(name, doc)
            for name, doc in [
                ("log_ratio", "log p(native choices) / p(pivot choices), mean over questions"),
                ("log_ratio_control", "the same with another question's choices under the same prompt"),
                ("log_ratio_corrected", "log_ratio - log_ratio_control"),
                ("accuracy_native", "share of questions whose most probable native choice is the key"),
                ("accuracy_pivot", "share of questions whose most probable pivot choice is the key"),
            ]
        ),
    ],
    "latent_pair_metrics": [
        LAYER,
        Column("form", CATEGORY, "native or pivot: the language the choices are written in"),
        SOURCE,
        TARGET,
        N_QUESTIONS,
        *PAIR_METRICS,
    ],
    "similarity": [
        LAYER,
        SOURCE,
        TARGET,
        N_QUESTIONS,
        _metric("cka", "debiased linear centred kernel alignment of the two languages' states"),
        _metric("cosine", "mean cosine of the two states of a question"),
    ],
    "pca": [
        LAYER,
        LANGUAGE,
        QUESTION_ID,
        Column("component_1", FLOAT64, "projection on the first principal component"),
        Column("component_2", FLOAT64, "projection on the second principal component"),
        Column("explained_1", FLOAT64, "share of variance explained by the first component"),
        Column("explained_2", FLOAT64, "share of variance explained by the second component"),
    ],
    "correlations": [
        Column("model", STRING, "catalogue name"),
        Column("dataset", STRING, "catalogue name"),
        Column("ratio", STRING, "log_ratio or log_ratio_corrected, averaged over the layers"),
        Column("outcome", STRING, "accuracy, consistency or positive_transfer"),
        Column("n_languages", INT32, "languages correlated over, the pivot left out"),
        _metric("pearson_r", "Pearson's correlation over languages"),
        _metric("p_value", "two-sided p-value"),
        _metric("low", "lower bound of the 95 % interval (Fisher's z)"),
        _metric("high", "upper bound of the 95 % interval (Fisher's z)"),
    ],
}


MODEL = Column("model", STRING, "catalogue name")
DATASET = Column("dataset", STRING, "catalogue name")


def _bounds(name: str, doc: str) -> list[Column]:
    return [
        _metric(f"{name}_{end}", f"{side} bound of the {doc}") for end, side in [("low", "lower"), ("high", "upper")]
    ]


TABLES |= {
    "accuracy_table": [MODEL, DATASET, *TABLES["language_metrics"]],
    "table1": [
        MODEL,
        DATASET,
        _metric("accuracy_mean", "mean accuracy over languages, %"),
        _metric("accuracy_std", "its sample standard deviation over languages, points"),
        *PAIR_METRICS,
        *(
            bound
            for name in ("accuracy_mean", "consistency", "positive_transfer", "negative_transfer")
            for bound in _bounds(name, "bootstrap interval over questions")
        ),
        Column("n_languages", INT32, "number of languages"),
        Column("n_questions", INT32, "number of distinct questions"),
    ],
    "table2": [
        MODEL,
        DATASET,
        Column("outcome", STRING, "accuracy, consistency or positive_transfer"),
        _metric("pearson_r", "Pearson's correlation over languages with the mean log ratio"),
        Column("stars", STRING, "*** p < .001, ** p < .01, * p < .05"),
        _metric("p_value", "two-sided p-value"),
        _metric("low", "lower bound of the interval of pearson_r (Fisher's z)"),
        _metric("high", "upper bound of the interval of pearson_r (Fisher's z)"),
        Column("n_languages", INT32, "languages correlated over, the pivot left out"),
        _metric("corrected_r", "the correlation with the log ratio less its shuffled-answer control"),
        _metric("corrected_p_value", "its two-sided p-value"),
        _metric("corrected_low", "lower bound of its interval"),
        _metric("corrected_high", "upper bound of its interval"),
    ],
    "audit_table": [
        DATASET,
        LANGUAGE,
        Column("reason", STRING, "what is wrong with the questions in this language"),
        Column("meaning", STRING, "the reason in words"),
        Column("questions", INT32, "questions with this reason"),
        Column("left_out", INT32, "those of them that were left out of questions/, for this reason or for another"),
    ],
    "table3": [DATASET, Column("template", STRING, "the prompt, with the names of its parts in place of texts")],
}


def column(table: str, name: str) -> Column | None:
    """The declaration of column ``name`` of ``table``, or None where it has none."""
    return next((c for c in TABLES[table] if c.matches(name)), None)

"""The tables up to inference: questions and their audit, hidden states, steering vectors, and the model's answers.

Every job that runs a model imports this module and reruns if it changes. The tables that are computed from these on a
CPU are therefore declared elsewhere, in the modules that `tables.metrics` gathers.
"""

import pyarrow as pa

from crosslens.tables.columns import (
    BOOL,
    CATEGORY,
    FLOAT32,
    GAMMA,
    INT8,
    INT16,
    INT32,
    LANGUAGE,
    LAYER,
    OPERATION_DOC,
    QUESTION_ID,
    STRING,
    VECTOR_DOC,
    Column,
    Per,
    Table,
)

KEY = Column("key", INT8, doc="index of the correct choice in choices, from 0")
# A question may have fewer choices than the one with the most in its file.
LETTER_LOGPROB = Column(
    "logprob",
    Per("choice", FLOAT32, ragged=True),
    doc="letter log-probability over the full vocabulary, nats; NaN after the question's own choices",
)

# The texts that the lens scores: the choices in the prompt's language and in the pivot language, and those of another
# question (the control) in both.
FORMS = ("native", "pivot", "native_control", "pivot_control")

# The prompts after which choices are scored: the paper's, the same without the choices, which a model cannot copy then,
# and the prompt in the pivot language.
PROMPTS = ("native", "without_choices", "pivot")

QUESTIONS = Table(
    "questions",
    [
        QUESTION_ID,
        Column("prompt", STRING, doc="rendered prompt, ending before the answer"),
        Column("prompt_without_choices", STRING, doc="the same without the choices"),
        Column("pivot_prompt", STRING, doc="the prompt of the same question in the pivot language"),
        Column("permuted_prompt", STRING, doc="the prompt with its choices in another order"),
        Column("shift", INT8, doc="in it, choice i is choice (i + shift) modulo the number of choices"),
        Column("choices", pa.list_(STRING), doc="answer choices in the prompt's language"),
        Column("pivot_choices", pa.list_(STRING), doc="the same choices in the pivot language"),
        KEY,
        Column("cluster", STRING, doc="what it shares with others, such as a passage or source; else its own id"),
        Column("groups", pa.list_(STRING), doc="groups that it belongs to, such as its subject, as name=value"),
    ],
)
AUDIT = Table(
    "audit",
    [
        LANGUAGE,
        QUESTION_ID,
        Column("reason", STRING, doc="what is wrong with the question in this language"),
        Column("excluded", BOOL, doc="whether the question was left out of questions/"),
    ],
)
HIDDEN_STATES = Table(
    "hidden_states",
    [
        QUESTION_ID,
        Column(
            "layer_{layer}",
            Per("d_model", FLOAT32),
            doc="state of the last prompt token after block {layer}, without the final norm",
            repeated=True,
        ),
    ],
)
STEERING_VECTORS = Table(
    "steering_vectors",
    [
        LAYER,
        Column("vector", Per("d_model", FLOAT32), doc="mean over questions of h(pivot) - h(language) (Eq. 8)"),
        Column("norm", FLOAT32, doc="Euclidean norm of the vector"),
        Column("n_questions", INT32, doc="number of parallel questions averaged over"),
        Column("question_ids", pa.list_(STRING), doc="ids of these questions; steering is evaluated on the others"),
    ],
)
ANSWERS = Table("answers", [QUESTION_ID, KEY, LETTER_LOGPROB])
LENS = Table(
    "lens",
    [
        QUESTION_ID,
        Column("key", INT8, doc="index of the correct choice among the texts that are scored, from 0"),
        LAYER,
        Column("prompt", CATEGORY, doc="after which prompt they are scored, one of PROMPTS"),
        Column("form", CATEGORY, doc="which texts are scored, one of FORMS; the controls for sampled questions only"),
        Column(
            "logprob",
            Per("choice", FLOAT32, ragged=True),
            doc="mean latent log-probability per token, nats (Eq. 7); NaN after the question's own choices",
        ),
        Column(
            "first_logprob",
            Per("choice", FLOAT32, ragged=True),
            doc="latent log-probability of the text's first token, nats; NaN after the question's own choices",
        ),
        Column(
            "n_tokens", Per("choice", INT16), doc="number of tokens of the text; 0 after the question's own choices"
        ),
        Column(
            "n_characters", Per("choice", INT32), doc="number of its characters; 0 after the question's own choices"
        ),
    ],
)
PERMUTED = Table(
    "permuted",
    [
        QUESTION_ID,
        KEY,
        Column("shift", INT8, doc="choice i was shown as choice (i + shift) modulo the number of choices"),
        LETTER_LOGPROB,
    ],
)
STEERED = Table(
    "steered",
    [
        QUESTION_ID,
        LAYER,
        GAMMA,
        Column("vector", CATEGORY, doc=VECTOR_DOC),
        Column("operation", CATEGORY, doc=OPERATION_DOC),
        LETTER_LOGPROB,
    ],
)

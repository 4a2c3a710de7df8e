"""The declaration of the table "plan", apart from the code that counts tokens: the report describes it, too."""

from dataclasses import asdict

from crosslens.plan import cost
from crosslens.tables.columns import FLOAT64, INT32, STRING, Column, Table


def _number(name: str, doc: str) -> Column:
    return Column(name, FLOAT64, doc=doc, nullable=True)


PLAN = Table(
    "plan",
    [
        Column("model", STRING, doc="catalogue name"),
        Column("dataset", STRING, doc="catalogue name"),
        Column("languages", INT32, doc="languages selected"),
        Column("questions", INT32, doc="questions of all of them"),
        Column("prompt_tokens", FLOAT64, doc="mean tokens of a prompt"),
        Column("shared_tokens", FLOAT64, doc="how many of these the row has already, as a prompt before begins alike"),
        Column("answer_tokens", FLOAT64, doc="mean tokens of an answer choice"),
        Column(
            "tokens_from",
            STRING,
            doc="tokenizer (counted), characters (estimated) or catalogue, with numbers of languages",
        ),
        Column("conditions", INT32, doc="steering conditions of a question"),
        Column("tokens", FLOAT64, doc="tokens through the model: prompts but for what they share, answers, copies"),
        _number("tflop_states", doc="TFLOP of the hidden_states jobs"),
        *(_number(f"tflop_{part}", doc=f"TFLOP of the inference jobs: {part}") for part in asdict(cost.NOTHING)),
        Column("gpu", STRING, doc="kind of GPU"),
        _number("gpu_hours", doc="all TFLOP at the assumed throughput of that GPU, loading of weights not included"),
        _number("disk_gb", doc="hidden states, vectors and inference tables, 10^9 bytes"),
        Column("jobs", INT32, doc="jobs that each language has of its own: hidden_states, steering_vectors, inference"),
        Column("done", INT32, doc="languages whose inference is done"),
        _number("actual_hours", doc="wall time of their hidden_states and inference jobs"),
        _number("actual_tokens", doc="tokens that their inference jobs report"),
        _number("actual_tflops", doc="their planned TFLOP over that time, TFLOP/s: the throughput to assume"),
        _number("actual_disk_gb", doc="hidden states, vectors and inference tables on disk, 10^9 bytes"),
    ],
)

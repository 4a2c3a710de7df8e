"""The page benchmarks/CLAIMS.md: which verdicts on made-up experiments are right."""

import datetime
import sys
from collections import Counter
from collections.abc import Sequence
from statistics import mean, stdev

from benchmarks import FOLDER

sys.path.append(str(FOLDER.parent / "tests/helpers"))

from crosslens.tables.findings import VERDICTS
from planted_verdicts import Row, right_claims

HOW = """In series "as claimed" all claims hold for the planted models, in series "opposite" the opposite, but for those
with "neither". Where the right verdict is "neither", "no relevant effect" and "inconclusive" are right: so in world
"zero", in which all models are alike, and in world "misleading", in which they are alike too, but all languages prefer
the same letters, longer texts are more probable per token, right answers are more probable whatever is asked, and in
series "copies" choices are more probable where they stand in the prompt. C4 says that transfer stays *while accuracy
rises*, so it does not hold in these worlds; where it holds, its estimate is to be about 0. "Cannot be tested" is never
right: for C18 it means that languages in Latin script of low accuracy are of fewer than 8 families. Claims about every
model (C5, C8, C9, C10, C12) have three verdicts per series and experiment, others one; a claim that is right for half
of the models counts half. Experiments differ in all that is drawn: questions, abilities of languages, answers, states.
"""


def line(world: str, seed: int, rows: Sequence[Row], seconds: float) -> str:
    """Return the result of one experiment."""
    own = [row for row in rows if (row.world, row.seed) == (world, seed)]
    wrong = [f"{row.claim} {row.series} {row.size}: {row.verdict}" for row in own if not row.is_right]
    return f"{world} {seed}: {right_claims(own):.1f} of 18 right, {seconds:.0f} s. {'; '.join(wrong)}"


def document(rows: Sequence[Row], seconds: Sequence[float], bootstrap: int) -> str:
    """Return the page. seconds: of each experiment."""
    seeds, worlds = len({row.seed for row in rows}), dict.fromkeys(row.world for row in rows)
    sections = [_world(world, [row for row in rows if row.world == world]) for world in worlds]
    return f"""# Verdicts on experiments whose truth is known

Written by `make bench-claims` on {datetime.date.today().isoformat()}: {seeds} experiments of each world,
each of 6 models, 40 languages in 12 families and 300 questions; {bootstrap} replicates of the questions;
{mean(seconds):.0f} s of processor time per experiment.

{HOW}
{chr(10).join(sections)}"""


def _world(world: str, rows: Sequence[Row]) -> str:
    series = list(dict.fromkeys(row.series for row in rows))
    totals = [f"| claims right, of 18, in series {name} | {_totals(rows, name)} |" for name in series]
    definite = mean(row.is_definite for row in rows)
    totals.append(f"| verdicts that are supported or contradicted | {100 * definite:.1f} % of {len(rows)} |")
    lines = [_line(claim, name, rows) for claim in dict.fromkeys(row.claim for row in rows) for name in series]
    head = ["claim", "series", "right verdict", "right", *VERDICTS, "mean estimate"]
    return f"""## World "{world}"

| | |
|---|---|
{chr(10).join(totals)}

| {" | ".join(head)} |
|---|---|---{"|---:" * (len(head) - 3)}|
{chr(10).join(lines)}
"""


def _totals(rows: Sequence[Row], series: str) -> str:
    own = [row for row in rows if row.series == series]
    of_seed = [right_claims(row for row in own if row.seed == seed) for seed in sorted({row.seed for row in own})]
    spread = f"; standard deviation {stdev(of_seed):.1f}" if len(of_seed) > 1 else ""
    return f"mean {mean(of_seed):.1f}, least {min(of_seed):.1f}{spread}"


def _line(claim: str, series: str, rows: Sequence[Row]) -> str:
    own = [row for row in rows if (row.claim, row.series) == (claim, series)]
    right = " or ".join(sorted({row.right or "neither" for row in own}, reverse=True))
    found = Counter(row.verdict for row in own)
    cells = [claim, series, right, f"{100 * mean(row.is_right for row in own):.0f} %"]
    cells += [str(found[verdict]) for verdict in VERDICTS]
    estimates = [row.estimate for row in own if row.estimate is not None]
    return f"| {' | '.join(cells)} | {f'{mean(estimates):.3g}' if estimates else '-'} |"

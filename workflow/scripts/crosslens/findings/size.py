"""Claims about size: the largest model of a series against its smallest (C1 to C4)."""

from crosslens.findings import paired
from crosslens.findings.results import Results, Subject
from crosslens.findings.verdicts import Effect, of_mean
from crosslens.metrics import differences


def accuracy(results: Results, subject: Subject) -> Effect:
    """C1: theta = mean over languages of acc(large) - acc(small), in points. Paper, section 4.1, Table 1."""
    return paired.change(results, *paired.sizes(results, subject, "replicates", "accuracy"), 100.0)


def spread(results: Results, subject: Subject) -> Effect:
    """C2: theta = SD over languages of logit acc(large) - SD of logit acc(small). Paper, section 4.1, Table 1.

    Logits, because accuracies near 0 and 1 cannot vary much.
    """
    both = paired.sizes(results, subject, "replicates", "accuracy")
    mean = differences.of_deviations(*both, results.families, results.level)
    return of_mean(mean, paired.most(*both), results.level)


def over_pairs(results: Results, subject: Subject, measure: str, sign: float) -> Effect:
    """C3, C4: theta = sign times the mean over ordered pairs of measure(large) - measure(small).

    C3: -consistency_excess; paper, caption of Table 1. C4: positive_transfer_excess, which is claimed to be about 0
    while accuracy grows; paper, section 4.1.
    """
    small, large = (paired.pairs(results, measure, model, subject.dataset) for model in (subject.model, subject.large))
    mean = differences.of_pairs(small, large, results.families, results.level)
    n_questions = max(results.table("pairs", subject.model, subject.dataset)["n"].to_pylist())
    return of_mean(mean, n_questions, results.level, sign)

"""Compute in how many languages questions are right, and accuracy, consistency and transfer by groups."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.metrics import groups
from crosslens.tables import gather
from crosslens.tables.files import provenance, read_table, write_table
from crosslens.tables.inference import ANSWERS
from crosslens.tables.output_metrics import ACCURACY_BY_GROUP, N_WAY, PAIRS_BY_GROUP

languages, settings, questions = snakemake.params.languages, snakemake.params.settings, snakemake.input.questions
paths = zip(languages, snakemake.input.answers, strict=True)
answers = {language: read_table(path, ANSWERS) for language, path in paths}
clusters = gather.clusters(questions, () if settings["shared"] else languages)
of_questions = gather.groups(questions) if settings["shared"] else {}
metrics = groups.group_metrics(answers, clusters, of_questions, **snakemake.params.intervals, **settings)
written_by = provenance(snakemake.rule, {**settings, **snakemake.params.intervals})
write_table(snakemake.output.n_way, N_WAY, metrics.n_way, written_by)
write_table(snakemake.output.groups, ACCURACY_BY_GROUP, metrics.groups, written_by)
write_table(snakemake.output.pairs, PAIRS_BY_GROUP, metrics.pairs, written_by)

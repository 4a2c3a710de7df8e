"""crosslens: in which language do multilingual models think, and does steering them towards English help?

The chapters are under workflow/rules; config/README.md explains every key of the config.
"""

from snakemake.utils import min_version

min_version("9.27")


configfile: f"{workflow.basedir}/config/config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/groups.smk"


rule all:
    """Everything: all tables, figures and the report. The first rule is what runs by default."""
    input:
        out("report.html"),


include: "workflow/rules/fetch.smk"
include: "workflow/rules/demo.smk"
include: "workflow/rules/questions.smk"
include: "workflow/rules/hidden_states.smk"
include: "workflow/rules/inference.smk"
include: "workflow/rules/metrics.smk"
include: "workflow/rules/steering.smk"
include: "workflow/rules/similarity.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/findings.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/plan.smk"
include: "workflow/rules/compare.smk"


onstart:
    version.record(out(""))


onsuccess:
    if any(job.rule.name == "report" for job in workflow.dag.jobs):
        from crosslens.report import paper_tables

        print(paper_tables.summary(out("tables/accuracy.arrow"), out("report.html")))

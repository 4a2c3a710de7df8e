"""How jobs are grouped into submissions on a cluster; without `group-components`, as on one machine, not at all.

Rules say group("name-{wildcard}"): jobs of one name share submissions, and profiles/slurm says how many. Groups are
functions because the profile's settings are known only after the workflow is read.
"""


def group(pattern):
    """The group of a rule's jobs: ``pattern`` with its wildcards filled in."""
    return lambda w: _submission(pattern.format(**w), pattern)


def model_group(rule):
    """The group of a rule's jobs that run a model: one model and data set, and about an hour of jobs per submission."""

    def name(w):
        size = job_limits.jobs_an_hour(work.job_minutes(EXPERIMENT, rule, w.model, w.dataset))
        return _submission(f"{rule}-{w.model}-{w.dataset}", f"{size}-an-hour")

    return name


def _submission(name, size):
    """``name``, after telling Snakemake that it finds the group's size in group-components under ``size``.

    Snakemake does this itself for groups that are plain names, not for functions.
    """
    if not workflow.group_settings.group_components:
        return None
    workflow.parent_groupids[name] = size
    return name

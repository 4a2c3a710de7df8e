"""How much work a run is: what the plan is made of, and what jobs that run a model ask of a scheduler.

Functions of an `Experiment`; the cost model itself is in `plan`.
"""

from functools import cache

from crosslens.experiment.experiment import Experiment
from crosslens.plan import job_limits
from crosslens.plan.workload import Evaluation


def gpu_model(experiment: Experiment, model: str) -> str:
    """Return the GPU that the model's jobs ask for; empty for models that run on a CPU."""
    gpu = experiment.models[model]["gpu"]
    return "" if gpu == "none" else gpu


def gpus(experiment: Experiment, model: str) -> int:
    """Return how many GPUs each of the model's jobs asks for; 0 for models that run on a CPU."""
    return experiment.models[model]["gpus"] if gpu_model(experiment, model) else 0


def plain_models(experiment: Experiment) -> list[str]:
    """Return a sentence for every selected model that is known to be run with plain rows."""
    why = {name: experiment.models[name]["why_plain"] for name in experiment.config["models"]}
    return [
        f"Model '{name}' is run with plain rows, one forward pass per answer and condition, because {reason}."
        for name, reason in why.items()
        if reason
    ]


@cache
def evaluation(experiment: Experiment, model: str, dataset: str) -> Evaluation:
    """Return one model on one data set, as the plan and the jobs' limits see it."""
    gpu, place = experiment.models[model]["gpu"], f"{model}/{dataset}"
    parallel = experiment.parallel(dataset)
    languages, samples = experiment.languages(dataset), experiment.sample_settings(dataset)
    return Evaluation(
        model=model,
        dataset=dataset,
        pivot=experiment.pivot,
        languages=languages,
        grid=experiment.layers(model),
        lens_layers=experiment.lens_settings(model, dataset)["layers"],
        control_questions=samples["control_questions"],
        lens_prompts=len(samples["lens_prompts"]),
        ceiling_questions=samples["ceiling_questions"],
        forms=parallel.forms,
        conditions=max(len(experiment.conditions_in(model, dataset, tag)) for tag in languages),
        state_questions=experiment.config["states"]["questions"] if parallel.has("questions") else 0,
        vector_questions=experiment.sample("steering")["questions"],
        entry=experiment.models[model],
        model_folder=experiment.model_folder(model),
        typical=_typical(experiment, dataset),
        throughput=experiment.config["plan"]["throughput"].get(gpu, experiment.gpus[gpu]["throughput"]),
        files={
            "questions": experiment.out(f"questions/{dataset}/{{language}}.arrow"),
            "answers": experiment.out(f"inference/{place}/{{language}}/answers.arrow"),
            "states_benchmark": experiment.out(f"benchmarks/hidden_states/{place}/{{language}}.tsv"),
            "inference_benchmark": experiment.out(f"benchmarks/inference/{place}/{{language}}.tsv"),
            "results": [
                experiment.out(f"{kind}/{place}") for kind in ("hidden_states", "steering_vectors", "inference")
            ],
        },
    )


def _typical(experiment: Experiment, dataset: str) -> dict:
    """Return what the plan assumes of a language: the catalogue's sizes, as the config changes them.

    There are no more questions than questions.max, and each example is as long as a prompt.
    """
    typical, most = experiment.datasets[dataset]["typical"], experiment.config["questions"]["max"]
    examples = experiment.config["prompt"]["examples"]["number"]
    typical = {**typical, "prompt_tokens": typical["prompt_tokens"] * (1 + examples)}
    return typical if most is None else {**typical, "questions": min(typical["questions"], most)}


@cache
def job_minutes(experiment: Experiment, rule: str, model: str, dataset: str) -> float:
    """Return the estimated minutes of a job of ``rule``, hidden_states or inference."""
    return job_limits.minutes(rule, evaluation(experiment, model, dataset))

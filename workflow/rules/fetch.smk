"""Models and data files from the Hugging Face hub, the only rules that use the network.

Out: resources/models/{model}, links into the hub's cache; resources/data/{dataset}/{file}, one job per file, so that a
new language downloads only its own; with each, a receipt of its repository and commit. They run where Snakemake runs
(cluster nodes often have no network), and resume. Only repository and revision decide what they fetch, so editing their
code, or what is checked on arrival, downloads nothing again.
"""


localrules:
    fetch_model,
    fetch_questions,


rule fetch_model:
    """Download a model's weights, config and tokenizer at the catalogue's revision; record the commit."""
    output:
        directory("resources/models/{model}"),
    log:
        "resources/logs/fetch_model/{model}.log",
    benchmark:
        "resources/benchmarks/fetch_model/{model}.tsv"
    conda:
        "../../envs/model.yaml"
    params:
        # Another repository or revision is a reason to fetch again, unless it pins the commit that is there already.
        asked=lambda w: receipts.first_asked(
            EXPERIMENT.models[w.model]["source"], f"resources/models/{w.model}/{receipts.RECEIPT}"
        ),
        settings=lambda w, output: {key: EXPERIMENT.models[w.model]["source"][key] for key in ["hub", "revision"]},
    script:
        "../scripts/fetch_model.py"


rule fetch_questions:
    """Download one file of a data set at the catalogue's revision and check that it can be read."""
    output:
        data="resources/data/{dataset}/{file}",
        receipt=str(receipts.beside("resources/data/{dataset}/{file}")),
    log:
        "resources/logs/fetch_questions/{dataset}/{file}.log",
    benchmark:
        "resources/benchmarks/fetch_questions/{dataset}/{file}.tsv"
    wildcard_constraints:
        file=r".+(?<!\.crosslens\.json)",
    conda:
        "../../envs/model.yaml"
    params:
        asked=lambda w: receipts.first_asked(
            sources.repository(raw_files.file_entry(EXPERIMENT, w.dataset, w.file), w.file),
            receipts.beside(f"resources/data/{w.dataset}/{w.file}"),
        ),
        settings=lambda w, output: raw_files.file_settings(EXPERIMENT, w.dataset, w.file),
    script:
        "../scripts/fetch_questions.py"

"""Models and data files from the Hugging Face hub, the only rules that use the network.

Out: resources/models/{model}, links into the hub's cache; resources/data/{dataset}/{file}, one file at a time, so that a
new language fetches its own; with each, a record of its repository and commit. They run where Snakemake runs (cluster
nodes often have no network), and resume. What they fetch is named by repository and revision alone, so editing their
code, or what is checked on arrival, fetches nothing again.
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
        # A reason to fetch again, unless the catalogue now pins what is there; that is what is fetched then.
        asked=lambda w: fetched.first_asked(MODELS[w.model]["source"], f"resources/models/{w.model}/{fetched.RECORD}"),
        settings=lambda w, output: {key: MODELS[w.model]["source"][key] for key in ["hub", "revision"]},
    script:
        "../scripts/fetch_model.py"


rule fetch_questions:
    """Download one file of a data set at the catalogue's revision and check that it is what the adapter expects."""
    output:
        data="resources/data/{dataset}/{file}",
        record=str(fetched.beside("resources/data/{dataset}/{file}")),
    log:
        "resources/logs/fetch_questions/{dataset}/{file}.log",
    benchmark:
        "resources/benchmarks/fetch_questions/{dataset}/{file}.tsv"
    wildcard_constraints:
        file=r".+(?<!\.crosslens\.json)",
    conda:
        "../../envs/model.yaml"
    params:
        asked=lambda w: fetched.first_asked(repository(w), fetched.beside(f"resources/data/{w.dataset}/{w.file}")),
        settings=file_settings,
    script:
        "../scripts/fetch_questions.py"

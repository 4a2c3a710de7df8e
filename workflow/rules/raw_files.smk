"""The raw files of the data sets: where each is, in its folder and on the hub, and what it must hold.

Opens none of them. Rules for fetching and for reading are in fetch.smk and questions.smk.
"""


def raw_path(dataset, language):
    """The file of a data set's folder that holds the questions in a language."""
    file = language_table.raw_file(LANGUAGES, language, dataset, DATASETS[dataset])
    return f"{dataset_folder(dataset)}/{file}"


def raw_input(w):
    """The language's file and the pivot's; for a generated data set its folder, which is one output."""
    if "demo" in DATASETS[w.dataset]["source"]:
        return [dataset_folder(w.dataset)]
    return [raw_path(w.dataset, tag) for tag in dict.fromkeys([w.language, config["pivot"]])]


def repository(w):
    """Where a data set's file is on the hub, as the catalogue's entry says; the English one may have its own place."""
    source, is_english = DATASETS[w.dataset]["source"], w.file == DATASETS[w.dataset]["files"].get("english")
    return source.get("english", source) if is_english else source


# Snakemake keeps no record of parameters that are functions of `output`: that one of these changes is no reason to fetch
# again. All but hub and revision decide only what is checked on arrival; `asked` in the rule is what stands for these.
def file_settings(w, output):
    """Where a data set's file is, and the format, number of rows and licence that it must have."""
    entry, source = DATASETS[w.dataset], repository(w)
    return {
        "hub": source["hub"],
        "revision": source["revision"],
        "format": entry["format"],
        "rows": language_table.rows(entry, w.file),
        # An English repository of its own has its own licence.
        "licence": (entry if source is entry["source"] else source).get("licence"),
    }


def raw_rows(w, output):
    """The known numbers of rows of the language's file and the pivot's; of `output`, like `file_settings`."""
    entry = DATASETS[w.dataset]
    files = [language_table.raw_file(LANGUAGES, tag, w.dataset, entry) for tag in [w.language, config["pivot"]]]
    return {f"{dataset_folder(w.dataset)}/{file}": language_table.rows(entry, file) for file in files}

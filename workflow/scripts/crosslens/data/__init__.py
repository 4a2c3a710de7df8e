"""From a data set's raw files to aligned, audited questions with their prompts. Runs no model.

`download` gets files and models from the hub, `receipts` reads what is recorded about them; `readers` opens raw files
as `records`; `mapping`, with `texts`, `choices` and `patterns`, turns records into a `question`, as does a module of
`formats/`; `reading` reads all questions of a file; `audit` finds what is wrong with them, `comparison` puts a language
beside the pivot; `selection` and `examples` choose questions, `alignment` joins all of it; `prompts` renders,
`prompt_sheet` shows prompts to people.
"""

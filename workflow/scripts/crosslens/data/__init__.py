"""From a data set's raw files to aligned, audited questions with their prompts. Runs no model.

`download` gets files and models from the hub, `receipts` reads what is recorded about them; `readers` opens raw files,
`question` and `formats/` turn records into questions; `audit` finds what is wrong with them, `alignment` joins a
language with the pivot; `prompts` renders, `prompt_sheet` shows prompts to people.
"""

"""The embedded default's small world, made by the workflow itself.

`lexicon` and `templates` are its words and sentences, `items` and `rows` its questions, `files` its data sets in the
real file formats; `corpus`, `batches` and `tokenizer` make training text, `architectures`, `training` and `checkpoint`
the tiny models. From there on everything is treated like anybody else's data and models.
"""

"""The embedded default's small world: its words, questions, data sets in the real file formats, and tiny models."""

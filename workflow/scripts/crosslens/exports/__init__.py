"""Results in the formats of other programs: steering vectors, LaTeX tables, a bundle with its metadata.

`vectors` writes safetensors, `lm_eval` and `llama_cpp` the same vectors for these two programs, `latex` tables for a
paper, `crate` the bundle, and `origins` collects the provenance of tables. Computes no metric.
"""

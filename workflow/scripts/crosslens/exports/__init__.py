"""What leaves the workflow in other people's formats: steering vectors, LaTeX tables, a bundle with its metadata.

`vectors` writes safetensors, `lm_eval` and `llama_cpp` the same vectors for these two programs, `latex` tables for a
paper, `crate` the bundle, and `origins` gathers what tables say of their provenance. Computes no metric.
"""

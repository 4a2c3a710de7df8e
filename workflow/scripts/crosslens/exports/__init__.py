"""What leaves the workflow in other people's formats: steering vectors, LaTeX tables, a bundle with its metadata.

Writes files from finished tables and computes nothing.
"""

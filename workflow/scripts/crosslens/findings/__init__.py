"""Verdicts on the paper's claims, its published numbers beside the run's, and two runs side by side.

Works on tables of metrics and computes no metric. A claim is a small function that returns an effect with its interval.
One rule turns the effects of all claims into verdicts.
"""

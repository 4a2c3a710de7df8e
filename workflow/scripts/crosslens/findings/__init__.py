"""What the numbers say: the paper's claims as verdicts, its published numbers beside the run's, two runs side by side.

Works on tables of metrics and computes no metric. A claim is a small function that returns an effect with its interval;
the rule that turns it into a verdict is one for all claims.
"""

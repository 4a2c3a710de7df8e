"""The parts of the report: the paper's tables, the figures and the methods page.

`paper_tables` reshapes metrics into Tables 1 to 3 and their companions, `figures/` draws, `interactive` shows the same
values with names on hover (`hover/` says what of each figure), and `methods_page` fills in the page that describes the
run. Computes no metric.
"""

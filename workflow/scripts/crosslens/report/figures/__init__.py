"""The figures: one module per figure, named like its entry in `catalogue`, with a table and two functions.

``data(tables..., settings...)`` takes tables by their names and returns exactly what is plotted, the table ``PLOTTED``;
``draw(table, titles)`` draws this table and nothing else. Shared modules: `style` (the look), `plotted` (columns),
`lines` (panels by layer), `points` (points per language), `matrix` (languages × languages), `languages` (what they are
called, how scripts look), `fonts`, `conditions` (steering).
"""

"""What `report.interactive` shows and says on hover, figure by figure.

`specs` declares what each figure shows; `lines`, `points` and `heatmap` make plotly's traces of the plotted values, and
`parts` holds what they share. `loader` is the script of the page: a figure is drawn when it is first seen.
"""

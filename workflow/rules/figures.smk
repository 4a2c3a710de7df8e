"""The figures: this loop makes one rule per figure of the catalogue (crosslens/report/figures/catalogue.py).

In: metrics/{model}/{dataset} of the models, data sets and layers that `figures` in the config picks. Out: figures/{figure}
as SVG (in the report), PDF and PNG, and figures/data/{figure}.arrow, exactly the plotted values.
"""

for name in DRAWN:

    rule:
        """Compute one figure's plotted values and draw them in three formats."""
        name:
            f"figure_{name}"
        input:
            **{table: list(figure_picks.files(EXPERIMENT, name, table)) for table in FIGURES[name].tables},
        output:
            svg=report(
                out(f"figures/{name}.svg"),
                caption=f"../report/{name}.rst",
                category="Figures",
                subcategory=FIGURES[name].section,
                labels={
                    "figure": FIGURES[name].title,
                    "in the paper": FIGURES[name].paper,
                },
            ),
            pdf=out(f"figures/{name}.pdf"),
            png=out(f"figures/{name}.png"),
            data=out(f"figures/data/{name}.arrow"),
        log:
            out(f"logs/figure/{name}.log"),
        benchmark:
            out(f"benchmarks/figure/{name}.tsv")
        group:
            group("deliverables")
        conda:
            "../../envs/analysis.yaml"
        params:
            figure=name,
            panels={table: list(figure_picks.files(EXPERIMENT, name, table).values()) for table in FIGURES[name].tables},
            settings=figure_picks.settings(EXPERIMENT, name),
            titles=figure_picks.titles(EXPERIMENT, name),
            facts=figure_picks.figure_facts(EXPERIMENT, name),
            code=[fingerprint("figure.py"), fingerprint(f"crosslens/report/figures/{name}.py")],
        script:
            "../scripts/figure.py"

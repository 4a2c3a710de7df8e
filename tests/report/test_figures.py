"""Figures: the drawing shows the plotted values, these follow from the metrics, and everything fits on the page."""

from importlib import import_module

import matplotlib.colors
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from crosslens.report.figures import conditions, style, transfer_heatmap
from crosslens.report.figures.catalogue import FIGURES
from crosslens.report.figures.transfer_heatmap import MEASURES
from crosslens.tables.columns import Table
from crosslens.tables.files import check
from matplotlib.collections import PathCollection
from synthetic import Run

BY_LAYER = [
    "log_ratio_by_layer",
    "log_ratio_by_prompt",
    "latent_accuracy_by_layer",
    "similarity_by_layer",
    "steering_across_layers",
]
BY_LANGUAGE = ["steering_accuracy_by_language", "steering_transfer_change", "steering_consistency_change"]


def module(name: str):
    """Return the module of a figure."""
    return import_module(f"crosslens.report.figures.{name}")


def plotted(run: Run, name: str, **changed) -> pa.Table:
    """Return the plotted values of a figure, checked against their declaration."""
    table = module(name).data(**run.tables(name), **run.settings(name, **changed))
    check(table, module(name).PLOTTED, name)
    return table


def drawn(run: Run, name: str) -> tuple[pa.Table, list]:
    """Return the plotted values and the visible axes of a figure."""
    table = plotted(run, name)
    figure = module(name).draw(table, run.titles)
    figure.draw_without_rendering()
    return table, [axes for axes in figure.axes if axes.get_visible()]


def offsets(axes) -> list[tuple[float, float]]:
    """Return the points of all scatters of a panel."""
    scatters = [each for each in axes.collections if isinstance(each, PathCollection)]
    return [tuple(map(float, point)) for scatter in scatters for point in scatter.get_offsets()]


def rows(table: pa.Table, *columns: str) -> list[tuple]:
    return list(zip(*(table[name].to_pylist() for name in columns), strict=True))


@pytest.fixture(scope="module")
def run():
    return Run()


def test_every_figure_of_the_catalogue_is_a_module_with_a_table():
    for name in FIGURES:
        assert isinstance(module(name).PLOTTED, Table) and module(name).PLOTTED.name == f"figure_{name}"
        assert callable(module(name).data) and callable(module(name).draw)


@pytest.mark.parametrize("name", BY_LAYER)
def test_lines_are_the_plotted_means_and_bands_their_bounds(run, name):
    table, axes = drawn(run, name)
    lines = [line.get_xydata() for a in axes for line in a.get_lines() if len(line.get_xdata()) == len(run.layers)]
    points = sorted((float(x), float(y)) for line in lines for x, y in line)
    assert points == sorted((float(x), y) for x, y in rows(table, "layer", "mean"))
    corners = {tuple(point) for a in axes for band in a.collections for point in band.get_paths()[0].vertices}
    for series, layer, low, high in rows(table, "series", "layer", "low", "high"):
        is_control = series in ("random_1", "language:de")
        assert ((layer, low) in corners, (layer, high) in corners) == (not is_control, not is_control)


def test_the_gamma_sweep_draws_its_changes_which_are_none_at_zero(run):
    table, axes = drawn(run, "gamma_sweep")
    lines = [line.get_xydata() for a in axes for line in a.get_lines() if 0 in line.get_xdata()[1:-1]]
    own = table.filter(pc.field("vector") == "own")
    assert sorted((float(x), float(y)) for line in lines for x, y in line) == sorted(rows(own, "gamma", "mean"))
    for line in lines:
        assert list(line[:, 0]) == [-4, -2, -1, 0, 1, 2, 4]
    assert set(rows(table.filter(pc.field("gamma") == 0), "mean", "low", "high")) == {(0, 0, 0)}
    gains = run.tables("gamma_sweep")["steering_gains"]
    table = module("gamma_sweep").data(gains, **run.settings("gamma_sweep"))
    same = (pc.field("half") == "all") & (pc.field("versus") == "unsteered") & (pc.field("layer") == run.middle)
    same = same & (pc.field("measure") == "accuracy") & (pc.field("operation") == "add")
    steered = table.filter((pc.field("measure") == "accuracy") & (pc.field("gamma") != 0))
    expected = [
        (vector, gamma, 100 * mean) for vector, gamma, mean in rows(gains.filter(same), "vector", "gamma", "mean")
    ]
    assert sorted(rows(steered, "vector", "gamma", "mean")) == sorted(expected)


def test_control_vectors_are_thin_lines_through_zero_with_names(run):
    table, axes = drawn(run, "gamma_sweep")
    assert set(table["vector"].to_pylist()) == {"own", "random_1", "language:de"}
    thin = [line for a in axes for line in a.get_lines() if line.get_linewidth() == 0.9]
    assert len(thin) == 2 * 3 * len(run.panels())
    assert all(list(line.get_xdata()) == [0, 2] for line in thin)
    (legend, *_) = [a.get_legend() for a in axes if a.get_legend()]
    assert [text.get_text() for text in legend.get_texts()] == ["layer 2", "random 1", "vector of German"]


def test_controls_are_those_at_the_selected_condition_on_the_test_half(run):
    gains, selected = run.steering_gains(), run.steering_selected()
    gamma = pa.array([4.0] * len(selected), pa.float32())
    selected = selected.set_column(selected.column_names.index("gamma"), "gamma", gamma)
    table = module("steering_controls").data(gains, selected)
    first = table.slice(0, 4).to_pylist()
    # The controls have no gamma of 4.
    assert [(row["vector"], row["layer"], row["gamma"]) for row in first] == [
        ("own", 2, 4),
        ("own", 2, -4),
        ("letter_shift", 2, 4),
        ("patch", 2, 1),
    ]
    test = gains.filter((pc.field("half") == "test") & (pc.field("versus") == "unsteered"))
    test = test.filter((pc.field("measure") == "accuracy") & (pc.field("layer") == 2))
    for row in first:
        at = test.filter((pc.field("vector") == row["vector"]) & (pc.field("gamma") == row["gamma"])).to_pylist()[0]
        assert [row[name] for name in ("mean", "low", "high")] == [100 * at[name] for name in ("mean", "low", "high")]


def test_controls_are_points_with_their_intervals_under_their_names(run):
    table, axes = drawn(run, "steering_controls")
    points = [line.get_xdata()[0] for a in axes for line in a.get_lines() if line.get_marker() in ("o", "s")]
    assert sorted(points) == sorted(table["mean"].to_pylist())
    bars = [tuple(line.get_xdata()) for a in axes for line in a.get_lines() if line.get_linewidth() == 1.2]
    assert sorted(bars) == sorted(rows(table, "low", "high"))
    assert [label.get_text() for label in axes[0].get_yticklabels()] == [
        *("own vector", "own vector, opposite", "random 1", "vector of German", "shift of letters alone"),
        "state of English (reference)",
    ]


def test_sizes_are_gamma_times_the_mean_ratio_of_the_layer(run):
    tables = run.tables("steering_size")
    table = module("steering_size").data(**tables)
    sizes = tables["steering_sizes"].to_pylist()
    for row in table.to_pylist():
        where = ("model", "dataset", "layer")
        ratios = [each["ratio"] for each in sizes if all(each[name] == row[name] for name in where)]
        assert row["size"] == pytest.approx(row["gamma"] * np.mean(ratios))
        assert row["depth"] == row["layer"] / 4
    drawn_table, axes = drawn(run, "steering_size")
    lines = [line.get_xydata() for a in axes for line in a.get_lines() if len(line.get_xdata()) > 2]
    assert len(lines) == len(run.layers) * len(run.panels())
    assert sorted(float(y) for line in lines for _, y in line) == sorted(drawn_table["mean"].to_pylist())


@pytest.mark.parametrize("name", ["steering_controls", *BY_LANGUAGE])
def test_with_an_empty_half_a_figure_says_that_there_is_nothing_to_show(run, name):
    tables = {kind: table.slice(0, 0) for kind, table in run.tables(name).items()}
    table = module(name).data(**tables, **run.settings(name))
    check(table, module(name).PLOTTED, name)
    (axes,) = module(name).draw(table, run.titles).axes
    assert "Nothing to show" in axes.texts[0].get_text()


@pytest.mark.parametrize("name", [name for name, figure in FIGURES.items() if "layers" in figure.settings])
def test_the_layers_picked_for_each_model_are_shown(run, name):
    layers = {"toy-0": [1, 3], "toy-1": [4]}
    shown = set(rows(plotted(run, name, layers=layers), "model", "layer"))
    assert shown == {("toy-0", 1), ("toy-0", 3), ("toy-1", 4)}


def test_only_rows_of_the_gamma_are_shown(run):
    assert set(conditions.at_gamma(run.steering_by_half(), -2.0)["gamma"].to_pylist()) == {-2}
    table = plotted(run, "steering_across_layers", gamma=2.0)
    assert set(rows(table, "series", "gamma")) == {("towards", 2), ("away", -2), ("random_1", 2), ("language:de", 2)}


@pytest.mark.parametrize("name", BY_LANGUAGE)
def test_points_are_the_plotted_languages(run, name):
    table, axes = drawn(run, name)
    points = sorted(p for a in axes for p in offsets(a))
    assert points == sorted(rows(table, "unsteered_accuracy", "change"))
    named = sorted(text.get_text() for a in axes for text in a.texts if text.get_text() in run.names.values())
    assert named == sorted(run.names[tag] for tag in table["language"].to_pylist())


@pytest.mark.parametrize("name, unit", list(zip(BY_LANGUAGE, [100, 1, 1], strict=True)))
def test_intervals_of_points_are_those_of_the_test_half(run, name, unit):
    table, axes = drawn(run, name)
    bars = [line for a in axes for line in a.get_lines() if line.get_linewidth() == 0.5]
    assert sorted(tuple(bar.get_ydata()) for bar in bars) == sorted(rows(table, "change_low", "change_high"))
    sides = sorted(bar.get_xdata()[0] for bar in bars)
    assert sides == sorted(table["unsteered_accuracy"].to_pylist())
    halves, measure = run.tables(name)["steering_by_half"], module(name).MEASURE
    table = module(name).data(halves, **run.settings(name))
    test = halves.filter((pc.field("layer") == 2) & (pc.field("gamma") == 2) & (pc.field("half") == "test"))
    for side in ("low", "high"):
        expected = unit * test[f"{measure}_change_{side}"].to_numpy()
        assert table[f"change_{side}"].to_numpy() == pytest.approx(expected)
    undefined = table.set_column(
        table.column_names.index("change_low"), "change_low", pa.nulls(len(table), pa.float64())
    )
    plain = module(name).draw(undefined, run.titles).axes
    assert not [line for a in plain for line in a.get_lines() if line.get_linewidth() == 0.5]


@pytest.mark.parametrize("name, unit", list(zip(BY_LANGUAGE, [100, 1, 1], strict=True)))
def test_changes_are_of_the_test_half_and_accuracies_of_the_development_half(run, name, unit):
    halves = run.tables(name)["steering_by_half"]
    rows_ = halves.filter((pc.field("layer") == 2) & (pc.field("gamma") == 2))  # the middle layer
    development, test = (rows_.filter(pc.field("half") == half) for half in ("development", "test"))
    table, measure = module(name).data(halves, **run.settings(name)), module(name).MEASURE
    change = test[measure].to_numpy() - test[f"unsteered_{measure}"].to_numpy()
    assert table["change"].to_numpy() == pytest.approx(unit * change)
    assert table["unsteered_accuracy"].to_numpy() == pytest.approx(100 * development["unsteered_accuracy"].to_numpy())
    assert table["script"].to_pylist() == [run.scripts[tag] for tag in table["language"].to_pylist()]


def test_cells_of_the_heat_map_are_the_plotted_transfers(run):
    table, axes = drawn(run, "transfer_heatmap")
    panels = [a for a in axes if a.get_title(loc="left")]
    datasets = list(run.datasets)
    shown = [(model, measure, dataset) for measure in MEASURES for model in run.models for dataset in datasets]
    assert len(panels) == len(shown)
    for (model, measure, dataset), axes_of in zip(shown, panels, strict=True):
        mesh = axes_of.collections[0].get_array().reshape(len(run.order), -1)
        of = (pc.field("model") == model) & (pc.field("dataset") == dataset) & (pc.field("measure") == measure)
        for source, target, value in rows(table.filter(of), "source", "target", "value"):
            assert mesh[run.order.index(source), run.order.index(target)] == value
        assert np.ma.getmaskarray(mesh).diagonal().all()
        assert [t.get_text() for t in axes_of.get_yticklabels()] == [
            run.names[tag] for tag in run.order
        ]  # sources down


def test_the_heatmap_orders_languages_as_it_is_told(run):
    table = transfer_heatmap.data(run.pair_metrics(), order=run.languages[::-1], measures=["positive_transfer"])
    assert list(dict.fromkeys(table["source"].to_pylist())) == run.languages[::-1]
    assert set(table["measure"].to_pylist()) == {"positive_transfer"}


def test_points_of_the_pca_are_the_projections_in_the_look_of_their_language(run):
    table, axes = drawn(run, "pca")
    points = sorted(tuple(map(float, point)) for a in axes for point in a.collections[0].get_offsets())
    assert points == sorted(rows(table, "component_1", "component_2"))
    first = axes[0].collections[0].get_facecolors()
    colors = {tuple(np.round(first[i, :3], 3)) for i in range(0, len(first), 50)}
    assert len(colors) == len(run.languages)
    labels = [text.get_text() for text in axes[0].figure.legends[0].get_texts()]
    assert labels[:2] == ["English (Latin)", "German (Latin)"] and "Hindi (Devanagari)" in labels


@pytest.mark.parametrize("gamma", [0.1, 0.3, 1e-3, 2.0])
def test_a_multiplier_that_float32_rounds_is_found_and_labelled_as_it_was_written(run, gamma):
    rows = run.tables("gamma_sweep")["steering_gains"]
    signs = pa.array([[-gamma, gamma][i % 2] for i in range(len(rows))], pa.float32())
    rows = rows.set_column(rows.column_names.index("gamma"), "gamma", signs)
    assert len(conditions.at_gamma(rows, gamma)) == len(rows) // 2
    table = module("steering_across_layers").data(rows, gamma=gamma)
    assert len(table) > 0
    figure = module("steering_across_layers").draw(table, run.titles)
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert f"(γ = {gamma:g})" in labels[0] and f"(γ = −{gamma:g})" in labels[1]


@pytest.mark.parametrize("choices", [2, 5])
def test_the_chance_line_is_one_over_the_number_of_choices(choices):
    run = Run(models=1, datasets=1, choices=choices)
    table, axes = drawn(run, "latent_accuracy_by_layer")
    assert set(table["chance"].to_pylist()) == {100 / choices}
    heights = [line.get_ydata()[0] for line in axes[0].get_lines() if line.get_linestyle() != "-"]
    assert 100 / choices in heights


def test_the_log_ratio_is_the_papers_with_its_control_and_their_paired_difference(run):
    table, means = plotted(run, "log_ratio_by_layer"), run.tables("log_ratio_by_layer")["log_ratio_means"]
    of_paper = (pc.field("prompt") == "native") & (pc.field("normalisation") == "per_token")
    fields = ("model", "dataset", "layer", "series", "mean", "low", "high", "n_questions_max")
    shown = module("log_ratio_by_layer").data(means)
    assert rows(shown, *fields) == rows(means.filter(of_paper), *fields)
    assert set(table["series"].to_pylist()) == {"log_ratio", "control", "corrected"}


def shaded(axes) -> set[float]:
    """Return the layers inside the shaded spans of a panel."""
    spans = [patch.get_extents().transformed(axes.transData.inverted()) for patch in axes.patches]
    return {layer for layer in range(1, 9) if any(span.x0 < layer < span.x1 for span in spans)}


def test_layers_are_shaded_where_prompts_or_normalisations_disagree_in_sign(run):
    means = run.log_ratio_means()
    table = module("log_ratio_by_prompt").data(means)
    figure = module("log_ratio_by_prompt").draw(table, run.titles)
    axes = [one for one in figure.axes if one.get_visible()]
    assert len(axes) == 2 * len(run.panels())  # per token, first token
    assert all(shaded(one) == {1, 2} for one in axes)
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels[-1] == "measures disagree in sign" and "the prompt in English" in labels
    positive = pc.if_else(pc.equal(means["prompt"], "pivot"), -1.0, pc.abs(means["mean"]))
    agreeing = module("log_ratio_by_prompt").data(means.set_column(means.column_names.index("mean"), "mean", positive))
    assert not any(agreeing["disagree"].to_pylist()), "after the pivot's prompt, its choices can be copied"
    one = pc.and_(pc.equal(means["normalisation"], "first_token"), pc.equal(means["prompt"], "symmetric"))
    one = pc.and_(one, pc.equal(means["layer"], 3))
    flipped = means.set_column(means.column_names.index("mean"), "mean", pc.if_else(one, -1.0, pc.abs(means["mean"])))
    table = module("log_ratio_by_prompt").data(flipped)
    assert set(table.filter(pc.field("disagree"))["layer"].to_pylist()) == {3}


def test_without_the_pivots_prompt_its_lines_are_not_drawn(run):
    means = run.log_ratio_means().filter(~pc.is_in(pc.field("prompt"), pa.array(["pivot", "symmetric"])))
    figure = module("log_ratio_by_prompt").draw(module("log_ratio_by_prompt").data(means), run.titles)
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels[:2] == ["the paper's prompt", "without the choices"] and len(labels) == 4


def undefined_for(table: pa.Table, datasets: list[str], *columns: str) -> pa.Table:
    """Return the table with null in ``columns`` of these data sets."""
    lacks = pc.is_in(table["dataset"], pa.array(datasets))
    for name in columns:
        values = pc.if_else(lacks, pa.scalar(None, pa.float64()), table[name])
        table = table.set_column(table.column_names.index(name), name, values)
    return table


SWEPT = ["Δ accuracy,\npoints", "Δ consistency\nwith English", "Δ positive transfer\nfrom English"]


@pytest.mark.parametrize(("lacking", "measures"), [(1, SWEPT), (3, [SWEPT[0], SWEPT[2]])], ids=["one", "all"])
def test_data_sets_without_consistency_have_no_panel_of_it_and_rows_keep_their_names(run, lacking, measures):
    name, datasets = "gamma_sweep", list(run.datasets)[:lacking]
    gains = run.steering_gains()
    lacks = pc.and_(
        pc.is_in(gains["dataset"], pa.array(datasets)), pc.equal(gains["measure"], "consistency_with_pivot")
    )
    table = module(name).data(gains.filter(pc.invert(lacks)), **run.settings(name))
    axes = module(name).draw(table, run.titles).axes
    visible = [one for one in axes if one.get_visible()]
    panels = len(run.models) * len(run.datasets)
    assert len(visible) == 2 * panels + len(run.models) * (len(run.datasets) - lacking)
    assert [one.get_ylabel() for one in visible if one.get_ylabel()] == measures * len(run.models)
    heights = {panel.get_ylabel(): panel.get_lines()[1].get_ydata().max() for panel in visible if panel.get_ylabel()}
    assert heights[SWEPT[0]] > 1 > heights[SWEPT[2]]


@pytest.mark.parametrize("lacking", [1, 3])
def test_data_sets_without_the_pivots_choices_have_a_line_of_native_ones_alone(run, lacking):
    name, datasets = "latent_accuracy_by_layer", list(run.datasets)[:lacking]
    tables = run.tables(name)
    undefined = pc.and_(
        pc.is_in(tables["latent_means"]["dataset"], pa.array(datasets)),
        pc.not_equal(tables["latent_means"]["measure"], "accuracy_native"),
    )
    latent = tables["latent_means"].filter(pc.invert(undefined))
    table = module(name).data(latent, tables["questions"], **run.settings(name))
    check(table, module(name).PLOTTED, name)
    with_pivot = set(table.filter(pc.field("series") == "accuracy_pivot")["dataset"].to_pylist())
    assert with_pivot == set(run.datasets) - set(datasets)
    assert set(table["dataset"].to_pylist()) == set(run.datasets)
    (legend,) = module(name).draw(table, run.titles).legends
    labels = [text.get_text() for text in legend.get_texts()]
    both = ["native choices", "English choices"]
    expected = [*both, *(f"{label} after another question" for label in both)] if with_pivot else both[:1]
    assert labels == [*expected, "chance"]


def test_similarity_by_layer_is_that_of_pairs_with_the_pivot(run):
    means = run.tables("similarity_by_layer")["similarity_means"]
    table = module("similarity_by_layer").data(means)
    assert set(rows(table, "series")) == {(name,) for name in module("similarity_by_layer").LOOKS}
    with_pivot = means.filter((pc.field("pairs") == "pivot") & (pc.field("measure") != "cosine"))
    assert rows(table, "layer", "mean", "low", "high") == rows(with_pivot, "layer", "mean", "low", "high")
    undefined = pa.array([None] * len(means), pa.float64())
    without = means.set_column(means.column_names.index("mean"), "mean", undefined)
    assert len(module("similarity_by_layer").data(without)) == 0


def test_models_are_compared_at_their_relative_depth(run):
    name, n_layers = "similarity_across_models", {"toy-0": 4, "toy-1": 8}
    table = plotted(run, name, n_layers=n_layers)
    assert rows(table, "depth") == [(layer / n_layers[model],) for layer, model in rows(table, "layer", "model")]
    axes = [one for one in module(name).draw(table, run.titles).axes if one.get_visible()]
    assert [one.get_title(loc="left") for one in axes] == list(run.datasets.values())
    lines = [line.get_xydata() for a in axes for line in a.get_lines() if len(line.get_xdata()) == len(run.layers)]
    points = sorted((float(x), float(y)) for line in lines for x, y in line)
    assert points == sorted(rows(table, "depth", "mean"))
    (legend,) = axes[0].figure.legends
    assert [text.get_text() for text in legend.get_texts()] == list(run.models.values())


@pytest.mark.parametrize("name", FIGURES)
def test_a_single_model_and_data_set_with_two_languages_is_drawn(name):
    _, axes = drawn(Run(models=1, datasets=1, languages=2), name)
    assert axes


@pytest.mark.parametrize("name", FIGURES)
def test_122_languages_are_drawn_and_n_is_stated(name):
    run = Run(models=1, datasets=1, languages=122, layers=(2, 6))
    _, axes = drawn(run, name)
    texts = " ".join(text.get_text() for a in axes for text in a.texts)
    n = 122 if name in ("transfer_heatmap", "pca") else 121
    assert f"{n} languages" in " ".join(texts.split())


@pytest.mark.parametrize("name", FIGURES)
def test_no_title_label_or_note_is_cut_off(run, name):
    table = plotted(run, name)
    figure = module(name).draw(table, run.titles)
    figure.draw_without_rendering()
    for axes in filter(lambda a: a.get_visible(), figure.axes):
        box = axes.get_tightbbox()
        assert box.x0 >= -1 and box.y0 >= -1
        assert box.x1 <= figure.bbox.x1 + 1 and box.y1 <= figure.bbox.y1 + 1
    for legend in figure.legends:
        box = legend.get_window_extent()
        assert box.x0 >= -1 and box.x1 <= figure.bbox.x1 + 1


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("datasets", [1, 3])
def test_no_legend_is_wider_than_its_figure(name, datasets):
    run = Run(models=1, datasets=datasets)
    figure = module(name).draw(plotted(run, name), run.titles)
    figure.draw_without_rendering()
    for legend in figure.legends:
        box = legend.get_window_extent()
        assert box.x0 >= -1 and box.x1 <= figure.bbox.x1 + 1


@pytest.mark.parametrize("name", ["log_ratio_by_layer", "transfer_heatmap", "pca"])
def test_a_figure_gives_the_same_files_each_time(name, tmp_path):
    run = Run(models=1, datasets=1)
    table = plotted(run, name)
    contents = []
    for i in range(2):
        paths = {kind: tmp_path / f"{i}.{kind}" for kind in ("svg", "pdf", "png")}
        style.save(module(name).draw(table, run.titles), paths)
        contents.append([path.read_bytes() for path in paths.values()])
    assert contents[0] == contents[1]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        f"{i}.{k}" for i in range(2) for k in ("svg", "pdf", "png")
    )


def test_colours_of_series_differ_in_lightness_too():
    """Two series of one panel can be told apart without seeing hues, or have different line styles."""
    for name in BY_LAYER:
        looks = list(module(name).LOOKS.values())
        for i, one in enumerate(looks):
            for other in looks[:i]:
                light = [sum(matplotlib.colors.to_rgb(look["color"])) for look in (one, other)]
                assert abs(light[0] - light[1]) > 0.3 or one["linestyle"] != other["linestyle"]

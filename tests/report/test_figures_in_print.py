"""Figures as they are printed: sizes, fonts, names and order of languages, and that no label covers another."""

import warnings
from importlib import import_module
from itertools import combinations

import numpy as np
import pyarrow.compute as pc
import pytest
from crosslens.report.figures import fonts, languages, matrix, style, vector_similarity
from crosslens.report.figures.catalogue import FIGURES
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager, rc_context
from matplotlib.figure import Figure
from matplotlib.text import Text
from synthetic import KNOWN, Run

MATRICES = ["transfer_heatmap", "vector_similarity"]
POINTS = ["steering_accuracy_by_language", "steering_transfer_change", "steering_consistency_change"]


def figure_of(run: Run, name: str) -> Figure:
    """Return a figure, laid out."""
    module = import_module(f"crosslens.report.figures.{name}")
    figure = module.draw(module.data(**run.tables(name), **run.settings(name)), run.titles)
    figure.draw_without_rendering()
    return figure


@pytest.fixture(scope="module", params=[6, 40, 122])
def printed(request):
    """Return the figures of a run with so many languages, each drawn once."""
    few = request.param == 6
    run = Run(models=1, datasets=3 if few else 1, languages=request.param, layers=(3, 14, 28))
    return run, {name: figure_of(run, name) for name in FIGURES}


def visible_texts(figure: Figure) -> list[Text]:
    shown = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    return [text for text in shown if text.axes is None or text.axes.get_visible()]


def overlapping(texts: list[Text], tolerance: float = 0.5) -> list[tuple[str, str]]:
    """Return the pairs of texts that cover each other by more than ``tolerance`` pixels in both directions."""
    boxes = [(text.get_text(), text.get_window_extent().padded(-tolerance)) for text in texts]
    return [(a, b) for (a, one), (b, other) in combinations(boxes, 2) if one.overlaps(other)]


def test_figures_are_as_wide_as_a_column_or_the_text_and_no_wider(printed):
    _, figures = printed
    for name, figure in figures.items():
        assert figure.get_figwidth() <= style.TEXT, name
        if name != "gamma_sweep":  # its legend is beside the panel
            assert figure.get_figwidth() in (style.COLUMN, style.TEXT), name


def test_no_font_is_smaller_than_can_be_read_in_print(printed):
    _, figures = printed
    for name, figure in figures.items():
        sizes = {text.get_fontsize() for text in visible_texts(figure)}
        assert min(sizes) >= 6, name


def colliding_ticks(figure: Figure) -> list[tuple[str, str]]:
    """Return the pairs of drawn labels of ticks of an axis that cover each other."""
    found = []
    for axes in [each for each in figure.axes if each.get_visible()]:
        frame = axes.get_window_extent().padded(2)
        for axis in (axes.xaxis, axes.yaxis):
            low, high = (frame.x0, frame.x1) if axis is axes.xaxis else (frame.y0, frame.y1)
            ticks = [tick for tick in axis.get_major_ticks() if tick.label1.get_visible() and tick.label1.get_text()]
            places = axes.transData.transform([(tick.get_loc(), tick.get_loc()) for tick in ticks] or np.zeros((0, 2)))
            at = places[:, 0] if axis is axes.xaxis else places[:, 1]
            found += overlapping([tick.label1 for tick, x in zip(ticks, at, strict=True) if low <= x <= high])
    return found


def test_no_label_of_a_tick_covers_another(printed):
    _, figures = printed
    for name, figure in figures.items():
        assert not colliding_ticks(figure), name


@pytest.mark.parametrize("scale", [3e-3, 2e3, 7e4])
def test_ticks_of_components_of_any_size_do_not_collide(scale):
    run = Run(models=1, datasets=1)
    table = run.pca(questions=5)
    for name in ("component_1", "component_2"):
        table = table.set_column(table.column_names.index(name), name, pc.multiply(table[name], scale))
    module = import_module("crosslens.report.figures.pca")
    figure = module.draw(module.data(table, **run.settings("pca")), run.titles)
    figure.draw_without_rendering()
    assert not colliding_ticks(figure)


def test_no_legend_has_more_entries_than_colours(printed):
    _, figures = printed
    for name, figure in figures.items():
        for legend in [*figure.legends, *(axes.get_legend() for axes in figure.axes if axes.get_legend())]:
            assert len(legend.get_texts()) <= languages.ENTRIES, name


@pytest.mark.parametrize("name", MATRICES)
def test_every_language_is_labelled_on_both_axes_of_a_matrix(printed, name):
    run, figures = printed
    tags = run.order if name == "transfer_heatmap" else run.languages[1:]
    panel = figures[name].axes[0]
    for labels in (panel.get_xticklabels(), panel.get_yticklabels()):
        assert sorted(label.get_text() for label in labels) == sorted(languages.axis_names(tags, run.titles))


def test_few_languages_have_names_and_many_have_tags():
    run = Run(languages=122)
    assert languages.axis_names(["hi", "ar-Latn"], run.titles) == ["Hindi", "ar-Latn"], "a long name has no room"
    assert languages.axis_names(run.order, run.titles) == run.order


@pytest.mark.parametrize("number", [40, 122])
def test_blocks_of_the_heat_map_have_the_names_of_scripts_and_families_in_their_order(number):
    run = Run(models=1, datasets=1, languages=number)
    facts = [(run.scripts[tag], run.families[tag], run.names[tag]) for tag in run.order]
    assert facts == sorted(facts)
    panel = figure_of(run, "transfer_heatmap").axes[0]
    named = [text for text in panel.texts if not text.get_text().startswith("n =")]
    scripts = [each.get_text().strip() for each in named if each.get_rotation() == 0]
    families = [each.get_text().strip() for each in named if each.get_rotation() == 90]
    assert scripts == [languages.script_name(name) for name, *_ in matrix.runs([script for script, *_ in facts])]
    assert families == [family for (_, family), *_ in matrix.runs([fact[:2] for fact in facts])]
    assert len(scripts) == len(set(scripts)), "a script is one block"
    assert not overlapping(named)
    starts = {line.get_ydata()[0] for line in panel.get_lines() if line.get_linewidth() == 1.0}
    latin = [i for i, (script, *_) in enumerate(facts) if script == "Latn"]
    assert {latin[0], latin[-1] + 1} <= starts


def test_all_scripts_of_the_catalogue_have_names():
    named = {row["script"]: languages.script_name(row["script"]) for row in KNOWN.values()}
    assert [code for code, name in named.items() if code == name] == ["Thai"]
    assert named["Deva"] == "Devanagari" and named["Hant"] == "Han (traditional)"
    assert languages.script_name("Qaaa") == "Qaaa"


def test_places_of_names_are_apart_and_the_nearest_to_what_they_name():
    centres = np.array([0.0, 1.0, 2.0, 50.0, 99.0, 100.0])
    places = matrix.spread(centres, 10.0, 100)
    assert np.diff(places).min() >= 10 - 1e-9 and places.min() >= 0 and places.max() <= 100
    assert list(places) == [0, 10, 20, 50, 90, 100]
    assert list(matrix.spread(np.array([20.0, 20.0]), 10.0, 100)) == [15, 25]


def test_frequent_scripts_have_their_own_look_and_the_others_share_one():
    run = Run(languages=122)
    looks = languages.looks_of_scripts(run.scripts)
    own = [look for look in looks.values() if look != languages.OTHERS]
    assert list(looks)[:3] == ["Latn", "Arab", "Cyrl"] and len(set(own)) == len(own) == 8
    assert languages.script_handles(looks)[-1].get_label() == f"other ({len(looks) - 8} scripts)"
    assert languages.OTHERS not in languages.looks_of_scripts({str(i): str(i) for i in range(9)}).values()


@pytest.mark.parametrize("name", POINTS)
def test_the_largest_and_smallest_changes_and_the_highest_accuracy_are_named(name):
    run = Run(models=1, datasets=1, languages=122, layers=(3, 14, 28))
    module = import_module(f"crosslens.report.figures.{name}")
    table = module.data(**run.tables(name), **run.settings(name))
    panel = module.draw(table, run.titles).axes[0]
    rows = sorted(table.to_pylist(), key=lambda row: row["change"])
    expected = rows[:3] + rows[-3:] + [max(rows, key=lambda row: row["unsteered_accuracy"])]
    named = {text.get_text().replace("\n", " ") for text in panel.texts if not text.get_text().startswith("layer")}
    assert named == {run.names[row["language"]] for row in expected}


def test_no_name_at_a_point_covers_another_or_leaves_the_panel(printed):
    _, figures = printed
    for name in [*POINTS, "pca"]:
        for panel in figures[name].axes:
            named = [text for text in panel.texts if text.get_fontsize() == style.SMALL]
            assert not overlapping(named), name
            frame = panel.get_window_extent().padded(2)
            for box in [text.get_window_extent() for text in named]:
                assert frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (-2e4, "−20k"), (0.25, "0.25"), (1500.0, "1.5k"), (3e6, "3M"), (40.0, "40")]
)
def test_components_of_any_size_have_short_ticks(value, text):
    assert import_module("crosslens.report.figures.pca").short(value) == text


def test_a_title_breaks_between_model_and_data_set():
    assert style.broken("A model · A set", " · ", 30) == "A model · A set"
    assert style.broken("A model · A set", " · ", 10) == "A model ·\nA set"
    assert style.broken("n = 5 questions, 3 languages", ", ", 20) == "n = 5 questions,\n3 languages"
    assert style.broken("A very long name · set", " · ", 9) == "A very\nlong name\n·\nset"


def test_panels_of_a_long_row_go_on_in_the_next_line():
    figure, axes = style.panels(2, 5, sharey="row")
    places = [[panel.get_subplotspec() for panel in row] for row in axes]
    assert [(p.rowspan.start, p.colspan.start) for p in places[1]] == [(2, 0), (2, 1), (2, 2), (3, 0), (3, 1)]
    axes[0, 0].set_visible(False)
    style.label_y(axes, "value")
    labelled = [panel for panel in axes.flat if panel.get_ylabel()]
    assert labelled == [axes[0, 1], axes[0, 3], axes[1, 0], axes[1, 3]]
    assert figure.get_figwidth() == style.TEXT


PRIVATE = "\U0010fffc\U0010fffd"  # in no font
HINDI = "हनद"


def titled(run: Run, model: str) -> Figure:
    """Return a figure in which a model has this title."""
    module = import_module("crosslens.report.figures.similarity_across_models")
    table = module.data(**run.tables("similarity_across_models"), **run.settings("similarity_across_models"))
    return module.draw(table, run.titles._replace(models=dict.fromkeys(run.models, model)))


def save(figure: Figure, folder) -> list[str]:
    """Return the warnings when a figure is saved in three formats."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        style.save(figure, {kind: folder / f"figure.{kind}" for kind in ("svg", "pdf", "png")})
    return [str(each.message) for each in caught]


@pytest.fixture()
def font(tmp_path):
    """Return a function that makes a font of squares with the characters of a text, under the name of a family."""
    made = []

    def make(family: str, characters: str) -> None:
        pen = TTGlyphPen(None)
        pen.moveTo((0, 0))
        for corner in [(0, 500), (500, 500), (500, 0)]:
            pen.lineTo(corner)
        pen.closePath()
        names = [".notdef", *(f"u{ord(one):04X}" for one in sorted(set(characters)))]
        builder = FontBuilder(1000, isTTF=True)
        builder.setupGlyphOrder(names)
        builder.setupCharacterMap({ord(one): f"u{ord(one):04X}" for one in characters})
        builder.setupGlyf(dict.fromkeys(names, pen.glyph()))
        builder.setupHorizontalMetrics(dict.fromkeys(names, (600, 0)))
        builder.setupHorizontalHeader(ascent=800, descent=-200)
        builder.setupNameTable({"familyName": family, "styleName": "Regular"})
        builder.setupOS2()
        builder.setupPost()
        builder.save(tmp_path / "font.ttf")
        font_manager.fontManager.addfont(tmp_path / "font.ttf")
        made.append(family)

    yield make
    manager = font_manager.fontManager
    manager.ttflist = [entry for entry in manager.ttflist if entry.name not in made]


def test_a_character_in_no_font_is_said_once_with_the_remedy(tmp_path):
    run = Run(models=1, datasets=1)
    said = save(titled(run, f"Model {PRIVATE}"), tmp_path)
    assert len(said) == 1 and all(one in said[0] for one in PRIVATE)
    assert "fonts-noto-core" in said[0]
    assert PRIVATE in (tmp_path / "figure.svg").read_text(encoding="utf-8"), "text stays text"
    assert save(titled(run, "Ελληνικά, русский, العربية"), tmp_path) == []


def test_characters_are_taken_from_a_declared_font_that_has_them(tmp_path, font):
    assert fonts.installed()[0] == "DejaVu Sans" and "Noto Sans Devanagari" in fonts.FAMILIES
    figure = Figure()
    with rc_context({"font.family": ["DejaVu Sans", "sans-serif"]}):
        figure.text(0.1, 0.5, f"A {HINDI}")
    assert "fonts-noto-core" in save(figure, tmp_path)[0]
    font("Noto Sans Devanagari", HINDI)
    figure = Figure()
    with rc_context({"font.family": [*fonts.installed(), "sans-serif"]}):
        figure.text(0.1, 0.5, f"A {HINDI}")
    assert save(figure, tmp_path) == []


def test_other_warnings_pass():
    with pytest.warns(UserWarning, match="something else"), fonts.one_warning():
        warnings.warn("something else", stacklevel=1)


def test_vectors_are_clustered_as_scipy_does_and_blocks_lie_together():
    tags = ["a1", "b1", "a2", "b2", "a3"]
    family = np.array([tag[0] == "a" for tag in tags])
    values = np.where(family[:, None] == family, 0.9, 0.1)
    np.fill_diagonal(values, 1)
    found = vector_similarity.tree(values)
    order = [tags[i][0] for i in found["leaves"]]
    assert order in (list("aaabb"), list("bbaaa"))
    assert max(max(heights) for heights in found["dcoord"]) == pytest.approx(0.9), "mean of 1 - cosine between families"


def test_the_matrix_of_vectors_is_symmetric_and_each_cell_the_cosine_of_its_labels():
    run = Run(models=1, datasets=1)
    module = vector_similarity
    table = module.data(**run.tables("vector_similarity"), **run.settings("vector_similarity"))
    assert set(table["layer"].to_pylist()) == {run.middle}
    panel = module.draw(table, run.titles).axes[0]
    labels = [label.get_text() for label in panel.get_yticklabels()]
    assert labels == [label.get_text() for label in panel.get_xticklabels()]
    mesh = np.asarray(panel.collections[0].get_array()).reshape(len(labels), -1)
    assert np.array_equal(mesh, mesh.T) and set(mesh.diagonal()) == {1}
    for row in table.to_pylist():
        source, target = (labels.index(run.names[row[side]]) for side in ("source", "target"))
        assert mesh[source, target] == row["cosine"]

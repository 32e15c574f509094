"""Figures: one display, read by eye and by ear, light, and honest on a log axis."""

import base64
import html.parser
import io
import itertools
import re
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import colors
from PIL import Image

from softmax_lib import figures, softmax_loss_vectorized
from softmax_lib.gradcheck import gradient_check
from softmax_lib.sweep import step_sweep

# How people with protanopia, deuteranopia and tritanopia see linear RGB: G. M. Machado et al.,
# "A physiologically-based model for simulation of color vision deficiency", 2009, severity 1.
VISIONS = {
    name: np.array(rows.split(), float).reshape(3, 3)
    for name, rows in {
        "usual": "1 0 0  0 1 0  0 0 1",
        "protanopia": "0.152286 1.052583 -0.204868  0.114503 0.786281 0.099216"
        "  -0.003882 -0.048116 1.051998",
        "deuteranopia": "0.367322 0.860646 -0.227968  0.280085 0.672501 0.047413"
        "  -0.011820 0.042940 0.968881",
        "tritanopia": "1.255528 -0.076749 -0.178779  -0.078411 0.930809 0.147602"
        "  0.004733 0.691367 0.303900",
    }.items()
}


def linear(color):
    """Red, green and blue light of a color, from 0 to 1."""
    rgb = np.array(colors.to_rgb(color))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


class Parts(html.parser.HTMLParser):
    """The tags of a piece of HTML, and its text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data

    def attributes(self, tag):
        return dict(self.tags)[tag]


@pytest.fixture
def displayed(monkeypatch):
    """What is displayed, as (bundle, options)."""
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda *a, **k: shown.append((*a, k)))
    return shown


@pytest.fixture
def problem():
    """W (5, 4), X (6, 5), y (6,), reg."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(5, 4)), rng.normal(size=(6, 5)), rng.integers(0, 4, 6), 0.1


def checked(problem, wrong=lambda dW: dW, **options):
    W, *rest = problem

    def f(W):
        loss, dW = softmax_loss_vectorized(W, *rest)
        return loss, wrong(dW.copy())

    return gradient_check(f, W, **options)


def png_of(figure):
    return base64.b64decode(re.search('src="data:image/png;base64,([^"]+)"', figure)[1])


def drawn(fig):
    fig.canvas.draw()
    return np.asarray(fig.canvas.buffer_rgba())


NASTY = """<script>alert("1 & 2")</script> 'quoted'"""


@pytest.mark.parametrize(("caption", "alt"), [("It rises.", "A rising line."), (NASTY, NASTY)])
def test_show_displays_one_figure_in_html_and_in_words(displayed, caption, alt):
    assert figures.show(figures.new_figure()[0], caption, alt) is None
    ((bundle, options),) = displayed
    assert options == {"raw": True}
    assert set(bundle) == {"text/html", "text/plain"}
    assert bundle["text/plain"] == f"{caption}\n{alt}"
    parts = Parts(bundle["text/html"])
    assert [tag for tag, _ in parts.tags] == ["figure", "img", "figcaption"]
    assert parts.attributes("img")["alt"] == alt
    assert parts.text == caption


@pytest.mark.parametrize(("caption", "alt"), [("", "alt"), ("caption", "")])
def test_a_picture_without_words_is_refused(caption, alt):
    with pytest.raises(ValueError, match="needs both a caption and an alt text"):
        figures.show(figures.new_figure()[0], caption, alt)


def test_the_picture_is_sharp_opaque_and_holds_nothing_of_the_machine():
    """Catches a blur on a fine screen, black letters on a dark page, a version of matplotlib."""
    fig, ax = figures.new_figure(5, 3)
    ax.axis("off")
    figure = figures.figure_html(fig, "caption", "alt")
    assert Parts(figure).attributes("img")["width"] == str(5 * 96)
    picture = Image.open(io.BytesIO(png_of(figure)))
    assert picture.width == 5 * figures.DPI > 5 * 96
    assert picture.info == {}
    assert np.asarray(picture.convert("RGBA")).min() == 255


def test_few_colors_keep_every_color():
    """A small marker on a white page beside a smooth heatmap keeps its hue."""
    fig, (left, right) = figures.new_figure(ncols=2)
    for color, marker in zip(figures.CLASS_COLORS, figures.CLASS_MARKERS, strict=True):
        left.plot([figures.CLASS_COLORS.index(color)], [0], marker, color=color, markersize=4)
    right.imshow(np.linspace(0, 1, 400).reshape(20, 20))
    exact = drawn(fig)[..., :3].astype(int)
    png = figures.small_png(fig.canvas.buffer_rgba())
    small = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
    assert abs(small - exact).max() < 24
    assert (small[(exact == 255).all(axis=2)] == 255).all()
    assert len(png) < 30_000


def test_new_figure_leaves_pyplot_alone():
    code = (
        "import sys; from softmax_lib import figures; fig, ax = figures.new_figure(); "
        "ax.plot([1, 2]); figures.figure_html(fig, 'a', 'b'); "
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_pyplot_figure_is_closed_once_shown(displayed):
    from matplotlib import pyplot as plt

    plt.switch_backend("agg")
    fig, _ = plt.subplots()
    assert plt.fignum_exists(fig.number)
    figures.show(fig, "caption", "alt")
    assert not plt.fignum_exists(fig.number)


def test_the_house_style_holds_whatever_the_user_has_set():
    def picture():
        @figures.house_style
        def draw():
            fig, ax = figures.new_figure()
            ax.plot([1, 2], label="line")
            ax.text(0.5, 1.5, "text")
            ax.legend()
            return drawn(fig).copy()

        return draw()

    usual = picture()
    settings = {"text.color": "red", "figure.facecolor": "black", "font.size": 30}
    with mpl.rc_context(settings):
        assert (picture() == usual).all()
        assert mpl.rcParams["font.size"] == 30
    assert mpl.rcParams["font.size"] != 30


def test_colors_stay_apart_in_every_kind_of_color_vision():
    """No two class colors are closer than the closest two of Okabe and Ito's own."""
    # Björn Ottosson, "A perceptual color space for image processing", 2020.
    to_cones = (
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    )
    to_lab = (
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    )

    def lab(color, vision):
        return to_lab @ np.cbrt(to_cones @ np.clip(vision @ linear(color), 0, 1))

    def closest(palette):
        return min(
            np.linalg.norm(lab(a, vision) - lab(b, vision))
            for a, b in itertools.combinations(palette, 2)
            for vision in VISIONS.values()
        )

    okabe_ito = [color for name, color in figures.PALETTE.items() if name != "gray"]
    assert closest(figures.CLASS_COLORS) >= closest(okabe_ito)
    assert closest(figures.MATRIX_COLORS.values()) >= closest(okabe_ito)
    assert closest([style["color"] for style in figures.METHOD_STYLES.values()]) >= closest(
        okabe_ito
    )


def test_nothing_is_told_by_color_alone():
    assert len(figures.CLASS_COLORS) == len(set(figures.CLASS_COLORS)) == 10
    assert len(figures.CLASS_MARKERS) == len(set(figures.CLASS_MARKERS)) == 10
    for key in ("color", "marker", "linestyle"):
        assert len({style[key] for style in figures.METHOD_STYLES.values()}) == 3


def test_zeros_and_wild_errors_have_a_marked_place_of_their_own():
    fig, ax = figures.new_figure()
    place = figures.error_axis(ax, [1e-9, 1e-3, 0.0, np.nan])
    zero, small, large, wild, infinite = place([0.0, 1e-9, 1e-3, np.nan, np.inf])
    bottom, top = ax.get_ylim()
    assert bottom < zero < small == 1e-9 < large == 1e-3 < wild == infinite < top
    labels = {label.get_text() for label in ax.get_yticklabels(minor=True)}
    assert labels == {"exactly 0", "not finite"}
    drawn(fig)
    _, ax = figures.new_figure()
    figures.error_axis(ax, [1e-9, 1e-3])
    assert not ax.get_yticklabels(minor=True)


@pytest.mark.parametrize("errors", [[0.0, 0.0], [np.nan], [5e-324], [1e300, 1e-300], [3.0]])
def test_any_errors_can_be_drawn(errors):
    fig, ax = figures.new_figure()
    place = figures.error_axis(ax, errors)
    ax.plot(place(errors), "o")
    low, high = ax.get_ylim()
    assert ((low < place(errors)) & (place(errors) < high)).all()
    drawn(fig)


def draw_check(check, **options):
    fig, ax = figures.new_figure()
    caption, alt = figures.draw_entry_errors(ax, check, **options)
    drawn(fig)
    return ax, caption, alt


def test_entry_errors_count_what_rounding_cannot_explain(problem):
    _, caption, alt = draw_check(checked(problem, method="complex"), bound=1e-12)
    assert caption == "All 20 entries agree: every error is below 1e-12."
    assert "20 entries, in 4 groups, one a class" in alt
    assert caption in alt

    def one_class_and_one_feature(dW):
        dW[:, 2] *= -1  # 5 entries
        dW[1] = 0  # 4 entries, one of them in both
        return dW

    for method in ("forward", "central", "complex"):
        check = checked(problem, one_class_and_one_feature, method=method)
        assert draw_check(check, bound=1e-3)[1] == "8 of 20 entries are off by 0.001 or more."


def test_an_error_that_only_rounding_makes_is_not_counted(problem):
    W, X, y, _ = problem
    X = X.copy()
    X[:, 0] *= 1e-6  # gradients so small that a difference sees little of them
    check = checked((W, X, y, 0.0))
    assert (check.entry_errors > 1e-8).any()
    caption = "All 20 entries agree: every error is below 1e-08 or near its rounding floor."
    assert draw_check(check, bound=1e-8)[1] == caption

    def dropped(dW):
        dW[0] = 0
        return dW

    assert draw_check(checked((W, X, y, 0.0), dropped), bound=1e-8)[1].startswith("4 of 20")


def test_a_gradient_of_zeros_and_one_of_nan_can_be_drawn(problem):
    W, X, y, _ = problem
    dead = checked((W, X * 0, y, 0.0))
    assert draw_check(dead)[1].startswith("All 20 entries agree")
    check = checked(problem, lambda dW: dW * np.nan)
    assert draw_check(check)[1].startswith("20 of 20 entries are off")


def test_the_default_bound_is_the_tolerance_as_a_power_of_ten(problem):
    assert "below 0.001" in draw_check(checked(problem, method="complex", tolerance=2e-4))[1]
    assert "below 0.001" in draw_check(checked(problem, method="complex", tolerance=1e-3))[1]


def test_checks_beside_each_other_get_one_scale(problem):
    far, near = checked(problem, np.zeros_like), checked(problem, method="complex")
    alone = draw_check(near)[0].get_ylim()
    together = [draw_check(check, others=(far, near))[0].get_ylim() for check in (far, near)]
    assert together[0] == together[1] != alone


def test_many_entries_and_random_directions_can_be_drawn():
    rng = np.random.default_rng(1)
    big = rng.normal(size=(65, 10)), rng.normal(size=(20, 65)), rng.integers(0, 10, 20), 0.0
    _, _, alt = draw_check(checked(big, method="complex"), bound=1e-9)
    assert "650 entries, in 10 groups" in alt
    _, caption, alt = draw_check(checked(big, method="complex", directions=12), bound=1e-9)
    assert caption == "All 12 entries agree: every error is below 1e-09."
    assert "groups" not in alt


def draw_sweep(sweep):
    fig, ax = figures.new_figure()
    caption, alt = figures.draw_step_sweep(ax, sweep)
    drawn(fig)
    return ax, caption, alt


def test_a_step_sweep_tells_how_the_error_falls_and_the_best_step(problem):
    sweep = step_sweep(*problem)
    _, caption, alt = draw_sweep(sweep)
    assert "falls like h (forward), h² (central), h² (complex)." in caption
    for method in ("forward", "central"):
        step = float(re.search(rf"(\S+) \({method}\)", caption.split("Theory")[1])[1])
        predicted = sweep.truncation[method] + sweep.rounding[method]
        best = sweep.steps[predicted.argmin()]
        assert best / 1.5 < step < 1.5 * best
    assert "forward, central, complex" in alt
    assert caption in alt


def test_a_step_sweep_of_one_method_and_few_steps_can_be_drawn(problem):
    sweep = step_sweep(*problem, methods=("central",), steps=[1e-1, 1e-2, 1e-3])
    assert draw_sweep(sweep)[1] == "Where truncation rules, the error falls like h² (central)."
    sweep = step_sweep(*problem, methods=("forward",), steps=[1e-13, 1e-14, 1e-15])
    assert draw_sweep(sweep)[1] == "Markers are measured, lines are predicted."


@pytest.mark.parametrize("steps", [[1e-3], [1e-3, 1e-4], [1e-5, 1e-3, 1e-4]])
def test_any_steps_can_be_drawn(problem, steps):
    W, X, y, _ = problem
    draw_sweep(step_sweep(W, X, y, 0.0, steps=steps))
    sure = np.zeros((1, 2)), np.array([[1.0]]), np.array([0]), 0.0  # third derivative 0
    draw_sweep(step_sweep(*sure, steps=steps))


def test_a_wrong_loss_shows_its_own_slope(problem):
    """The caption states what is drawn, not what ought to be."""
    sweep = step_sweep(*problem, methods=("central",), steps=np.logspace(-1, -3, 7))
    bent = sweep.steps**1.5
    object.__setattr__(sweep, "errors", {"central": bent})
    assert "falls like h^1.5 (central)" in draw_sweep(sweep)[1]


def test_the_figure_of_a_sweep_is_light(displayed, problem):
    figures.plot_step_sweep(step_sweep(*problem))
    ((bundle, _),) = displayed
    assert len(bundle["text/html"]) < 40_000


def test_a_table_moves_its_numbers_and_frames():
    fig, ax = figures.new_figure()
    figures.Table.clear(ax, 0, 6, 0, 5)
    table = figures.Table(ax, np.arange(6).reshape(2, 3), left=1, top=2, width=1.5, name="S")
    frame = table.frame(1, 2)
    assert frame.get_bbox().bounds == (4.0, 3, 1.5, 1)
    table.fill([[-1.0], [0.0], [2.5]], figures.sign_color, left=0, top=0)
    assert (table.right, table.bottom) == (1.5, 3)
    assert [text.get_text() for text in table.numbers] == ["−1", "0", "2.5", "", "", ""]
    assert [text.get_position() for text in table.numbers[:3]] == [
        (0.75, k + 0.5) for k in range(3)
    ]
    negative, zero, positive = table.cells.get_facecolor()[:, :3]
    assert negative[0] > negative[2]  # red rather than blue
    assert positive[2] > positive[0]
    assert (zero == 1).all()
    drawn(fig)


def test_a_table_takes_numbers_of_any_size():
    _, ax = figures.new_figure()
    with np.errstate(all="raise"):
        table = figures.Table(ax, np.array([[1e300, -1e-300, np.inf]]))
    huge, tiny, infinite = (number.get_color() for number in table.numbers)
    assert huge == infinite == figures.INK != tiny  # what is 0 to nine digits stands back


def test_bars_tell_a_sign_by_color_and_the_marked_one_by_hatching():
    _, ax = figures.new_figure()
    bars = figures.Bars(ax, 0.1)
    bars.move([0.5, -0.5, 0.25], ["+", "−", "+"], marked=1)
    first, second, third = (colors.to_hex(bar.get_facecolor()) for bar in bars.bars)
    assert first == third != second
    assert [bool(bar.get_hatch()) for bar in bars.bars] == [False, True, False]
    assert [word.get_position()[1] for word in bars.words] == [0.6, -0.6, 0.35]


@pytest.mark.parametrize("color", [*figures.PALETTE.values(), *figures.CLASS_COLORS])
def test_letters_in_any_color_can_be_read_on_white(color):
    luminance = linear(figures.ink(color)) @ [0.2126, 0.7152, 0.0722]
    assert 1.05 / (luminance + 0.05) >= 4.5


def test_series_of_errors_stand_apart_and_are_named():
    fig, ax = figures.new_figure()
    errors = {"central": [[1e-9, 2e-9], [3e-9]], "complex": [[0.0, 1e-16], [1e-16]]}
    figures.draw_error_groups(ax, errors, [[1e-9] * 2, [np.nan]], 1e-7, names=["a", "b"])
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["central", "complex", "bound 1e-07", "rounding floor"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "b"]
    drawn(fig)


def test_curves_without_theory_are_named_beside_their_markers():
    fig, ax = figures.new_figure()
    h = np.logspace(-8, -1, 8)
    errors = {"forward": h, "by hand": np.stack([h**2, 2 * h**2], axis=1)}
    figures.draw_error_curves(ax, h, errors, {"rounding floor": 1e-16 / h})
    assert {text.get_text() for text in ax.texts} == {"forward", "by hand", "rounding floor"}
    drawn(fig)

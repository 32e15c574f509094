"""Explorers: the base, on one small enough to check pixel by pixel, and every lesson's own."""

import functools
import gc
import importlib
import io
import re
import sys
import threading
import weakref
from base64 import b64decode
from types import SimpleNamespace

import ipywidgets as widgets
import numpy as np
import pytest
from explorer_sweeps import sweep_controls
from PIL import Image

from softmax_lib import explorer as explorer_module
from softmax_lib import lessons
from softmax_lib.explorer import Explorer


class Dot(Explorer):
    """A dot on a line, and a bar beside it that only the second control changes."""

    title = "A dot on a line"
    size = (4.0, 2.5)
    play = "x"

    def controls(self):
        return {
            "x": widgets.IntSlider(3, 0, 10, description="position x"),
            "kind": widgets.Dropdown(options=[("small <1>", 1), ("large", 2)], description="size"),
            "wide": widgets.Checkbox(False, description="wider axis"),
        }

    def build(self, fig):
        self.ax = fig.subplots()
        self.ax.set(xlim=(-1, 11), ylim=(-1, 1), xlabel="x")
        self.ax.axhline(0)
        (self.dot,) = self.ax.plot([0], [0], "o")
        self.note = self.ax.text(0, 0.5, "", ha="center")
        return [self.note, self.dot]

    def update(self, x, kind, wide):
        self.dot.set_data([x], [0])
        self.dot.set_markersize(6 * kind)
        self.note.set_text(f"x = {x}")
        self.note.set_x(x)
        if self.ax.get_xlim() != (-1 - 10 * wide, 11 + 10 * wide):
            self.ax.set_xlim(-1 - 10 * wide, 11 + 10 * wide)
        width = "wide" if wide else "narrow"
        return f"The dot <{kind}> is at {x}.", f"A dot of size {kind} at {x} on a {width} line."


def shown(explorer):
    """What the page shows: the picture's pixels, its alt text, its caption."""
    figure = explorer.view.children[1].value
    png = b64decode(re.search('src="data:image/png;base64,([^"]+)"', figure)[1])
    alt = re.search('alt="([^"]*)"', figure)[1]
    caption = re.search("<figcaption[^>]*>(.*)</figcaption>", figure)[1]
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA")), alt, caption


@pytest.mark.parametrize(("name", "value"), [("x", 7), ("kind", 2), ("wide", True)])
def test_each_control_changes_picture_and_alt_text_on_the_page(name, value):
    explorer = Dot()
    before = shown(explorer)
    explorer.control[name].value = value  # as a hand does
    after = shown(explorer)
    assert (before[0] != after[0]).any()
    assert before[1] != after[1]
    assert abs(after[0].astype(int) - explorer.pixels).max() < 24  # the same, in fewer colors
    assert after[1] == explorer.alt
    assert explorer.values[name] == value


def test_no_ghost_of_an_earlier_position_stays():
    explorer = Dot()
    for x in (9, 0, 5):
        explorer.set(x=x)
        fresh = Dot()
        fresh.set(x=x)
        assert (explorer.pixels == fresh.pixels).all()


def test_what_stands_is_drawn_again_only_when_it_changes(monkeypatch):
    explorer = Dot()
    draws = []
    draw = explorer.figure.canvas.draw
    monkeypatch.setattr(explorer.figure.canvas, "draw", lambda: draws.append(1) or draw())
    explorer.set(x=1)
    explorer.set(x=2, kind=2)
    assert not draws
    explorer.set(wide=True)
    assert len(draws) == 1
    explorer.set(x=4)
    assert len(draws) == 1


def test_the_axes_stay_where_they_are():
    explorer = Dot()
    before = explorer.ax.get_position().bounds
    explorer.set(x=10, wide=True, kind=2)
    explorer.figure.canvas.draw()
    assert explorer.ax.get_position().bounds == before


def test_artists_are_drawn_in_their_order_whatever_order_they_come_in():
    class Stacked(Dot):
        def build(self, fig):
            super().build(fig)
            self.note.set_zorder(1)
            self.dot.set_zorder(2)
            return [self.dot, self.note]

    class Swapped(Stacked):
        def build(self, fig):
            return super().build(fig)[::-1]

    assert (Stacked().pixels == Swapped().pixels).all()


class Words(Explorer):
    """One text, of any kind."""

    title = "Words"
    size = (3.0, 2.0)

    def __init__(self, **how):
        self.how = how
        super().__init__()

    def controls(self):
        return {"moved": widgets.Checkbox(description="moved")}

    def build(self, fig):
        ax = fig.subplots()
        ax.axis("off")
        self.words = ax.text(**{"x": 0.5, "y": 0.5, "s": "−0.817 pj", **self.how})
        return [self.words]

    def update(self, moved):
        return "Words.", "Words."


def ink(pixels):
    """Where the words are, in pixels, and how much ink there is."""
    dark = 255.0 - pixels[60:, :, :3].mean(axis=2)  # below the title
    rows, columns = np.indices(dark.shape)
    return np.array([(dark * rows).sum(), (dark * columns).sum()]) / dark.sum(), dark.sum()


BIG = {"fontsize": 14, "color": "#D55E00", "weight": "bold"}
PLACES = "left bottom, center center, right top, center baseline, left center_baseline".split(", ")


@pytest.mark.parametrize(
    "how",
    [
        *(
            BIG | {"s": words} | dict(zip(("ha", "va"), place.split(), strict=True))
            for place in PLACES
            for words in ("−0.817 pj", "right:  $p_1$ = 0.2", "$\\frac{1}{2}$")
        ),
        *({"s": words} for words in ("two\nlines", "5 $", "1 $ a 2 $ b 3 $", "5 \\$ and 6 \\$")),
        *({"rotation": 90}, {"bbox": {"facecolor": "white"}}, {"clip_on": True}, {"alpha": 0.5}),
    ],
)
def test_texts_stand_where_matplotlib_would_put_them(how, monkeypatch):
    place, amount = ink(Words(**how).pixels)
    monkeypatch.setattr(explorer_module, "_is_plain_text", lambda artist: False)
    expected_place, expected_amount = ink(Words(**how).pixels)
    assert abs(place - expected_place).max() < 4  # dots, of 144 an inch
    assert amount == pytest.approx(expected_amount, rel=0.15)


@pytest.mark.parametrize("how", [{"s": ""}, {"s": "  "}, {"x": np.nan}, {"visible": False}])
def test_a_text_without_words_or_place_leaves_no_ink(how):
    assert (Words(**how).pixels[60:] == 255).all()


def test_the_display_carries_the_widget_the_figure_and_the_words():
    explorer = Dot()
    explorer.set(x=8)
    bundle = explorer._repr_mimebundle_()
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == explorer.view.model_id
    hint = "(Run this cell to change: position x, size, wider axis.)"
    assert (
        bundle["text/plain"]
        == f"The dot <1> is at 8. {hint}\nA dot of size 1 at 8 on a narrow line."
    )
    still = bundle["text/html"]
    assert still == explorer.html
    assert f"The dot &lt;1&gt; is at 8. {hint}</figcaption>" in still
    png = b64decode(re.search('base64,([^"]+)"', still)[1])
    picture = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA")).astype(int)
    assert abs(picture - explorer.pixels).max() < 24  # the same picture, in fewer colors
    assert len(png) < 20_000


def test_the_page_is_told_the_picture_s_words_and_size():
    """Catches a page that jumps, a picture cut off or squeezed where the page is narrow."""
    figure = Dot().view.children[1].value
    assert "The dot &lt;1&gt; is at 3." in figure
    assert 'figcaption aria-live="polite"' in figure
    assert 'width="384" height="240" style="max-width:100%;height:auto"' in figure


def test_a_message_to_the_page_fills_a_segment():
    """A shorter one waits 40 ms in Jupyter's server, see `Explorer._page`."""
    value = Dot().view.children[1].value
    assert len(value) > 65_536 > len(value.rstrip())


def test_every_control_is_in_the_view_and_the_player_moves_its_slider():
    explorer = Dot()
    bar = explorer.view.children[0]
    x, player, kind, wide = bar.children
    assert [x, kind, wide] == list(explorer.control.values())
    assert (player.min, player.max, player.value) == (0, 10, 3)
    assert player.interval >= 500  # a step of play can be read
    explorer.set(x=7)
    assert player.value == 7  # it goes on from where the hand left the slider
    player.value = 8
    assert explorer.values["x"] == 8
    assert explorer.caption == "The dot <1> is at 8."


def test_a_player_walks_through_choices_by_index():
    class Choices(Dot):
        play = "kind"

    explorer = Choices()
    player = explorer.view.children[0].children[2]
    assert (player.min, player.max) == (0, 1)
    explorer.set(kind=2)
    assert player.value == 1
    player.value = 0
    assert explorer.values["kind"] == 1


def test_an_explorer_nobody_holds_is_freed_with_its_figure_and_widgets():
    gc.collect()
    before = len(widgets.widget._instances)
    explorer = Dot()
    traces = weakref.ref(explorer), weakref.ref(explorer.figure)
    assert len(widgets.widget._instances) > before
    del explorer
    gc.collect()
    assert [trace() for trace in traces] == [None, None]
    assert len(widgets.widget._instances) == before


def test_a_cell_that_runs_again_frees_the_explorer_it_showed(monkeypatch):
    shell = SimpleNamespace(execution_count=1, get_parent=lambda: {"metadata": {"cellId": "a"}})
    monkeypatch.setattr(explorer_module, "get_ipython", lambda: shell)
    monkeypatch.setattr(explorer_module, "_shown", {})

    first, beside = Dot(), Dot()
    figures = [weakref.ref(explorer.figure) for explorer in (first, beside)]
    first._repr_mimebundle_()
    beside._repr_mimebundle_()  # one run may show two
    assert all(figure() for figure in figures)

    shell.get_parent = lambda: {"metadata": {"cellId": "b"}}
    shell.execution_count = 2
    elsewhere = Dot()
    elsewhere._repr_mimebundle_()
    assert all(figure() for figure in figures)

    shell.get_parent = lambda: {"metadata": {"cellId": "a"}}
    shell.execution_count = 3
    again = Dot()
    again._repr_mimebundle_()
    gc.collect()
    assert not any(figure() for figure in figures)  # though `first` and `beside` still name them
    elsewhere.set(x=9)

    shell.execution_count = 4
    again._repr_mimebundle_()  # the same explorer, displayed again
    again.set(x=9)
    assert again.alt.startswith("A dot of size 1 at 9")


def test_a_closed_explorer_says_so():
    explorer = Dot()
    explorer.close()
    assert explorer._repr_mimebundle_() == {
        "text/plain": "This explorer is closed. Run its cell again for a new one."
    }


def test_an_explorer_on_the_page_lives_though_no_name_holds_it(monkeypatch):
    shell = SimpleNamespace(execution_count=1, get_parent=dict)
    monkeypatch.setattr(explorer_module, "get_ipython", lambda: shell)
    monkeypatch.setattr(explorer_module, "_shown", {})
    explorer = Dot()
    explorer._repr_mimebundle_()
    slider, page = explorer.control["x"], explorer.view.children[1]
    del explorer
    gc.collect()
    before = page.value
    slider.value = 6
    assert page.value != before


@pytest.fixture
def resting(monkeypatch):
    """What is to be done once the hand rests, in a kernel whose loop never comes to it."""
    planned = []

    def call_later(seconds, function, *args):
        assert seconds >= 0.05  # the browser is not to be held up
        planned.append(functools.partial(function, *args))
        return SimpleNamespace(cancel=lambda step=planned[-1]: planned.remove(step))

    loop = SimpleNamespace(call_later=call_later)
    monkeypatch.setattr(explorer_module.asyncio, "get_running_loop", lambda: loop)
    return planned


def test_while_the_hand_rests_the_next_step_is_drawn(resting, monkeypatch):
    explorer = Dot()
    explorer.set(x=4)
    (look_ahead,) = resting
    before = shown(explorer), explorer.caption, explorer.pixels
    look_ahead()
    after = shown(explorer), explorer.caption, explorer.pixels
    for one, other in zip(before[0] + before[1:], after[0] + after[1:], strict=True):
        np.testing.assert_array_equal(one, other)  # it shows nothing yet

    look_ahead()
    with monkeypatch.context() as patch:
        patch.setattr(Dot, "update", None)  # nothing is left to do
        explorer.set(x=5)
        pixels, *words = shown(explorer)
    fresh = Dot()
    fresh.set(x=5)
    np.testing.assert_array_equal(pixels, shown(fresh)[0])
    assert words == list(shown(fresh)[1:])
    np.testing.assert_array_equal(explorer.pixels, fresh.pixels)


def test_only_the_last_move_is_looked_ahead_from_and_nothing_after_close(resting):
    explorer = Dot()
    explorer.set(x=4)
    explorer.set(kind=2)
    explorer.set(wide=True)
    (look_ahead,) = resting
    explorer.close()
    look_ahead()


def test_redraw_draws_afresh_and_a_long_walk_keeps_little(monkeypatch):
    monkeypatch.setattr(explorer_module, "PAGES_KEPT", 3)
    explorer = Dot()
    explorer.set(x=4)
    picture = explorer.pixels
    for x in (5, 6, 7, 8):
        explorer.set(x=x)
    assert len(explorer._pages) == 3
    explorer.set(x=4)
    np.testing.assert_array_equal(explorer.pixels, picture)
    explorer.dot.set_color("black")
    explorer.redraw()
    assert (shown(explorer)[0] != picture).any()


@pytest.mark.parametrize("last", [{"x": 10}, {"x": 0}, {"kind": 2}, {"wide": True}])
def test_at_the_end_of_a_control_nothing_is_drawn_ahead(last, resting, monkeypatch):
    explorer = Dot()
    explorer.set(**last)
    (look_ahead,) = resting
    drawn = []
    monkeypatch.setattr(Dot, "update", lambda self, **values: drawn.append(values))
    look_ahead()
    assert not drawn


@pytest.mark.parametrize("name", lessons.LESSONS[1:])
def test_every_lesson_but_the_first_has_explorers_that_answer_every_control(name):
    lesson = importlib.import_module(f"softmax_lib.lessons.{name}")
    explorers = [make for f, make in vars(lesson).items() if re.fullmatch("explore(_.*)?", f)]
    assert explorers
    for explorer in explorers:
        assert sweep_controls(explorer) > 10, "too few settings to play with"


@pytest.mark.parametrize("name", ["numerical_derivatives", "gradient_check"])
def test_an_error_of_exactly_0_is_said_to_be_0(name):
    """Catches "relative error ≈ 0.0e+00", a zero in the clothes of a small number."""
    explorer = importlib.import_module(f"softmax_lib.lessons.{name}").explore()
    for h in dict(explorer.control["h"].options).values():
        explorer.set(method="complex", h=h)
        assert not re.search(r"≈ 0(\.0)?e", explorer.caption)


def test_two_threads_draw_one_after_the_other(monkeypatch):
    """Catches a drawing ahead that a key interrupts: Jupyter answers it in another thread.

    Canvas and fonts are shared: two at once, and a picture is wrong, or raises and stays away.
    """

    def walk(explorer, wide, pages):
        for x in range(11):
            pages[x, wide] = explorer._page({"x": x, "kind": 1, "wide": wide})

    def drawn_by(in_turn):
        explorer, pages = Dot(), {}
        monkeypatch.setattr(explorer_module, "PAGES_KEPT", 1)
        threads = [threading.Thread(target=walk, args=(explorer, w, pages)) for w in (False, True)]
        for thread in threads:
            thread.start()
            if in_turn:
                thread.join()
        for thread in threads:
            thread.join()
        explorer.close()
        return pages

    often = sys.getswitchinterval()
    try:
        sys.setswitchinterval(1e-5)
        both = drawn_by(False)
    finally:
        sys.setswitchinterval(often)
    assert both == drawn_by(True)

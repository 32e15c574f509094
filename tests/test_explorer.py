"""Explorers: the base, on one small enough to check pixel by pixel, and every lesson's own."""

import functools
import gc
import importlib
import io
import re
import weakref
from base64 import b64decode
from types import SimpleNamespace

import ipywidgets as widgets
import numpy as np
import pytest
from explorer_sweeps import positions, sweep_controls
from PIL import Image

from softmax_lib import explorer as explorer_module
from softmax_lib import lessons
from softmax_lib.explorer import Explorer, with_fallback


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


@pytest.mark.parametrize(
    ("ha", "va"),
    [
        ("left", "bottom"),
        ("center", "center"),
        ("right", "top"),
        ("center", "baseline"),
        ("left", "center_baseline"),
    ],
)
@pytest.mark.parametrize("s", ["−0.817 pj", "right:  $p_1$ = 0.2", "$\\frac{1}{2}$"])
def test_texts_stand_where_matplotlib_would_put_them(s, va, ha, monkeypatch):
    how = {"s": s, "va": va, "ha": ha, "fontsize": 14, "color": "#D55E00", "weight": "bold"}
    place, amount = ink(Words(**how).pixels)
    monkeypatch.setattr(explorer_module, "_is_plain_text", lambda artist: False)
    expected_place, expected_amount = ink(Words(**how).pixels)
    assert abs(place - expected_place).max() < 4  # dots, of 144 an inch
    assert amount == pytest.approx(expected_amount, rel=0.1)


@pytest.mark.parametrize(
    "how",
    [
        {"s": "two\nlines"},
        {"rotation": 90},
        {"bbox": {"facecolor": "white"}},
        {"clip_on": True},
        {"s": ""},
        {"x": np.nan},
        {"visible": False},
        {"alpha": 0.5},
        {"s": "5 $"},
        {"s": "1 $ a 2 $ b 3 $"},
        {"s": "5 \\$ and 6 \\$"},
        {"s": "  "},
    ],
)
def test_any_text_is_drawn_as_matplotlib_would_draw_it(how, monkeypatch):
    pixels = Words(**how).pixels.astype(int)
    monkeypatch.setattr(explorer_module, "_is_plain_text", lambda artist: False)
    if how.get("x") is np.nan:
        how = {"visible": False}  # matplotlib would log a warning
    expected = Words(**how).pixels.astype(int)
    assert abs(pixels - expected).mean() < 1
    assert (pixels != 255).sum() == pytest.approx((expected != 255).sum(), rel=0.15)


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


def test_text_on_the_page_is_escaped_and_announced():
    explorer = Dot()
    figure = explorer.view.children[1].value
    assert "The dot &lt;1&gt; is at 3." in figure
    assert 'figcaption aria-live="polite"' in figure


def test_the_page_stays_still_while_the_picture_is_replaced():
    figure = Dot().view.children[1].value
    assert 'width="384" height="240"' in figure


def test_a_narrow_page_narrows_the_picture():
    """Catches a picture cut off at its right, and one squeezed at its full height."""
    figure = Dot().view.children[1].value
    assert 'style="max-width:100%;height:auto"' in figure


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


def test_without_play_there_is_no_player():
    class Still(Dot):
        play = None

    assert len(Still().view.children[0].children) == 3


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


@pytest.mark.parametrize(
    ("control", "old", "new", "following"),
    [
        (widgets.IntSlider(3, 0, 10), 3, 4, 5),
        (widgets.IntSlider(3, 0, 10), 4, 3, 2),
        (widgets.IntSlider(3, 0, 10), 9, 10, None),
        (widgets.IntSlider(3, 0, 10), 1, 0, None),
        (widgets.FloatSlider(0.5, min=0.0, max=2.0), 0.5, 0.75, 1.0),
        (widgets.SelectionSlider(options=[("a", 8), ("b", 6), ("c", 7)]), 8, 6, 7),
        (widgets.SelectionSlider(options=["a", "b", "c"]), "b", "a", None),
        (widgets.Checkbox(), False, True, None),
    ],
)
def test_one_more_step(control, old, new, following):
    step = explorer_module._one_more_step(control, old, new)
    assert step == (following if following is None else pytest.approx(following, rel=1e-12))


def test_a_base_explorer_is_not_one_yet():
    with pytest.raises(NotImplementedError):
        Explorer()


def test_with_fallback_carries_the_widget_and_what_stands_in_for_it():
    label = widgets.Label("Which?")
    bundle = with_fallback(label, "<p>Which?</p>", "Which?")._repr_mimebundle_()
    assert bundle == {
        "application/vnd.jupyter.widget-view+json": {
            "version_major": 2,
            "version_minor": 0,
            "model_id": label.model_id,
        },
        "text/html": "<p>Which?</p>",
        "text/plain": "Which?",
    }


def test_the_sweep_passes_a_sound_explorer():
    assert sweep_controls(Dot) == 11 + 2 + 2 + 8


class Raises(Dot):
    def update(self, x, kind, wide):
        np.log(np.float64(x - 4 * kind))
        return super().update(x, kind, wide)


class Forgets(Dot):
    """A moving artist that is not returned: its earlier positions stay in the background."""

    def build(self, fig):
        return super().build(fig)[:1]

    def update(self, **values):
        caption = super().update(**values)
        self.ax.figure.stale = False
        return caption


class SaysNothingNew(Dot):
    def update(self, x, kind, wide):
        caption, _ = super().update(x, kind, wide)
        return caption, "A dot on a line."


class ShowsNothingNew(Dot):
    def update(self, x, kind, wide):
        super().update(0, 1, False)
        return f"x = {x}", f"{x}, {kind}, {wide}"


class FallsOff(Dot):
    def update(self, x, kind, wide):
        said = super().update(x, kind, wide)
        self.note.set_x(3 * x)
        return said


class Remembers(Dot):
    def update(self, x, kind, wide):
        said = super().update(x, kind, wide)
        self.seen = getattr(self, "seen", 0) + 1
        self.dot.set_ydata([self.seen / 500])
        return said


class Nameless(Dot):
    def controls(self):
        return {**super().controls(), "x": widgets.IntSlider(3, 0, 10)}


class Lags(Dot):
    def controls(self):
        late = widgets.IntSlider(3, 0, 10, description="x", continuous_update=False)
        return {**super().controls(), "x": late}


class NeedsAMouse(Dot):
    def controls(self):
        return {**super().controls(), "color": widgets.ColorPicker(description="color")}

    def update(self, color, **values):
        return super().update(**values)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (Raises, "encountered in log"),
        (Forgets, "the same picture|a ghost"),
        (SaysNothingNew, "the same alt text"),
        (ShowsNothingNew, "the same picture"),
        (FallsOff, "is cut off"),
        (Remembers, "a ghost|what was shown before"),
        (Nameless, "needs a description"),
        (Lags, "follow the hand"),
        (NeedsAMouse, "how would a keyboard work it"),
    ],
)
def test_the_sweep_finds_what_is_wrong(wrong, complaint):
    with pytest.raises((AssertionError, FloatingPointError), match=complaint):
        sweep_controls(wrong)


def test_positions_go_from_end_to_end():
    assert positions(widgets.IntSlider(0, -2, 2)) == [-2, -1, 0, 1, 2]
    assert positions(widgets.FloatSlider(0, min=0, max=1, step=0.5)) == [0.0, 0.5, 1.0]
    many = positions(widgets.IntSlider(0, 0, 1000), most=11)
    assert (many[0], many[-1], len(many)) == (0, 1000, 11)
    assert positions(widgets.SelectionSlider(options=range(9)), most=3) == [0, 4, 8]
    assert positions(widgets.Dropdown(options={"a": 1, "b": 2})) == [1, 2]
    assert positions(widgets.ToggleButtons(options=["a", "b"])) == ["a", "b"]
    assert positions(widgets.Checkbox()) == [False, True]


def _lesson_modules():
    """Lessons that exist, by name: the later ones of the series may not be written yet."""
    found = {
        name: importlib.util.find_spec(f"softmax_lib.lessons.{name}") for name in lessons.LESSONS
    }
    return [name for name, spec in found.items() if spec]


EXPLORED = [name for name in _lesson_modules() if name != "start_here"]


def test_every_lesson_but_the_first_has_an_explorer():
    found = [
        name
        for name in _lesson_modules()
        if hasattr(importlib.import_module(f"softmax_lib.lessons.{name}"), "explore")
    ]
    assert found == EXPLORED
    assert EXPLORED


@pytest.mark.parametrize("name", EXPLORED)
def test_a_lesson_s_explorer_answers_every_control(name):
    lesson = importlib.import_module(f"softmax_lib.lessons.{name}")
    assert sweep_controls(lesson.explore) > 10


FURTHER = [
    (name, function)
    for name in EXPLORED
    for function in vars(importlib.import_module(f"softmax_lib.lessons.{name}"))
    if function.startswith("explore_")
]


@pytest.mark.parametrize(("name", "function"), FURTHER)
def test_a_lesson_s_further_explorers_answer_every_control(name, function):
    lesson = importlib.import_module(f"softmax_lib.lessons.{name}")
    assert sweep_controls(getattr(lesson, function)) >= 6

"""Moves every control of an explorer as hands would: nothing may raise, warn or stand still."""

import itertools

import numpy as np
from ipywidgets import widgets
from matplotlib.text import Text

# What a keyboard works: everything here answers to Tab, arrows and Space.
SLIDERS = (widgets.IntSlider, widgets.FloatSlider, widgets.SelectionSlider)
CHOICES = (widgets.Dropdown, widgets.ToggleButtons, widgets.RadioButtons)
SWITCHES = (widgets.Checkbox, widgets.ToggleButton)


def positions(control, most=15):
    """Values of a control from end to end; of a slider at most `most`, evenly spread."""
    if isinstance(control, SWITCHES):
        return [False, True]
    assert isinstance(control, SLIDERS + CHOICES), (
        f"{type(control).__name__}: how would a keyboard work it?"
    )
    if hasattr(control, "options"):
        options = control.options
        pairs = options.items() if isinstance(options, dict) else options
        values = [pair[1] if isinstance(pair, tuple) else pair for pair in pairs]
        return (
            values if isinstance(control, CHOICES) else [values[k] for k in _spread(values, most)]
        )
    steps = range(round((control.max - control.min) / control.step) + 1)
    values = [control.min + control.step * k for k in _spread(steps, most)]
    return [type(control.value)(value) for value in values]


def _spread(values, most):
    """Indices of at most `most` of the values, evenly spread, both ends among them."""
    last = len(values) - 1
    return sorted({round(k) for k in np.linspace(0, last, min(last + 1, most))})


@np.errstate(all="raise")
def sweep_controls(make):
    """Move every control of the explorer that `make` makes through its range.

    Each position must give another picture and another alt text than the one before; at the end of
    each range, and in every corner, the picture must be the one of a full redraw, nothing may be
    cut off, and at no time may anything be raised or warned of, even by a numpy that was told to
    raise every error.

    Returns
    -------
    int
        How many positions were looked at.
    """
    explorer = make()
    start = explorer.values
    assert explorer.title, "an explorer has a title"
    assert explorer.control, "an explorer has controls"
    looked_at, alike = 0, []
    for name, control in explorer.control.items():
        assert control.description.strip(), f"{name}: a control needs a description"
        assert getattr(control, "continuous_update", True), f"{name}: it must follow the hand"
        values = positions(control)
        looks = [_look(explorer, {name: value}) for value in values]
        for step, (before, after) in enumerate(itertools.pairwise(looks)):
            move = f"{name} from {values[step]!r} to {values[step + 1]!r}"
            assert before[1] != after[1], f"{move}: the same alt text"
            if (before[0] == after[0]).all():
                # A choice may matter elsewhere only: float32 or float64, to small scores.
                assert not isinstance(control, SLIDERS), f"{move}: the same picture"
                alike.append((name, values[step], values[step + 1], move))
        looked_at += len(values)
        assert_whole(explorer)
        explorer.set(**start)
    for corner in _settings(explorer, each=2):
        explorer.set(**corner)
        assert_whole(explorer)
        looked_at += 1
    for name, value, after, move in alike:
        assert any(
            (_look(explorer, {**c, name: value})[0] != _look(explorer, {name: after})[0]).any()
            for c in _settings(explorer, each=7)
        ), f"{move}: the same picture, everywhere"
    fresh = make()
    fresh.set(**explorer.values)
    assert (fresh.pixels == explorer.pixels).all(), "the picture depends on what was shown before"
    assert (fresh.caption, fresh.alt) == (explorer.caption, explorer.alt)
    return looked_at


def _look(explorer, values):
    explorer.set(**values)
    for name, value in values.items():
        assert explorer.values[name] == value, f"{name} does not take {value!r}"
    return explorer.pixels, explorer.alt


def _settings(explorer, each, most=16):
    """Every choice with `each` values of every slider; a spread of them when they are many."""
    values = [
        positions(control, most=each if isinstance(control, SLIDERS) else None)
        for control in explorer.control.values()
    ]
    settings = [
        dict(zip(explorer.control, setting, strict=True)) for setting in itertools.product(*values)
    ]
    return [settings[k] for k in _spread(settings, most)]


def assert_whole(explorer):
    """The picture is that of a full redraw, and nothing is cut off."""
    before = explorer.pixels
    explorer.figure.stale = True  # matplotlib's word for: draw everything again
    explorer.redraw()
    assert (explorer.pixels == before).all(), f"{explorer.values}: a ghost of an earlier position"

    renderer = explorer.figure.canvas.get_renderer()
    page = explorer.figure.bbox
    inches = explorer.figure.get_tightbbox(renderer)
    standing = inches.transformed(explorer.figure.dpi_scale_trans)
    assert_inside(page, standing, f"{explorer.values}: what stands")
    for artist in explorer.figure.findobj(Text):
        if artist.get_animated() and artist.get_visible() and artist.get_text():
            assert_inside(page, artist.get_window_extent(renderer), f"{explorer.values}: {artist}")


def assert_inside(page, box, what, slack=2):
    outside = (
        box.x0 < page.x0 - slack
        or box.y0 < page.y0 - slack
        or box.x1 > page.x1 + slack
        or box.y1 > page.y1 + slack
    )
    assert not outside, f"{what} is cut off: {box} is not inside {page}"

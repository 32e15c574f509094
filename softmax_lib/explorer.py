"""The base of every explorer: a few controls, and one picture that follows them at once.

Redrawing a whole matplotlib figure takes longer than a key press may. So the part that does not
move is drawn once and kept; a change of a control puts it back and draws what moves on top, and
the browser gets one ``<img>`` in a ``widgets.HTML``. Should the part that stands change after all
(an axis limit, a title), matplotlib marks the figure stale, and it is drawn afresh.

Of the time between a key and its picture, JupyterLab alone takes most. So what was drawn is kept
for a while, and when the hand rests, the picture that the next step would show is drawn ahead.
"""

import asyncio
import contextlib
import functools
import itertools
import re
import weakref
from collections import namedtuple

import ipywidgets as widgets
import numpy as np
from IPython import get_ipython
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.transforms import IdentityTransform

from softmax_lib.figures import DRAWING, figure_bundle, figure_html, house_style, small_png

__all__ = ["Explorer", "choice", "ladder", "score_sliders", "slider"]

PAGES_KEPT = 32  # of 0.1 to 0.2 MB each
HAND_RESTS = 0.08  # seconds: longer than a key repeats in, and than the browser paints


class Explorer:
    """A picture with controls. A subclass says which controls, what stands, and what moves.

    Its controls are made by `slider`, `ladder` and `choice`, or are any of ipywidgets'.

    Attributes
    ----------
    title : str
        The figure's title.
    size : tuple of float
        Width and height in inches.
    play : str or None
        The name of an integer or selection slider that gets a play button.
    pace : int
        Milliseconds a step of the play button takes: time to read what has changed.
    caption, alt : str
        What the picture shows at present, and the picture in words.

    Notes
    -----
    A subclass defines three methods:

    ``controls()``
        A dict of name to ipywidgets control, each with a description.
    ``build(fig)``
        Makes the axes, draws what stands, and returns a list of what moves: artists of matplotlib,
        and what has ``artists``, such as a `figures.Table`.
    ``update(**values)``
        Moves them to the controls' values and returns ``(caption, alt)``. Anything else it changes
        (a title, a limit) is drawn too, more slowly.

    Examples
    --------
    >>> class Parabola(Explorer):
    ...     title = "y = a x²"
    ...
    ...     def controls(self):
    ...         return {"a": slider("a", -3, 3, 1)}
    ...
    ...     def build(self, fig):
    ...         ax = fig.subplots()
    ...         ax.set(xlim=(-1, 1), ylim=(-3, 3))
    ...         self.x = np.linspace(-1, 1)
    ...         (self.curve,) = ax.plot(self.x, 0 * self.x)
    ...         return [self.curve]
    ...
    ...     def update(self, a):
    ...         self.curve.set_ydata(a * self.x**2)
    ...         return f"a = {a}", f"A parabola through the origin and (1, {a})."
    >>> explorer = Parabola()
    >>> explorer.set(a=-2)
    >>> explorer.caption, explorer.alt
    ('a = -2', 'A parabola through the origin and (1, -2).')
    """

    title = ""
    size = (7.0, 3.6)
    play = None
    pace = 800

    @house_style
    @np.errstate(under="ignore")  # small probabilities end as 0, whatever numpy is told to do
    def __init__(self):
        self.control = self.controls()
        self.figure = Figure(figsize=self.size, layout="constrained")
        FigureCanvasAgg(self.figure)
        if self.title:
            self.figure.suptitle(self.title, x=0.01, ha="left")
        parts = [getattr(part, "artists", [part]) for part in self.build(self.figure)]
        self._moving = sorted(itertools.chain(*parts), key=lambda artist: artist.zorder)
        for artist in self._moving:
            artist.set_animated(True)
            artist.set_in_layout(False)  # or the axes would shift with what moves
        self.update(**self.values)
        self.figure.canvas.draw()
        self.figure.set_layout_engine("none")  # found once: the axes stay where they are
        self._background = self._drawn = self._ahead = None
        self._pages = {}  # caption, alt text and HTML by the controls' values

        self._picture = widgets.HTML()
        bar = widgets.HBox(
            [part for name in self.control for part in self._handle(name)],
            layout=widgets.Layout(flex_flow="row wrap", align_items="center"),
        )
        self.view = widgets.VBox([bar, self._picture])
        self.redraw()
        # ipywidgets keeps every widget, and a widget its observers: a bound method here would
        # keep every explorer ever made, figure and all.
        follow = weakref.WeakMethod(self._follow)

        def follow_if_alive(change):
            if (alive := follow()) is not None:
                alive(change)

        for control in self.control.values():
            control.observe(follow_if_alive, "value")
        for player in bar.children:
            if isinstance(player, widgets.Play):
                # Here, not in the browser: there, the slider would follow what the player was told
                # of an earlier move, and jump back under a hand that presses keys quickly.
                # And last, so that the picture leaves before the player's new value.
                player.link = widgets.link((player, "value"), player.moves)
        self._close_widgets = weakref.finalize(self, _close, self.view)
        self._close_widgets.atexit = False

    def _handle(self, name):
        """A control made fit for its row on the page, and its play button if it has one."""
        control = self.control[name]
        control.style.description_width = "initial"
        control.tooltip = control.tooltip or control.description  # else a hover says "null"
        control.layout.max_width = "100%"
        if control.layout.width is None:
            # A slider, or a long description leaves no track; all else, no more than it needs.
            control.layout.width = "340px" if hasattr(control, "readout") else "max-content"
        if hasattr(control.style, "button_width"):
            control.style.button_width = "max-content"  # or long words would be clipped
        if name != self.play:
            return [control]
        if hasattr(control, "options"):
            chosen, low, high, step = "index", 0, len(control.options) - 1, 1
        else:
            chosen, low, high, step = "value", control.min, control.max, control.step
        player = widgets.Play(
            value=getattr(control, chosen), min=low, max=high, step=step, interval=self.pace
        )
        player.moves = control, chosen
        return [control, player]

    @property
    def values(self):
        """Each control's present value, by name."""
        return {name: control.value for name, control in self.control.items()}

    @property
    def html(self):
        """What front ends without widgets show: the picture at present, as `figures.show` would."""
        return figure_html(small_png(self.pixels), self._still_caption(), self.alt)

    def _still_caption(self):
        names = ", ".join(control.description.strip() for control in self.control.values())
        return f"{self.caption} (Run this cell to change: {names}.)"

    @property
    def pixels(self):
        """The picture at present, (height, width, 4) uint8."""
        with DRAWING:
            if self._drawn != _key(self.values):
                self._draw(self.values)
            return np.array(self.figure.canvas.buffer_rgba())

    def set(self, **values):
        """Move controls from code, as a hand would; one redraw each."""
        for name, value in values.items():
            self.control[name].value = value

    def redraw(self):
        """Draw picture, caption and alt text afresh, in line with the controls."""
        self._pages.clear()
        self._show(self._page(self.values))

    def _follow(self, change):
        """Answer a control. Then, should the hand rest, draw what one more step would show."""
        self._show(self._page(self.values))
        if self._ahead is not None:
            self._ahead.cancel()
        with contextlib.suppress(RuntimeError):  # no event loop, as outside a kernel
            later = asyncio.get_running_loop().call_later
            self._ahead = later(HAND_RESTS, self._look_ahead, change)

    def _look_ahead(self, change):
        for name, control in vars(self).get("control", {}).items():  # none: closed meanwhile
            if control is change["owner"]:
                following = _one_more_step(control, change["old"], change["new"])
                if following is not None:
                    self._page({**self.values, name: following})

    def _show(self, page):
        self.caption, self.alt, self._picture.value = page

    def _page(self, values):
        key = _key(values)
        with DRAWING:  # a thread that draws ahead, and one that answers: one canvas
            if key not in self._pages:
                caption, alt = self._draw(values)
                png = small_png(self.figure.canvas.buffer_rgba(), quick=True)
                # Jupyter's server leaves Nagle's algorithm on: a message shorter than a segment,
                # 64 kB on one machine, waits 40 ms for the browser to acknowledge the one before.
                # Longer does not.
                html = figure_html(png, caption, alt, live=True).ljust(70_000)
                self._pages[key] = caption, alt, html
                if len(self._pages) > PAGES_KEPT:
                    del self._pages[next(iter(self._pages))]
            return self._pages[key]

    @house_style
    @np.errstate(under="ignore")
    def _draw(self, values):
        self._drawn = None
        caption_and_alt = self.update(**values)
        canvas = self.figure.canvas
        if self._background is None or self.figure.stale:
            canvas.draw()  # leaves out what is animated
            self._background = canvas.copy_from_bbox(self.figure.bbox)
        else:
            canvas.restore_region(self._background)
        renderer = canvas.get_renderer()
        for plain, artists in itertools.groupby(self._moving, _is_plain_text):
            if plain:
                _draw_texts(list(artists), renderer)
            else:
                for artist in artists:
                    artist.draw(renderer)
        self._drawn = _key(values)
        return caption_and_alt

    def close(self):
        """Let go of the widgets, the figure and all else: the explorer is over."""
        self._close_widgets()
        vars(self).clear()  # a subclass's artists would hold the figure

    def _repr_mimebundle_(self, **kwargs):
        if not vars(self):
            return {"text/plain": "This explorer is closed. Run its cell again for a new one."}
        _keep(self)
        still = figure_bundle(self.html, self._still_caption(), self.alt)
        return {**self.view._repr_mimebundle_(), **still}


def _key(values):
    """Values of controls, alike where the browser and Python round the last digit differently."""
    return tuple(
        f"{value:.12g}" if isinstance(value, float) else value for value in values.values()
    )


def _one_more_step(control, old, new):
    """The value that the step from `old` to `new`, made once more, would reach; None if none."""
    if hasattr(control, "options"):
        values = [part[1] if isinstance(part, tuple) else part for part in control.options]
        index = 2 * values.index(new) - values.index(old)
        return values[index] if 0 <= index < len(values) else None
    if not hasattr(control, "min"):
        return None
    following = 2 * new - old
    return following if control.min <= following <= control.max else None


def slider(description, low, high, value=None, step=1):
    """A slider from `low` to `high`, of whole numbers where the step is one; it begins at `low`.

    Examples
    --------
    >>> slider("class j", 0, 2).value, slider("score x", -3, 3, 1, step=0.5).value
    (0, 1.0)
    """
    kind, look = widgets.IntSlider, {}
    if not isinstance(step, int):
        kind, look = widgets.FloatSlider, {"readout_format": ".1f"}
    start = low if value is None else value
    return kind(start, min=low, max=high, step=step, description=description, **look)


def score_sliders(reach, starts):
    """A slider for the score of each class: ``s0``, ``s1`` and so on, from -`reach` to `reach`.

    Examples
    --------
    >>> {name: s.value for name, s in score_sliders(6, (2, -1)).items()}
    {'s0': 2.0, 's1': -1.0}
    """
    return {
        f"s{k}": slider(f"score of class {k}", -reach, reach, start, step=0.5)
        for k, start in enumerate(starts)
    }


def ladder(description, values, value=None, text="{:g}".format):
    """A slider over the values given, each shown as `text` writes it; it begins at the first.

    Examples
    --------
    >>> ladder("reg", [0, 0.01, 0.1]).options
    (('0', 0), ('0.01', 0.01), ('0.1', 0.1))
    """
    options = [(text(one), one) for one in values]
    start = values[0] if value is None else value
    return widgets.SelectionSlider(options=options, value=start, description=description)


def choice(description, options, **start):
    """Buttons of which one is pressed, the first unless ``value=`` says which; all words show.

    Examples
    --------
    >>> choice("read", ["rows", "columns"]).value
    'rows'
    """
    return widgets.ToggleButtons(options=options, description=description, **start)


def _is_plain_text(artist):
    """Whether an artist is one line of upright text and nothing else."""
    return (
        type(artist) is Text
        and not re.search(r"\n|\\\$", artist.get_text())
        and not artist.get_rotation()
        and artist.get_bbox_patch() is None
        and not (artist.get_clip_on() or artist.get_path_effects() or artist.get_usetex())
    )


def _draw_texts(texts, renderer):
    """Draw plain texts as outlines, all in one call.

    matplotlib shapes and rasterizes each text anew, a millisecond each; explorers full of numbers
    have dozens. Here each letter's outline is made once.
    """
    outlines, places, colors = [], [], []
    for text in texts:
        x, y = text.get_transform().transform(text.get_unitless_position())
        if not (text.get_visible() and text.get_text() and np.isfinite([x, y]).all()):
            continue
        letters = _letters(text.get_fontproperties(), text.get_figure().dpi)
        pieces = [letters[piece] for piece in _pieces(text.get_text())]
        height = max(letters.height, *(piece.height for piece in pieces))
        descent = max(letters.descent, *(piece.descent for piece in pieces))
        x -= {"left": 0, "center": 0.5, "right": 1}[text.get_horizontalalignment()] * sum(
            piece.advance for piece in pieces
        )
        y += {
            "bottom": descent,
            "baseline": 0,
            "center": descent - height / 2,
            "center_baseline": (descent - height) / 2,
            "top": descent - height,
        }[text.get_verticalalignment()]
        color = to_rgba(text.get_color(), text.get_alpha())
        for piece in pieces:
            if piece.outline is not None:
                outlines.append(piece.outline)
                places.append((x, round(y)))
                colors.append(color)
            x += piece.advance
    if outlines:
        lettering = PathCollection(outlines, offsets=places, facecolors=colors, linewidths=0)
        lettering.set_transform(IdentityTransform())
        lettering.set_figure(texts[0].get_figure())
        lettering.set_snap(False)
        lettering.draw(renderer)


def _pieces(string):
    """Letters, and formulas whole; dollars come in pairs, or matplotlib takes them as they are."""
    return re.findall(r"\$[^$]+\$|.", string) if string.count("$") % 2 == 0 else string


class _Letters(dict):
    """Outline and size, in pixels, of each letter of a font; a formula between dollars is one."""

    def __init__(self, font):
        self.font = font
        _, self.height, self.descent = text_to_path.get_text_width_height_descent("lp", font, False)

    def __missing__(self, piece):
        formula = len(piece) > 1
        points, codes = text_to_path.get_text_path(self.font, piece, formula)
        scale = self.font.get_size_in_points() / text_to_path.FONT_SCALE
        outline = Path(np.array(points) * scale, codes) if len(points) else None
        self[piece] = _Piece(
            outline, *text_to_path.get_text_width_height_descent(piece, self.font, formula)
        )
        return self[piece]


_Piece = namedtuple("_Piece", "outline advance height descent")


@functools.lru_cache
def _letters(font, dpi):
    font = font.copy()
    font.set_size(font.get_size_in_points() * dpi / 72)
    return _Letters(font)


def _close(view):
    bar, picture = view.children
    for widget in (view, bar, picture, *bar.children):
        for part in ("style", "layout"):
            if hasattr(widget, part):
                getattr(widget, part).close()
        if hasattr(widget, "link"):
            widget.link.unlink()
        widget.close()


_shown = {}  # cell -> (execution count, explorers): what the page shows, and nothing else


def _keep(explorer):
    """Keep an explorer alive while its cell shows it; close those the cell showed before."""
    shell = get_ipython()
    if shell is None or not hasattr(shell, "get_parent"):
        return
    # A front end that does not name its cells: one explorer of each kind.
    cell = shell.get_parent().get("metadata", {}).get("cellId", type(explorer))
    count, explorers = _shown.get(cell, (None, []))
    if count != shell.execution_count:
        for former in explorers:
            if former is not explorer:
                former.close()
        explorers = []
    _shown[cell] = shell.execution_count, [*explorers, explorer]

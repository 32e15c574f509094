"""The base of every explorer: a few controls, and one picture that follows them at once.

Redrawing a whole matplotlib figure takes longer than a key press may. So the part that does not
move is drawn once and kept; a change of a control puts it back and draws what moves on top, and
the browser gets one ``<img>`` in a ``widgets.HTML``. Should the part that stands change after all
(an axis limit, a title), matplotlib marks the figure stale, and it is drawn afresh.
"""

import struct
import weakref
import zlib

import ipywidgets as widgets
import numpy as np
from IPython import get_ipython
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from softmax_lib.figures import figure_bundle, figure_html, house_style, small_png

__all__ = ["Explorer", "with_fallback"]


class Explorer:
    """A picture with controls. A subclass says which controls, what stands, and what moves.

    Attributes
    ----------
    title : str
        The figure's title.
    size : tuple of float
        Width and height in inches.
    play : str or None
        The name of an integer or selection slider that gets a play button.
    caption, alt : str
        What the picture shows at present, and the picture in words.

    Notes
    -----
    A subclass defines three methods:

    ``controls()``
        A dict of name to ipywidgets control, each with a description.
    ``build(fig)``
        Makes the axes, draws what stands, and returns a list of the artists that move.
    ``update(**values)``
        Moves them to the controls' values and returns ``(caption, alt)``. Anything else it changes
        (a title, a limit) is drawn too, more slowly.

    Examples
    --------
    >>> class Parabola(Explorer):
    ...     title = "y = a x²"
    ...
    ...     def controls(self):
    ...         return {"a": widgets.IntSlider(1, -3, 3, description="a")}
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

    @house_style
    def __init__(self):
        self.control = self.controls()
        self.figure = Figure(figsize=self.size, layout="constrained")
        FigureCanvasAgg(self.figure)
        if self.title:
            self.figure.suptitle(self.title, x=0.01, ha="left")
        self._moving = sorted(self.build(self.figure), key=lambda artist: artist.zorder)
        for artist in self._moving:
            artist.set_animated(True)
            artist.set_in_layout(False)  # or the axes would shift with what moves
        self.caption, self.alt = self.update(**self.values)
        self.figure.canvas.draw()
        self.figure.set_layout_engine("none")  # found once: the axes stay where they are
        self._background = None

        self._picture = widgets.HTML()
        bar = widgets.HBox(
            [part for name in self.control for part in self._handle(name)],
            layout=widgets.Layout(flex_flow="row wrap", align_items="center"),
        )
        self.view = widgets.VBox([bar, self._picture])
        self._paint()
        # ipywidgets keeps every widget, and a widget its observers: a bound method here would
        # keep every explorer ever made, figure and all.
        redraw = weakref.WeakMethod(self.redraw)

        def follow(change):
            if (alive := redraw()) is not None:
                alive()

        for control in self.control.values():
            control.observe(follow, "value")
        self._close_widgets = weakref.finalize(self, _close, self.view)
        self._close_widgets.atexit = False

    def _handle(self, name):
        """A control made fit for its row on the page, and its play button if it has one."""
        control = self.control[name]
        control.style.description_width = "initial"
        control.tooltip = control.tooltip or control.description  # else a hover says "null"
        if control.layout.width is None:
            # A slider, or a long description leaves no track; all else, no more than it needs.
            control.layout.width = "340px" if hasattr(control, "readout") else "max-content"
        if name != self.play:
            return [control]
        if hasattr(control, "options"):
            chosen, low, high, step = "index", 0, len(control.options) - 1, 1
        else:
            chosen, low, high, step = "value", control.min, control.max, control.step
        player = widgets.Play(
            value=getattr(control, chosen), min=low, max=high, step=step, interval=200
        )
        player.link = widgets.jslink((player, "value"), (control, chosen))
        return [control, player]

    def controls(self):
        """Controls by name; a subclass says which."""
        raise NotImplementedError

    def build(self, fig):
        """Draw what stands and return the artists that move; a subclass says how."""
        raise NotImplementedError

    def update(self, **values):
        """Move them to the controls' values and return (caption, alt); a subclass says how."""
        raise NotImplementedError

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
        return np.array(self.figure.canvas.buffer_rgba())

    def set(self, **values):
        """Move controls from code, as a hand would; one redraw each."""
        for name, value in values.items():
            self.control[name].value = value

    @house_style
    def redraw(self):
        """Bring picture, caption and alt text in line with the controls."""
        self.caption, self.alt = self.update(**self.values)
        self._paint()

    def _draw(self):
        canvas = self.figure.canvas
        if self._background is None or self.figure.stale:
            canvas.draw()  # leaves out what is animated
            self._background = canvas.copy_from_bbox(self.figure.bbox)
        else:
            canvas.restore_region(self._background)
        renderer = canvas.get_renderer()
        for artist in self._moving:
            artist.draw(renderer)

    def _paint(self):
        self._draw()
        png = fast_png(self.figure.canvas.buffer_rgba())
        self._picture.value = figure_html(png, self.caption, self.alt, live=True)

    def close(self):
        """Let go of the widgets, the figure and all else: the explorer is over."""
        self._close_widgets()
        vars(self).clear()  # a subclass's artists would hold the figure

    def _repr_mimebundle_(self, **kwargs):
        _keep(self)
        return _bundle(self.view, figure_bundle(self.html, self._still_caption(), self.alt))


def with_fallback(widget, html, plain):
    """A widget that front ends without widgets show as HTML, or as text.

    Parameters
    ----------
    widget : ipywidgets.DOMWidget
    html : str
        Ready to be shown: whatever needs escaping is escaped.
    plain : str

    Returns
    -------
    object
        To be displayed.

    Examples
    --------
    >>> shown = with_fallback(widgets.Label("Which?"), "<p>Which?</p>", "Which?")
    >>> bundle = shown._repr_mimebundle_()
    >>> bundle["text/html"], bundle["text/plain"]
    ('<p>Which?</p>', 'Which?')
    """
    return _WithFallback(widget, html, plain)


class _WithFallback:
    def __init__(self, widget, html, plain):
        self.widget, self._fallback = widget, {"text/html": html, "text/plain": plain}

    def _repr_mimebundle_(self, **kwargs):
        return _bundle(self.widget, self._fallback)


def _bundle(widget, fallback):
    return {**widget._repr_mimebundle_(), **fallback}


def fast_png(pixels):
    """Pixels (height, width, 4) as a PNG, compressed at level 1 and no row filtered.

    On plots, flat as they are, this takes a third of the time of an encoder that picks filters.
    """
    pixels = np.asarray(pixels)
    height, width, _ = pixels.shape
    rows = np.zeros((height, 1 + 4 * width), np.uint8)  # each row begins with its filter: 0, none
    rows[:, 1:] = pixels.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)  # 8 bits, RGBA
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def _close(view):
    bar, picture = view.children
    for widget in (view, bar, picture, *bar.children):
        for part in ("link", "style", "layout"):
            if hasattr(widget, part):
                getattr(widget, part).close()
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

"""What every picture of the series shares: its colors, its style, and one way to be shown.

A lesson's ``plot_`` function reads: :func:`new_figure`, draw, :func:`show`. Nothing here touches
pyplot: a student's own plots keep their own settings, and no figure is left behind.
"""

import base64
import contextlib
import html
import io
import logging
import struct
import sys
import threading

import matplotlib as mpl
import numpy as np

# On a machine's first plot matplotlib tells stderr that it builds its font cache; the one font
# used here ships with matplotlib.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)

from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: E402
from matplotlib.collections import PolyCollection  # noqa: E402
from matplotlib.colors import LinearSegmentedColormap, to_rgb  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.patches import Rectangle  # noqa: E402
from matplotlib.ticker import NullLocator  # noqa: E402
from PIL import Image  # noqa: E402

from softmax_lib import words  # noqa: E402

__all__ = [
    "CLASS_COLORS",
    "CLASS_MARKERS",
    "MATRIX_COLORS",
    "METHOD_STYLES",
    "PALETTE",
    "SIGNED",
    "Bars",
    "Table",
    "arrow",
    "centered",
    "draw_entry_errors",
    "draw_error_curves",
    "draw_error_groups",
    "draw_step_sweep",
    "draw_tiles",
    "draw_verdicts",
    "error_axis",
    "figure_html",
    "house_style",
    "ink",
    "legend_above",
    "new_figure",
    "note",
    "pale",
    "plot_step_sweep",
    "round_ticks",
    "show",
    "sign_color",
]

# Okabe and Ito, "Color Universal Design" (2008): told apart by every kind of color vision.
PALETTE = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "purple": "#CC79A7",
    "gray": "#6E6E6E",
}

# Ten classes, ten colors: yellow does not read on white, so wine, violet and brown join. They were
# picked so that no two come closer, in simulated color blindness, than two of Okabe-Ito's own do.
CLASS_COLORS = (
    *(PALETTE[name] for name in ("blue", "orange", "green", "purple", "sky", "vermillion")),
    *("#882255", "#5D3A9B", "#6B4C00", PALETTE["black"]),
)
CLASS_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")

MATRIX_COLORS = {
    "X": PALETTE["blue"],
    "W": PALETTE["orange"],
    "S": PALETTE["green"],
    "P": PALETTE["purple"],
    "dW": PALETTE["vermillion"],
}

METHOD_STYLES = {
    "forward": {"color": PALETTE["vermillion"], "marker": "o", "linestyle": "-"},
    "central": {"color": PALETTE["blue"], "marker": "s", "linestyle": "--"},
    "complex": {"color": PALETTE["green"], "marker": "^", "linestyle": "-."},
}

# One meaning of a sign's color in the whole series: blue is positive, vermillion negative, white 0.
SIGNED = LinearSegmentedColormap.from_list(
    "signed", ["#7A3500", PALETTE["vermillion"], "#FFFFFF", PALETTE["blue"], "#00395A"]
)

DPI = 144  # one and a half image pixels per CSS pixel: crisp, and still about 20 to 40 KB
INK = "#222222"

STYLE = {
    "figure.dpi": DPI,
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": 10.5,
    "text.color": INK,
    "axes.facecolor": "white",
    "axes.edgecolor": PALETTE["gray"],
    "axes.labelcolor": INK,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "axes.prop_cycle": mpl.cycler(color=CLASS_COLORS),
    "figure.titlesize": 12,
    "figure.titleweight": "bold",
    "grid.color": "#E3E3E3",
    "grid.linewidth": 0.8,
    "image.cmap": "cividis",
    "legend.frameon": False,
    "text.hinting": "no_hinting",  # at this many dots it only costs time
    "lines.linewidth": 1.8,
    "lines.markersize": 6,
    "xtick.color": INK,
    "ytick.color": INK,
}

# Matplotlib's fonts and settings are one for all threads, and a slider may be answered in a thread
# beside the one that runs cells: held by whoever draws.
DRAWING = threading.RLock()


@contextlib.contextmanager
def _house_style():
    with DRAWING, mpl.rc_context(STYLE):
        yield


# A decorator: what the function draws, it draws in the house style, whatever the user has set.
house_style = _house_style()


@house_style
def new_figure(width=7.0, height=3.6, title="", **subplots_kw):
    """Figure and axes in the house style, unknown to pyplot.

    Parameters
    ----------
    width, height : float
        Size in inches, 96 CSS pixels each: 7 by 3.6 is 672 by 346 pixels on the page.
    title : str
        Of the axes, or of the figure where there are several.
    **subplots_kw
        For ``Figure.subplots``: ``nrows``, ``ncols``, ``sharey``, ``width_ratios`` ...

    Returns
    -------
    fig : matplotlib.figure.Figure
        Laid out by matplotlib's constrained layout.
    axes : matplotlib.axes.Axes or array of them

    Examples
    --------
    >>> fig, (left, right) = new_figure(ncols=2)
    >>> fig.get_size_inches().tolist()
    [7.0, 3.6]
    """
    fig = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(fig)
    axes = fig.subplots(**subplots_kw)
    if isinstance(axes, np.ndarray):
        fig.suptitle(title, x=0.01, ha="left")
    else:
        axes.set_title(title)
    return fig, axes


def show(fig, caption, alt):
    """Show a figure as one output: an HTML figure, with the caption as plain text beside it.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
    caption : str
        What the picture shows: facts computed from what was drawn, true on any machine.
    alt : str
        The picture in words, for those who cannot see it.

    Raises
    ------
    ValueError
        If the caption or the alt text is empty.
    """
    from IPython.display import display

    display(figure_bundle(figure_html(fig, caption, alt), caption, alt), raw=True)
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close(fig)  # else a pyplot figure would be shown twice


def figure_bundle(figure, caption, alt):
    """The display of a figure: its HTML, and in plain text the caption above the alt text."""
    return {"text/html": figure, "text/plain": f"{caption}\n{alt}"}


def figure_html(picture, caption, alt, *, live=False):
    """The ``<figure>`` that `show` and the explorers share.

    Parameters
    ----------
    picture : matplotlib.figure.Figure or bytes
        A figure, or the bytes of a PNG with `DPI` dots per inch.
    caption, alt : str
        Plain text; it is escaped here.
    live : bool
        For a picture that is replaced while one watches: its height is reserved, so that the page
        stays still, and a screen reader is told of each new caption.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If the caption or the alt text is empty.

    Examples
    --------
    >>> fig, ax = new_figure(2, 1)
    >>> figure_html(fig, "1 < 2", "Empty axes.")  # doctest: +ELLIPSIS
    '<figure ...><img alt="Empty axes." width="192" src="data:image/png;base64,...1 &lt; 2...'
    """
    if not (caption and alt):
        raise ValueError("a picture needs both a caption and an alt text; one of them is empty")
    if not isinstance(picture, bytes):
        with DRAWING:
            picture.canvas.draw()
        picture = small_png(picture.canvas.buffer_rgba())
    width, height = (round(96 * dots / DPI) for dots in struct.unpack(">II", picture[16:24]))
    size = f'width="{width}"'
    if live:  # a notebook's own pictures are narrowed by the front end, those of widgets are not
        size += f' height="{height}" style="max-width:100%;height:auto"'
    announced = ' aria-live="polite"' if live else ""
    return (
        f'<figure style="margin:0"><img alt="{html.escape(alt)}" {size} '
        f'src="data:image/png;base64,{base64.b64encode(picture).decode()}">'
        f'<figcaption{announced} style="max-width:{width}px">{html.escape(caption)}</figcaption>'
        "</figure>"
    )


def small_png(pixels, *, quick=False):
    """Pixels (height, width, 4) as a PNG of 256 colors: a notebook full of pictures stays light.

    `quick` is for pictures that follow a hand: a third of the time, colors a shade less true.
    """
    picture = Image.fromarray(np.asarray(pixels)).convert("RGB")
    # Colors chosen to cover all that occur: a small marker keeps its hue on a page of white.
    method = Image.Quantize.FASTOCTREE if quick else Image.Quantize.MAXCOVERAGE
    few = picture.quantize(method=method, dither=Image.Dither.NONE)
    stream = io.BytesIO()
    few.save(stream, "png", **({"compress_level": 1} if quick else {"optimize": True}))
    return stream.getvalue()


def sign_color(value, largest=1.0):
    """Color of a signed number's cell: blue or vermillion, pale enough for a dark number on it.

    Examples
    --------
    >>> sign_color(0.0)
    (1.0, 1.0, 1.0)
    """
    share = 0.55 * min(1.0, abs(value) / largest) ** 0.7
    return pale(PALETTE["blue" if value > 0 else "vermillion"], share)


def pale(color, share):
    """The color mixed with white: so much of it is left, from 0 to 1."""
    return tuple(1 - share * (1 - part) for part in to_rgb(color))


def ink(color):
    """The color, made as dark as letters on white must be to be read.

    Examples
    --------
    >>> ink(PALETTE["orange"]) == PALETTE["orange"], ink(INK) == INK
    (False, True)
    """
    rgb = np.array(to_rgb(color))
    if _luminance(rgb) <= 0.18:  # 4.5 times less light than white, with the eye's own glare added
        return color
    while _luminance(rgb) > 0.18:
        rgb *= 0.97
    return tuple(map(float, rgb))


def _luminance(rgb):
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in rgb[:3]]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def note(ax, text, at, away=(4, 4), **style):
    """Words beside the point `at`, in the data's numbers, `away` points to the right and up of it.

    They stand on a ground of white, so that lines below do not cross them.
    """
    ground = {"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1}
    sides = {"ha": "right" if away[0] < 0 else "left", "va": "top" if away[1] < 0 else "bottom"}
    return ax.annotate(
        text, at, away, textcoords="offset points", **{"bbox": ground, **sides, **style}
    )


def centered(ax, x, y, text="", **style):
    """Words whose middle is at (x, y), unless `style` says otherwise."""
    return ax.text(x, y, text, **{"ha": "center", "va": "center"} | style)


def arrow(ax, start, end, **style):
    """An arrow from `start` to `end`."""
    look = {"arrowstyle": "-|>", "color": INK, "linewidth": 1.6, "shrinkA": 0, "shrinkB": 0}
    return ax.annotate("", end, start, arrowprops=look | style)


def draw_verdicts(ax, words, rows, columns, width=1.0):
    """A table of words with named rows and columns; those that begin with ``!`` have a red ground.

    Returns the table; room for the rows' names is the caller's to make, by ``ax.set_xlim``.
    """
    table = Table(ax, words, width=width, text=str, fontsize=9)
    table.fill(words, lambda word: PALETTE["vermillion"] if word[0] == "!" else "#E3F1EC")
    table.names(rows, columns, color=INK, fontsize=10.5)
    Table.clear(ax, 0, table.right, -0.6, table.bottom)
    return table


class Spotlight:
    """A cell of a table, lit up: see :meth:`Table.spotlight`."""

    def __init__(self, table):
        self.table = table
        self.frame = table.frame(0, 0, fill=True, facecolor=ink(table.color))
        white = {"color": "white", "weight": "bold", "zorder": 4}
        self.words = centered(table.ax, 0, 0, **white)
        self.artists = [self.frame, self.words]

    def move(self, i, j, text):
        """Light up entry (i, j), with `text` in it."""
        self.frame.set_xy(self.table.corner(i, j))
        self.words.set(position=self.table.middle(i, j), text=text)


def round_ticks(axis, low, high):
    """Ticks for a log axis of few decades, and their plain numbers; none between.

    Examples
    --------
    >>> fig, ax = new_figure()
    >>> round_ticks(ax.xaxis, 0.3, 12)
    >>> ax.get_xticks().tolist()
    [0.5, 1.0, 2.0, 5.0, 10.0]
    """
    ticks = [t for e in range(-3, 7) for m in (1, 2, 5) if low <= (t := m * 10.0**e) <= high]
    axis.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.set_ticks([], minor=True)


def draw_tiles(ax, images, titles=(), *, left=0, top=0, gap=2, largest=None):
    """Images of 8 by 8 pixels side by side, framed, below their titles; y grows downward.

    Their grays go from 0 to 1, or their signed colors from -`largest` to `largest`. Returns what
    takes other pixels by ``set_array``.
    """
    look = {"cmap": "gray_r", "vmin": 0, "vmax": 1}
    if largest is not None:
        look = {"cmap": SIGNED, "vmin": -largest, "vmax": largest}
    tiles, place = [], np.arange(9)
    for k, image in enumerate(np.reshape(images, (-1, 8, 8))):
        x = left + (8 + gap) * k
        # Squares, not imshow: resampling a picture takes ten times as long.
        tiles.append(ax.pcolormesh(x + place, top + place, image, **look))
        frame = {"fill": False, "edgecolor": PALETTE["gray"], "linewidth": 0.7}
        ax.add_patch(Rectangle((x - 0.05, top - 0.05), 8.1, 8.1, **frame))
        if k < len(titles):
            centered(ax, x + 4, top - 0.5, titles[k], va="bottom", fontsize=9)
    return tiles


class Bars:
    """Bars, one a class, each with words beyond its end: what an explorer moves.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    gap : float
        From the end of a bar to the middle of its words, in numbers of the axis.
    colors : sequence of color, optional
        By default each bar has the color of its sign.
    count : int
    **style
        Of the bars.
    """

    def __init__(self, ax, gap, colors=None, count=3, **style):
        self.gap, self.by_sign = gap, colors is None
        self.bars = ax.bar(range(count), 1, color=colors, **style)
        self.words = [centered(ax, k, 0) for k in range(count)]
        ax.set_xticks(range(count), [f"class {k}" for k in range(count)])
        ax.axhline(0, color=INK, linewidth=0.8)

    @property
    def artists(self):
        """The bars and their words."""
        return [*self.bars, *self.words]

    def move(self, heights, words, marked=None):
        """Give the bars other heights and words; the one `marked` is hatched, its words bold."""
        for k, (height, word) in enumerate(zip(heights, words, strict=True)):
            self.bars[k].set(height=height, hatch="//" if k == marked else "")
            if self.by_sign:
                self.bars[k].set_facecolor(PALETTE["blue" if height > 0 else "vermillion"])
            away = self.gap if height >= 0 else -self.gap
            weight = "bold" if k == marked else "normal"
            self.words[k].set(y=height + away, text=word, weight=weight)


class Table:
    """A matrix drawn in cells, each `width` wide and 1 high; y grows downward.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        See :meth:`clear`.
    M : array_like, shape (rows, columns)
        Numbers, or words where `text` is ``str``.
    left, top : float
        The upper left corner.
    color : color
        Of the ground, made pale, and of frames and label; by default that of the matrix `name`.
    name : str
        A key of `MATRIX_COLORS`.
    width : float
        Of a cell.
    text : function
        Writes a number.
    fontsize : float

    Attributes
    ----------
    left, right, top, bottom : float
    artists : list
        What :meth:`fill` changes: an explorer's moving part.

    Examples
    --------
    >>> fig, ax = new_figure()
    >>> table = Table(ax, [[1, -2, 0], [3, 4, 5]], name="X")
    >>> table.right, table.bottom, table.middle(1, 2)
    (3.0, 2.0, (2.5, 1.5))
    >>> table.fill([[1], [-2]], color=sign_color)
    >>> [number.get_text() for number in table.numbers]
    ['1', '−2', '', '', '', '']
    """

    def __init__(
        self, ax, M, left=0.0, top=0.0, *, color=None, name=None, width=1.0, text=words.number,
        fontsize=10.5,
    ):  # fmt: skip
        self.ax, self.left, self.top, self.width, self.text = ax, left, top, width, text
        self.color = MATRIX_COLORS.get(name, PALETTE["gray"]) if color is None else color
        # One artist for all cells: drawn in a third of the time of a patch each.
        self.cells = ax.add_collection(PolyCollection([], edgecolor="white"), autolim=False)
        self.numbers = [centered(ax, 0, 0, fontsize=fontsize) for _ in range(np.size(M))]
        self.fill(M)

    @property
    def artists(self):
        """The cells and the numbers."""
        return [self.cells, *self.numbers]

    def fill(self, M, color=None, left=None, top=None):
        """Show other numbers, in a matrix of the same size or smaller, here or elsewhere.

        Parameters
        ----------
        M : array_like, shape (rows, columns)
        color : color or function, optional
            Of the cells; a function is asked for that of each number.
        left, top : float, optional
        """
        M = np.asarray(M)
        self.rows, self.columns = M.shape
        self.left = self.left if left is None else left
        self.top = self.top if top is None else top
        self.right = self.left + self.width * self.columns
        self.bottom = self.top + self.rows
        corners = np.array([self.corner(i, j) for i, j in np.ndindex(M.shape)])
        cell = np.array([(0, 0), (self.width, 0), (self.width, 1), (0, 1)])
        self.cells.set_verts(corners[:, None] + cell)
        if callable(color):
            self.cells.set_facecolor([color(value) for value in M.flat])
        else:
            self.cells.set_facecolor(pale(self.color, 0.14) if color is None else color)
        for number in self.numbers[M.size :]:
            number.set_text("")
        grounds = np.resize(self.cells.get_facecolor(), (M.size, 4))
        for k, (at, value) in enumerate(np.ndenumerate(M)):
            self.numbers[k].set(position=self.middle(*at), text=self.text(value))
            zero = not isinstance(value, str) and abs(value) < 5e-10
            dark = _luminance(grounds[k]) < 0.25
            self.numbers[k].set_color("white" if dark else PALETTE["gray"] if zero else INK)

    def embolden(self, chosen):
        """Write in bold the numbers where `chosen`, in the shape of the matrix, is true."""
        for number, bold in zip(self.numbers, np.ravel(chosen), strict=True):
            number.set_weight("bold" if bold else "normal")

    def middle(self, i, j):
        """Where the number of entry (i, j) stands."""
        return self.left + self.width * (j + 0.5), self.top + i + 0.5

    def corner(self, i=None, j=None):
        """Upper left corner of row i, column j, or the entry where both are given."""
        return self.left + self.width * (j or 0), self.top + (i or 0)

    def frame(self, i=None, j=None, **style):
        """A frame around row i, column j, the entry where both are given, or all: a rectangle.

        An explorer moves it by ``frame.set_xy(table.corner(i, j))``.
        """
        style = {"fill": False, "edgecolor": self.color, "linewidth": 2.4, "zorder": 3} | style
        width = self.width * (self.columns if j is None else 1)
        height = self.rows if i is None else 1
        return self.ax.add_patch(Rectangle(self.corner(i, j), width, height, **style))

    def spotlight(self):
        """A cell lit up in the table's color, for an explorer to ``move(i, j, text)``."""
        return Spotlight(self)

    def label(self, text, above=False, **style):
        """The table's name, in its middle, below or above."""
        y, va = (self.top - 0.2, "bottom") if above else (self.bottom + 0.2, "top")
        style = {"color": ink(self.color), "weight": "bold"} | style
        return self.ax.text((self.left + self.right) / 2, y, text, ha="center", va=va, **style)

    def names(self, rows=(), columns=(), **style):
        """Small gray names left of the rows and above the columns."""
        style = {"fontsize": 9, "color": PALETTE["gray"]} | style
        for i, name in enumerate(rows):
            at = self.left - 0.15, self.middle(i, 0)[1]
            self.ax.text(*at, name, ha="right", va="center", **style)
        for j, name in enumerate(columns):
            at = self.middle(0, j)[0], self.top - 0.12
            self.ax.text(*at, name, ha="center", va="bottom", **style)

    @staticmethod
    def clear(ax, left, right, top, bottom, **settings):
        """Axes without lines or ticks, y growing downward: the ground of tables."""
        ax.set(xlim=(left, right), ylim=(bottom, top), **settings)
        ax.axis("off")


def error_axis(ax, *errors):
    """Give an axis a log scale for errors, with a marked place for those a log axis cannot show.

    An error of exactly 0 has no logarithm, nor has one that is infinite or not a number. Each
    gets a line of its own, below or above the decades, when there is one to show.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    *errors : array_like
        All that will be drawn: errors, floors, theory lines.

    Returns
    -------
    function
        ``place(errors)`` is where to draw them: the errors themselves, or their marked line.

    Examples
    --------
    >>> fig, ax = new_figure()
    >>> place = error_axis(ax, [1e-7, 3e-9, 0.0])
    >>> bool(place([1e-7])[0] == 1e-7), bool(0 < place([0.0])[0] < 1e-9)
    (True, True)
    """
    values = np.concatenate([np.ravel(e).astype(float) for e in errors])
    drawn = values[np.isfinite(values) & (values > 0)]
    low, high = -16, 0
    if drawn.size:  # as far as a float can draw with room to spare
        low, high = np.clip(np.log10([drawn.min(), drawn.max()]), -250, 250)
    low, high = np.floor(low), max(np.ceil(high), np.floor(low) + 1)
    gap = max(0.6, 0.08 * (high - low))
    below, above = low - 1.3 * gap, high + 1.3 * gap
    has_zero, has_wild = (values == 0).any(), (~np.isfinite(values)).any()

    ax.set_yscale("log")
    ax.set_ylim(
        10.0 ** (below - 0.7 * gap if has_zero else low - 0.3 * gap),
        10.0 ** (above + 0.7 * gap if has_wild else high + 0.3 * gap),
    )
    every = int(np.ceil((high - low) / 7))
    ax.set_yticks(10.0 ** np.arange(low, high + 1, every))
    marked = [(10.0**below, "exactly 0")] if has_zero else []
    if has_wild:
        marked.append((10.0**above, "not finite"))
    ax.set_yticks([at for at, _ in marked], [name for _, name in marked], minor=True)
    for at, _ in marked:
        ax.axhline(at, color=PALETTE["gray"], linewidth=0.8, linestyle=":", zorder=0.9)
    ax.grid(True, axis="y", which="major")

    def place(errors):
        errors = np.asarray(errors, dtype=float)
        errors = np.where(errors == 0, 10.0**below, np.maximum(errors, 1e-250))
        return np.where(np.isfinite(errors), np.minimum(errors, 1e250), 10.0**above)

    return place


@house_style
def draw_error_groups(ax, errors, floors=None, bound=None, *, names, title="", scale=()):
    """Draw errors of single entries, group beside group, with their rounding floors.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    errors : sequence of array_like, or dict of str to such
        One array of errors a group. A dict holds several series (methods), each drawn in its own
        style; without it, each group has the color and marker of a class.
    floors : sequence of array_like, optional
        The rounding floor of every entry, a short bar; nan where there is none.
    bound : float, optional
        A dashed line.
    names : sequence of str
        The groups' names.
    title : str
    scale : sequence of array_like
        Errors drawn on axes beside this one, which get the same scale.
    """
    series = errors if isinstance(errors, dict) else {"": errors}
    series = {name: [np.ravel(group) for group in groups] for name, groups in series.items()}
    floors = [] if floors is None else [np.ravel(floor).astype(float) for floor in floors]
    drawn = [*(group for groups in series.values() for group in groups)]
    bounds = [] if bound is None else [bound]
    place = error_axis(ax, *drawn, *bounds, *scale, *(floor[floor > 0] for floor in floors))

    width = max(map(len, drawn))
    many = sum(map(len, drawn)) > 100 * len(series)
    starts = (1.12 * width + 1) * np.arange(len(names))
    for method, groups in series.items():
        for j, (start, group) in enumerate(zip(starts, groups, strict=True)):
            look = METHOD_STYLES.get(
                method, {"color": CLASS_COLORS[j % 10], "marker": CLASS_MARKERS[j % 10]}
            )
            order = np.argsort(floors[j]) if many and floors else slice(None)
            ax.plot(
                start + np.arange(group.size), place(group[order]),
                **look | {"linestyle": ""}, markersize=3 if many else 6, alpha=0.6 if many else 1,
                fillstyle="none" if method == "complex" else "full",
            )  # fmt: skip
    for start, floor in zip(starts, floors, strict=False):
        x = start + np.arange(floor.size)
        if many:
            ax.plot(x, np.sort(floor), color=INK, linewidth=1.4)
        else:
            ax.hlines(floor, x - 0.4, x + 0.4, color=PALETTE["gray"], linewidth=1.6)
    sizes = np.array([len(group) for group in next(iter(series.values()))])
    ax.set_xticks(starts + (sizes - 1) / 2, names)
    ax.set_ylabel("relative error")
    key = [(METHOD_STYLES[m]["marker"], METHOD_STYLES[m]["color"], m) for m in series if m]
    if bound is not None:
        ax.axhline(bound, color=INK, linewidth=1.2, linestyle="--")
        key.append(("--", INK, f"bound {bound:g}"))
    if any((floor > 0).any() for floor in floors):
        key.append(("-", INK if many else PALETTE["gray"], "rounding floor"))
    _title_with_key(ax, title, key)


@house_style
def draw_entry_errors(ax, check, bound=None, title="Relative error of each entry", others=()):
    """Draw a gradient check's errors, entry by entry, beside their rounding floor.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    check : GradientCheck
        Entries of a two-dimensional gradient stand column by column, each column in its class's
        color; where there are many, those with the lowest floor stand first.
    bound : float, optional
        Drawn as a line, and counted against in the caption: an entry is off when its error reaches
        the bound and ten times its rounding floor. By default the check's tolerance, raised to a
        whole power of ten.
    title : str
    others : sequence of GradientCheck
        Drawn on axes beside this one: all get the same scale.

    Returns
    -------
    caption, alt : str
    """
    errors, floor = _errors_and_floor(check)
    bound = 10.0 ** np.ceil(np.log10(check.tolerance) - 1e-9) if bound is None else bound
    grouped = errors.ndim == 2 and errors.shape[1] <= len(CLASS_COLORS)
    columns, floors = (a.T if grouped else a.reshape(1, -1) for a in (errors, floor))
    names = [f"class {j}" for j in range(len(columns))] if grouped else [""]
    beside = [_errors_and_floor(each) for each in others]
    scale = [part for e, f in beside for part in (e, f[f > 0])]
    draw_error_groups(ax, columns, floors, bound, names=names, title=title, scale=scale)
    if grouped and len(columns) > ax.get_position().width * ax.figure.get_figwidth():
        ax.set_xticks(ax.get_xticks(), range(len(columns)))
        ax.set_xlabel("class")
    elif not grouped:
        ax.set_xlabel("entry")

    fact = _agreement(check, errors, floor, bound)
    groups = f", in {len(columns)} groups, one a class" if grouped else ""
    alt = (
        f"Log plot of the relative error between the gradient and {check.method} differences: "
        f"one marker for each of {errors.size} entries{groups}, and a dashed line at {bound:g}. "
        f"{fact}"
    )
    return fact, alt


def _errors_and_floor(check):
    """Errors of all entries, and their floors: nan where there is none to draw."""
    errors = np.atleast_1d(np.asarray(check.entry_errors, dtype=float))
    floor = np.broadcast_to(np.asarray(check.floor, dtype=float), errors.shape)
    return errors, np.where(np.isfinite(floor) & (floor > 0), floor, np.nan)


def _agreement(check, errors, floor, bound):
    """How many entries are off by more than the bound, and by more than rounding explains."""
    numerical = np.abs(np.atleast_1d(check.numerical))
    size = np.maximum(np.abs(np.atleast_1d(check.analytic)), numerical)
    noise = 10 * np.nanmax(floor * numerical, initial=0)  # a tenfold margin: other machines
    off = ~((errors < bound) | (errors * size < noise))
    if off.any():
        return f"{off.sum()} of {off.size} entries are off by {bound:g} or more."
    hidden = bound * size < noise  # asked of the floor, not of the errors: the same everywhere
    rest = " or near its rounding floor" if hidden.any() else ""
    return f"All {off.size} entries agree: every error is below {bound:g}{rest}."


@house_style
def draw_error_curves(
    ax, x, errors, theory=None, labels=None, *, xlabel="step $h$", ylabel="relative error", title=""
):
    """Draw errors against a step or a size on log axes, measured and predicted.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    x : array_like, shape (K,)
    errors : dict of str to array_like, shape (K,) or (K, n)
        Markers, each series in its method's style, or in a class's.
    theory : dict of str to array_like, shape (K,)
        Lines: in the style of the errors of that name, or gray where there are none.
    labels : dict of str to (str, float, tuple), optional
        For each curve the words beside it, at which x, and how far away, as of :func:`note`. By
        default its name, where it runs farthest from the others.
    xlabel, ylabel, title : str

    Returns
    -------
    function
        ``place(errors)``, as of :func:`error_axis`.
    """
    x = np.asarray(x, dtype=float)
    errors = {name: np.asarray(e, dtype=float) for name, e in errors.items()}
    theory = {name: np.asarray(t, dtype=float) for name, t in (theory or {}).items()}
    place = error_axis(ax, *errors.values(), *(t[t > 0] for t in theory.values()))
    ax.set_xscale("log")
    classes = iter(zip(CLASS_COLORS, CLASS_MARKERS, strict=True))
    styles = {}
    for name in errors:
        styles[name] = METHOD_STYLES.get(name)
        if styles[name] is None:
            color, marker = next(classes)
            styles[name] = {"color": color, "marker": marker, "linestyle": "-"}
    gray = {"color": PALETTE["gray"], "linestyle": "-"}
    middle = {name: np.median(place(e).reshape(len(x), -1), axis=1) for name, e in errors.items()}
    curves = middle | theory
    for name, line in theory.items():
        style = {key: styles.get(name, gray)[key] for key in ("color", "linestyle")}
        ax.plot(x, np.where(line > 0, line, np.nan), linewidth=1.4, **style)
    for name, e in errors.items():
        look = styles[name] | {"linestyle": "", "markersize": 5}
        ax.plot(x, place(e), **look)
    for name in curves:
        color = styles.get(name, gray)["color"]
        words, at, away = (labels or {}).get(name) or _place_of_label(x, curves, name)
        k = int(np.argmin(abs(np.log(x / at))))
        note(ax, words, (x[k], curves[name][k]), away, color=ink(color), weight="bold")
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.xaxis.set_minor_locator(NullLocator())
    key = [("o", PALETTE["gray"], "measured"), ("-", PALETTE["gray"], "predicted")]
    _title_with_key(ax, title, key if theory else [])
    return place


@house_style
def draw_step_sweep(ax, sweep, title="Error of the numerical derivative against the step h"):
    """Draw the error of numerical derivatives against h, measured and predicted.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    sweep : StepSweep
        Its ``steps``, ``errors``, ``truncation`` and ``rounding`` are read. Markers are measured;
        lines are the theory, truncation plus rounding.
    title : str

    Returns
    -------
    caption, alt : str
        The power of h with which each error falls where truncation rules, and where theory puts
        the best step: the same on any machine.
    """
    h = np.asarray(sweep.steps, dtype=float)
    theory = {m: np.asarray(sweep.truncation[m]) + sweep.rounding[m] for m in sweep.errors}
    draw_error_curves(ax, h, sweep.errors, theory, title=title)
    powers = {}
    for method in sweep.errors:
        power, k = _truncation_power(sweep, method)
        if power and power not in powers.values():
            color = METHOD_STYLES[method]["color"]
            note(ax, f"~ {power}", (h[k], theory[method][k]), (8, -6), color=color, bbox=None)
        if power:
            powers[method] = power

    best = {m: int(np.argmin(t)) for m, t in theory.items() if np.ptp(sweep.rounding[m]) > 0}
    facts = []
    if powers:
        falls = ", ".join(f"{power} ({method})" for method, power in powers.items())
        facts.append(f"Where truncation rules, the error falls like {falls}.")
    if best := {m: f"{h[k]:.0e}" for m, k in best.items() if 0 < k < h.size - 1}:
        steps = " and ".join(f"{step} ({method})" for method, step in best.items())
        facts.append(f"Theory puts the best step near {steps}.")
    fact = " ".join(facts) or "Markers are measured, lines are predicted."
    alt = (
        f"Log-log plot of the relative error against h, from {h.min():g} to {h.max():g}, for "
        f"{', '.join(sweep.errors)} differences: markers are measured, lines predicted. {fact}"
    )
    return fact, alt


def plot_step_sweep(sweep, **options):
    """Show :func:`draw_step_sweep` as a figure of its own; same options."""
    fig, ax = new_figure(height=4.2)
    show(fig, *draw_step_sweep(ax, sweep, **options))


def _truncation_power(sweep, method):
    """``h``, ``h²`` or the like, as the error falls where truncation rules; the smallest step."""
    errors, truncation, rounding = (
        np.asarray(part[method], dtype=float)
        for part in (sweep.errors, sweep.truncation, sweep.rounding)
    )
    ruled = (truncation > 30 * rounding) & (truncation < 0.1) & (errors > 0)
    if ruled.sum() < 3:
        return "", 0
    steps = np.log10(np.asarray(sweep.steps, dtype=float)[ruled])
    slope = np.polyfit(steps, np.log10(errors[ruled]), 1)[0]
    whole = round(slope)
    if abs(slope - whole) > 0.1:
        power = f"h^{slope:.1f}"
    else:
        power = {1: "h", 2: "h²"}.get(whole, f"h^{whole}")
    return power, np.flatnonzero(ruled)[np.argmin(steps)]


def _place_of_label(x, curves, name):
    """The name of a curve, the x where it runs farthest from the others, and a side of it."""
    line = np.log10(np.maximum(curves[name], 1e-250))
    others = [np.log10(np.maximum(y, 1e-250)) for other, y in curves.items() if other != name]
    apart = np.min([abs(line - other) for other in others], axis=0) if others else 0 * line
    k = int(np.argmax(apart[1:-1])) + 1 if x.size > 2 else 0
    beside = [max(k - 1, 0), min(k + 1, x.size - 1)]
    rise, run = np.diff(line[beside])[0], np.diff(np.log10(x[beside]))[0]
    slope = rise / run if run else 0
    return name, x[k], (0 if abs(slope) < 0.3 else -8, -16 if slope < -0.3 else 7)


def _title_with_key(ax, title, key):
    """A title, and below it, clear of the data, what each sign in the plot means."""
    ax.set_title(title)
    for sign, color, label in key:
        ax.plot([], [], sign, color=color, markersize=5, linewidth=1.4, label=label)
    if key:
        legend_above(ax)


def legend_above(ax, **options):
    """The legend in one row between the axes and their title, clear of the data."""
    where = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": 9, "fontsize": "small"}
    tight = {"borderaxespad": 0.3, "borderpad": 0, "handlelength": 1.6, "columnspacing": 1.4}
    ax.legend(**where | tight | options).set_in_layout(False)
    ax.set_title(ax.get_title("left"), pad=23)

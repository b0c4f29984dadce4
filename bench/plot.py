"""Draws what bench/growth.py measured as one SVG that needs nothing else: no scripts, no fonts, a ground of its own, so
that it can be read on a light page and on a dark one. Under each panel are the figures at its points."""
import bisect
import html
import math

WIDTH, MARGIN = 900, 28
PANEL_WIDTH, PANEL_HEIGHT = 346, 190  # of the plot alone
GUTTER = 62  # left of it, for the labels of the axis and of the rows
COLUMNS = (MARGIN + GUTTER, WIDTH - MARGIN - PANEL_WIDTH)
HEAD, BAND = 66, 318  # above the panels; from one row of panels to the next
FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"
INK, SOFT, GRID, FRAME = "#1b1f24", "#59636e", "#e4e8ec", "#aab2bb"
# The curves: what they show, their name, colour and mark. Told apart by the mark, too.
CURVES = (("processor", "processor time", "#b3541e", "square"), ("wall", "wall time", "#1f62a8", "circle"))
# Title, and the name of the row of x values.
PANELS = {
    "bytes": ("Bytes", "GB a side"),
    "entries": ("Entries", "files"),
    "layers": ("Layers, with {files} files in all", "layers"),
    "jobs": ("Threads, with {gigabytes:.0f} GB a side", "threads"),
}
ROWS = (("wall", "wall, s"), ("memory", "peak, MB"))


def text(x, y, words, size=12, colour=INK, anchor="start", bold=False):
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}"{weight}>'
        f"{html.escape(words)}</text>"
    )


def line(start, end, colour, width=1.0, dashes=""):
    dashes = f' stroke-dasharray="{dashes}"' if dashes else ""
    (x1, y1), (x2, y2) = start, end
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"'
        f"{dashes}/>"
    )


def path(places, colour, width=1.0, dashes="", clip=""):
    dashes = f' stroke-dasharray="{dashes}"' if dashes else ""
    clip = f' clip-path="url(#{clip})"' if clip else ""
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"{dashes}{clip}/>'


def mark(kind, x, y, colour):
    style = f'fill="{colour}" stroke="#ffffff" stroke-width="1.2"'
    if kind == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.2" {style}/>'
    return f'<rect x="{x - 3.9:.1f}" y="{y - 3.9:.1f}" width="7.8" height="7.8" {style}/>'


def steps(low, high):
    """1, 2, 5, 10, ... from the last that is not above `low` to the first that is not below `high`."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found = [digit * 10.0**power for power in powers for digit in (1, 2, 5)]
    return found[bisect.bisect_right(found, low * 1.001) - 1 : bisect.bisect_left(found, high * 0.999) + 1]


class LogScale:
    """From values to 0..1."""

    def __init__(self, low, high):
        self.low, self.high = math.log(low), math.log(high)

    def __call__(self, value):
        return (math.log(value) - self.low) / (self.high - self.low)

    def at(self, place):
        return math.exp(self.low + place * (self.high - self.low))


class LinearScale:
    def __init__(self, high):
        self.high = high

    def __call__(self, value):
        return value / self.high

    def at(self, place):
        return place * self.high


def log_axis(values):
    """A scale of at least one decade, so that what is flat looks flat, and its ticks."""
    low, high = min(values) / 1.2, max(values) * 1.2
    if high < low * 10:
        middle = math.sqrt(low * high)
        low, high = middle / math.sqrt(10), middle * math.sqrt(10)
    ticks = steps(low, high)
    scale = LogScale(ticks[0], ticks[-1])
    decades = [tick for tick in ticks if f"{tick:e}".startswith("1.0")]
    return scale, decades if ticks[-1] > 1000 * ticks[0] else ticks


def linear_axis(values):
    step = next(step for step in steps(max(values) / 100, max(values) * 10) if step * 6 >= max(values) * 1.05)
    count = math.ceil(max(values) * 1.05 / step)
    return LinearScale(count * step), [number * step for number in range(count + 1)]


def horizontal(series, points):
    values = [point["x"] for point in points]
    if series == "jobs":
        return LinearScale(max(values) + 0.5)
    margin = (max(values) / min(values)) ** 0.07 if len(values) > 1 else 2
    return LogScale(min(values) / margin, max(values) * margin)


def work_at(points, x):
    """The work at any x, on straight lines between the points."""
    if len(points) < 2:
        return points[0]["work"] * x / points[0]["x"]
    at = min(max(bisect.bisect([point["x"] for point in points], x), 1), len(points) - 1)
    a, b = points[at - 1], points[at]
    return a["work"] + (b["work"] - a["work"]) * (x - a["x"]) / (b["x"] - a["x"])


def expected(series, points, scale, cores):
    """What the dashed line says: processor time in proportion to the work, from the second point on; for threads the
    time of one, shared by as many as there are cores."""
    if series == "jobs":
        one = points[0]["wall"] * points[0]["x"]
        return [(x, one / min(x, cores)) for x in [*range(points[0]["x"], cores + 1), scale.high]]
    base = points[min(1, len(points) - 1)]
    stops = [scale.at(number / 60) for number in range(61)]
    return [(x, base["processor"] * work_at(points, x) / base["work"]) for x in stops if work_at(points, x) > 0]


def short(value):
    for unit, name in ((1_000_000, "M"), (1000, "k")):
        if value >= unit:
            return f"{value / unit:g}{name}"
    return f"{value:.2g}" if value < 10 else f"{value:.0f}"


def seconds(value):
    """Three digits at most, no exponents."""
    return f"{value:.0f}" if value >= 100 else f"{value:.{2 if value < 1 else 1}f}" if value >= 0.1 else f"{value:.3f}"


def subtitle(series, points, growth, cores):
    if series == "jobs":
        most = str(points[-1]["x"])
        return f"{most} threads on {cores} cores take {growth[most]:.2f} times as long as {cores}"
    if not growth:
        return ""
    thing = {"bytes": "GB", "entries": "entry", "layers": "entry"}[series]
    a, b = short(points[1]["x"]), short(points[-1]["x"])
    name = PANELS[series][1].split()[0]
    return f"processor time per {thing} at {b} {name}: {growth:.2f} times that at {a}"


class Panel:
    """One series, with the upper left corner of its plot."""

    def __init__(self, series, results, left, top):
        self.series, self.left, self.top = series, left, top
        self.points, self.cores = results["series"][series], results["machine"]["cores"]
        self.growth = results["growth"][series]
        values = [point[curve[0]] for point in self.points for curve in CURVES]
        self.across = horizontal(series, self.points)
        self.up, self.ticks = linear_axis(values) if series == "jobs" else log_axis(values)

    def place(self, x, y):
        return self.left + self.across(x) * PANEL_WIDTH, self.top + (1 - self.up(y)) * PANEL_HEIGHT

    def draw(self):
        return [*self.titles(), *self.axes(), *self.curves(), *self.rows()]

    def titles(self):
        facts = {"files": f"{round(self.points[0]['entries'], -3):,}", "gigabytes": self.points[0]["gigabytes"]}
        title = PANELS[self.series][0].format(**facts)
        words = subtitle(self.series, self.points, self.growth, self.cores)
        return [
            text(self.left, self.top - 29, title, 15, bold=True),
            text(self.left, self.top - 11, words, 12, SOFT),
        ]

    def axes(self):
        right, bottom = self.left + PANEL_WIDTH, self.top + PANEL_HEIGHT
        for tick in self.ticks:
            y = self.place(self.points[0]["x"], tick)[1]
            yield line((self.left, y), (right, y), GRID)
            yield text(self.left - 8, y + 4, f"{tick:g} s", 11, SOFT, "end")
        for point in self.points:
            x = self.left + self.across(point["x"]) * PANEL_WIDTH
            yield line((x, self.top), (x, bottom), GRID)
            yield line((x, bottom), (x, bottom + 4), FRAME)
        yield line((self.left, self.top), (self.left, bottom), FRAME)
        yield line((self.left, bottom), (right, bottom), FRAME)

    def curves(self):
        name = f"plot-{self.series}"
        area = f'x="{self.left}" y="{self.top}" width="{PANEL_WIDTH}" height="{PANEL_HEIGHT}"'
        yield f'<clipPath id="{name}"><rect {area}/></clipPath>'
        dashed = [self.place(*spot) for spot in expected(self.series, self.points, self.across, self.cores)]
        for curve, _, colour, kind in CURVES:
            places = [self.place(point["x"], point[curve]) for point in self.points]
            yield path(places, colour, 2)
            yield from (mark(kind, x, y, colour) for x, y in places)
        yield path(dashed, INK, 1, "2 4", name)

    def rows(self):
        """The x values are the labels of the axis; below them stand the figures."""
        first = self.top + PANEL_HEIGHT + 19
        yield text(self.left - 8, first, PANELS[self.series][1], 11, INK, "end")
        for number, (_, name) in enumerate(ROWS, 1):
            yield text(self.left - 8, first + 17 * number, name, 11, SOFT, "end")
        for point in self.points:
            x = self.left + self.across(point["x"]) * PANEL_WIDTH
            yield text(x, first, short(point["x"]), 11, INK, "middle", bold=True)
            for number, (fact, _) in enumerate(ROWS, 1):
                words = seconds(point[fact]) if fact == "wall" else f"{point[fact]:.0f}"
                yield text(x, first + 17 * number, words, 11, SOFT, "middle")


def legend():
    """On the right of the title."""
    x = WIDTH - MARGIN - 318
    for _, name, colour, kind in reversed(CURVES):
        yield line((x, 31), (x + 28, 31), colour, 2)
        yield mark(kind, x + 14, 31, colour)
        yield text(x + 35, 35, name, 12)
        x += 110 if name == "wall time" else 142
    yield line((x, 31), (x + 28, 31), INK, 1, "2 4")
    yield text(x + 35, 35, "linear", 12)


def caption(results, bottom):
    facts = results["machine"]
    runs = f"Median of {results['runs']} runs" if results["runs"] > 1 else "One run"
    made = f"{facts['touchstone']}, {facts['cpu']}, {facts['cores']} cores, {facts['date'][:10]}."
    return [
        text(MARGIN, bottom - 36, f"{runs} of touchstone diff -q A B, warm cache. {made}", 11, SOFT),
        text(
            MARGIN,
            bottom - 19,
            "Dotted: processor time in proportion to bytes or entries, from the second point on; for threads the wall "
            "time of one, divided among the cores.",
            11,
            SOFT,
        ),
    ]


def draw(results):
    present = [series for series in PANELS if series in results["series"]]
    height = HEAD + BAND * math.ceil(len(present) / 2) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="{FONT}" role="img" aria-labelledby="title">',
        '<title id="title">Time and memory of touchstone diff over bytes, entries, layers and threads</title>',
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="6" fill="#ffffff" stroke="#d5dae0"/>',
        text(MARGIN, 37, "How the cost of touchstone diff grows", 19, bold=True),
        *legend(),
    ]
    for number, series in enumerate(present):
        parts += Panel(series, results, COLUMNS[number % 2], HEAD + 36 + BAND * (number // 2)).draw()
    return "\n".join([*parts, *caption(results, height), "</svg>"]) + "\n"

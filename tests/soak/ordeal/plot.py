"""How does a quantity run over time? Lines in SVG, with the faults as shades behind them, in colours that are seen on any page."""

from html import escape

COLOURS = ("#3b82f6", "#e08a3c", "#3f9f6b", "#9a6ad6")
TEXT, SHADE = "#7d8590", "#d64a6a"
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 1000, 300, 70, 20, 66, 44
# More points than this nobody sees.
MOST_POINTS = 500


def svg(title, unit, lines, shades, seconds):
    """`lines` are names with (second, value); `shades` are stretches of time, from and to."""
    most = max((value for points in lines.values() for _, value in points), default=0) or 1
    scale = Scale(seconds or 1, nice(most))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="12" fill="{TEXT}">',
        f"<title>{escape(title)}, {escape(unit)}, over time; shaded while something was broken</title>",
        f'<text x="{LEFT}" y="24" font-size="15" font-weight="600">{escape(title)}, {escape(unit)}</text>']
    parts += [f'<rect x="{scale.x(begin):.1f}" y="{TOP}" width="{max(scale.x(end) - scale.x(begin), 0.5):.1f}" '
              f'height="{HEIGHT - TOP - BOTTOM}" fill="{SHADE}" opacity="0.15"/>' for begin, end in shades]
    parts += axes(scale)
    for number, (name, points) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{scale.x(at):.1f},{scale.y(value):.1f}" for at, value in thinned(points))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.4" stroke-linejoin="round"/>')
    parts += legend(lines)
    return "\n".join([*parts, "</svg>\n"])


class Scale:
    def __init__(self, seconds, most):
        self.seconds, self.most = seconds, most

    def x(self, second):
        return LEFT + (WIDTH - LEFT - RIGHT) * min(max(second / self.seconds, 0), 1)

    def y(self, value):
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / self.most


def nice(most):
    """The next of 1, 2, 5, 10 … that is no less."""
    step = 10 ** len(str(int(most))) / 1000 if most >= 1 else 0.001
    while True:
        for factor in (1, 2, 5):
            if step * factor >= most:
                return step * factor
        step *= 10


def axes(scale):
    parts = []
    for quarter in range(5):
        value = scale.most * quarter / 4
        y = scale.y(value)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{TEXT}" stroke-width="0.4"/>')
        parts.append(text(LEFT - 8, y + 4, f"{value:,.0f}" if value >= 100 else f"{value:.3g}", "end"))
    for tenth in range(11):
        second = scale.seconds * tenth / 10
        parts.append(text(scale.x(second), HEIGHT - BOTTOM + 18, f"{int(second) // 60}:{int(second) % 60:02}", "middle"))
    return parts


def text(x, y, words, anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def legend(lines):
    parts, x = [], LEFT
    for number, name in enumerate(lines):
        parts.append(f'<rect x="{x}" y="36" width="12" height="12" rx="2" fill="{COLOURS[number % len(COLOURS)]}"/>')
        parts.append(text(x + 18, 46, name))
        x += 34 + 7 * len(name)
    parts.append(f'<rect x="{x}" y="36" width="12" height="12" rx="2" fill="{SHADE}" opacity="0.3"/>')
    parts.append(text(x + 18, 46, "something is broken"))
    return parts


def thinned(points):
    """The highest of each stretch, for peaks are what is looked for."""
    size = max(1, -(-len(points) // MOST_POINTS))
    return [max(points[at:at + size], key=lambda point: point[1]) for at in range(0, len(points), size)]

"""What do the medians look like? Bars in SVG, in colours that are seen on a light page and on a dark one."""

from html import escape

OURS, PEERS, FLOOR, POSTGRES, TEXT = "#3b82f6", "#9a6ad6", "#3f9f6b", "#e08a3c", "#7d8590"
COLOURS = {"echo": FLOOR, "nginx": FLOOR}
WIDTH, NAMES, PANEL, GAP, ROW, TOP = 900, 140, 300, 70, 30, 64


def svg(medians):
    """Requests a second on the left, CPU a request on the right, a row for each service."""
    height = TOP + ROW * len(medians) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="13" fill="{TEXT}">',
        "<title>POST /v1/uploads: requests a second, and CPU time a request, of each service</title>"]
    right = NAMES + PANEL + GAP
    parts += [heading(NAMES, "Requests a second"), heading(right, "CPU µs a request, service and Postgres")]
    fastest = max(seen["rate"] for seen in medians.values())
    dearest = max(seen["sum_us"] for seen in medians.values())
    for number, (name, seen) in enumerate(medians.items()):
        y = TOP + number * ROW
        colour = OURS if name.startswith("gateway") else COLOURS.get(name, PEERS)
        parts.append(text(NAMES - 10, y + 16, name, anchor="end"))
        length = PANEL * seen["rate"] / fastest
        parts += [bar(NAMES, y, length, colour), text(NAMES + length + 6, y + 16, f"{seen['rate']:,.0f}")]
        service, postgres = (PANEL * seen[f"{who}_us"] / dearest for who in ("service", "postgres"))
        parts += [bar(right, y, service, colour), bar(right + service, y, postgres, POSTGRES),
                  text(right + service + postgres + 6, y + 16, f"{seen['sum_us']:,.0f}")]
    parts += legend(height - 14)
    return "\n".join([*parts, "</svg>\n"])


def heading(x, words):
    return f'<text x="{x}" y="38" font-size="15" font-weight="600">{escape(words)}</text>'


def text(x, y, words, anchor="start"):
    return f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'


def bar(x, y, length, colour):
    return f'<rect x="{x:.1f}" y="{y + 2}" width="{max(length, 0.5):.1f}" height="{ROW - 10}" rx="2" fill="{colour}"/>'


def legend(y):
    parts, x = [], NAMES
    for colour, words in ((OURS, "the gateway"), (PEERS, "other services"), (FLOOR, "the floor: servers that do nothing"),
                          (POSTGRES, "Postgres's share of the CPU")):
        parts += [f'<rect x="{x}" y="{y - 10}" width="12" height="12" rx="2" fill="{colour}"/>', text(x + 18, y, words)]
        x += 44 + 7 * len(words)
    return parts

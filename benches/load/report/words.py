"""How do the figures of a run read on a page? With the columns of the terminal."""

from tables import COLUMNS


def page(document):
    about = "\n".join(f"- {name.capitalize()}: {code(name, text)}" for name, text in document["about"].items())
    rounds = "\n\n".join(f"Round {number + 1}:\n\n{table({name: seen[number] for name, seen in document['visits'].items()})}"
                         for number in range(document["rounds"]))
    parts = [
        about,
        f"Medians of {document['rounds']} round{'s' * (document['rounds'] > 1)} with a window of {document['seconds']:g} s each; an answer of the gateway, and of the "
        f"floor, has {document['answerBytes']:,} bytes:",
        table(document["medians"]), verdicts(document["verdicts"]),
        *([steady(document["steady"])] if document["steady"] else []),
        f"<details><summary>Each round</summary>\n\n{rounds}\n\n</details>",
    ]
    return "\n\n".join(filter(None, parts))


def code(name, text):
    return f"`{text}`" if name in ("command", "commit") else text


def table(rows):
    """`-` is what a service does not have: Companion and the floor write no rows."""
    lines = ["| |" + "".join(f" {title} |" for title, *_ in COLUMNS), "|---|" + "---:|" * len(COLUMNS)]
    for name, seen in rows.items():
        cells = (form.format(seen[figure] / unit) if figure in seen else "-" for _, figure, form, unit in COLUMNS)
        lines.append(f"| {name} |" + "".join(f" {cell} |" for cell in cells))
    return "\n".join(lines)


def verdicts(found):
    if not found:
        return ""
    lines = [f"| {verdict['what']} | {verdict['seen']} | {'yes' if verdict['reached'] else '**no**'} |" for verdict in found]
    return "\n".join(["| What is to be shown | Seen | Reached |", "|---|---|---|", *lines])


def steady(seen):
    worst = ", ".join(f"{took / 1e3:.1f}" for took, _ in seen["worst_us"])
    return (f"The gateway at a steady {seen['rate']:,.0f} requests/s, half of what it can, for {seen['seconds']} s: "
            f"p50 {seen['p50_us'] / 1e3:.1f} ms, p99 {seen['p99_us'] / 1e3:.1f} ms, p99.9 {seen['p999_us'] / 1e3:.1f} ms. "
            f"The worst ten of {seen['granted']:,}: {worst} ms.")

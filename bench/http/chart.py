"""The figures as a picture: a panel for each query, a bar for each contestant."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from bench.http.measure import Figures
from bench.http.questions import KINDS
from bench.http.report import Measured

WIDTH, COLUMNS = 920, 2
PANEL = WIDTH // COLUMNS
LEFT, RIGHT, TOP = 148, 72, 44
ROW, BAR = 24, 14
HEAD = 56

STYLE = """
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #24292f; }
  .title { font-size: 17px; font-weight: 600; }
  .panel { font-size: 14px; font-weight: 600; }
  .quiet { fill: #57606a; font-size: 12px; }
  .ours { fill: #0969da; } .theirs { fill: #8c959f; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .quiet { fill: #9198a1; }
    .ours { fill: #4493f8; } .theirs { fill: #6e7681; }
  }
"""


def drawn(measured: Measured) -> str:
    """An SVG with no background of its own, for light pages and dark ones."""
    rows = max(len(figures) for figures in measured.values())
    tall = TOP + rows * ROW
    height = HEAD + -(-len(measured) // COLUMNS) * tall
    panels = "".join(
        f'<g transform="translate({n % COLUMNS * PANEL} {HEAD + n // COLUMNS * tall})">'
        f"{_panel(name, figures)}</g>\n"
        for n, (name, figures) in enumerate(measured.items())
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" \
role="img" aria-label="{escape(_said(measured))}">
<style>{STYLE}</style>
<text class="title" x="8" y="22">What a request costs the server</text>
<text class="quiet" x="8" y="42">µs of CPU a request, without MongoDB; shorter is better; \
each query on its own scale</text>
{panels}</svg>
"""


def _panel(name: str, figures: Mapping[str, Figures]) -> str:
    most = max(one.cpu_us.median for one in figures.values())
    bars = "".join(
        _bar(TOP - 14 + n * ROW, each, one.cpu_us.median, most)
        for n, (each, one) in enumerate(figures.items())
    )
    return f'<text class="panel" x="8" y="18">{escape(KINDS[name].title)}</text>{bars}'


def _bar(y: int, name: str, cpu: float, most: float) -> str:
    kind = "ours" if name.startswith("kassa") else "theirs"
    width = max(2, round((PANEL - LEFT - RIGHT) * cpu / most))
    middle = y + BAR - 3
    return (
        f'<text x="{LEFT - 8}" y="{middle}" text-anchor="end">{escape(name)}</text>'
        f'<rect class="{kind}" x="{LEFT}" y="{y}" width="{width}" height="{BAR}" rx="3"/>'
        f'<text class="quiet" x="{LEFT + width + 6}" y="{middle}">{cpu:,.0f}</text>'
    )


def _said(measured: Measured) -> str:
    """The same in words."""
    return "; ".join(
        f"{KINDS[query].title}: "
        + ", ".join(f"{name} {one.cpu_us.median:,.0f} µs" for name, one in figures.items())
        for query, figures in measured.items()
    )

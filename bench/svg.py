"""As much SVG as the plots need: text, rectangles and lines, one file that stands alone or inside a page.

Text has the colour of the page around it where there is one (Furo's variable), else a dark or a light one, as the
reader prefers. The title and the description are what a screen reader says.
"""

from __future__ import annotations

from xml.etree import ElementTree

STYLE = """
.plot { --ink: #1f2328; --accent: #0a66c2; --other: #8a94a0; color-scheme: light dark; }
.plot { color: var(--color-foreground-primary, var(--ink)); }
@media (prefers-color-scheme: dark) { .plot { --ink: #e6e8eb; --accent: #57a6ff; --other: #76808c; } }
body[data-theme="dark"] .plot { --accent: #57a6ff; --other: #76808c; }
body[data-theme="light"] .plot { --accent: #0a66c2; --other: #8a94a0; }
.plot text { fill: currentColor; font: 13px system-ui, sans-serif; }
.plot .title { font-size: 17px; font-weight: 600; }
.plot .panel { font-weight: 600; }
.plot .number { font-variant-numeric: tabular-nums; }
.plot .ours { fill: var(--accent); }
.plot .other { fill: var(--other); }
.plot line { stroke: currentColor; stroke-width: 1.5; }
"""


class Drawing:
    """One picture; coordinates are pixels from the upper left corner."""

    def __init__(self, name: str, width: int, height: int, *, title: str, description: str) -> None:
        """`name` makes the ids unique in a page with several of them."""
        self._root = ElementTree.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "class": "plot",
                "viewBox": f"0 0 {width} {height}",
                "width": "100%",
                "style": f"max-width: {width}px",
                "role": "img",
                "aria-labelledby": f"{name}-title {name}-description",
            },
        )
        ElementTree.SubElement(self._root, "title", {"id": f"{name}-title"}).text = title
        ElementTree.SubElement(self._root, "desc", {"id": f"{name}-description"}).text = description
        ElementTree.SubElement(self._root, "style").text = STYLE

    def text(self, x: float, y: float, text: str, kind: str = "label", anchor: str = "start") -> None:
        """One line of text, its base line at `y`."""
        place = {"class": kind, "x": _number(x), "y": _number(y), "text-anchor": anchor}
        ElementTree.SubElement(self._root, "text", place).text = text

    def bar(self, x: float, y: float, width: float, height: float, kind: str) -> None:
        """A filled rectangle."""
        place = {"x": _number(x), "y": _number(y), "width": _number(width), "height": _number(height), "rx": "2"}
        ElementTree.SubElement(self._root, "rect", {"class": kind, **place})

    def line(self, x1: float, x2: float, y: float) -> None:
        """A line from left to right."""
        place = {"x1": _number(x1), "x2": _number(x2), "y1": _number(y), "y2": _number(y)}
        ElementTree.SubElement(self._root, "line", place)

    def __str__(self) -> str:
        ElementTree.indent(self._root, " ")
        return ElementTree.tostring(self._root, encoding="unicode") + "\n"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")

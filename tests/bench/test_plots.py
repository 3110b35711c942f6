from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from bench.plots import plots
from tests.bench.samples import some_results

SVG = "{http://www.w3.org/2000/svg}"


def drawn(file: str) -> ElementTree.Element:
    return ElementTree.fromstring(dict(plots(some_results()))[file])


def test_only_what_was_measured_is_drawn() -> None:
    assert [file for file, _ in plots(some_results())] == ["echo.svg", "cost.svg", "memory.svg"]


def test_bars_are_as_long_as_the_medians() -> None:
    ours, upstream = drawn("echo.svg").findall(f"{SVG}rect")
    assert ours.get("class") == "ours"
    assert upstream.get("class") == "other"
    assert float(ours.get("width", 0)) / float(upstream.get("width", 0)) == pytest.approx(40)


def test_a_server_that_the_load_could_not_fill_has_no_bar_but_a_word() -> None:
    texts = [text.text for text in drawn("echo.svg").findall(f"{SVG}text")]
    assert texts[texts.index("raw picows, no protocol: the floor") + 1] == "load-bound"


def test_a_picture_can_be_listened_to() -> None:
    root = drawn("echo.svg")
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None and description is not None
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert "flask_socketio 6 40,000, Flask-SocketIO 5, threading 1,000" in (description.text or "")


def test_no_text_is_cut_off() -> None:
    root = drawn("memory.svg")
    _, _, width, height = map(float, root.get("viewBox", "").split())
    for text in root.findall(f"{SVG}text"):
        x, y = float(text.get("x", 0)), float(text.get("y", 0))
        about = 7 * len(text.text or "") * (1.3 if text.get("class") == "title" else 1)
        left = x - about if text.get("text-anchor") == "end" else x
        assert left >= 0 and left + about <= width and y <= height, text.text


def test_colours_are_those_of_the_page_or_of_the_reader() -> None:
    style = drawn("echo.svg").findtext(f"{SVG}style", "")
    assert "prefers-color-scheme: dark" in style
    assert not re.search(r"fill: #", style), "colours have names, of which there is one set for each scheme"

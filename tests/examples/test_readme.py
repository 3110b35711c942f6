"""The chat of the README, as somebody has it who copies it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.programs import ROOT, Program, free_port


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[Program]:
    """The README's two files, served."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    code, page, *_ = re.findall(r"^```\w+\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    (tmp_path / "chat.py").write_text(code.replace("run(app)", f"run(app, port={free_port()})"), encoding="utf-8")
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "index.html").write_text(page, encoding="utf-8")
    program = Program(str(tmp_path / "chat.py"))
    program.start()
    yield program
    program.stop()


def test_two_windows_talk(chat: Program, browser: Browser) -> None:
    windows = [browser.new_page(), browser.new_page()]
    for window in windows:
        window.goto(chat.url)
    for number, window in enumerate(windows):
        window.get_by_placeholder("Say something").fill(f"<b>{number}</b>")
        window.keyboard.press("Enter")
        for each in windows:
            expect(each.get_by_role("listitem").nth(number)).to_have_text(f"<b>{number}</b>")
    for window in windows:
        window.close()

"""The shape of the house: how long a file may be, and where its tests are."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "flask_socketio"
TESTS = ROOT / "tests"


def test_no_file_of_the_package_is_longer_than_400_lines() -> None:
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in SOURCE.rglob("*.py")}
    too_long = [f"{file.relative_to(ROOT)} has {lines} lines" for file, lines in lengths.items() if lines > 400]
    assert not too_long, "is each still one idea? " + ", ".join(too_long)


def test_tests_mirror_the_source() -> None:
    """What tests `hub/rooms.py` is called `hub/test_rooms.py`, or `hub/test_rooms_...py` where one file is not enough."""
    astray = [
        str(test.relative_to(ROOT))
        for folder in SOURCE.iterdir()
        for test in (TESTS / folder.name).rglob("test_*.py")
        if not any(
            f"{test.stem}_".startswith(f"test_{file.stem}_")
            for file in (SOURCE / test.parent.relative_to(TESTS)).glob("*.py")
        )
    ]
    assert not astray, "no module of the package has the name that these test: " + ", ".join(astray)

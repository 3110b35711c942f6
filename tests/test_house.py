"""The shape of the house: how long a file may be, and where its tests are."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "flask_socketio"
TESTS = ROOT / "tests"
MIRRORED = sorted(folder.name for folder in SOURCE.iterdir() if (TESTS / folder.name).is_dir())


def test_no_file_of_the_package_is_longer_than_400_lines() -> None:
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in SOURCE.rglob("*.py")}
    too_long = [f"{file.relative_to(ROOT)} has {lines} lines" for file, lines in lengths.items() if lines > 400]
    assert not too_long, "is each still one idea? " + ", ".join(too_long)


@pytest.mark.parametrize("layer", MIRRORED)
def test_tests_mirror_the_source(layer: str) -> None:
    """`hub/rooms.py` is tested by `hub/test_rooms.py`, and by `hub/test_rooms_...py` where one file is not enough."""
    names = tuple(f"test_{module.stem}_" for module in (SOURCE / layer).glob("*.py"))
    astray = [test.name for test in (TESTS / layer).glob("test_*.py") if not f"{test.stem}_".startswith(names)]
    assert not astray, f"{layer}/ has no module with the name of {', '.join(astray)}"


@pytest.mark.parametrize("name", sorted(file.parent.name for file in SOURCE.glob("*/__init__.py")))
def test_a_folder_says_what_each_of_its_modules_is_for(name: str) -> None:
    """The docstring of the folder is a map of it, on which each module stands as `name`."""
    folder = SOURCE / name
    parts = [part for part in folder.iterdir() if part.suffix == ".py" or (part / "__init__.py").exists()]
    map_ = (folder / "__init__.py").read_text(encoding="utf-8")
    missing = sorted(part.stem for part in parts if part.stem != "__init__" and f"`{part.stem}`" not in map_)
    assert not missing, f"{name}/__init__.py does not tell of {', '.join(missing)}"

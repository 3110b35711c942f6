"""Siblings: commands that ask for several processes, and one of them that speaks for all."""

from __future__ import annotations

import subprocess
import sys

import pytest

from flask_socketio.hosts.sibling_processes import has_siblings, speaks_for_all


@pytest.mark.parametrize(
    ("command", "several"),
    [
        ("/venv/bin/uvicorn app:app --workers 2", True),
        ("/venv/lib/uvicorn/__main__.py app:app --workers=4", True),
        ("/venv/bin/hypercorn -w 3 app:app", True),
        ("/venv/bin/granian --interface asgi --workers 2 app:app", True),
        ("/venv/bin/gunicorn -w2 -k asgi app:app", True),
        ("/venv/bin/uvicorn app:app --workers 1", False),
        ("/venv/bin/uvicorn app:app", False),
        ("/venv/bin/uvicorn app:app --workers", False),
        ("serve.py --workers 8", False),
        ("", False),
    ],
)
def test_what_a_command_asks_for(command: str, several: bool) -> None:
    assert has_siblings(command.split(), {}) is several


def test_the_environment_asks_too() -> None:
    assert has_siblings(["uvicorn", "app:app"], {"WEB_CONCURRENCY": "2"})
    assert not has_siblings(["uvicorn", "app:app", "--workers", "1"], {"WEB_CONCURRENCY": "2"})


PARENT = """
import subprocess, sys
from_package = "from flask_socketio.hosts.sibling_processes import speaks_for_all"
child = f"{from_package}; print(speaks_for_all(), flush=True); input()"
children = [
    subprocess.Popen([sys.executable, "-c", child], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    for _ in range(3)
]
print(sorted(child.stdout.readline().strip() for child in children))
for child in children:
    child.communicate("end")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each speaks")
def test_one_of_the_processes_of_a_parent_speaks() -> None:
    asked = subprocess.run([sys.executable, "-c", PARENT], capture_output=True, text=True, check=True)
    assert asked.stdout.strip() == "['False', 'False', 'True']"


def test_who_speaks_goes_on_speaking() -> None:
    assert speaks_for_all() is speaks_for_all()
